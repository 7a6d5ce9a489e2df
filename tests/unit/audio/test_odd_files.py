"""Valid files that mislead: their length is right, and a section is the sound that decoding from the start gives."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from j2a.audio import AudioReader, load, probe
from j2a.audio.joined import ReadThroughSource
from j2a.audio.recent import mono_of
from j2a.audio.source import open_source
from j2a.clip import Clip
from j2a.errors import AudioError
from tests.unit.audio.odd_files import ODD, RATE, Odd, chained_vorbis, flac_cut, id3, music, packets_of, written

_FOLDER = Path(tempfile.mkdtemp(prefix="j2a-odd-"))
Made = Callable[[Path], Odd]


@pytest.fixture(scope="module", autouse=True)
def _removed() -> object:
    yield
    shutil.rmtree(_FOLDER)


@cache
def made(make: Made) -> Odd:
    folder = _FOLDER / make.__name__
    folder.mkdir()
    return make(folder)


@cache
def whole(make: Made) -> NDArray[np.float32]:
    """Decoded from the start, in blocks."""
    blocks = []
    with AudioReader(made(make).path) as reader:
        while len(block := reader.read(30_011)):
            blocks.append(block)
    return np.concatenate(blocks)


@pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)
def test_the_length_is_that_of_the_sound(make: Made) -> None:
    info = probe(made(make).path)
    assert info.duration_s == pytest.approx(made(make).seconds, abs=0.15)
    assert len(whole(make)) / info.sample_rate == pytest.approx(info.duration_s, abs=0.1)
    assert not info.note


@pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(places=st.lists(st.floats(0, 0.995), min_size=1, max_size=5))
def test_after_any_seeks_the_sound_is_the_same(make: Made, places: list[float]) -> None:
    everything = whole(make)
    with AudioReader(made(make).path) as reader:
        rate = reader.info.sample_rate
        for place in places:
            start = int(place * len(everything))
            reader.seek(start / rate)
            found = np.concatenate([reader.read(3_000), reader.read(3_000)])  # the first may end with a part
            wanted = everything[start : start + len(found)]
            assert len(found) >= min(3_000, len(everything) - start) - 1
            np.testing.assert_allclose(found, wanted, atol=3e-3)


def test_a_cut_flac_gives_the_sound_that_is_there(tmp_path: Path) -> None:
    """Not what lies as far behind the original's beginning."""
    path, seconds = flac_cut(tmp_path)
    behind = music()[-round(seconds * RATE) :].mean(axis=1)
    heard = load(Clip(path, 2.0, 3.0), RATE)
    np.testing.assert_allclose(heard, behind[2 * RATE : 3 * RATE], atol=1e-3)


@pytest.mark.parametrize(("suffix", "container", "subtype"), [("ogg", "OGG", "VORBIS"), ("opus", "OGG", "OPUS")])
def test_cut_ogg_has_one_timeline(tmp_path: Path, suffix: str, container: str, subtype: str) -> None:
    soundfile.write(tmp_path / f"whole.{suffix}", music(rate=48_000), 48_000, format=container, subtype=subtype)
    path = packets_of(tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}", 3.0)
    with AudioReader(path) as reader:
        everything = reader.read(20 * 48_000)
        assert len(everything) > 4 * 48_000
        for position_s in (0.0, 0.4, 1.0, 2.0, 3.5, 1.2, 0.0):
            reader.seek(position_s)
            start = round(position_s * 48_000)
            np.testing.assert_allclose(reader.read(2_000), everything[start : start + 2_000], atol=0.05)


def test_near_seeks_in_an_open_vorbis_are_exact(tmp_path: Path) -> None:
    path = written(tmp_path / "song.ogg", "OGG", "VORBIS", music())
    with AudioReader(path) as reader:
        everything = reader.read(20 * RATE)
        for start in (0, 64, 1_000, 4_410, 11_025, 22_050, 30_000, 44_100, 60_000, 141_561, 200_000, 342_657):
            reader.seek(start / RATE)
            np.testing.assert_allclose(reader.read(4_096), everything[start : start + 4_096], atol=1e-4)


def test_a_length_beyond_all_reason_is_counted(tmp_path: Path) -> None:
    """The last page of an Ogg file may hold any number: so long that no file of that size can be it."""
    path = written(tmp_path / "song.ogg", "OGG", "VORBIS", music(4.0))
    data = bytearray(path.read_bytes())
    at = data.rfind(b"OggS")
    data[at + 6 : at + 14] = (2**62).to_bytes(8, "little")
    data[at + 22 : at + 26] = bytes(4)
    data[at + 22 : at + 26] = _ogg_crc(bytes(data[at:])).to_bytes(4, "little")
    path.write_bytes(data)
    assert soundfile.info(path).frames > 2**61, "this file no longer shows the fault"
    assert probe(path).duration_s == pytest.approx(4.0, abs=0.3)
    assert isinstance(open_source(path), ReadThroughSource)


