"""``side-step``: ``X.txt`` of ``key: value`` lines, for Side-Step and HOT-Step-CPP.

koda-dernet/Side-Step@8813055 sidestep_engine/data/sidecar_io.py: caption, genre, bpm, key, signature, whatever else
there is, lyrics last and over several lines. Its reader (``parse_txt_metadata``, @76e1dd3) takes every line with a
colon that does not begin with ``[`` for a new key, so a caption is one line. What J2A does not know, lyrics first of
all, stays.
"""

from __future__ import annotations

from j2a.formats.entry import Entry, Files, FormatError, Place, by_file, chosen_of_file
from j2a.formats.plain import MOST_CHARACTERS, stem_of
from j2a.formats.record import Format
from j2a.formats.text import decoded, encoded, one_line, text_in
from j2a.formats.values import bpm_in, key_in, meter_in, whole_bpm

_ORDER = ("caption", "genre", "bpm", "key", "signature")
_OTHER_NAMES = {"keyscale": "key", "timesignature": "signature"}


def write(entries: list[Entry], place: Place) -> Files:
    """One file beside each audio file."""
    found = [chosen_of_file(of_file) for of_file in by_file(entries).values()]
    return {f"{one.stem}.txt": _text(_fields(one)) for one in found}


def _fields(entry: Entry) -> dict[str, str]:
    bpm = whole_bpm(entry.sure_bpm)
    return {
        "caption": one_line(entry.caption), "genre": one_line(entry.genre), "bpm": "" if bpm is None else str(bpm),
        "key": entry.key, "signature": entry.meter, "lyrics": entry.lyrics,
        **({"is_instrumental": "true"} if entry.instrumental else {}),
    }  # fmt: skip


def _text(fields: dict[str, str]) -> bytes:
    lines = [f"{name}: {fields.get(name, '')}".rstrip() for name in _ORDER]
    lines += [f"{name}: {fields[name]}" for name in sorted(fields) if name not in (*_ORDER, "lyrics") and fields[name]]
    lyrics = fields.get("lyrics", "")
    return encoded("\n".join([*lines, f"lyrics:\n{lyrics}" if lyrics else "lyrics:"]) + "\n")


def fields_in(data: bytes) -> dict[str, str]:
    """The fields of a file as Side-Step reads them. Raises ``FormatError``, also for a key that stands twice."""
    fields: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in decoded(data).strip().split("\n"):
        bare = line.lstrip()
        name, colon, value = bare.partition(":")
        name = name.strip().lower()
        if lines is not None and "lyrics" in fields and name not in (*_ORDER, *_OTHER_NAMES):
            lines.append(line.rstrip())  # a line of the song, whatever stands in it
        elif colon and not bare.startswith("["):
            if name in fields:
                raise FormatError(f"the key {name[:40]!r} stands twice.")
            lines = fields[name] = [value.strip()] if value.strip() else []
        elif lines is not None:
            lines.append(line.rstrip())
    return {_OTHER_NAMES.get(name, name): "\n".join(found).strip() for name, found in fields.items()}


def read(name: str, data: bytes) -> list[Entry]:
    """The caption and figures of a file beside its audio."""
    fields = fields_in(data)
    if "caption" not in fields:
        raise FormatError("it has no line that begins with caption:")
    if len(fields["caption"]) > MOST_CHARACTERS:
        raise FormatError(f"its caption has {len(fields['caption']):,} characters: no caption has so many.")
    return [
        Entry(
            stem_of(name, ".txt"), caption=text_in(fields["caption"]), genre=text_in(fields.get("genre")),
            bpm=bpm_in(fields.get("bpm")), key=key_in(fields.get("key")), meter=meter_in(fields.get("signature")),
            lyrics=text_in(fields.get("lyrics")), beside=True,
            instrumental=True if fields.get("is_instrumental", "").lower() == "true" else None,
        )
    ]  # fmt: skip


def merged(there: bytes, ours: bytes) -> bytes:
    """What others keep in the file stays; of ours what is known."""
    kept, new = fields_in(there), fields_in(ours)
    return _text(kept | {name: value for name, value in new.items() if value or name not in kept})


FORMAT = Format("side-step", "Side-Step, HOT-Step-CPP", "X.txt of key: value lines", "file", write, read, figures=False,
                merged=merged, endings=(".txt",))  # fmt: skip
