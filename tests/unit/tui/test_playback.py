"""One section on a device that the test drives by hand: what it gets, sample by sample, and what is heard when."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from j2a_tui import devices, playback
from j2a_tui.playback import DeviceSection
from j2a_tui.player_thread import Wish
from tests.unit.tui.sound import RATE, FakeBackend, FakeStream, noise, write


def drain(section: DeviceSection, stream: FakeStream) -> NDArray[np.float32]:
    """Everything a section plays, decoding as the player's thread would."""
    heard = []
    while not section._finished:
        section.tend()
        heard.append(stream.pump())
    return np.concatenate(heard)


def test_a_section_is_played_to_the_sample_and_followed_by_silence(song: Path) -> None:
    backend = FakeBackend()
    section = DeviceSection(backend, song, Wish(position_s=1.0, until_s=5.5))
    heard = drain(section, backend.streams[0])
    expected = soundfile.read(song, dtype="float32")[0][RATE : round(5.5 * RATE)]
    np.testing.assert_array_equal(heard[: len(expected)], expected)
    rest = heard[len(expected) :]
    assert not rest.any()
    assert playback.LATENCY_S * RATE <= len(rest) <= 0.4 * RATE  # the device drops what it holds when it is stopped
    assert section.ended
    assert section.heard_s == 5.5
    assert section.underruns == 0
    assert section.trouble == ""


def test_until_the_end_of_the_file_and_past_it(song: Path) -> None:
    for end in (None, 60.0):
        backend = FakeBackend()
        section = DeviceSection(backend, song, Wish(position_s=5.9, until_s=end))
        drain(section, backend.streams[0])
        assert section.heard_s == pytest.approx(6.0)
    backend = FakeBackend()
    section = DeviceSection(backend, song, Wish(position_s=60.0, until_s=None))
    assert not drain(section, backend.streams[0]).any()
    assert section.heard_s == 6.0


def test_mono_is_heard_on_both_sides(tmp_path: Path) -> None:
    samples = noise(0.5, channels=1)
    backend = FakeBackend()
    heard = drain(DeviceSection(backend, write(tmp_path / "m.wav", samples), Wish()), backend.streams[0])
    np.testing.assert_array_equal(heard[: len(samples)], np.repeat(samples, 2, axis=1))