def test_an_ogg_that_promises_a_few_samples_too_many_is_whole(tmp_path: Path) -> None:
    """Its first page of sound begins before 0: what was cut away there counts as length. Much of it is damage."""
    path = written(tmp_path / "song.ogg", "OGG", "VORBIS", music(4.0))
    plain, whole = path.read_bytes(), read_whole(path)
    path.write_bytes(with_first_page_earlier(plain, 104))
    assert soundfile.info(path).frames > read_whole(path), "this file no longer shows the fault"
    assert whole - 104 <= read_whole(path) <= whole
    assert len(load(Clip(path, 3.5, 4.0), RATE)) == pytest.approx(RATE / 2, abs=110)
    path.write_bytes(with_first_page_earlier(plain, 20_000))
    with pytest.raises(AudioError, match="damaged or cut short"):
        load(Clip(path), RATE)


def with_first_page_earlier(data: bytes, samples: int) -> bytes:
    """An Ogg file whose first page of sound says that it ends so much before where it does."""
    at = next(at for at in _pages(data) if int.from_bytes(data[at + 6 : at + 14], "little"))
    end = data.index(b"OggS", at + 4)
    position = int.from_bytes(data[at + 6 : at + 14], "little") - samples
    said = position.to_bytes(8, "little", signed=True)
    page = data[at : at + 6] + said + data[at + 14 : at + 22] + bytes(4) + data[at + 26 : end]
    page = page[:22] + _ogg_crc(page).to_bytes(4, "little") + page[26:]
    return data[:at] + page + data[end:]


def _pages(data: bytes) -> Iterator[int]:
    at = data.find(b"OggS")
    while at >= 0:
        yield at
        at = data.find(b"OggS", at + 4)


def test_what_cannot_be_joined_is_told(tmp_path: Path) -> None:
    parts = []
    for rate in (44_100, 22_050):
        soundfile.write(tmp_path / f"{rate}.ogg", music(3.0, rate=rate), rate, format="OGG", subtype="VORBIS")
        parts.append((tmp_path / f"{rate}.ogg").read_bytes())
    (tmp_path / "chain.ogg").write_bytes(b"".join(parts))
    info = probe(tmp_path / "chain.ogg")
    assert info.duration_s == pytest.approx(3.0, abs=0.1)
    assert "Only the first 3.0 s are read" in info.note and "22,050 Hz" in info.note


