"""ID3 tags of other programs: what is not written by us stays as it was written, frame by frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from j2a.tagging.fields import Tagged, Values
from j2a.tagging.writing import write

pytest.importorskip("mutagen")
from mutagen import id3

V1 = (b"TAG" + b"Old title".ljust(30, b"\0") + b"Artist".ljust(30, b"\0") + b"Album".ljust(30, b"\0") + b"1999"
      + b"A comment".ljust(28, b"\0") + b"\0\x05" + bytes([17]))  # fmt: skip
OLD = {
    b"TYER": b"\x001999", b"TDAT": b"\x000605", b"TORY": b"\x001970", b"IPLS": b"\0producer\0X\0",
    b"TSIZ": b"\x00123", b"RVAD": b"\x03\x10\0\1\0\1", b"TCON": b"\0(17)", b"TPE1": b"\0A\0B", b"NCON": b"xyz",
}  # fmt: skip


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "a.mp3"
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.1, (22_050, 2)), 44_100, format="MP3")
    return path


def put_in_front(song: Path, version: int, frames: bytes) -> None:
    size = bytes([0, 0, len(frames) >> 7, len(frames) & 127])
    song.write_bytes(b"ID3" + bytes([version, 0, 0]) + size + frames + song.read_bytes())


def frames_of(song: Path) -> dict[bytes, bytes]:
    """The frames of an ID3v2.3 tag, without the zeros at their ends."""
    data = song.read_bytes()
    assert data[:4] == b"ID3\x03"
    end = 10 + sum(byte << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    found, at = {}, 10
    while at + 10 < end and data[at]:
        size = int.from_bytes(data[at + 4 : at + 8])
        found[data[at : at + 4]] = data[at + 10 : at + 10 + size].rstrip(b"\0")
        at += 10 + size
    return found


def test_frames_that_id3v24_does_not_have_stay_in_an_id3v23_tag(song: Path) -> None:
    put_in_front(song, 3, b"".join(name + len(data).to_bytes(4) + b"\0\0" + data for name, data in OLD.items()))
    write(song, {"bpm": ["128"]})
    found = frames_of(song)
    assert found.pop(b"TBPM")
    assert found == {name: data.rstrip(b"\0") for name, data in OLD.items()}


def test_the_year_of_an_id3v22_tag_can_still_be_read(song: Path) -> None:
    put_in_front(song, 2, b"TT2\0\0\6\0Title" + b"TYE\0\0\5\x001999")
    write(song, {"bpm": ["128"]})
    assert (frames_of(song)[b"TIT2"], frames_of(song)[b"TYER"]) == (b"\0Title", b"\x001999")


def test_an_id3v1_tag_stays_as_it_is(song: Path) -> None:
    song.write_bytes(song.read_bytes() + V1)
    write(song, {"bpm": ["128"]})
    assert song.read_bytes().endswith(V1)
    assert str(id3.ID3(song)["TIT2"]) == "Old title"  # a reader of ID3v2 looks no further
    tags = id3.ID3(song)
    tags["TIT2"] = id3.TIT2(encoding=1, text=["New title, which is longer than ID3v1 has room for"])
    tags.save(song, v1=0)
    song.write_bytes(song.read_bytes() + V1)
    write(song, {"key": ["Am"]})
    assert song.read_bytes().endswith(V1)


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize(("frame", "field"), [("TKEY", "key"), ("TBPM", "bpm"), ("TCON", "genre")])
@pytest.mark.parametrize("before", [["F#min (sure)"], ["127.53", "64"]])
def test_what_other_programs_wrote_can_be_put_back(
    song: Path, version: int, frame: str, field: str, before: list[str]
) -> None:
    tags = id3.ID3()
    tags.add(getattr(id3, frame)(encoding=1, text=before))
    tags.save(song, v2_version=version, v23_sep=None)
    values: Values = Tagged(song).read()
    assert values == {field: before}
    write(song, {one: ["5A"] for one in values})
    write(song, values)
    assert Tagged(song).read() == values


def test_a_comment_in_another_language_is_replaced_and_put_back_in_it(song: Path) -> None:
    tags = id3.ID3()
    tags.add(id3.COMM(encoding=1, lang="deu", desc="", text=["Hallo"]))
    tags.add(id3.COMM(encoding=1, lang="eng", desc="iTunNORM", text=["0001"]))
    tags.save(song)
    for text in ("Hi", "Hallo"):
        write(song, {"comment": [text]})
        found = {(one.lang, one.desc): str(one) for one in id3.ID3(song).getall("COMM")}
        assert found == {("deu", ""): text, ("eng", "iTunNORM"): "0001"}
