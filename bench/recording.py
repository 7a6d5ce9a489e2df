"""A session of twenty clips in a pseudo-terminal, as plain text: what was pressed, what was seen, what came of it.

    python bench/recording.py FOLDER [--clips 20] [--pace 4] [--out docs/session.txt]

The real program with its real engine, on copies of the folder's first files under a home of their own, so that no path
of this machine is in the text; it is heard by the null sink of a private PulseAudio. Wants pyte. Linux.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

from sound import sound_server
from terminal import Terminal

from j2a.library import scan
from j2a.store import Store

SIZE = (100, 32)  # the smallest at which the app is wide and tall
SETTLED_S = 0.7  # after which a screen is kept: notices and late features are there


class Recording:
    """Presses keys and writes down what they did."""

    def __init__(self, app: Terminal) -> None:
        self._app = app
        self._began = time.perf_counter()
        self.lines: list[str] = []

    def do(self, keys: str, told: str, seen: str = "", *, shown: str = "", screen: bool = False) -> None:
        """Press, wait for what is to be ``seen``, and keep the screen if wanted; ``shown``: the keys in words."""
        now = time.perf_counter()
        _, mark = self._app.press(keys)
        took = f"  {(self._app.until(seen, mark) - now) * 1000:.0f} ms" if seen else ""
        clock = f"{int(now - self._began) // 60}:{int(now - self._began) % 60:02d}"
        self.lines.append(f"{clock:>5}  {shown or keys:<12} {told}{took}")
        time.sleep(SETTLED_S)
        if screen:
            self.picture()

    def picture(self) -> None:
        """The screen, in a frame."""
        edge = "─" * SIZE[0]
        self.lines += ["", f"┌{edge}┐", *(f"│{line:<{SIZE[0]}}│" for line in self._app.screen()), f"└{edge}┘", ""]


def main() -> None:
    """Run the session, and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--pace", type=float, default=4.0, help="seconds a clip (%(default)s)")
    parser.add_argument("--out", type=Path, help="write it here; else to standard output")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"HOME": home, "J2A_HOME": f"{home}/j2a", "J2A_ANNOTATOR": "ada"}
        music = Path(home) / "Music"
        music.mkdir()
        for track in scan(options.folder)[: options.clips + 1]:
            shutil.copy(track.path, music)
        with sound_server(Path(home)) as sound:
            lines = session(music, options.clips, options.pace, sound)
    text = "\n".join(lines) + "\n"
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        print(text)


def session(music: Path, clips: int, pace_s: float, sound: dict[str, str]) -> list[str]:
    """Everything that a review is made of, a clip after the other; ``sound``: where it is heard."""
    with Terminal(["j2a_tui.cli", str(music)], sound, SIZE) as app:
        tape = Recording(app)
        app.until(" ready ")
        tape.do("\r", "describe the first clip", "▌d ", shown="enter", screen=True)
        tape.do(" ", "listen: whoever listens goes on listening", "▶", shown="space")
        for clip in range(1, clips + 1):
            time.sleep(pace_s)
            one_clip(tape, clip)
        tape.do("S", "sort", "Most worth your time")
        tape.do("\x1b", "by name, as before", shown="esc")
        tape.do("E", "what an export would write", "Export", screen=True)
        tape.do("\r", "write captions.csv", "written", shown="enter")
        tape.do("/bpm:118-124", "find by what was measured", "118-124 [0-9]", shown="/bpm:…", screen=True)
        tape.do("\x1b", "every file again", shown="esc")
        with Store() as store:
            rows = sorted(store.rows(music), key=lambda row: row.clip.path.name.casefold())
        columns, rows_high = SIZE
        head = [f"A session of {clips} clips, {pace_s:g} s each, at {columns} x {rows_high}. Milliseconds: from the",
                "key to what it is to show, beside other work. Made by python bench/recording.py, of free music.", ""]
        end = [f"{row.status.value:<9} {'edited' if row.edited else '':<7} {row.clip.path.name}: {row.text}"
               for row in rows]
        return [*head, *tape.lines, "", "What came of it:", *end]


def one_clip(tape: Recording, clip: int) -> None:
    """What is done to this one before it is decided; every clip is decided."""
    match clip:
        case 3:
            tape.do("r", "another variant", r"variant 2 of 2", screen=True)
            tape.do("1", "the first one was better", "variant 1 of 2")
        case 5:
            tape.do("e", "write in it", "editing")
            tape.do(" A fine one.\x13", "save, accept, next", "▌d ", shown="… ctrl+s")
            return
        case 7:
            tape.do("c", "put the tempo right", "measured", screen=True)
            tape.do("d", "twice the tempo", "◆ [0-9]")
            tape.do("\x1b", "the draft says so, too", shown="esc")
        case 9:
            tape.do("f", "flag it for later", "▌. ")
            tape.do("\r", "and describe the next one", "▌d ", shown="enter")
            return
        case 11:
            tape.do("s", "skip this one", "▌. ")
            tape.do("u", "no, take that back", "▌. ")
        case 13:
            tape.do("\t", "go through the claims: the words light up", shown="tab", screen=True)
            tape.do("\x1b", "back to the files", shown="esc")
        case 15:
            tape.do("w", "see it as a spectrogram", "mel", screen=True)
            tape.do("ww", "and as a waveform again", shown="w w")
        case 17:
            tape.do("J", "jump: letters on everything", screen=True)
            tape.do("\x1b", "stay", shown="esc")
    tape.do("A", "accept, and the next caption stands there", "▌d ")


if __name__ == "__main__":
    main()