def test_six_channels_are_mixed_without_clipping(tmp_path: Path) -> None:
    samples = np.ones((RATE // 2, 6), np.float32)
    samples[:, 1] = -1
    backend = FakeBackend()
    heard = drain(DeviceSection(backend, write(tmp_path / "s.wav", samples), Wish()), backend.streams[0])
    left, right = heard[0]
    assert left == pytest.approx(1.0)
    assert right == pytest.approx((-1 + 4 * 0.5**0.5) / (1 + 4 * 0.5**0.5))


def test_a_mono_device_gets_the_mean(song: Path) -> None:
    backend = FakeBackend(channels=1)
    heard = drain(DeviceSection(backend, song, Wish(position_s=0, until_s=0.5)), backend.streams[0])
    samples = soundfile.read(song, dtype="float32")[0][: RATE // 2]
    np.testing.assert_allclose(heard[: len(samples), 0], samples.mean(axis=1), atol=1e-6)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("rate", [RATE, 96_000])  # as it is, and through the device's own rate
def test_damaged_floats_reach_no_device(tmp_path: Path, rate: int) -> None:
    samples = noise(1.0, rate=rate)
    samples[::1000] = np.nan, np.inf
    samples[1::1000] = 3e38, -3e38
    path = tmp_path / "f.wav"
    soundfile.write(path, samples, rate, subtype="FLOAT")
    backend = FakeBackend(refused_rates=() if rate == RATE else (rate,))
    heard = drain(DeviceSection(backend, path, Wish()), backend.streams[-1])
    assert np.abs(heard).max() < 40, "a resampler may overshoot"
    if rate == RATE:
        np.testing.assert_array_equal(heard[2:1000], samples[2:1000])


@pytest.mark.parametrize("rate", [8000, 11025, 96000, 192000])
def test_any_rate_is_played_whole(tmp_path: Path, rate: int) -> None:
    samples = noise(5.0, channels=1, rate=rate)
    backend = FakeBackend()
    heard = drain(DeviceSection(backend, write(tmp_path / "r.wav", samples, rate), Wish()), backend.streams[0])
    assert backend.streams[0].options["samplerate"] == rate
    np.testing.assert_array_equal(heard[: len(samples), 0], samples[:, 0])


def test_a_rate_that_the_device_refuses_is_resampled(tmp_path: Path) -> None:
    t = np.arange(RATE * 5) / RATE
    tone = (0.5 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)
    backend = FakeBackend(refused_rates=(RATE,))
    section = DeviceSection(backend, write(tmp_path / "t.wav", tone[:, None]), Wish())
    heard = drain(section, backend.streams[0])[:, 0]
    assert backend.streams[0].options["samplerate"] == 48000
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(48000 * 5) / 48000)
    np.testing.assert_allclose(heard[1000 : 48000 * 5 - 1000], expected[1000:-1000], atol=2e-3)
    assert section.heard_s == pytest.approx(5.0, abs=1e-3)


def test_position_is_what_is_heard_not_what_was_handed_over(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    backend = FakeBackend()
    section = DeviceSection(backend, song, Wish(position_s=1.0, until_s=None))
    block_s = backend.streams[0].options["blocksize"] / RATE
    backend.streams[0].pump(5, delay_s=0.2)  # four blocks before the fifth, which is heard in 0.2 s
    assert section.heard_s == 1.0
    now += 0.2
    assert section.heard_s == pytest.approx(1.0 + 4 * block_s, abs=1e-3)
    now += 0.02
    assert section.heard_s == pytest.approx(1.02 + 4 * block_s, abs=1e-3)
    now += 0.5  # the device has stalled: nothing is heard that was not handed over
    assert section.heard_s == pytest.approx(1.0 + 5 * block_s, abs=1e-3)
    backend.streams[0].pump(1, delay_s=0.2)
    assert section.heard_s == pytest.approx(1.0 + 5 * block_s, abs=1e-3)  # never backwards


def test_a_loop_goes_round_without_losing_a_sample(song: Path) -> None:
    backend = FakeBackend()
    section = DeviceSection(backend, song, Wish(position_s=0.5, until_s=1.3, again_s=1.0))
    heard = []
    for _ in range(90):  # four seconds: eleven rounds
        section.tend()
        heard.append(backend.streams[0].pump())
    samples = soundfile.read(song, dtype="float32")[0]
    first, again = samples[RATE // 2 : round(1.3 * RATE)], samples[RATE : round(1.3 * RATE)]
    expected = np.concatenate([first, *[again] * 12])
    np.testing.assert_array_equal(np.concatenate(heard), expected[: 90 * len(heard[0])])
    assert section.underruns == 0
    assert not section.ended
    assert 1.0 <= section.heard_s <= 1.3
    section.stop()


def test_a_loop_of_nothing_ends(tmp_path: Path) -> None:
    backend = FakeBackend()
    section = DeviceSection(backend, write(tmp_path / "s.wav", noise(1.0)), Wish(position_s=1.0, again_s=1.0))
    assert not drain(section, backend.streams[0]).any()
    section.stop()


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.5, 2.0])
def test_another_speed_keeps_the_pitch(tmp_path: Path, speed: float) -> None:
    pytest.importorskip("pylibrb", reason="there is no wheel of it for this machine")
    tone = np.zeros((6 * RATE, 2), np.float32)
    tone[RATE:] = 0.5 * np.sin(2 * np.pi * 440 * np.arange(5 * RATE) / RATE)[:, None]
    backend = FakeBackend()
    section = DeviceSection(backend, write(tmp_path / "t.wav", tone), Wish(speed=speed))
    heard = drain(section, backend.streams[0])[:, 0]
    loud = np.flatnonzero(np.abs(heard) > 0.25)
    assert loud[0] / RATE == pytest.approx(1.0 / speed, abs=0.02)
    assert loud[-1] / RATE == pytest.approx(6.0 / speed, abs=0.02)
    middle = heard[round(2 / speed * RATE) :][:RATE] * np.hanning(RATE)
    spectrum = np.abs(np.fft.rfft(middle, 8 * RATE))
    assert spectrum.argmax() / 8 == pytest.approx(440, abs=0.5)
    near = spectrum[8 * 410 : 8 * 470]
    assert (near**2).sum() / (spectrum**2).sum() > 0.9999  # not a seam in it: those sound as a noise beside the tone
    assert section.heard_s == pytest.approx(6.0, abs=1e-3)
    assert section.underruns == 0


def test_volume_changes_without_a_click(tmp_path: Path) -> None:
    path = write(tmp_path / "dc.wav", np.full((RATE * 2, 2), 0.5, np.float32))
    backend = FakeBackend()
    section = DeviceSection(backend, path, Wish(), volume=1.0)
    stream = backend.streams[0]
    assert np.all(stream.pump() == 0.5)
    section.volume = 0.0
    heard = stream.pump()[:, 0]
    assert np.abs(np.diff(heard)).max() < 0.01
    assert heard[-1] == 0
    section.volume = 1.5
    heard = stream.pump(2)[:, 0]
    assert np.abs(np.diff(heard)).max() < 0.01
    assert heard[-1] == pytest.approx(0.75)


def test_an_empty_ring_is_silence_and_no_sound_is_lost(song: Path) -> None:
    backend = FakeBackend()
    section = DeviceSection(backend, song, Wish())
    stream = backend.streams[0]
    heard = stream.pump(80)  # 3.7 s without decoding more
    assert section.underruns > 0
    filled = len(heard) - np.flatnonzero(heard[::-1, 0])[0]
    rest = drain(section, stream)
    samples = soundfile.read(song, dtype="float32")[0]
    np.testing.assert_array_equal(np.concatenate([heard[:filled], rest])[: len(samples)], samples)


def test_the_watchdog_aborts_a_device_that_stopped_asking(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    backend = FakeBackend()
    section = DeviceSection(backend, song, Wish())
    now += 0.9
    assert section.trouble == ""
    backend.streams[0].pump()
    now += 0.9
    assert section.trouble == ""
    now += 0.2
    assert section.trouble == devices.HUNG


def test_a_device_that_went_away(song: Path) -> None:
    backend = FakeBackend()
    section = DeviceSection(backend, song, Wish())
    backend.streams[0].pump()
    backend.streams[0].options["finished_callback"]()
    assert section.trouble.startswith(devices.LOST)
    section.stop()
    assert backend.streams[0].calls == ["start", "abort", "close"]
