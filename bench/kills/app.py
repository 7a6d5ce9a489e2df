"""The app is killed while it starts, while somebody types and accepts, and while a caption streams."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.kills.person import WORDS, Killed, Person, Slowly, caption_on, title_on
from bench.kills.world import DEMO, OLD_S, Tally, World
from j2a.store import Row, Status, Store

FILES = 120  # more than fifty: the tags of others are read by a process of its own
LISTED = f"{FILES} files"  # in the line above everything, wherever the list is scrolled to
TYPING_S, ASKING_S, STREAMING_S = 11.0, 14.0, 9.0  # the life that moments are drawn from
WRITTEN = ("writing", "draft")  # titles of the panel that has words of the model


@dataclass
class Seen:
    """What was there of one file, and since when."""

    texts: list[tuple[float, str]] = field(default_factory=list)
    accepted_at: float | None = None

    def text_at(self, moment: float) -> str:
        """The last one that was there by then."""
        return next((text for at, text in reversed(self.texts) if at <= moment), "")


def run(kills: int, world: World) -> Tally:
    """So many kills, each of a new start of the app on new files, all with one store."""
    tally = Tally("app")
    for number in range(kills):
        music = world.make(f"music-{number}")
        for file in range(FILES):
            os.link(_clip(world, file), music / f"{file:03}.ogg")
        Evening(world, music, tally).until_killed(streams=number % 2 == 1)
    return tally


def _clip(world: World, number: int) -> Path:
    """A demo clip, copied once to where hard links to it can be made."""
    kept = world.make("clips") / DEMO[number % len(DEMO)].name
    if not kept.exists():
        kept.write_bytes(DEMO[number % len(DEMO)].read_bytes())
    return kept


class Evening:
    """One start of the app, its end, and what is there after it."""

    def __init__(self, world: World, music: Path, tally: Tally) -> None:
        self._world, self._music, self._tally = world, music, tally
        self._random = world.random
        self._seen: dict[int, Seen] = {}  # by the number of the file

    def until_killed(self, *, streams: bool) -> None:
        """Do something until the app is killed, and look."""
        person = Person(self._world, self._music)
        from_writing = streams and self._random.random() < 0.6
        if not from_writing:
            person.kill_after(self._random.uniform(0.0, ASKING_S if streams else TYPING_S))
        try:
            person.see(LISTED)
            if streams:
                self._ask(person, from_writing=from_writing)
            else:
                self._type(person)
        except Killed:
            pass
        except AssertionError as error:
            self._tally.fault("stuck", str(error))
        finally:
            person.close()
        self._tally.killed(person.doing)
        self._world.look_for_orphans(self._tally)
        self._world.look_at_store(self._tally)
        self._look(person.killed_at or time.monotonic())

    def _type(self, person: Person) -> None:
        """A caption for file after file."""
        for file in range(FILES):
            seen = self._seen[file] = Seen()
            person.doing = "opening the editor"
            person.press("e")
            person.see("Caption editing")
            person.doing = "typing"
            text = ""
            for key in " ".join(self._random.choices(WORDS, k=self._random.randint(3, 8))):
                text += key
                seen.texts.append((person.press(key), text))
                person.screen()  # takes a twentieth of a second
            person.doing = "accepting"
            seen.accepted_at = person.press("\x13")
            person.see(f"{file + 1} accepted")

    def _ask(self, person: Person, *, from_writing: bool) -> None:
        """A caption of the model for file after file, slowly once it is being written."""
        person.press("\r")
        for file in range(FILES):
            seen = self._seen[file] = Seen()
            person.doing = "asking"
            person.see(lambda screen: title_on(screen).startswith(WRITTEN), timeout_s=120)
            person.doing = "writing"
            with Slowly(person.engine(), self._random.random()):
                self._watch(person, seen, kill=from_writing and not file)
            person.doing = "accepting"
            seen.accepted_at = person.press("a")  # the next file's caption is asked for by that
            person.see(f"{file + 1} accepted")
            person.see(lambda screen: title_on(screen) != "accepted")

    def _watch(self, person: Person, seen: Seen, *, kill: bool) -> None:
        """Until the caption is whole; ``kill``: some time after its first word."""
        while True:
            title, words = person.caption()
            if words and title.startswith(WRITTEN):
                if kill and not seen.texts:
                    person.kill_after(self._random.uniform(0.0, STREAMING_S))
                person.doing = "streaming"
                seen.texts.append((time.monotonic(), words))
            if title.startswith("draft"):
                return

    def _look(self, killed_at: float) -> None:
        """What was there a second before is in the store, once, and the app shows it when it is opened again."""
        with Store(self._world.store_path) as store:
            rows = store.rows(self._music)
        by_file: dict[int, list[Row]] = {}
        for row in rows:
            by_file.setdefault(int(row.clip.path.stem), []).append(row)
        for file, seen in self._seen.items():
            found = by_file.get(file, [])
            if len(found) > 1:
                self._tally.fault("doubles", f"{[row.clip for row in found]}")
            held = " ".join(found[0].text.split()) if found else ""
            must = " ".join(seen.text_at(killed_at - OLD_S).split())
            if must not in held:
                self._tally.fault("lost", f"{must!r} was there for a second, {held!r} is kept")
            if seen.accepted_at and seen.accepted_at < killed_at - OLD_S and found[0].status is not Status.ACCEPTED:
                self._tally.fault("lost", f"accepted a second before, and {found[0].status} now")
        self._open_again([row for row in rows if row.text.strip()])

    def _open_again(self, rows: list[Row]) -> None:
        """The app shows the last of them, and leaves by its key."""
        person = Person(self._world, self._music)
        try:
            person.see(LISTED)
            if rows:
                # It opens the file that was open last.
                person.press("g" + "j" * int(rows[-1].clip.path.stem))
                person.see(f"╭─ {rows[-1].clip.path.name}")
                wanted = " ".join(rows[-1].text.split())
                person.see(lambda screen: wanted in caption_on(screen))
            person.leave()
        except AssertionError as error:
            self._tally.fault("stuck", f"opened again: {error}")
        finally:
            person.close()
        self._world.look_for_orphans(self._tally)
