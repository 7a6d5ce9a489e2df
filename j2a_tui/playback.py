"""One section of a file on a PortAudio device: a ring of samples, the callback that empties it, and its watchdog.

The player's thread decodes into the ring, PortAudio's thread copies out of it; each moves only its own counter.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from j2a.audio import AudioReader
from j2a_tui.bindings import with_keys
from j2a_tui.devices import HUNG, LOST, REFUSED, WHAT_NOW, check_device
from j2a_tui.player_thread import NoSoundError, Wish
from j2a_tui.stretching import Stretcher

RING_S = 3.0
LATENCY_S = 0.2  # asked of the device: "low" breaks up when the machine is busy
BLOCK_S = 2048 / 44100
WATCHDOG_S = 1.0
MAX_DELAY_S = 2.0  # a device that claims to be further behind is not believed
_DECODE_S = 0.25  # at a time
_LOUDEST = 16.0  # full scale is 1: no master is louder, and volume may turn it down
_BEGIN_S = 1.0  # of stretched sound before the device is started: more of it would be waited for


class DeviceSection:
    """Plays what a wish asks for as soon as it is made.

    Raises ``AudioError`` for the file and ``NoSoundError`` for the device.
    """

    def __init__(self, backend: Any, path: Path, wish: Wish, volume: float = 1.0) -> None:
        self._backend = backend
        self._reader = AudioReader(path)
        self._stream: Any = None
        try:
            self._set_up(wish, volume)
        except BaseException:
            self.stop()
            raise

    def _set_up(self, wish: Wish, volume: float) -> None:
        info = self._reader.info
        self._course = wish.course(info.duration_s)
        self._end = info.frames if wish.until_s is None else min(round(wish.until_s * info.sample_rate), info.frames)
        if wish.again_s is not None:  # to the sample, so that the playhead keeps up with a loop for hours
            again_s = round(wish.again_s * info.sample_rate) / info.sample_rate
            self._course = replace(self._course, until_s=self._end / info.sample_rate, again_s=again_s)
        self._seek(self._course.from_s)

        self.volume = self._gain = volume
        self._written = self._read = 0  # frames at the device's rate since the section began
        self._total: int | None = None  # of these, once all is decoded
        self._silence = 0  # frames of silence after the end
        self.underruns = 0
        self._finished = False
        self._error = ""
        self._last_heard = 0
        self._open(info.sample_rate, check_device(self._backend, wish.device), chosen=bool(wish.device))
        self._mix = _mixing_matrix(info.channels, self._channels)
        self._resampler = None
        if self._rate != info.sample_rate:
            self._resampler = soxr.ResampleStream(info.sample_rate, self._rate, self._channels, dtype="float32")
        self._stretcher = Stretcher(self._channels, self._rate, wish.speed) if wish.speed != 1.0 else None
        self._ring = np.zeros((round(RING_S * self._rate), self._channels), np.float32)
        self._ramp = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
        # (frames handed over before the newest block, when that block was asked for, how long until it is heard)
        self._mark = (0, 0.0, 0.0)
        self._fill(RING_S if self._stretcher is None else _BEGIN_S)
        self._mark = (0, time.monotonic(), LATENCY_S)
        try:
            self._stream.start()
        except self._backend.PortAudioError as error:
            raise NoSoundError(REFUSED) from error

    def _seek(self, to_s: float) -> None:
        self._reader.seek(to_s)
        # Frames at the file's rate that are left, and whether some of them have been read.
        self._undecoded, self._begun = max(0, self._end - round(to_s * self._reader.info.sample_rate)), False

    def _open(self, file_rate: int, device: dict[str, Any], *, chosen: bool) -> None:
        """Open the stream at the file's rate, or at the device's own where it refuses that."""
        self._channels = max(1, min(2, int(device["max_output_channels"])))
        rates = dict.fromkeys((file_rate, int(device["default_samplerate"])))
        refusal: Exception | None = None
        for rate in rates:
            try:
                self._stream = self._backend.OutputStream(
                    samplerate=rate, channels=self._channels, dtype="float32", latency=LATENCY_S,
                    blocksize=max(256, round(BLOCK_S * rate)), **({"device": device["index"]} if chosen else {}),
                    callback=self._callback, finished_callback=self._on_finished,
                )
            except self._backend.PortAudioError as error:
                refusal = error
            else:
                self._rate = rate
                return
        raise NoSoundError(REFUSED) from refusal

    @property
    def heard_s(self) -> float:
        """Seconds from the file's start: what was handed to the device, less what still waits in it."""
        before, asked_at, delay_s = self._mark
        # Between two blocks the clock fills in, but nothing is heard that was not handed over.
        frames = min(before + int((time.monotonic() - asked_at - delay_s) * self._rate), self._read)
        if self._finished and self._read == self._total:
            frames = self._read
        self._last_heard = max(self._last_heard, frames)
        return self._course.after(self._last_heard / self._rate)

    @property
    def ended(self) -> bool:
        """All of it was heard."""
        _ = self.heard_s
        return self._total is not None and self._last_heard >= self._total

    @property
    def trouble(self) -> str:
        """Why the device gave up before the end."""
        if self._error or self.ended:
            return self._error
        if self._finished:
            self._error = LOST + with_keys(WHAT_NOW)
        elif time.monotonic() - self._mark[1] > WATCHDOG_S:
            self._error = HUNG
        return self._error

    def tend(self) -> None:
        """Fill the ring."""
        self._fill(RING_S)

    def _fill(self, seconds: float) -> None:
        # Room for twice as much as is decoded: what resamples and stretches holds some back and gives it later.
        room = 2 * _DECODE_S * self._rate / self._course.speed
        wanted = seconds * self._rate
        while self._total is None and self._free >= room and self._written - self._read < wanted:
            self._decode_some()

    @property
    def _free(self) -> int:
        return len(self._ring) - (self._written - self._read)

    def stop(self) -> None:
        """Abort: ``stop()`` would wait for a device that may never answer."""
        if self._stream is not None:
            with contextlib.suppress(self._backend.PortAudioError):
                self._stream.abort()
            with contextlib.suppress(self._backend.PortAudioError):
                self._stream.close()
        self._reader.close()

    def _decode_some(self) -> None:
        wanted = min(round(_DECODE_S * self._reader.info.sample_rate), self._undecoded)
        block = self._reader.read(wanted)
        if not len(block) and self._begun and self._course.again_s is not None:
            self._seek(self._course.again_s)  # round and round: not a sample is lost between the two
            return
        at_end = len(block) == 0
        self._undecoded -= len(block)
        self._begun = True
        samples: NDArray[np.float32] = _numbers(block) @ self._mix
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples, last=at_end)
        if self._stretcher is not None:
            samples = self._stretcher.feed(samples, last=at_end)
        self._put(samples)
        if at_end:
            self._total = self._written

    def _put(self, samples: NDArray[np.float32]) -> None:
        """Copy float32 (n, channels) into the ring, around its end where need be. n is at most what is free."""
        at = self._written % len(self._ring)
        head = min(len(samples), len(self._ring) - at)
        self._ring[at : at + head] = samples[:head]
        self._ring[: len(samples) - head] = samples[head:]
        self._written += len(samples)

    def _callback(self, out: NDArray[np.float32], frames: int, times: Any, _status: Any) -> None:
        """On PortAudio's thread: copy, scale, and note when it will be heard. ``out``: float32 (frames, channels)."""
        delay_s = times.outputBufferDacTime - times.currentTime if times.outputBufferDacTime else LATENCY_S
        self._mark = (self._read + self._silence, time.monotonic(), min(max(delay_s, 0.0), MAX_DELAY_S))
        total = self._total  # before _written, so that once this is known all has been written
        count = min(frames, self._written - self._read)
        at = self._read % len(self._ring)
        head = min(count, len(self._ring) - at)
        out[:head] = self._ring[at : at + head]
        out[head:count] = self._ring[: count - head]
        out[count:] = 0
        self._scale(out)
        self._read += count
        if count == frames:
            return
        if total is None:
            self.underruns += 1
            return
        # The device drops what it still holds when it is told to stop: let silence push the sound out first.
        self._silence += frames - count
        if self._silence >= (max(delay_s, LATENCY_S) + BLOCK_S) * self._rate:
            raise self._backend.CallbackStop

    def _scale(self, out: NDArray[np.float32]) -> None:
        """Apply the volume; a change is spread over a few milliseconds so that it does not click."""
        before, after = self._gain, self.volume
        if before != after:
            ramp = self._ramp[: len(out)]
            out[: len(ramp)] *= before + (after - before) * ramp
            out[len(ramp) :] *= after
            self._gain = after
        elif after != 1.0:
            out *= after

    def _on_finished(self) -> None:
        self._finished = True


def _numbers(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of damaged floats what a device and its filters can take: NaN is silence, and nothing is beyond all loudness."""
    return np.clip(np.nan_to_num(block, nan=0.0, posinf=_LOUDEST, neginf=-_LOUDEST), -_LOUDEST, _LOUDEST)


def _mixing_matrix(file_channels: int, device_channels: int) -> NDArray[np.float32]:
    """(file_channels, device_channels): float32 (n, file) @ it = (n, device).

    Mono goes to every channel, stereo stays, of more channels the first two are left and right and the others go to
    both sides 3 dB lower; no sum exceeds full scale.
    """
    if device_channels == 1:
        return np.full((file_channels, 1), 1 / file_channels, np.float32)
    if file_channels == 1:
        return np.ones((1, device_channels), np.float32)
    mix = np.zeros((file_channels, 2), np.float32)
    mix[0, 0] = mix[1, 1] = 1
    mix[2:] = 0.5**0.5
    mix /= mix.sum(axis=0)
    return mix
