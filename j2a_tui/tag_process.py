"""Tags of thousands of files, read in a process of its own: a thread that reads them would take turns with the screen.

``python -m j2a_tui.tag_process`` reads a JSON list of [path, size, modification time] a line, and answers each line
with a list of [title, artist, album, duration in seconds], ``null`` for a file without tags. It ends with its input.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from j2a.errors import AudioError
from j2a.library import Track
from j2a.priority import NICENESS, go_first, step_back
from j2a.tags import TagCache, Tags


class TagProcess:
    """The caller's end. For one thread at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "j2a_tui.tag_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # ctrl+c in the terminal is not for it
        )

    def read(self, tracks: Sequence[Track]) -> dict[Path, Tags]:
        """Tags of these files; those without any are left out. Raises ``AudioError`` when the process is gone."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = [(str(track.path), track.size, track.mtime) for track in tracks]
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise AudioError("The process that reads tags ended early.", "Lengths and titles are missing in the list.")
        answered = zip(tracks, json.loads(answer), strict=True)
        return {track.path: Tags(*found) for track, found in answered if found is not None}

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


def main() -> None:
    """The process."""
    step_back(2 * NICENESS)  # behind the engine, too: it is waited for sooner
    go_first()
    cache = TagCache()
    for line in sys.stdin.buffer:
        tracks = [Track(Path(path), "", size, mtime) for path, size, mtime in json.loads(line)]
        [batch] = cache.read(tracks, batch=len(tracks))
        answer = [tags and (tags.title, tags.artist, tags.album, tags.duration_s) for _, tags in batch]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
