"""MW-MAE: the frozen audio encoder of J2A-2.x. Sound in, 25 vectors a second out.

Yadav et al., "Masked Autoencoders with Multi-Window Local-Global Attention Are Better Audio Learners", ICLR 2024,
https://arxiv.org/abs/2306.00561. The windows of its name are in the decoder, which only pre-training needs: this is the
encoder, a plain vision transformer over patches of a log-mel spectrogram. Its results are held to those of the authors'
JAX code.

B batch, S samples, T mel frames, F mel bins, C chunks, P patches of a chunk (K steps x M patches across the bins),
D width, H heads.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from j2a.errors import ModelMissingError
from j2a.models.audio.stem import ConvStem, check_stem
from j2a.models.files import saved

MODEL_TYPE = "mwmae"

_LOG_EPS = 1.1920929e-07  # float32's epsilon, added to the power before its logarithm
_STD_EPS = 1e-8
_NORM_EPS = 1e-6
_LARGEST = {"depth": 256, "window": 8192, "mel_bins": 1024}  # bounds on what a config file may ask for
_LARGEST_ELSE = 65_536
_FRAMES_AT_ONCE = 16_384  # of the spectrogram: bounds its memory on long input
_CHUNKS_AT_ONCE = 64  # through the transformer
_MEND = "Convert the checkpoint again (j2a-train convert-mwmae), or copy the folder again."


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


class MWMAE(nn.Module):
    """The encoder. Build it with random weights from a config, or get trained ones by :func:`load_encoder`.

    ``precision``: ``torch.bfloat16`` runs the matrix products in bfloat16; sums, norms and results stay float32.
    """

    mel_filters: Tensor
    hann: Tensor

    def __init__(self, config: MWMAEConfig, precision: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.config = config
        self.precision = precision
        self.patch_embed: nn.Module = (
            ConvStem(config.stem, config.width, config.patch_frames, config.mel_bins)
            if config.stem
            else nn.Linear(config.patch_frames * config.patch_bins, config.width)
        )
        self.pos_embed = nn.Parameter(torch.randn(config.chunk_steps * config.mel_patches, config.width) * 0.02)
        self.blocks = nn.ModuleList(_Block(config) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width, eps=_NORM_EPS)
        with torch.device("cpu"):  # also where the weights are on the meta device
            self.register_buffer("mel_filters", torch.from_numpy(mel_filters(config)), persistent=False)
            self.register_buffer("hann", torch.hann_window(config.window), persistent=False)

    def forward(self, audio: Tensor, lengths: Sequence[int] | None = None) -> tuple[Tensor, list[int]]:
        """Encode a batch of clips.

        audio : float32 (B, S), mono at ``config.sample_rate`` Hz, in [-1, 1], on the encoder's device.
        lengths : samples of each clip, where they differ; what lies behind is not looked at.

        Returns float32 (B, steps, M * D) and how many steps of each row are valid; the rest are zeros. Each clip gives
        what it gives alone. Each is standardised over all of its length, as the authors do it on ten-second clips:
        for longer ones see :meth:`encode_long`.
        Raises ``ValueError`` for anything else: another type or shape, too short a clip, NaN or infinity.
        """
        lengths = self._checked_lengths(audio, lengths)
        steps = [self.config.steps(length) for length in lengths]
        return self._encode(audio, lengths, steps), steps

    def _encode(self, audio: Tensor, lengths: list[int], steps: list[int]) -> Tensor:
        """The first ``steps`` of each clip; chunks that hold later steps only are left out."""
        config = self.config
        rows: dict[int, Tensor] = {}
        for length in set(lengths):  # clips of one length go through the front end together
            same = [row for row, one in enumerate(lengths) if one == length]
            clips = audio[same, :length]
            if not clips.isfinite().all():
                raise ValueError("audio holds NaN or infinity")
            chunks = into_chunks(standardise(self.log_mel(clips)), config.chunk_frames)  # (., C, t, F)
            rows.update(
                (row, one[: -(-steps[row] // config.chunk_steps)]) for row, one in zip(same, chunks, strict=True)
            )

        places = torch.tensor([(row, at) for row in rows for at in range(len(rows[row]))])
        flat = torch.cat(list(rows.values()))
        out = flat.new_zeros(len(rows), int(places[:, 1].max()) + 1, config.chunk_steps, config.features)
        for group, place in zip(flat.split(_CHUNKS_AT_ONCE), places.split(_CHUNKS_AT_ONCE), strict=True):
            out[place[:, 0], place[:, 1]] = self.encode_chunks(group)
        features = out.flatten(1, 2)[:, : max(steps)]
        for row, valid in enumerate(steps):
            features[row, valid:] = 0
        return features

    def log_mel(self, audio: Tensor) -> Tensor:
        """(B, S) samples to (B, T, F): logarithm of the power in each mel band. T = 1 + S // hop."""
        padded = functional.pad(audio, (self.config.window // 2,) * 2, mode="reflect")
        frames = padded.unfold(1, self.config.window, self.config.hop)  # (B, T, window), a view
        bands = []
        for group in frames.split(_FRAMES_AT_ONCE, dim=1):
            spectrum = torch.fft.rfft(group * self.hann)
            power = spectrum.real.square() + spectrum.imag.square()
            with torch.autocast(audio.device.type, enabled=False):  # a product in 16 bits would hide quiet bands
                bands.append(power @ self.mel_filters)
        return torch.log(torch.cat(bands, dim=1) + _LOG_EPS)

    def encode_chunks(self, chunks: Tensor) -> Tensor:
        """(C, chunk_frames, F) standardised log-mel chunks, each by itself, to float32 (C, K, M * D)."""
        config = self.config
        device = "cpu" if chunks.is_meta else chunks.device.type  # "meta" knows no autocast
        with torch.autocast(device, self.precision, enabled=self.precision != torch.float32):
            hidden = self.embed_patches(chunks)
            for block in self.blocks:
                hidden = block(hidden)
            hidden = self.norm(hidden).float()
        return hidden.unflatten(1, (config.chunk_steps, config.mel_patches)).flatten(2)  # type: ignore[no-any-return]

    def embed_patches(self, chunks: Tensor) -> Tensor:
        """(C, chunk_frames, F) to what the transformer reads: (C, P, D), P = K * M, time by time."""
        config = self.config
        if not config.stem:
            chunks = (
                chunks.unflatten(2, (config.mel_patches, config.patch_bins))
                .unflatten(1, (config.chunk_steps, config.patch_frames))  # (C, K, frames, M, bins)
                .transpose(2, 3)
                .flatten(3)
                .flatten(1, 2)  # (C, P, frames * bins)
            )
        return self.patch_embed(chunks) + self.pos_embed  # type: ignore[no-any-return]

    @torch.no_grad()
    def encode_long(
        self, blocks: Iterable[NDArray[np.float32]], section_s: float = 10.0, sections_at_once: int = 4
    ) -> Iterator[Tensor]:
        """Encode sound of any length in bounded memory: float32 (n,) blocks, as ``j2a.audio.stream`` gives them.

        The sound is encoded in sections of ``section_s`` seconds, the length of the clips that the encoder was trained
        on, each standardised by itself. An end that is under a tenth of that goes with the section before it: alone it
        would be amplified noise. Yields float32 (steps, M * D) on the encoder's device for one section after the
        other, without gaps in time; a clip of one section gives what :meth:`forward` gives.
        Raises ``ValueError`` as :meth:`forward` does, and for sections under a second.
        """
        if section_s < 1:
            raise ValueError(f"sections of {section_s} s are too short")
        size = round(section_s * self.config.sample_rate / self.config.step) * self.config.step
        held: list[NDArray[np.float32]] = []
        for section in _sections(blocks, size):
            if len(held) == sections_at_once:
                yield from self._encode_sections(held, last=False)
                held = []
            held.append(section)
        yield from self._encode_sections(held, last=True)

    def _encode_sections(self, sections: list[NDArray[np.float32]], *, last: bool) -> Iterator[Tensor]:
        batch = torch.zeros(len(sections), max(map(len, sections)))
        for row, section in zip(batch, sections, strict=True):
            row[: len(section)] = torch.from_numpy(section)
        lengths = self._checked_lengths(batch, [len(section) for section in sections])
        # The step that begins at a section's end is the next one's first. (It would cost a whole chunk, too.)
        steps = [length // self.config.step for length in lengths]
        if last:
            steps[-1] = self.config.steps(lengths[-1])
        for features, valid in zip(self._encode(batch.to(self.pos_embed.device), lengths, steps), steps, strict=True):
            yield features[:valid]

    def save(self, folder: Path, *, half: bool = False) -> None:
        """Write ``config.json`` and ``model.safetensors`` into an existing folder; ``half``: matrices in 16 bits."""
        saved.write(folder, MODEL_TYPE, self.config, self.state_dict(), half=half)

    def _checked_lengths(self, audio: Tensor, lengths: Sequence[int] | None) -> list[int]:
        if audio.ndim != 2 or audio.dtype != torch.float32:
            raise ValueError(f"audio must be float32 (batch, samples), not {audio.dtype} {tuple(audio.shape)}")
        checked = [audio.shape[1]] * len(audio) if lengths is None else [int(length) for length in lengths]
        if not checked or len(checked) != len(audio):
            raise ValueError(f"{len(checked)} lengths for {len(audio)} clips")
        if max(checked) > audio.shape[1]:
            raise ValueError(f"a clip of {max(checked)} samples in a batch of {audio.shape[1]}")
        if min(checked) < self.config.shortest:
            lasting, least = (1000 * one / self.config.sample_rate for one in (min(checked), self.config.shortest))
            raise ValueError(f"it lasts {lasting:.0f} ms, and {math.ceil(least)} ms is the least")
        return checked


class _Block(nn.Module):
    """Pre-norm transformer block with global attention."""

    def __init__(self, config: MWMAEConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm1 = nn.LayerNorm(config.width, eps=_NORM_EPS)
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.proj = nn.Linear(config.width, config.width)
        self.norm2 = nn.LayerNorm(config.width, eps=_NORM_EPS)
        self.fc1 = nn.Linear(config.width, config.mlp_width)
        self.fc2 = nn.Linear(config.mlp_width, config.width)

    def forward(self, hidden: Tensor) -> Tensor:
        """(C, P, D) to (C, P, D)."""
        qkv = self.qkv(self.norm1(hidden)).unflatten(2, (3, self.heads, -1))  # (C, P, 3, H, D / H)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each (C, H, P, D / H)
        attended = functional.scaled_dot_product_attention(query, key, value)
        hidden = hidden + self.proj(attended.transpose(1, 2).flatten(2))
        out: Tensor = hidden + self.fc2(functional.gelu(self.fc1(self.norm2(hidden)), approximate="tanh"))
        return out


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


def standardise(mel: Tensor) -> Tensor:
    """Each clip of (B, T, F) minus its mean over its standard deviation, which is the unbiased one."""
    std, mean = torch.std_mean(mel, dim=(1, 2), correction=1, keepdim=True)
    out: Tensor = (mel - mean) / (std + _STD_EPS)
    return out


def into_chunks(mel: Tensor, chunk_frames: int) -> Tensor:
    """(B, T, F) to (B, C, chunk_frames, F), with C = T // chunk_frames + 1.

    The end is padded by the frames before it, backwards, and forwards again where a clip is shorter than its padding.
    A clip of whole chunks gets one more, all padding: so did the original, which then cuts its steps off.
    """
    frames = mel.shape[1]
    padded = (frames // chunk_frames + 1) * chunk_frames
    period = max(1, 2 * (frames - 1))
    index = torch.arange(padded, device=mel.device) % period
    return mel[:, torch.minimum(index, period - index)].unflatten(1, (-1, chunk_frames))  # type: ignore[no-any-return]


def load_encoder(
    path: str | Path, *, device: str | torch.device = "cpu", precision: torch.dtype = torch.float32
) -> MWMAE:
    """A trained encoder from a folder with ``config.json`` and ``model.safetensors``, frozen, ready to be called.

    Raises ``ModelMissingError`` when there is no such folder, and ``ModelError`` that names the file when one is
    missing, damaged, or holds other weights than the config says.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise ModelMissingError(
            f"there is no folder {folder} with an MW-MAE encoder.",
            "Make one from the published checkpoint: j2a-train convert-mwmae CHECKPOINT OUT",
        )
    config = saved.read_config(folder, MODEL_TYPE, MWMAEConfig, _MEND)
    saved.refuse_larger(folder, config.least_parameters, _MEND)
    encoder = MWMAE(config, precision)
    encoder.load_state_dict(saved.read_weights(folder, encoder.state_dict(), _MEND), assign=True)
    return encoder.to(device).requires_grad_(False).eval()


def _sections(blocks: Iterable[NDArray[np.float32]], size: int) -> Iterator[NDArray[np.float32]]:
    """Arrays of ``size`` samples; the last one has what is left, from a tenth of ``size`` to that much more than it."""
    held = np.zeros(0, np.float32)
    for block in blocks:
        held = np.concatenate([held, block])
        while len(held) >= size + size // 10:
            yield held[:size]
            held = held[size:]
    yield held
