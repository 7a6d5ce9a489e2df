"""Decoding by PyAV (FFmpeg), an optional extra: m4a, aac, wma, wv, mka, Ogg FLAC, and mp3 without a length header."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from j2a.audio.source import AudioInfo
from j2a.errors import AudioError

# Decoders with memory (AAC, MP3) need some packets before the wanted one to give the right samples.
_PREROLL_S = 0.25


class AvSource:
    """One audio stream, decoded to float32; seeks by time stamps, then drops samples up to the wanted one."""

    def __init__(self, path: Path, demuxer: str) -> None:
        self._name = path.name
        # An open file instead of a name: FFmpeg would read "concat:..." as a protocol.
        self._file = path.open("rb")
        try:
            container = av.open(self._file, mode="r", format=demuxer)
        except (av.FFmpegError, ValueError) as error:
            self._file.close()
            raise self._unreadable(error) from error
        self._container: InputContainer = container
        if not self._container.streams.audio:
            self.close()
            raise AudioError(f"{path.name} holds no audio stream.")
        self._stream = self._container.streams.audio[0]
        context = self._stream.codec_context
        if not context.sample_rate or not context.channels or self._stream.time_base is None:
            self.close()
            raise AudioError(f"{path.name} does not say its sample rate or channels.")
        self._rate = int(context.sample_rate)
        self._layout = context.layout.name
        self._tick_s = float(self._stream.time_base)
        duration_s = self._measure_s(demuxer)
        frames = round(duration_s * self._rate)
        if frames <= 0:
            self.close()
            raise AudioError(f"{path.name} holds no sound: its length is zero.")
        self.info = AudioInfo(self._rate, int(context.channels), frames, duration_s, demuxer)
        self._waiting: list[NDArray[np.float32]] = []
        self._waiting_frames = 0
        self._blocks = self._decode(0)

    def seek(self, frame: int) -> None:
        try:
            target_s = max(0.0, frame / self._rate - _PREROLL_S)
            self._container.seek(round(target_s / self._tick_s) + self._first_tick, stream=self._stream)
        except av.FFmpegError as error:
            raise self._unreadable(error) from error
        self._waiting = []
        self._waiting_frames = 0
        self._blocks = self._decode(frame)

    def read(self, frames: int) -> NDArray[np.float32]:
        while self._waiting_frames < frames:
            block = next(self._blocks, None)
            if block is None:
                break
            self._waiting.append(block)
            self._waiting_frames += len(block)
        if not self._waiting:
            return np.zeros((0, self.info.channels), np.float32)
        joined = np.concatenate(self._waiting)
        self._waiting = [joined[frames:]] if len(joined) > frames else []
        self._waiting_frames = max(0, len(joined) - frames)
        return joined[:frames]

    def close(self) -> None:
        self._container.close()
        self._file.close()

    @property
    def _first_tick(self) -> int:
        return self._stream.start_time or 0

    def _decode(self, first_frame: int) -> Iterator[NDArray[np.float32]]:
        """(n, channels) blocks from ``first_frame`` on."""
        to_float = av.AudioResampler(format="fltp", layout=self._layout, rate=self._rate)
        position: int | None = None  # of the next decoded frame, from the stream's start
        try:
            for packet in self._container.demux(self._stream):
                try:
                    decoded = packet.decode()
                except av.InvalidDataError:
                    continue  # one damaged packet costs its own few milliseconds, as in any player
                for raw in decoded:
                    if position is None and raw.pts is not None:
                        position = round((raw.pts - self._first_tick) * self._tick_s * self._rate)
                    for frame in to_float.resample(raw):
                        block = frame.to_ndarray().T
                        start = position or 0
                        position = start + len(block)
                        wanted = block[max(0, first_frame - start):]
                        if len(wanted):
                            yield np.ascontiguousarray(wanted, dtype=np.float32)
        except av.FFmpegError as error:
            raise self._unreadable(error) from error

    def _measure_s(self, demuxer: str) -> float:
        """Length in seconds: what the container says, or for those that only guess, the sum of the packets."""
        if demuxer not in ("mp3", "aac", "ac3"):
            if self._stream.duration:
                return self._stream.duration * self._tick_s
            if self._container.duration:
                return self._container.duration / av.time_base
        try:
            total_ticks = sum(packet.duration or 0 for packet in self._container.demux(self._stream))
            self._container.seek(self._first_tick, stream=self._stream)
        except av.FFmpegError as error:
            raise self._unreadable(error) from error
        return total_ticks * self._tick_s

    def _unreadable(self, error: Exception) -> AudioError:
        reason = getattr(error, "strerror", None) or str(error)
        return AudioError(f"{self._name} cannot be decoded ({reason}).", "The file may be damaged or protected.")
