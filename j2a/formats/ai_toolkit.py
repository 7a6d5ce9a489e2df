"""``ai-toolkit``: ``X.txt`` of tags, for the ACE-Step trainer of ostris' ai-toolkit.

ostris/ai-toolkit@07de709 extensions_built_in/captioner/AceStepCaptioner.py writes them in this order: CAPTION and
LYRICS over several lines, BPM and DURATION as whole numbers, KEYSCALE with the mode in lower case, TIMESIGNATURE as a
numerator, LANGUAGE as a code. A value that is not known has no tag at all.
"""

from __future__ import annotations

import re

from j2a.formats.entry import Entry, Files, FormatError, Place, by_file, chosen_of_file
from j2a.formats.plain import MOST_CHARACTERS, stem_of
from j2a.formats.record import Format
from j2a.formats.text import decoded, encoded, number_in, one_line, text_in
from j2a.formats.values import bpm_in, key_in, keyscale, language_in, meter_in, timesignature, whole_bpm

_BLOCK = re.compile(r"<([A-Z]{3,20})>(.*?)</\1>", re.DOTALL)
_LONG = ("CAPTION", "LYRICS")
_ORDER = (*_LONG, "BPM", "KEYSCALE", "TIMESIGNATURE", "DURATION", "LANGUAGE")
INSTRUMENTAL = "[Instrumental]"


def write(entries: list[Entry], place: Place) -> Files:
    """One file beside each audio file."""
    found = [chosen_of_file(of_file) for of_file in by_file(entries).values()]
    return {f"{one.stem}.txt": _text(_blocks(one)) for one in found}


def _blocks(entry: Entry) -> dict[str, str]:
    bpm = whole_bpm(entry.sure_bpm)
    lyrics = entry.lyrics or (INSTRUMENTAL if entry.instrumental else "")
    return {
        "CAPTION": _harmless(one_line(entry.caption)), "LYRICS": _harmless(lyrics),
        "BPM": "" if bpm is None else str(bpm), "KEYSCALE": keyscale(entry.key),
        "TIMESIGNATURE": timesignature(entry.meter),
        "DURATION": "" if entry.length_s is None else str(round(entry.length_s)), "LANGUAGE": entry.language,
    }  # fmt: skip


def _harmless(text: str) -> str:
    """A text that no reader takes for one of the tags."""
    return re.sub(rf"</?({'|'.join(_ORDER)})>", "", text)


def _text(blocks: dict[str, str]) -> bytes:
    lines = []
    for name in (*_ORDER, *sorted(set(blocks) - set(_ORDER))):
        value = blocks.get(name, "")
        if name in _LONG:
            lines.append(f"<{name}>\n{value}\n</{name}>")
        elif value:
            lines.append(f"<{name}>{value}</{name}>")
    return encoded("\n".join(lines) + "\n")


def _blocks_in(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _BLOCK.finditer(decoded(data)):
        if match[1] in found:
            raise FormatError(f"the tag <{match[1]}> stands twice.")
        found[match[1]] = match[2].strip()
    return found


def read(name: str, data: bytes) -> list[Entry]:
    """The caption and figures of a file beside its audio."""
    blocks = _blocks_in(data)
    if "CAPTION" not in blocks:
        raise FormatError("it has no <CAPTION>.")
    if len(blocks["CAPTION"]) > MOST_CHARACTERS:
        raise FormatError(f"its caption has {len(blocks['CAPTION']):,} characters: no caption has so many.")
    lyrics = text_in(blocks.get("LYRICS"))
    return [
        Entry(
            stem_of(name, ".txt"), caption=text_in(blocks["CAPTION"]), lyrics="" if lyrics == INSTRUMENTAL else lyrics,
            bpm=bpm_in(blocks.get("BPM")), key=key_in(blocks.get("KEYSCALE")), beside=True,
            meter=meter_in(blocks.get("TIMESIGNATURE")), language=language_in(blocks.get("LANGUAGE")),
            duration_s=number_in(blocks.get("DURATION")), instrumental=True if lyrics == INSTRUMENTAL else None,
        )
    ]  # fmt: skip


def merged(there: bytes, ours: bytes) -> bytes:
    """What others keep in the file stays, lyrics first of all; of ours what is known."""
    return _text(_blocks_in(there) | {name: value for name, value in _blocks_in(ours).items() if value})


FORMAT = Format("ai-toolkit", "ostris' ai-toolkit (ACE-Step)", "X.txt of <TAG> blocks", "file", write, read,
                figures=False, merged=merged, endings=(".txt",), needs_duration=True)  # fmt: skip
