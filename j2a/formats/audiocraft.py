"""``audiocraft``: ``X.json`` beside the audio, for MusicGen.

facebookresearch/audiocraft@6e65933 audiocraft/data/music_dataset.py, info_audio_dataset.py@bf70522: with its default
(``info_fields_required``) every field but keywords has to be there. Keywords are a list here: in a text they would be
parted at blanks, too, and "electric guitar" be two. ``bpm`` becomes a float, "" none; a key with a comma in it is
dropped. ACE-Step's dataset builder reads the same file: what it keeps there stays.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from j2a.formats.ace_step import merged_sidecar, object_in
from j2a.formats.entry import Entry, Files, Place, by_file, chosen_of_file
from j2a.formats.plain import stem_of
from j2a.formats.record import Format
from j2a.formats.text import as_json, number_in, one_line, shown_name, text_in
from j2a.formats.values import bpm_in, key_in


def write(entries: list[Entry], place: Place) -> Files:
    """One file beside each audio file."""
    found = [chosen_of_file(of_file) for of_file in by_file(entries).values()]
    return {f"{one.stem}.json": as_json(_fields(one)) for one in found}


def _fields(entry: Entry) -> dict[str, Any]:
    path = PurePosixPath(entry.file)
    return {
        "key": entry.key, "artist": "", "file_extension": path.suffix.lstrip("."),
        "description": one_line(entry.caption), "keywords": list(entry.tags), "duration": entry.length_s,
        "bpm": "" if entry.sure_bpm is None else entry.sure_bpm, "genre": one_line(entry.genre),
        "title": shown_name(path.stem), "name": shown_name(path.stem), "instrument": "", "moods": [],
    }  # fmt: skip


def read(name: str, data: bytes) -> list[Entry]:
    """The description and figures of a file beside its audio."""
    fields = object_in(data)
    keywords = fields.get("keywords")
    words = keywords.split(",") if isinstance(keywords, str) else keywords if isinstance(keywords, list) else []
    return [
        Entry(
            stem_of(name, ".json"), caption=text_in(fields.get("description")), bpm=bpm_in(fields.get("bpm")),
            key=key_in(fields.get("key")), genre=text_in(fields.get("genre")), beside=True,
            tags=tuple(word for word in map(text_in, words) if word), duration_s=number_in(fields.get("duration")),
        )
    ]  # fmt: skip


FORMAT = Format("audiocraft", "AudioCraft, MusicGen", "X.json", "file", write, read, merged=merged_sidecar,
                endings=(".json",), needs_duration=True)  # fmt: skip
