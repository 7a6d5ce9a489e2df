"""``jams``: ``X.jams`` beside the audio, with every window's caption, tags, tempo, key, beats and chords.

Loaded with jams 0.3.5: namespaces beat, chord, key_mode, tempo, tag_open. Times are seconds of the file. A caption is
a ``tag_open`` over its window whose sandbox says so. A tempo's confidence has to be a number: 1 where it is sure,
else 0.5. ``A:minor`` is a key there and ``A:min`` a chord. Each chord ends where the next one begins.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from j2a.features.record import Chord
from j2a.formats.entry import Entry, Files, FormatError, Place, by_file
from j2a.formats.plain import stem_of
from j2a.formats.record import Format
from j2a.formats.text import as_json, json_of, number_in, shown_name, text_in
from j2a.formats.values import bpm_in, key_in

VERSION = "0.3.5"
_CAPTION, _TAGS = "caption", "tags"


def write(entries: list[Entry], place: Place) -> Files:
    """One file beside each audio file."""
    return {f"{found[0].stem}.jams": as_json(_jams(found)) for found in by_file(entries).values()}


def _jams(entries: list[Entry]) -> dict[str, Any]:
    last_s = max(one.start_s + (one.length_s or 0.0) for one in entries)
    duration_s = next((one.duration_s for one in entries if one.duration_s), last_s)
    title = shown_name(PurePosixPath(entries[0].file).stem)
    return {
        "annotations": [layer for one in entries for layer in _layers(one, max(duration_s, last_s))],
        "file_metadata": {"title": title, "artist": "", "release": "", "duration": max(duration_s, last_s, 0.001),
                          "identifiers": {}, "jams_version": VERSION},
        "sandbox": {"file_name": shown_name(entries[0].file)},
    }  # fmt: skip


def _layers(entry: Entry, file_s: float) -> list[dict[str, Any]]:
    start_s = entry.start_s
    length_s = (file_s if entry.end_s is None else entry.end_s) - start_s
    window = {"whole": entry.end_s is None, "status": entry.status}

    def layer(namespace: str, data: list[dict[str, Any]], holds: str = "") -> dict[str, Any]:
        return {
            "namespace": namespace, "data": data, "time": start_s, "duration": length_s,
            "annotation_metadata": {
                "curator": {"name": "", "email": ""}, "annotator": {"name": entry.annotator} if entry.annotator else {},
                "version": "", "corpus": "", "annotation_tools": "J2A", "annotation_rules": "", "validation": "",
                "data_source": ""},
            "sandbox": {"j2a": {**window, "holds": holds or namespace}},
        }  # fmt: skip

    def over_all(value: Any, confidence: float | None = None) -> dict[str, Any]:
        return {"time": start_s, "duration": length_s, "value": value, "confidence": confidence}

    layers = [layer("tag_open", [over_all(entry.caption)], _CAPTION)]
    if entry.tags:
        layers.append(layer("tag_open", [over_all(tag) for tag in entry.tags], _TAGS))
    if entry.bpm is not None:
        layers.append(layer("tempo", [over_all(float(entry.bpm), 0.5 if entry.bpm_sure is False else 1.0)]))
    if entry.key:
        layers.append(layer("key_mode", [over_all(entry.key.replace(" ", ":"))]))
    if entry.beats:
        layers.append(layer("beat", _beats(entry)))
    if entry.chords:
        layers.append(layer("chord", _chords(entry)))
    return layers


def _beats(entry: Entry) -> list[dict[str, Any]]:
    """With their place in the bar, from 1, where bars are known."""
    bars, place, found = {round(time_s, 3) for time_s in entry.downbeats}, None, []
    for time_s in entry.beats:
        place = 1 if round(time_s, 3) in bars else None if place is None else place + 1
        found.append({"time": round(entry.start_s + time_s, 3), "duration": 0.0, "value": place, "confidence": None})
    return found


def _chords(entry: Entry) -> list[dict[str, Any]]:
    starts = [round(entry.start_s + one.start_s, 3) for one in entry.chords]
    ends = [*starts[1:], round(entry.start_s + entry.chords[-1].end_s, 3)]
    return [
        {"time": start_s, "duration": round(end_s - start_s, 3), "value": one.label, "confidence": None}
        for one, start_s, end_s in zip(entry.chords, starts, ends, strict=True)
        if end_s > start_s
    ]


def read(name: str, data: bytes) -> list[Entry]:
    """The windows of a file that J2A wrote, or of another one whose first ``tag_open`` is its caption."""
    whole = json_of(data)
    if not isinstance(whole, dict) or not isinstance(whole.get("annotations"), list):
        raise FormatError("it has no annotations.")
    windows: dict[tuple[float, float | None], Entry] = {}
    for layer in whole["annotations"]:
        if isinstance(layer, dict):
            _take(windows, layer, stem_of(name, ".jams"))
    return list(windows.values())


def _take(windows: dict[tuple[float, float | None], Entry], layer: dict[str, Any], stem: str) -> None:
    """Add what a layer says to the entry of its window."""
    data, sandbox = layer.get("data"), layer.get("sandbox")
    data = [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []
    ours = sandbox.get("j2a") if isinstance(sandbox, dict) else None
    ours = ours if isinstance(ours, dict) else {"whole": True, "holds": layer.get("namespace")}
    start_s, length_s = number_in(layer.get("time")) or 0.0, number_in(layer.get("duration"))
    end_s = None if ours.get("whole") or length_s is None else round(start_s + length_s, 6)
    here = windows.get((start_s, end_s), Entry(stem, start_s, end_s, beside=True, status=text_in(ours.get("status"))))
    values = [one.get("value") for one in data]
    confidence = number_in(data[0].get("confidence")) if data else None
    holds = ours.get("holds")
    if holds == _CAPTION and values:
        here = replace(here, caption=text_in(values[0]))
    elif holds == _TAGS:
        here = replace(here, tags=tuple(one for one in map(text_in, values) if one))
    elif holds == "tempo" and values:
        here = replace(here, bpm=bpm_in(values[0]), bpm_sure=False if confidence == 0.5 else None)
    elif holds == "key_mode" and values:
        here = replace(here, key=key_in(values[0]))
    elif holds == "beat":
        here = replace(here, beats=_since(start_s, data), downbeats=_since(start_s, data, first=True))
    elif holds == "chord":
        here = replace(here, chords=tuple(_chord(start_s, one) for one in data))
    windows[start_s, end_s] = here


def _since(start_s: float, data: list[dict[str, Any]], *, first: bool = False) -> tuple[float, ...]:
    times = [number_in(one.get("time")) for one in data if not first or one.get("value") == 1]
    found = sorted({round(time_s - start_s, 3) for time_s in times if time_s is not None and time_s >= start_s})
    return tuple(found)


def _chord(start_s: float, one: dict[str, Any]) -> Chord:
    time_s, length_s = number_in(one.get("time")) or 0.0, number_in(one.get("duration")) or 0.0
    return Chord(round(time_s - start_s, 3), round(time_s - start_s + length_s, 3), text_in(one.get("value")))


FORMAT = Format("jams", "jams, mir_eval, mirdata", "X.jams", "window", write, read, endings=(".jams",),
                needs_duration=True)  # fmt: skip
