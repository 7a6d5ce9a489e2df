"""Tags of real files, broken files, and the cache."""

from __future__ import annotations

import os
import sqlite3
import struct
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from j2a import paths
from j2a.audio import probe
from j2a.library import Track
from j2a.tags import TagCache, Tags, read_figures, read_tags


def a_flac(path: Path, title: str = "Waltz No. 2", seconds: float = 1.5) -> Path:
    with soundfile.SoundFile(path, "w", 44100, 1, format="FLAC") as file:
        file.title, file.artist, file.album = title, "Ada", "Firsts"
        file.write(np.zeros(int(44100 * seconds), np.float32))
    return path


def track_of(path: Path) -> Track:
    about = path.stat()
    return Track(path, path.name, about.st_size, about.st_mtime)


def test_tags_of_a_real_file(tmp_path: Path) -> None:
    tags = read_tags(track_of(a_flac(tmp_path / "a.flac")))
    assert tags == Tags("Waltz No. 2", "Ada", "Firsts", pytest.approx(1.5))


def test_a_file_without_tags(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(8000, np.float32), 16000)
    assert read_tags(track_of(path)) == Tags("", "", "", 0.5)


def test_tags_cannot_steer_the_terminal(tmp_path: Path) -> None:
    tags = read_tags(track_of(a_flac(tmp_path / "a.flac", " \x1b]0;owned\x07[b]\n ")))
    assert tags is not None
    assert tags.title == "␛]0;owned␇[b]"


@settings(max_examples=80, deadline=None)
@given(
    suffix=st.sampled_from([".mp3", ".flac", ".ogg", ".wav", ".m4a", ".wma", ".aiff", ".opus", ".caf"]),
    head=st.sampled_from([b"", b"ID3\x04\0\0\0\0\x02\x01", b"fLaC\0\0\0\x22", b"OggS\0\x02",
                          b"RIFF\xff\xff\xff\x7fWAVEfmt ", b"\0\0\0\x18ftypM4A ", b"FORM\0\0\1\0AIFFCOMM",
                          struct.pack(">I", 0xFFFB9064)]),
    body=st.binary(max_size=300),
)
def test_broken_files_never_raise(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, head: bytes, body: bytes
) -> None:
    path = tmp_path_factory.mktemp("tags") / f"x{suffix}"
    path.write_bytes(head + body)
    tags = read_tags(track_of(path))
    assert tags is None or isinstance(tags, Tags)


@pytest.mark.parametrize("suffix", ["mp3", "aiff", "wav", "flac", "ogg", "m4a"])
@pytest.mark.parametrize("headed", [True, False])
def test_space_that_was_never_filled_takes_a_moment(tmp_path: Path, suffix: str, headed: bool) -> None:
    """As of a download that was broken off: ten gigabytes of zeros, which have no place on the disk."""
    path = tmp_path / f"a.{suffix}"
    if headed and suffix != "m4a":
        soundfile.write(path, np.zeros(44_100, np.float32), 44_100)
    with path.open("ab") as file:
        file.truncate(10 << 30)
    started = time.process_time()
    tags = read_tags(track_of(path))
    assert time.process_time() - started < 20  # 1 s on a quiet machine; without limits over 100
    assert tags is None or tags.duration_s is None or tags.duration_s < 2


def test_a_length_that_the_file_cannot_hold_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "piped.wav"  # what writes to a pipe cannot go back and fill in the sizes
    soundfile.write(path, np.zeros(44_100, np.float32), 44_100)
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    tags = read_tags(track_of(path))
    assert tags is not None
    assert tags.duration_s == pytest.approx(1.0, abs=0.01)


def test_the_nominal_rate_of_compressed_sound_bounds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "quiet.ogg"
    with soundfile.SoundFile(path, "w", 44_100, 1) as file:
        for _ in range(60):
            file.write(np.zeros(44_100, np.float32))
    tags = read_tags(track_of(path))
    assert tags is not None
    assert tags.duration_s == pytest.approx(60.0, abs=0.1)


