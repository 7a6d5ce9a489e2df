"""What is kept on disk: found again, never wrong, bounded, and no trouble when the disk is."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from j2a import cache as cache_module
from j2a import paths
from j2a.audio import compute_peaks, remembered_peaks
from j2a.cache import Cache, key_of
from j2a.clip import Clip
from j2a.features import remembered
from j2a.features.record import Chord, Features, Genre, Tag

KEY = "ab" + "0" * 38
FEATURES = Features(bpm=120.0, beats=[0.5, 1.0], key="A minor", key_probability=0.7, chords=[Chord(0, 1, "A:min")],
                    tags=[Tag("rock", "style", 0.5)], unknown={"genre": "no model"})


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.wav"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 8_000), 8_000)
    return path


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_kept_is_found_by_another_process_and_written_over(tmp_path):
    Cache(tmp_path).put(KEY, b"one")
    assert Cache(tmp_path).get(KEY) == b"one"
    Cache(tmp_path).put(KEY, b"")
    assert Cache(tmp_path).get(KEY) == b""
    assert Cache(tmp_path).get("cd" + KEY[2:]) is None
    assert len(files(tmp_path)) == 1


@given(content=st.binary(max_size=60), damage=st.data())
@settings(max_examples=200)
def test_a_damaged_entry_is_not_there_and_is_written_anew(content, damage):
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(Path(folder))
        cache.put(KEY, content)
        (path,) = files(Path(folder))
        good = path.read_bytes()
        if damage.draw(st.booleans(), "cut short"):
            bad = good[:damage.draw(st.integers(0, len(good) - 1))]
        else:
            at = damage.draw(st.integers(0, len(good) - 1))
            bad = good[:at] + bytes([good[at] ^ damage.draw(st.integers(1, 255))]) + good[at + 1:]
        path.write_bytes(bad)
        assert cache.get(KEY) is None
        cache.put(KEY, content)
        assert cache.get(KEY) == content


def test_it_stays_within_its_size_and_keeps_what_is_used(tmp_path):
    cache = Cache(tmp_path, limit_bytes=100 * 4096)
    cache.put(KEY, b"used")
    for number in range(300):
        cache.put(f"{number:040x}", b"x" * 3000)
        os.utime(cache._path(f"{number:040x}"), (number, number))  # file systems' clocks are coarse
        assert cache.get(KEY) == b"used"
        assert len(files(tmp_path)) <= 107  # the limit, and what is written between two looks
    assert len(files(tmp_path)) > 80
    assert cache.get(f"{299:040x}") is not None
    assert cache.get(f"{0:040x}") is None


def test_it_can_be_deleted_at_any_time(tmp_path):
    cache = Cache(tmp_path / "c")
    cache.put(KEY, b"one")
    shutil.rmtree(tmp_path / "c")
    assert cache.get(KEY) is None
    cache.put(KEY, b"two")
    assert cache.get(KEY) == b"two"


def test_where_nothing_can_be_written_there_is_no_cache(tmp_path):
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file" / "c")
    cache.put(KEY, b"one")
    assert cache.get(KEY) is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk to write to")
def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    cache = Cache(tmp_path)
    cache.put(KEY, b"old")

    def full(prefix, dir):
        name = Path(dir) / f"{prefix}x"
        name.touch()
        return os.open("/dev/full", os.O_WRONLY), str(name)

    monkeypatch.setattr(tempfile, "mkstemp", full)
    cache.put(KEY, b"new")
    assert cache.get(KEY) == b"old"
    assert len(files(tmp_path)) == 1


def _busy(folder: Path, seed: int, wrong: multiprocessing.Queue) -> None:
    cache = Cache(folder, limit_bytes=30 * 4096)
    rng = np.random.default_rng(seed)
    for _ in range(400):
        number = int(rng.integers(60))
        content = f"{number}".encode() * (1 + number * 10)
        found = cache.get(f"{number:040x}")
        if found not in (None, content):
            wrong.put(number)
        cache.put(f"{number:040x}", content)


def test_several_processes_at_once_never_see_a_part(tmp_path):
    context = multiprocessing.get_context("spawn")
    wrong = context.Queue()
    workers = [context.Process(target=_busy, args=(tmp_path, seed, wrong)) for seed in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert wrong.empty()
    assert not [path for path in files(tmp_path) if path.name.startswith("new-")]


def test_a_key_names_content_and_section(tmp_path, song):
    copy = tmp_path / "copy.wav"
    shutil.copy(song, copy)
    key = key_of("features", Clip(song, 0, 1), version=1)
    assert key_of("features", Clip(copy, 0, 1), version=1) == key
    assert len({key, key_of("features", Clip(song, 0.001, 1), version=1), key_of("features", Clip(song), version=1),
                key_of("features", Clip(song, 0, 1), version=2), key_of("peaks", Clip(song, 0, 1), version=1)}) == 5
    data = bytearray(song.read_bytes())
    data[-1] ^= 1
    song.write_bytes(data)
    assert key_of("features", Clip(song, 0, 1), version=1) != key
    assert key_of("features", Clip(tmp_path / "gone.wav"), version=1) is None


def test_a_pipe_and_a_device_have_no_key(tmp_path):
    """Reading one would wait, or fill the memory, for ever."""
    os.mkfifo(tmp_path / "pipe.wav")
    assert key_of("features", Clip(tmp_path / "pipe.wav")) is None
    assert key_of("features", Clip(Path("/dev/zero"))) is None


def test_large_files_are_told_apart_too(tmp_path):
    silent, stem = tmp_path / "silent.wav", tmp_path / "stem.wav"
    data = bytearray(cache_module.WHOLE_BYTES + 100_000)
    silent.write_bytes(data)
    for at in (0, len(data) // 2, len(data) - 1):
        data[at] = 1
        stem.write_bytes(data)
        os.utime(stem, ns=(0, silent.stat().st_mtime_ns))
        assert key_of("features", Clip(stem)) != key_of("features", Clip(silent))
        data[at] = 0
    data[100_000] = 1  # between the blocks that are read: the time of the change tells
    stem.write_bytes(data)
    os.utime(stem, ns=(0, silent.stat().st_mtime_ns + 1))
    assert key_of("features", Clip(stem)) != key_of("features", Clip(silent))


def test_peaks_come_back_as_they_were(song, tmp_path, monkeypatch):
    cache = Cache(tmp_path / "c")
    first = remembered_peaks(Clip(song), 50, cache)
    assert np.array_equal(first.rms, compute_peaks(Clip(song), 50).rms)
    monkeypatch.setattr("j2a.audio.peaks.compute_peaks", lambda *_: pytest.fail("computed twice"))
    again = remembered_peaks(Clip(song), 50, cache)
    assert np.array_equal(again.rms, first.rms)
    assert np.array_equal(again.peak, first.peak)
    assert again.peak.dtype == np.float32
    assert again.peak.max() > 0.4


def test_features_come_back_as_they_were(song):
    cache, clip = Cache(), Clip(song)
    key = remembered.key(clip, "fast")
    assert remembered.find(cache, key) is None
    remembered.keep(cache, key, FEATURES)
    assert remembered.find(cache, key) == FEATURES
    assert files(paths.cache_dir())
    assert remembered.find(cache, remembered.key(clip, "madmom")) is None
    for strange in ('{"chords": 3}', '{"bpm": -1}', '{"meter": "four"}', '{"beats": [2, 1]}', "[" * 100_000):
        cache.put(key, strange.encode())
        assert remembered.find(cache, key) is None


def test_other_extractors_measure_anew(song, monkeypatch):
    before = remembered.key(Clip(song), "fast")
    monkeypatch.setattr(remembered, "EXTRACTOR_VERSION", 99)
    assert remembered.key(Clip(song), "fast") != before


def test_a_genre_model_that_comes_later_is_heard(song):
    cache, clip = Cache(), Clip(song)
    without = remembered.key(clip, "fast")
    remembered.keep(cache, without, FEATURES)
    model = paths.models_dir() / "genre"
    model.mkdir(parents=True)
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_bytes(b"weights")
    key = remembered.key(clip, "fast")
    assert key != without
    assert remembered.find(cache, key) is None
    remembered.keep(cache, key, FEATURES)  # music, a model, and no genre: it failed
    assert remembered.find(cache, key) is None
    found = Features.from_json(FEATURES.to_json())
    found.genre = Genre("rock", 0.5, "gtzan")
    remembered.keep(cache, key, found)
    assert remembered.find(cache, key) == found
    (model / "model.safetensors").write_bytes(b"other weights")
    assert remembered.key(clip, "fast") not in (key, without)
