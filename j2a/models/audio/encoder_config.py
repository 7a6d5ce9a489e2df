"""What an MW-MAE encoder is, without its weights: sizes, mel bands, and how long sound is cut. Loads nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, fields

import numpy as np
from numpy.typing import NDArray

from j2a.records import dataclass

MODEL_TYPE = "mwmae"
LOG_EPS = 1.1920929e-07  # float32's epsilon, added to the power before its logarithm
STD_EPS = 1e-8
NORM_EPS = 1e-6
MEND = "Convert the checkpoint again (j2a-train convert-mwmae), or copy the folder again."
FIRST_FRAMES, FIRST_BINS = 4, 2  # strides of a stem's first convolution, in mel frames and mel bins
_LARGEST_HALVINGS = 6
_LARGEST = {"depth": 256, "window": 8192, "mel_bins": 1024}  # bounds on what a config file may ask for
_LARGEST_ELSE = 65_536


@dataclass(frozen=True, slots=True)
class MWMAEConfig:
    """Sizes of an encoder, by default ``mwmae_base_200_4x16``. Raises ``ValueError`` for sizes that do not fit."""

    width: int = 768  # D
    depth: int = 12  # blocks
    heads: int = 12  # H
    mlp_width: int = 3072
    chunk_frames: int = 200  # mel frames that attend to each other: 2 s
    patch_frames: int = 4
    patch_bins: int = 16
    mel_bins: int = 80  # F
    sample_rate: int = 16_000  # Hz
    window: int = 400  # samples of a mel frame, and its FFT
    hop: int = 160  # samples from one mel frame to the next
    low_hz: int = 50
    high_hz: int = 8000
    # Channels of a convolutional stem, which is ours; 0: linear patches, as published, whose folders need not name it.
    stem: int = field(default=0, metadata={"may_be_missing": True})

    def __post_init__(self) -> None:
        for size in fields(self):
            value, largest = getattr(self, size.name), _LARGEST.get(size.name, _LARGEST_ELSE)
            least = 0 if size.name == "stem" else 1
            if type(value) is not int or not least <= value <= largest:
                raise ValueError(f"{size.name} is {value!r}, not a whole number from {least} to {largest}")
        for whole, part in (("width", "heads"), ("chunk_frames", "patch_frames"), ("mel_bins", "patch_bins")):
            if getattr(self, whole) % getattr(self, part):
                raise ValueError(f"{whole} {getattr(self, whole)} cannot be divided into {part} {getattr(self, part)}")
        if self.window % 2:
            raise ValueError(f"window {self.window} has no middle: it must be even")
        if self.stem:
            check_stem(self.patch_frames, self.mel_bins)
            if self.patch_bins != self.mel_bins:
                raise ValueError(f"a stem makes one patch of all {self.mel_bins} mel_bins, not of {self.patch_bins}")
        if not self.low_hz < self.high_hz <= self.sample_rate / 2:
            raise ValueError(f"low_hz {self.low_hz}, high_hz {self.high_hz} and half the sample rate must rise")

    @property
    def chunk_steps(self) -> int:
        """K: time steps of a chunk."""
        return self.chunk_frames // self.patch_frames

    @property
    def mel_patches(self) -> int:
        """M: patches across the mel bins."""
        return self.mel_bins // self.patch_bins

    @property
    def features(self) -> int:
        """Width of a time step: its M patches side by side."""
        return self.mel_patches * self.width

    @property
    def step(self) -> int:
        """Samples from one time step to the next: 640, so that there are 25 steps a second."""
        return self.hop * self.patch_frames

    @property
    def shortest(self) -> int:
        """Fewest samples that can be encoded: the first frame is mirrored at the start."""
        return self.window // 2 + 1

    @property
    def least_parameters(self) -> int:
        """Of the blocks, the places, and the patches or the stem's last convolution: all that can be large."""
        blocks = self.depth * (4 * self.width**2 + 2 * self.width * self.mlp_width)
        places = self.chunk_steps * self.mel_patches * self.width
        if self.stem:  # its channels double whenever it halves time, of which it begins with a quarter
            return blocks + places + 9 * (self.stem * self.patch_frames // 4) ** 2 // 2
        return blocks + places + self.patch_frames * self.patch_bins * self.width

    def steps(self, samples: int) -> int:
        """Time steps of a clip of so many samples."""
        frames = 1 + samples // self.hop
        padding = self.chunk_frames - frames % self.chunk_frames
        return (frames + padding) // self.patch_frames - self.chunk_steps * padding // self.chunk_frames


def check_lengths(config: MWMAEConfig, lengths: Sequence[int]) -> None:
    """Raise ``ValueError`` for a clip, of so many samples, that is too short to be encoded."""
    if min(lengths) < config.shortest:
        lasting, least = (1000 * one / config.sample_rate for one in (min(lengths), config.shortest))
        raise ValueError(f"it lasts {lasting:.0f} ms, and {math.ceil(least)} ms is the least")


def check_stem(patch_frames: int, mel_bins: int) -> int:
    """How many times a stem halves its input. Raises ``ValueError`` for patches that it cannot make."""
    halvings = int(math.log2(patch_frames / FIRST_FRAMES))
    if patch_frames != FIRST_FRAMES << max(1, halvings) or halvings > _LARGEST_HALVINGS:
        raise ValueError(f"a stem needs patch_frames of 8, 16, 32, ..., 256, not {patch_frames}")
    if bins_left(mel_bins, halvings) < 1:
        raise ValueError(f"a stem with patches of {patch_frames} frames leaves nothing of {mel_bins} mel_bins")
    return halvings


def bins_left(mel_bins: int, halvings: int) -> int:
    return -(-mel_bins // FIRST_BINS) >> halvings


def mel_filters(config: MWMAEConfig) -> NDArray[np.float32]:
    """(window // 2 + 1, F): triangles on the HTK mel scale, each with a peak of 1."""
    low, high = (2595 * math.log10(1 + hz / 700) for hz in (config.low_hz, config.high_hz))
    edges_mel = np.linspace(low, high, config.mel_bins + 2)
    edges_hz = 700 * (10 ** (edges_mel / 2595) - 1)
    from_edge = np.fft.rfftfreq(config.window, 1 / config.sample_rate)[:, None] - edges_hz  # (bins, F + 2)
    widths = np.diff(edges_hz)
    rising, falling = from_edge[:, :-2] / widths[:-1], -from_edge[:, 2:] / widths[1:]
    filters: NDArray[np.float32] = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    return filters


def section_size(config: MWMAEConfig, section_s: float) -> int:
    """Samples of a section, a whole number of time steps. Raises ``ValueError`` for sections under a second."""
    if section_s < 1:
        raise ValueError(f"sections of {section_s} s are too short")
    return round(section_s * config.sample_rate / config.step) * config.step


def sections(blocks: Iterable[NDArray[np.float32]], size: int) -> Iterator[NDArray[np.float32]]:
    """Arrays of ``size`` samples; the last one has what is left, from a tenth of ``size`` to that much more than it."""
    held = np.zeros(0, np.float32)
    for block in blocks:
        held = np.concatenate([held, block])
        while len(held) >= size + size // 10:
            yield held[:size]
            held = held[size:]
    yield held