@pytest.mark.parametrize("tail", [0, 3_000, 400_000])
@pytest.mark.parametrize("suffix", ["mp3", "bare.mp3", "aac", "mp2"])
def test_the_length_of_a_tagged_file_is_that_of_its_sound(tmp_path: Path, suffix: str, tail: int) -> None:
    """As the decoder has it, of a constant rate and of one that varies."""
    pytest.importorskip("av", reason='needs the extra: pip install "j2a[av]"')
    from tests.unit.audio.encoded import chirp, encoded
    from tests.unit.audio.odd_files import ID3V1, ape, id3

    container, codec = {"aac": ("adts", "aac"), "mp2": ("mp2", "mp2")}.get(suffix, ("mp3", "libmp3lame"))
    mp3 = codec == "libmp3lame"
    sound = chirp(8.0)
    sound[: 4 * 44_100] *= 0.001
    path = encoded(
        tmp_path / f"a.{suffix}", container, codec, sound,
        {"write_xing": "1" if suffix == "mp3" else "0", "id3v2_version": "0"} if mp3 else None,
        {"global_quality": "236", "flags": "+qscale"} if suffix == "mp3" else None,
    )  # fmt: skip
    path.write_bytes(id3(tail) * bool(tail) + path.read_bytes() + (ape(tail) + ID3V1) * bool(tail))
    tags = read_tags(track_of(path))
    assert tags is not None and tags.duration_s is not None
    assert tags.duration_s == pytest.approx(probe(path).duration_s, abs=0.1)
    assert tags.duration_s == pytest.approx(8.0, abs=0.1)


@pytest.mark.parametrize("varies", [False, True])
def test_long_files_of_frames_are_not_counted(tmp_path: Path, varies: bool) -> None:
    """Their length follows from a rate that is always the same, or nobody knows it."""
    slow, fast = b"\xff\xfb\x90\0".ljust(417, b"\0"), b"\xff\xfb\xe0\0".ljust(1_044, b"\0")  # 128 and 320 kbit/s
    padded = b"\xff\xfb\x92\0".ljust(418, b"\0")
    path = tmp_path / "mix.mp3"
    for frames in (50_000 * slow, 1_000 * (slow + 49 * padded)):
        path.write_bytes(frames + (25_000 * fast if varies else b""))
        tags = read_tags(track_of(path))
        assert tags is not None
        assert tags.duration_s == (None if varies else pytest.approx(50_000 * 1152 / 44_100, abs=0.5))


def test_an_id3_tag_makes_no_mp3(tmp_path: Path) -> None:
    """TinyTag looks for frames in whatever follows it."""
    (tmp_path / "a.wv").write_bytes(b"ID3\4\0\0\0\0\0\0" + b"wvpk" + np.random.default_rng(1).bytes(300_000))
    tags = read_tags(track_of(tmp_path / "a.wv"))
    assert tags is None or tags.duration_s is None


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    assert read_tags(Track(tmp_path / "pipe.mp3", "pipe.mp3", 1, 1.0)) is None
    assert read_figures(tmp_path / "pipe.mp3") == ("", "")


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    assert read_tags(Track(tmp_path / "gone.mp3", "gone.mp3", 1, 1.0)) is None


def test_the_cache_answers_until_the_file_changes(tmp_path: Path) -> None:
    path = a_flac(tmp_path / "a.flac", "One")
    track = track_of(path)
    first = TagCache()
    assert first.get(track) == read_tags(track)
    first.close()
    assert (paths.cache_dir() / "tags.sqlite").is_file()
    path.unlink()  # what is answered now can only come from the cache
    again = TagCache()
    assert again.get(track) == Tags("One", "Ada", "Firsts", pytest.approx(1.5))
    a_flac(path, "Two")
    os.utime(path, (5000, 5000))
    changed = again.get(track_of(path))
    assert changed is not None
    assert changed.title == "Two"


def test_broken_files_are_remembered_too(tmp_path: Path) -> None:
    path = tmp_path / "broken.flac"
    path.write_bytes(b"nonsense")
    track = track_of(path)
    cache = TagCache()
    assert cache.get(track) is None
    a_flac(path)
    assert cache.get(track) is None  # asked about the old file
    assert cache.get(track_of(path)) is not None


def test_batches_come_in_order_and_can_be_stopped(tmp_path: Path) -> None:
    tracks = [track_of(a_flac(tmp_path / f"{i}.flac", f"T{i}", 0.1)) for i in range(7)]
    cache = TagCache()
    batches = list(cache.read(tracks, batch=3))
    assert [len(batch) for batch in batches] == [3, 3, 1]
    assert [tags.title for batch in batches for _, tags in batch if tags] == [f"T{i}" for i in range(7)]
    assert list(cache.read(tracks, cancelled=lambda: True)) == []


def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "tags.sqlite"
    path.write_bytes(b"not a database at all" * 500)
    track = track_of(a_flac(tmp_path / "a.flac"))
    cache = TagCache(path)
    assert cache.get(track) is not None
    cache.close()
    assert sqlite3.connect(path).execute("SELECT title FROM tags").fetchall() == [("Waltz No. 2",)]


def test_no_place_for_a_cache_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    track = track_of(a_flac(tmp_path / "a.flac"))
    assert TagCache(tmp_path / "file" / "tags.sqlite").get(track) is not None
    (tmp_path / "folder").mkdir()
    assert TagCache(tmp_path / "folder").get(track) is not None
