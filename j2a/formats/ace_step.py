"""``ace-step`` (``dataset.json``) and ``ace-step-sidecars`` (``X.caption.txt``, ``X.json``), for ACE-Step 1.5.

After a list of what its dataset builder reads (ace-step/ACE-Step-1.5@1941327
acestep/training/dataset_builder_modules), of whose source only csv_metadata.py was seen: ``X.txt`` is lyrics there, the
caption is ``X.caption.txt``; ``X.json`` has caption, bpm, keyscale, timesignature, language, each optional. The caption
names no figures: they have fields. musubi-tuner's fork, SimpleTuner, Side-Step and HOT-Step load ``dataset.json``, too.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import Any

from j2a.formats.entry import Entry, Files, FormatError, Place, by_file, chosen_of_file
from j2a.formats.plain import caption_in, stem_of
from j2a.formats.record import Format
from j2a.formats.text import as_json, encoded, json_of, number_in, one_line, shown_name, text_in
from j2a.formats.values import bpm_in, key_in, keyscale, language_in, meter_in, timesignature, whole_bpm

DATASET = "dataset.json"
INSTRUMENTAL = "[Instrumental]"
_UNKNOWN = "unknown"  # its word for a language that is not known
_OURS = ("caption", "bpm", "keyscale", "timesignature", "duration", "labeled")


def write(entries: list[Entry], place: Place) -> Files:
    """``dataset.json``: one sample a file."""
    samples = [_sample(chosen_of_file(of_file), place) for of_file in by_file(entries).values()]
    metadata = {
        "name": place.name, "custom_tag": "", "tag_position": "prepend",
        "created_at": max((entry.updated_at for entry in entries), default=""), "num_samples": len(samples),
        "all_instrumental": bool(samples) and all(sample["is_instrumental"] for sample in samples), "genre_ratio": 0,
    }  # fmt: skip
    return {DATASET: as_json({"metadata": metadata, "samples": samples})}


def _sample(entry: Entry, place: Place) -> dict[str, Any]:
    lyrics = entry.lyrics or (INSTRUMENTAL if entry.instrumental else "")
    return {
        "id": hashlib.sha256(encoded(shown_name(entry.file))).hexdigest()[:8],
        "audio_path": shown_name(place.path(entry)), "filename": shown_name(PurePosixPath(entry.file).name),
        "caption": one_line(entry.caption), "genre": one_line(entry.genre), "lyrics": lyrics,
        "raw_lyrics": entry.lyrics, "formatted_lyrics": "", "bpm": whole_bpm(entry.sure_bpm),
        "keyscale": keyscale(entry.key),
        "timesignature": timesignature(entry.meter), "duration": round(entry.length_s or 0),
        "language": entry.language or _UNKNOWN, "is_instrumental": bool(entry.instrumental), "custom_tag": "",
        "labeled": bool(entry.caption.strip()), "prompt_override": None,
    }  # fmt: skip


def read(name: str, data: bytes) -> list[Entry]:
    """The samples of a ``dataset.json``, wherever its audio lies now."""
    whole = json_of(data)
    samples = whole.get("samples") if isinstance(whole, dict) else None
    if not isinstance(samples, list):
        raise FormatError("it has no list of samples.")
    return [_entry(sample) for sample in samples if isinstance(sample, dict)]


def _entry(sample: dict[str, Any]) -> Entry:
    lyrics = text_in(sample.get("raw_lyrics")) or text_in(sample.get("lyrics"))
    duration_s = number_in(sample.get("duration"))
    return Entry(
        str(sample.get("audio_path") or sample.get("filename") or ""), caption=text_in(sample.get("caption")),
        genre=text_in(sample.get("genre")), lyrics="" if lyrics == INSTRUMENTAL else lyrics,
        instrumental=True if sample.get("is_instrumental") is True else None, duration_s=duration_s or None,
        **_figures(sample),
    )  # fmt: skip


def _figures(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "bpm": bpm_in(fields.get("bpm")), "key": key_in(fields.get("keyscale")),
        "meter": meter_in(fields.get("timesignature")), "language": language_in(fields.get("language")),
    }  # fmt: skip


def merged(there: bytes, ours: bytes) -> bytes:
    """Samples that are not ours stay; of ours what was put in by hand there: lyrics, tags, genre, language."""
    old, new = json_of(there), json_of(ours)
    if not isinstance(old, dict) or not isinstance(old.get("samples"), list):
        return ours
    kept = {one.get("audio_path"): one for one in old["samples"] if isinstance(one, dict)}
    samples = [_merged(kept.pop(one["audio_path"], {}), one) for one in new["samples"]]
    samples += kept.values()
    metadata = new["metadata"] | (old["metadata"] if isinstance(old.get("metadata"), dict) else {})
    metadata |= {"num_samples": len(samples), "created_at": new["metadata"]["created_at"]}
    return as_json(old | {"metadata": metadata, "samples": samples})


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in new.items() if name in _OURS and value not in ("", None, 0)}
    return new | old | known


def write_sidecars(entries: list[Entry], place: Place) -> Files:
    """``X.caption.txt`` and ``X.json`` beside each audio file."""
    files: Files = {}
    for one in (chosen_of_file(of_file) for of_file in by_file(entries).values()):
        fields = {
            "caption": one_line(one.caption), "bpm": whole_bpm(one.sure_bpm), "keyscale": keyscale(one.key),
            "timesignature": timesignature(one.meter), "language": one.language,
        }  # fmt: skip
        files[f"{one.stem}.caption.txt"] = encoded(one_line(one.caption) + "\n")
        files[f"{one.stem}.json"] = as_json({name: value for name, value in fields.items() if value not in ("", None)})
    return files


def read_sidecar(name: str, data: bytes) -> list[Entry]:
    """Either of the two files."""
    if name.lower().endswith(".caption.txt"):
        return [Entry(stem_of(name, ".caption.txt"), caption=caption_in(data), beside=True)]
    fields = object_in(data)
    return [Entry(stem_of(name, ".json"), caption=text_in(fields.get("caption")), beside=True, **_figures(fields))]


def object_in(data: bytes) -> dict[str, Any]:
    """The object that a JSON file beside the audio is. Raises ``FormatError``."""
    fields = json_of(data)
    if not isinstance(fields, dict):
        raise FormatError("it is no JSON object.")
    return fields


def merged_sidecar(there: bytes, ours: bytes) -> bytes:
    """One object serves several readers: what others keep in it stays. Of two texts ours."""
    if not ours.startswith(b"{"):
        return ours
    old, new = object_in(there), object_in(ours)
    return as_json(old | {name: value for name, value in new.items() if value not in ("", None, []) or name not in old})


FORMAT = Format("ace-step", "ACE-Step 1.5, SimpleTuner, musubi-tuner", DATASET, "file", write, read, figures=False,
                merged=merged, file_name=DATASET, needs_duration=True, beside_audio=True)  # fmt: skip
SIDECARS = Format("ace-step-sidecars", "ACE-Step 1.5's dataset builder", "X.caption.txt, X.json", "file",
                  write_sidecars, read_sidecar, figures=False, merged=merged_sidecar,
                  endings=(".caption.txt", ".json"))  # fmt: skip
