"""Decoding by PyAV (FFmpeg), an optional extra: m4a, aac, wma, wv, mka, Ogg FLAC, and mp3 without a length header."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from av.codec.context import Flags2
from av.container import InputContainer
from numpy.typing import NDArray

from j2a.audio.record import AudioInfo, implausible, refuse_absurd
from j2a.audio.view import FileView, Part
from j2a.errors import AudioError

# Decoders with memory (AAC, MP3) need some packets before the wanted one to give the right samples.
_PREROLL_S = 0.25
# After a seek, FFmpeg's Ogg demuxer often gives FLAC time stamps that are up to a page off: read through instead.
_SEEKS_WRONG = ("ogg",)
# FFmpeg cuts what the table of packets calls empty from a last block that has been decoded without it.
_CUT_TWICE = (("caf", "alac"),)


class AvSource:
    """One audio stream, decoded to float32.

    It seeks by time stamps, then drops samples up to the wanted one: exact to the container's tick, which is a
    sample in most, and a millisecond in Matroska and WMA.
    """

    def __init__(self, path: Path, demuxer: str, parts: Sequence[Part] = ()) -> None:
        """``parts``: what FFmpeg is to be shown of the file; none: all of it."""
        self._name = path.name
        self._demuxer = demuxer
        # An open file instead of a name: FFmpeg would read "concat:..." as a protocol. One whose seeks never fail.
        self._file = FileView(path, parts or [(0, path.stat().st_size)])
        try:
            self._rewind()
            context = self._stream.codec_context
            if context is None:
                raise AudioError(f"{path.name} is in a codec that cannot be decoded.")
            self._rate, channels = int(context.sample_rate or 0), int(context.channels or 0)
            if not self._rate or not channels:
                raise AudioError(f"{path.name} does not say its sample rate or channels.")
            refuse_absurd(path, channels, self._rate)
            self._layout = context.layout.name
            duration_s = self._told_s() or self._summed_s()
            if round(duration_s * self._rate) <= 0:
                raise AudioError(f"{path.name} holds no sound: its length is zero.")
            self.info = AudioInfo(self._rate, channels, round(duration_s * self._rate), duration_s, demuxer)
            if implausible(self.info, path.stat().st_size):
                self._rewind()
                duration_s = self._summed_s()
                self.info = AudioInfo(self._rate, channels, round(duration_s * self._rate), duration_s, demuxer)
            self._rewind()
            first = next(self._decoded_frames(), None)
            self._first_tick = first.pts if first is not None and first.pts is not None else 0
            self.seek(0)
        except BaseException:
            self._file.close()
            raise

    def _rewind(self) -> None:
        """Open the container anew: not every demuxer can seek to before its first time stamp."""
        self._file.seek(0)
        try:
            container: InputContainer = av.open(self._file, mode="r", format=self._demuxer)
        except (av.FFmpegError, ValueError) as error:
            raise self._unreadable(error) from error
        if not container.streams.audio or container.streams.audio[0].time_base is None:
            raise AudioError(f"{self._name} holds no audio stream.")
        context = container.streams.audio[0].codec_context
        if context is not None and (self._demuxer, context.name) in _CUT_TWICE:
            context.flags2 |= Flags2.skip_manual  # nobody cuts; the decoder's last block is as long as it should be
        self._container = container
        self._stream = container.streams.audio[0]
        self._tick_s = float(container.streams.audio[0].time_base)

    def seek(self, frame: int) -> None:
        target_s = frame / self._rate - _PREROLL_S
        try:
            if target_s > 0 and self._demuxer not in _SEEKS_WRONG:
                self._container.seek(round(target_s / self._tick_s) + self._first_tick, stream=self._stream)
            else:
                self._rewind()
        except av.FFmpegError as error:
            raise self._unreadable(error) from error
        self._waiting: list[NDArray[np.float32]] = []
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

    def _decode(self, first_frame: int) -> Iterator[NDArray[np.float32]]:
        """(n, channels) blocks from ``first_frame`` on, after a seek to somewhere before it."""
        to_float, form = None, None
        position: int | None = None  # of the next block, in samples from the stream's start
        unplaced: list[NDArray[np.float32]] = []  # decoded after a seek, before the first time stamp
        skipped_s = first_frame / self._rate - _PREROLL_S
        for raw in self._decoded_frames(round(skipped_s / self._tick_s) + self._first_tick):
            stamp = raw.pts
            if form != (raw.format.name, raw.layout.name, raw.sample_rate):  # it may change in the middle of a stream
                form = (raw.format.name, raw.layout.name, raw.sample_rate)
                to_float = av.AudioResampler(format="fltp", layout=self._layout, rate=self._rate)
            assert to_float is not None
            blocks = [np.ascontiguousarray(frame.to_ndarray().T, np.float32) for frame in to_float.resample(raw)]
            if position is None and stamp is not None:
                position = round((stamp - self._first_tick) * self._tick_s * self._rate) - sum(map(len, unplaced))
                blocks, unplaced = unplaced + blocks, []
            elif position is None:
                unplaced += blocks
                continue
            for block in blocks:
                assert position is not None
                wanted = block[max(0, first_frame - position):]
                position += len(block)
                if len(wanted):
                    yield wanted
        yield from unplaced

    def _decoded_frames(self, from_tick: int | None = None) -> Iterator[av.AudioFrame]:
        """Decode on from where the container is; packets that end before ``from_tick`` are only passed over."""
        try:
            for packet in self._container.demux(self._stream):
                if from_tick is not None and packet.pts is not None and packet.pts + (packet.duration or 0) < from_tick:
                    continue
                try:
                    yield from packet.decode()
                except (av.InvalidDataError, av.error.UndefinedError):  # the latter from AC3
                    continue  # one damaged packet costs its own few milliseconds, as in any player
        except av.FFmpegError as error:
            raise self._unreadable(error) from error

    def _told_s(self) -> float:
        """Length in seconds as the container says; 0 for those that only guess."""
        if self._demuxer in ("mp3", "aac", "ac3"):
            return 0.0
        if self._stream.duration:
            return self._stream.duration * self._tick_s
        return (self._container.duration or 0) / av.time_base

    def _summed_s(self) -> float:
        """The sum of the packets, in seconds."""
        try:
            return self._tick_s * sum(packet.duration or 0 for packet in self._container.demux(self._stream))
        except av.FFmpegError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> AudioError:
        reason = getattr(error, "strerror", None) or str(error)
        return AudioError(f"{self._name} cannot be decoded ({reason}).", "The file may be damaged or protected.")
