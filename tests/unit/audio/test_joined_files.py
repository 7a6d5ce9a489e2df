"""Files that lie one behind the other in one, of one format or of several: what can be one sound is read whole, and
what is not read is told."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from j2a.audio import AudioReader, probe
from j2a.library import Track
from j2a.tags import read_tags

pytest.importorskip("av", reason='needs the extra: pip install "j2a[av]"')
from tests.unit.audio.encoded import encoded
from tests.unit.audio.odd_files import ID3V1, RATE, ape, id3, music

BY_LIBSNDFILE = {
    "wav": ("WAV", "PCM_16"), "rf64": ("RF64", "PCM_16"), "w64": ("W64", "PCM_16"), "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "PCM_16"), "caf": ("CAF", "PCM_16"), "alac.caf": ("CAF", "ALAC_16"), "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"), "mp3": ("MP3", "MPEG_LAYER_III"),
}  # fmt: skip
BY_FFMPEG = {
    "m4a": ("ipod", "aac"), "alac.m4a": ("ipod", "alac"), "wma": ("asf", "wmav2"), "mka": ("matroska", "aac"),
    "tta": ("tta", "tta"), "wv": ("wv", "wavpack"), "oga": ("ogg", "flac"), "aac": ("adts", "aac"),
    "mp2": ("mp2", "mp2"), "ffmpeg.caf": ("caf", "alac"),
}  # fmt: skip
CHUNKED = ("wav", "rf64", "w64", "aiff", "au", "caf", "alac.caf")  # of which libsndfile reads any behind any other
EXACT = (*CHUNKED, "tta", "alac.m4a", "ffmpeg.caf")
CONTAINERS = ("m4a", "alac.m4a", "wma", "mka", "tta", "ffmpeg.caf")
NAMES = {"wav": "WAV", "aiff": "AIFF", "au": "AU", "w64": "W64", "caf": "CAF", "flac": "FLAC", "ogg": "Ogg",
         "mp3": "MP3", "m4a": "MP4", "wma": "WMA", "mka": "Matroska", "tta": "TTA", "wv": "WavPack", "aac": "AAC",
         "mp2": "MP2"}  # fmt: skip
LENGTHS_S = (1.0, 0.4, 1.3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("joined")


@cache
def part(folder: Path, suffix: str, seconds: float) -> Path:
    path = folder / f"{seconds}.{suffix}"
    sound = music(seconds)[::-1].copy() if seconds < 1 else music(seconds)
    if suffix in BY_LIBSNDFILE:
        container, subtype = BY_LIBSNDFILE[suffix]
        soundfile.write(path, sound, RATE, format=container, subtype=subtype)
        return path
    return encoded(path, *BY_FFMPEG[suffix], sound)


def read(reader: AudioReader, frames: int) -> NDArray[np.float32]:
    """A read ends with a part."""
    blocks = [np.zeros((0, reader.info.channels), np.float32)]
    while frames and len(block := reader.read(frames)):
        blocks.append(block)
        frames -= len(block)
    return np.concatenate(blocks)


def sound_of(path: Path) -> NDArray[np.float32]:
    """As long as it says."""
    with AudioReader(path) as reader:
        sound = read(reader, reader.info.frames)
        return np.pad(sound, ((0, reader.info.frames - len(sound)), (0, 0)))


@pytest.mark.parametrize("between", [b"", id3(500), ID3V1, b"garbage" * 50], ids=["nothing", "ID3v2", "ID3v1", "some"])
@pytest.mark.parametrize("suffix", [*CHUNKED, *CONTAINERS])
def test_files_of_one_format_are_one_sound(folder: Path, suffix: str, between: bytes) -> None:
    parts = [part(folder, suffix, one) for one in LENGTHS_S]
    path = folder / f"joined.{suffix}"
    path.write_bytes(between.join(one.read_bytes() for one in parts))
    wanted = np.concatenate([sound_of(one) for one in parts])
    info = probe(path)
    assert (info.frames, info.note) == (len(wanted), "")
    with AudioReader(path) as reader:
        np.testing.assert_array_equal(read(reader, info.frames)[: len(wanted) - 3_000], wanted[:-3_000])
        for number, frame in ((1, 5_000), (0, 30_000), (2, 40_000), (0, 0), (2, 12)):
            start = sum(probe(one).frames for one in parts[:number])
            reader.seek((start + frame) / info.sample_rate)
            with AudioReader(parts[number]) as alone:
                alone.seek(frame / info.sample_rate)
                np.testing.assert_array_equal(read(reader, 4_000), read(alone, 4_000))
        if suffix in EXACT:
            reader.seek((parts_frames := probe(parts[0]).frames) / info.sample_rate - 0.01)
            np.testing.assert_array_equal(read(reader, 4_000), wanted[parts_frames - 441 : parts_frames + 3_559])


@pytest.mark.parametrize("first", CHUNKED)
@pytest.mark.parametrize("second", CHUNKED)
def test_uncompressed_formats_are_one_sound_whichever_they_are(folder: Path, first: str, second: str) -> None:
    path = folder / f"mixed.{first}"
    parts = [part(folder, first, 1.0), part(folder, second, 0.4)]
    path.write_bytes(b"".join(one.read_bytes() for one in parts))
    np.testing.assert_array_equal(sound_of(path), np.concatenate([sound_of(one) for one in parts]))
    assert probe(path).note == ""


def both_are_read(suffix: str, other: str) -> bool:
    known = {suffix, suffix.split(".")[-1], "ogg" if suffix == "oga" else ""}
    return other in known or (suffix in CHUNKED and other in CHUNKED)


MIXED = [(one, other) for one in (*BY_LIBSNDFILE, *BY_FFMPEG) for other in NAMES if not both_are_read(one, other)]


@pytest.mark.parametrize(("suffix", "other"), MIXED)
def test_a_file_of_another_format_is_told(folder: Path, suffix: str, other: str) -> None:
    path = folder / f"other.{suffix}"
    for between in (b"", id3(300)):
        path.write_bytes(part(folder, suffix, 1.0).read_bytes() + between + part(folder, other, 0.4).read_bytes())
        assert probe(path).note == f"Another file lies in it ({NAMES[other]}), which is not read."
        alone = sound_of(part(folder, suffix, 1.0))
        np.testing.assert_array_equal(sound_of(path)[: len(alone)], alone)


def test_what_lies_around_a_file_of_another_format_is_read(folder: Path) -> None:
    """The note tells of what is between."""
    path = folder / "around.flac"
    outer = [part(folder, "flac", one).read_bytes() for one in (1.0, 0.4)]
    path.write_bytes(part(folder, "wav", 1.3).read_bytes().join(outer))
    info = probe(path)
    assert info.note == "Another file lies in it (WAV), which is not read."
    assert info.frames == round(1.0 * RATE) + round(0.4 * RATE)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_more_parts_than_are_read_are_told(folder: Path, suffix: str) -> None:
    one = folder / f"tiny.{suffix}"
    soundfile.write(one, music(0.01), RATE)
    path = folder / f"many.{suffix}"
    path.write_bytes(1_001 * one.read_bytes())
    info = probe(path)
    assert info.frames == 1_000 * probe(one).frames
    assert info.note == f"Only the first {info.duration_s:.1f} s are read: more than 1,000 files were joined in it."
    path.write_bytes(1_000 * one.read_bytes())
    assert probe(path).note == ""


@pytest.mark.parametrize("told", [0, 4, 30, 90_000, 500_000, 0xFFFF_FFFF])
@pytest.mark.parametrize("count", [1, 2])
def test_aiff_with_a_wrong_size_of_its_form(folder: Path, told: int, count: int) -> None:
    data = part(folder, "aiff", 1.0).read_bytes()
    path = folder / "form.aiff"
    path.write_bytes(count * (data[:4] + told.to_bytes(4, "big") + data[8:]))
    np.testing.assert_array_equal(sound_of(path), np.concatenate(count * [sound_of(part(folder, "aiff", 1.0))]))


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(("suffix", "at", "told"), [
    ("au", 8, b"\xff" * 4), ("caf", 4_088, b"\xff" * 8), ("rf64", 20, bytes(8)), ("rf64", 20, b"\xff" * 8),
])  # fmt: skip
def test_sound_of_a_length_that_nobody_knows(folder: Path, suffix: str, at: int, told: bytes, count: int) -> None:
    """As a recorder that streams leaves it: what lies before the next file is sound."""
    data = part(folder, suffix, 1.0).read_bytes()
    path = folder / f"unknown.{suffix}"
    path.write_bytes(count * (data[:at] + told + data[at + len(told) :]))
    found, once = sound_of(path), sound_of(part(folder, suffix, 1.0))
    np.testing.assert_array_equal(found, np.concatenate(count * [once]))


@pytest.mark.parametrize("suffix", CHUNKED)
def test_a_tag_is_no_sound(folder: Path, suffix: str) -> None:
    plain = part(folder, suffix, 1.0)
    for name, data in (
        ("behind", plain.read_bytes() + ape(3_000) + ID3V1), ("in front", id3(500) + plain.read_bytes()),
        ("ID3v2 behind", plain.read_bytes() + id3(500)), ("garbage", plain.read_bytes() + b"garbage" * 999),
    ):  # fmt: skip
        path = folder / f"tagged.{suffix}"
        path.write_bytes(data)
        np.testing.assert_array_equal(sound_of(path), sound_of(plain), err_msg=name)
        assert probe(path).note == "", name


def listed_s(path: Path) -> float | None:
    """As the track list shows it."""
    about = path.stat()
    tags = read_tags(Track(path, path.name, about.st_size, about.st_mtime))
    return tags.duration_s if tags else None


@pytest.mark.parametrize("count", [1, 2, 3, 17])
@pytest.mark.parametrize("suffix", ["wav", "aiff", "flac", "ogg", "m4a", "alac.m4a", "wma", "mp2", "aac"])
def test_the_list_shows_the_length_of_all_parts(folder: Path, suffix: str, count: int) -> None:
    path = folder / f"listed.{suffix}"
    path.write_bytes(count * part(folder, suffix, 0.4).read_bytes())
    assert listed_s(path) == pytest.approx(probe(path).duration_s, abs=0.01)


@pytest.mark.parametrize("suffix", ["flac", "ogg", "wav"])
def test_the_list_shows_the_length_of_what_is_read(folder: Path, suffix: str) -> None:
    """Not of what follows at another rate, or in another format."""
    other = folder / f"other-rate.{suffix}"
    soundfile.write(other, music(1.0, rate=22_050), 22_050)
    path = folder / f"listed-other.{suffix}"
    for behind in (other, part(folder, "m4a", 1.0)):
        path.write_bytes(2 * part(folder, suffix, 1.0).read_bytes() + behind.read_bytes())
        assert listed_s(path) == pytest.approx(2.0)
        assert probe(path).duration_s == 2.0


def test_a_flac_of_many_equal_parts_is_not_taken_for_one(folder: Path) -> None:
    """The last frame has the number that a single file's has, and so have frames at regular places."""
    one = part(folder, "flac", 1.3)
    path = folder / "equal.flac"
    for count in (2, 4, 16, 17, 33, 100):
        path.write_bytes(count * one.read_bytes())
        assert probe(path).frames == count * probe(one).frames
