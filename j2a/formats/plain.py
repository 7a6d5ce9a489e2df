"""A text file beside the audio, and nothing else in it.

* ``stable-audio``: ``clip.txt`` (Stability-AI/stable-audio-3@636f906 docs/workflows/lora.md); its guide to prompts
  wants BPM in the text.
* ``kohya``: ``X.caption``, the default of ``caption_extension`` (kohya-ss/sd-scripts@063ef10
  docs/config_README-en.md).
* ``txt``: ``X.txt``. ACE-Step reads that as lyrics: see ``ace-step-sidecars``.
"""

from __future__ import annotations

from collections.abc import Callable

from j2a.formats.entry import Entry, Files, FormatError, Place, by_file, chosen_of_file
from j2a.formats.record import Format
from j2a.formats.text import decoded, encoded, one_line, text_in

MOST_CHARACTERS = 20_000  # of a caption; a file with more is something else


def stem_of(name: str, ending: str) -> str:
    """The path of the audio that a file lies beside, without its ending."""
    return name[: len(name) - len(ending)]


def caption_in(data: bytes) -> str:
    """The caption that a text file is. Raises ``FormatError``."""
    text = text_in(decoded(data))
    if len(text) > MOST_CHARACTERS:
        raise FormatError(f"its text has {len(text):,} characters: no caption has so many.")
    return text


def _writer(ending: str) -> Callable[[list[Entry], Place], Files]:
    def write(entries: list[Entry], place: Place) -> Files:
        found = [chosen_of_file(of_file) for of_file in by_file(entries).values()]
        return {one.stem + ending: encoded(one_line(one.caption) + "\n") for one in found}

    return write


def _reader(ending: str) -> Callable[[str, bytes], list[Entry]]:
    def read(name: str, data: bytes) -> list[Entry]:
        return [Entry(stem_of(name, ending), caption=caption_in(data), beside=True)]

    return read


TXT = Format("txt", "any tool that wants one text a clip", "X.txt", "file", _writer(".txt"), _reader(".txt"),
             endings=(".txt",))  # fmt: skip
STABLE_AUDIO = Format("stable-audio", "Stable Audio 3, fal", "X.txt with BPM and key in the text", "file",
                      _writer(".txt"), _reader(".txt"), figures=True, endings=(".txt",))  # fmt: skip
KOHYA = Format("kohya", "kohya's sd-scripts", "X.caption", "file", _writer(".caption"), _reader(".caption"),
               endings=(".caption",))  # fmt: skip
