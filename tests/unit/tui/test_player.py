"""What both players promise, the one with a device and the one without: they play, stop, seek, and never wait."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from j2a_tui.player import MAX_VOLUME, Player
from tests.unit.tui.sound import noise, until, write


def test_plays_pauses_and_goes_on(player: Player, song: Path) -> None:
    player.load(song)
    assert (player.playing, player.position_s) == (False, 0.0)
    player.play(1.0, 5.0)
    assert player.playing
    assert player.position_s >= 1.0
    until(lambda: player.position_s > 1.3)
    player.pause()
    stopped = player.position_s
    assert not player.playing
    assert 1.3 < stopped < 2.5
    time.sleep(0.1)
    assert player.position_s == stopped
    player.play(stopped, 5.0)
    until(lambda: player.position_s > stopped + 0.1)


def test_stops_by_itself_at_the_end_of_the_section(player: Player, song: Path) -> None:
    player.load(song)
    player.play(2.0, 2.4)
    until(lambda: not player.playing)
    assert player.position_s == pytest.approx(2.4, abs=1e-3)


def test_position_only_moves_forward_while_playing(player: Player, song: Path) -> None:
    player.load(song)
    player.play(0.5, 1.5)
    seen = [player.position_s]
    while player.playing:
        seen.append(player.position_s)
        time.sleep(0.001)
    assert seen == sorted(seen)
    assert len(set(seen)) > 20


def test_seek_keeps_playing_or_paused(player: Player, song: Path) -> None:
    player.load(song)
    player.seek(3.0)
    assert (player.playing, player.position_s) == (False, 3.0)
    player.play(0.0, None)
    player.seek(4.0)
    assert player.playing
    assert 4.0 <= player.position_s < 4.5
    until(lambda: player.position_s > 4.2)
    player.seek(-3.0)
    assert 0.0 <= player.position_s < 0.5


def test_seeking_past_the_section_plays_on_to_the_end_of_the_file(player: Player, song: Path) -> None:
    player.load(song)
    player.play(0.0, 2.0)
    player.seek(5.5)
    until(lambda: not player.playing)
    assert player.position_s == pytest.approx(6.0, abs=1e-3)


def test_a_loop_goes_on_until_it_is_left(player: Player, song: Path) -> None:
    player.load(song)
    player.play(1.0, 1.4, 1.2)
    seen = set()
    ends = time.monotonic() + 1.5
    while time.monotonic() < ends:
        seen.add(round(player.position_s, 1))
        time.sleep(0.01)
    assert player.playing
    assert {1.0, 1.2, 1.3} <= seen <= {1.0, 1.1, 1.2, 1.3, 1.4}
    player.play(player.position_s, 1.5)
    until(lambda: not player.playing)
    assert player.position_s == pytest.approx(1.5, abs=1e-3)


def test_speed_is_that_of_the_playhead(player: Player, song: Path) -> None:
    pytest.importorskip("pylibrb", reason="there is no wheel of it for this machine")
    player.load(song)
    player.speed = 9
    assert player.speed == 2.0
    player.play(0.0, 4.0)
    started = time.monotonic()
    until(lambda: not player.playing)
    assert 1.9 < time.monotonic() - started < 3.5
    player.speed = 0.5
    player.play(0.0, None)
    time.sleep(0.8)
    assert 0.1 < player.position_s < 0.5


def test_load_forgets_the_file_before(player: Player, song: Path, tmp_path: Path) -> None:
    player.load(song)
    player.play(4.0, None)
    player.load(write(tmp_path / "short.wav", noise(0.3)))
    assert (player.playing, player.position_s) == (False, 0.0)
    player.play(0.0, None)
    until(lambda: not player.playing)
    assert player.position_s == pytest.approx(0.3, abs=1e-3)


def test_a_broken_file_gives_a_reason_that_the_next_one_clears(player: Player, song: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.flac"
    broken.write_bytes(b"fLaC nonsense")
    before = player.reason
    player.load(broken)
    player.play(0.0, None)
    until(lambda: not player.playing)
    assert "broken.flac" in player.reason
    player.load(song)
    player.play(0.0, None)
    until(lambda: player.position_s > 0.05)
    assert player.reason == before


def test_no_call_waits(player: Player, song: Path) -> None:
    player.load(song)
    slowest = 0.0
    for i in range(200):
        started = time.perf_counter()
        player.play(i / 100, None)
        player.seek(i / 50)
        player.volume = i / 100
        _ = (player.position_s, player.playing, player.reason, player.available)
        player.pause()
        slowest = max(slowest, time.perf_counter() - started)
    assert slowest < 0.1  # under a millisecond on an idle machine; others may be busy


def test_volume_has_limits(player: Player) -> None:
    player.volume = 9
    assert player.volume == MAX_VOLUME
    player.volume = -1
    assert player.volume == 0


def test_nothing_happens_after_close(player: Player, song: Path) -> None:
    player.load(song)
    player.play(0.0, None)
    player.close()
    player.play(2.0, None)
    assert not player.playing


def test_the_module_loads_neither_numpy_nor_portaudio() -> None:
    code = "import sys, j2a_tui.player; print(sorted({'numpy', 'sounddevice', 'soundfile', 'soxr'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
