"""``rekordbox``: ``rekordbox.xml``, a collection with tempo, key, beat grid and cue points; Mixxx imports it, too.

Loaded with pyrekordbox 0.5.0 (DJ_PLAYLISTS 1.0.0: TRACK, TEMPO Inizio Bpm Metro Battito, POSITION_MARK); rekordbox
itself was not here to try. Figures and locations are written here, since that library checks nothing: TotalTime is
whole, Location is ``file://localhost/`` and the quoted absolute path, control characters go. The caption is the
comment; each window is a memory cue with its caption's beginning as name. It is read by events, without building a
tree, and never with a DTD.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urlsplit
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from j2a.formats.entry import Entry, Files, FormatError, Place, by_file, chosen_of_file
from j2a.formats.record import Format
from j2a.formats.text import decoded, encoded, one_line, shown_name, text_in
from j2a.formats.values import bpm_in, key_in, meter_in, short_key

FILE_NAME = "rekordbox.xml"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CUE_NAME = 40
_LOCAL = "file://localhost/"


def write(entries: list[Entry], place: Place) -> Files:
    """One collection."""
    files = by_file(entries)
    tracks = [line for number, found in enumerate(files.values(), 1) for line in _track(found, number, place)]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>', '<DJ_PLAYLISTS Version="1.0.0">',
        '  <PRODUCT Name="J2A" Version="0.1.0" Company=""/>', f'  <COLLECTION Entries="{len(files)}">',
        *tracks, "  </COLLECTION>", '  <PLAYLISTS><NODE Type="0" Name="ROOT" Count="0"/></PLAYLISTS>',
        "</DJ_PLAYLISTS>", "",
    ]  # fmt: skip
    return {FILE_NAME: encoded("\n".join(lines))}


def _track(entries: list[Entry], number: int, place: Place) -> list[str]:
    one = chosen_of_file(entries)
    attributes = {
        "TrackID": str(number), "Name": shown_name(PurePosixPath(one.file).stem),
        "Kind": PurePosixPath(one.file).suffix[1:].upper(), "Genre": one.genre,
        "TotalTime": "" if one.duration_s is None else str(round(one.duration_s)),
        "AverageBpm": "" if one.bpm is None else f"{one.bpm:.2f}", "Tonality": short_key(one.key),
        "Comments": one_line(one.caption), "Location": location(place.path(one)),
    }  # fmt: skip
    lines = [f"    <TRACK{_attributes(attributes)}>"]
    lines += [_tempo(one)] if one.bpm is not None and one.beats else []
    lines += [_cue(entry) for entry in entries if entry.caption]
    return [*lines, "    </TRACK>"]


def _tempo(entry: Entry) -> str:
    """The grid from the first bar on; from the first beat where no bar is known."""
    first = next(iter(entry.downbeats or entry.beats))
    values = {"Inizio": f"{entry.start_s + first:.3f}", "Bpm": f"{entry.bpm:.2f}", "Metro": entry.meter or "4/4",
              "Battito": "1"}  # fmt: skip
    return f"      <TEMPO{_attributes(values)}/>"


def _cue(entry: Entry) -> str:
    name = one_line(entry.caption)[:_CUE_NAME]
    values = {"Name": name, "Type": "0", "Start": f"{entry.start_s:.3f}", "Num": "-1"}
    return f"      <POSITION_MARK{_attributes(values)}/>"


def _attributes(values: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(_NOT_XML.sub('', value))}" for name, value in values.items() if value)


def location(path: str) -> str:
    """An absolute path as rekordbox writes it; bytes of it that are not UTF-8 as they are."""
    return _LOCAL + quote(path.lstrip("/").encode(errors="surrogateescape"), safe="/")


def path_at(address: str) -> str:
    """The inverse of :func:`location`; "" for what is no file of this machine."""
    try:
        parts = urlsplit(address)
    except ValueError:  # a host that begins like an IPv6 address
        return ""
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return ""
    return "/" + unquote(address[len("file://" + parts.netloc):], errors="surrogateescape").lstrip("/")


def read(name: str, data: bytes) -> list[Entry]:
    """One entry a track: its comment, tempo, key and meter."""
    found: list[Entry] = []

    def start(tag: str, values: dict[str, str]) -> None:
        if tag == "TRACK" and "Location" in values:
            file = path_at(values["Location"])
            found.append(Entry(
                file, caption=text_in(values.get("Comments")), bpm=bpm_in(values.get("AverageBpm")),
                key=_tonality(values.get("Tonality", "")), genre=text_in(values.get("Genre")),
            ))  # fmt: skip
        elif tag == "TEMPO" and found:
            found[-1] = replace(found[-1], meter=meter_in(values.get("Metro")))

    _events(decoded(data), start)
    return found


def _tonality(text: str) -> str:
    """rekordbox writes a major key as its tonic alone."""
    return key_in(text) or (key_in(f"{text} major") if text else "")


def _events(text: str, start: Callable[[str, dict[str, str]], None]) -> None:
    """Show every start tag to ``start``. Raises ``FormatError``; also for a document type, which others may use to name
    files or to grow."""
    parser = expat.ParserCreate()
    tags: list[str] = []

    def begin(tag: str, values: dict[str, str]) -> None:
        if not tags and tag != "DJ_PLAYLISTS":
            raise FormatError("it is no rekordbox collection.")
        tags.append(tag)
        if len(tags) > 50:
            raise FormatError("its XML is nested too deeply.")
        start(tag, values)

    def refuse(*_: object) -> None:
        raise FormatError("it has a document type (DTD), which no collection has.")

    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda tag: tags.pop() and None
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(re.sub(r"^\s*<\?xml[^>]*\?>", "", text).encode(), True)
    except expat.ExpatError as error:
        raise FormatError(f"it is no XML: {expat.ErrorString(error.code)}, line {error.lineno}.") from error
    except UnicodeEncodeError as error:
        raise FormatError("it is no XML.") from error


FORMAT = Format("rekordbox", "rekordbox, Mixxx", FILE_NAME, "window", write, read, file_name=FILE_NAME,
                needs_duration=True)  # fmt: skip