def test_a_chain_goes_on_where_a_clip_crosses_it(tmp_path: Path) -> None:
    path = chained_vorbis(tmp_path).path
    heard = load(Clip(path, 3.5, 4.5), RATE)
    second = load(Clip(tmp_path / "3.ogg", 0.0, 0.5), RATE)
    np.testing.assert_allclose(heard[RATE // 2 :], second, atol=1e-3)


@pytest.mark.parametrize("sign", [-1.0, -0.8])
def test_channels_that_cancel_each_other_are_heard(tmp_path: Path, sign: float) -> None:
    one = music(2.0, 1)
    path = tmp_path / "opposite.wav"
    soundfile.write(path, np.concatenate([one, sign * one], axis=1), RATE, subtype="FLOAT")
    np.testing.assert_allclose(load(Clip(path), RATE), one[:, 0], atol=1e-6)


def test_one_channel_among_silent_ones_is_a_mean() -> None:
    """Nothing cancels there."""
    block = np.zeros((1_000, 6), np.float32)
    block[:, 3] = music(1.0, 1)[:1_000, 0]
    np.testing.assert_array_equal(mono_of(block), block.mean(axis=1))


@pytest.mark.parametrize(("channels", "rate"), [(1_000, 44_100), (2, 2_000_000_000), (2, 1)])
def test_headers_that_ask_for_the_moon_are_refused(tmp_path: Path, channels: int, rate: int) -> None:
    data = bytearray(written(tmp_path / "odd.wav", "WAV", "PCM_16", music(1.0)).read_bytes())
    data[22:24], data[24:28] = channels.to_bytes(2, "little"), rate.to_bytes(4, "little")
    data[28:32] = (channels * rate * 2 & 0xFFFF_FFFF).to_bytes(4, "little")
    data[32:34] = (channels * 2).to_bytes(2, "little")
    (tmp_path / "odd.wav").write_bytes(data)
    with pytest.raises(AudioError, match="which is not music"):
        load(Clip(tmp_path / "odd.wav"), RATE)


def test_an_empty_wav_with_other_chunks_stays_empty(tmp_path: Path) -> None:
    data = written(tmp_path / "odd.wav", "WAV", "PCM_16", np.zeros((0, 1), np.float32)).read_bytes()
    (tmp_path / "odd.wav").write_bytes(data + b"LIST" + (4).to_bytes(4, "little") + b"INFO")
    with pytest.raises(AudioError, match="length is zero"):
        probe(tmp_path / "odd.wav")


def test_noise_under_the_name_of_an_mp3_is_no_pipe(tmp_path: Path) -> None:
    """libsndfile guesses that it might be one."""
    (tmp_path / "noise.mp3").write_bytes(np.random.default_rng(5).bytes(5_000))
    with pytest.raises(AudioError, match=r"noise\.mp3 is not audio that can be decoded") as caught:
        probe(tmp_path / "noise.mp3")
    assert "pipe" not in str(caught.value)


def test_a_tag_without_end_is_no_trap(tmp_path: Path) -> None:
    (tmp_path / "tag.mp3").write_bytes(id3(5_000)[:200])
    with pytest.raises(AudioError):
        probe(tmp_path / "tag.mp3")


@pytest.mark.parametrize(("suffix", "container", "subtype"), [
    ("ogg", "OGG", "VORBIS"), ("opus", "OGG", "OPUS"), ("mp3", "MP3", "MPEG_LAYER_III"), ("wav", "WAV", "PCM_16"),
    ("flac", "FLAC", "PCM_16"), ("aiff", "AIFF", "PCM_16"),
])  # fmt: skip
def test_space_behind_the_sound_that_was_never_filled_is_passed_over(
    tmp_path: Path, suffix: str, container: str, subtype: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, music(3.0, rate=48_000), 48_000, format=container, subtype=subtype)
    wanted = load(Clip(path, 1.0, 2.0), 48_000)
    with path.open("ab") as file:
        file.truncate(10 << 30)
    started = time.process_time()
    assert probe(path).duration_s == pytest.approx(3.0, abs=0.3)
    found = load(Clip(path, 1.0, 2.0), 48_000)
    np.testing.assert_allclose(found, wanted, atol=3e-3)
    assert time.process_time() - started < 10


def read_whole(path: Path) -> int:
    """Samples that are there when it is read from front to back."""
    count = 0
    with AudioReader(path) as reader:
        while len(block := reader.read(30_000)):
            count += len(block)
    return count


@pytest.mark.parametrize("inserted", [0, 2 << 20], ids=["noise over it", "zeros between"])
def test_damage_in_the_middle_of_an_mp3_costs_no_more_than_itself(tmp_path: Path, inserted: int) -> None:
    """With a length header, too, after which libsndfile would end at the damage."""
    data = bytearray(written(tmp_path / "a.mp3", "MP3", "MPEG_LAYER_III", music(6.0)).read_bytes())
    middle = len(data) // 2
    data[middle : middle + (0 if inserted else 2_000)] = bytes(inserted) if inserted else b"\x55" * 2_000
    (tmp_path / "a.mp3").write_bytes(data)
    assert probe(tmp_path / "a.mp3").duration_s == pytest.approx(6.0, abs=0.4)
    assert read_whole(tmp_path / "a.mp3") / RATE == pytest.approx(6.0, abs=0.4)


@pytest.mark.parametrize("tail", [bytes(2 << 20), b"\x55" * (3 << 20)], ids=["zeros", "garbage"])
def test_a_piped_flac_ends_where_its_sound_does(tmp_path: Path, tail: bytes) -> None:
    path = written(tmp_path / "a.flac", "FLAC", "PCM_16", music(4.0))
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0  # the count of samples, 36 bits: unknown, as a pipe leaves it
    data[22:26] = bytes(4)
    path.write_bytes(data + tail)
    assert probe(path).duration_s == pytest.approx(4.0, abs=0.15)
    assert read_whole(path) / RATE == pytest.approx(4.0, abs=0.15)


def test_a_cover_in_front_of_an_mp2_is_no_sound(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    path = tmp_path / "a.mp2"
    with av.open(str(path), "w", format="mp2") as out:
        stream = out.add_stream("mp2", rate=44_100, layout="stereo", bit_rate=192_000)
        sound = (music(4.0) * 20_000).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(sound, "s16", "stereo")
        frame.sample_rate = 44_100
        frames = av.AudioFifo()
        frames.write(frame)
        packets = [packet for piece in frames.read_many(1152) for packet in stream.encode(piece)]
        out.mux([*packets, *stream.encode(None)])
    plain = probe(path).duration_s
    path.write_bytes(id3(300_000) + path.read_bytes())
    assert probe(path).duration_s == pytest.approx(plain, abs=0.1) == pytest.approx(4.0, abs=0.2)
    assert read_whole(path) / 44_100 == pytest.approx(4.0, abs=0.2)


def _ogg_crc(page: bytes) -> int:
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C1_1DB7 if value & 0x8000_0000 else 0)) & 0xFFFF_FFFF
    return value
