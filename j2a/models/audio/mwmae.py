"""MW-MAE: the frozen audio encoder of J2A-2.x. Sound in, 25 vectors a second out.

Yadav et al., "Masked Autoencoders with Multi-Window Local-Global Attention Are Better Audio Learners", ICLR 2024,
https://arxiv.org/abs/2306.00561. The windows of its name are in the decoder, which only pre-training needs: this is the
encoder, a plain vision transformer over patches of a log-mel spectrogram. Its results are held to those of the authors'
JAX code.

B batch, S samples, T mel frames, F mel bins, C chunks, P patches of a chunk (K steps x M patches across the bins),
D width, H heads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from j2a.errors import ModelMissingError
from j2a.models.audio.encoder_config import (
    LOG_EPS,
    MEND,
    MODEL_TYPE,
    NORM_EPS,
    STD_EPS,
    MWMAEConfig,
    check_lengths,
    mel_filters,
    section_size,
    sections,
)
from j2a.models.audio.stem import ConvStem
from j2a.models.files import saved, tensors

_FRAMES_AT_ONCE = 16_384  # of the spectrogram: bounds its memory on long input
_CHUNKS_AT_ONCE = 64  # through the transformer


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
        self.norm = nn.LayerNorm(config.width, eps=NORM_EPS)
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
        return torch.log(torch.cat(bands, dim=1) + LOG_EPS)

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
        size = section_size(self.config, section_s)
        held: list[NDArray[np.float32]] = []
        for section in sections(blocks, size):
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
        tensors.write(folder, MODEL_TYPE, self.config, self.state_dict(), half=half)

    def _checked_lengths(self, audio: Tensor, lengths: Sequence[int] | None) -> list[int]:
        if audio.ndim != 2 or audio.dtype != torch.float32:
            raise ValueError(f"audio must be float32 (batch, samples), not {audio.dtype} {tuple(audio.shape)}")
        checked = [audio.shape[1]] * len(audio) if lengths is None else [int(length) for length in lengths]
        if not checked or len(checked) != len(audio):
            raise ValueError(f"{len(checked)} lengths for {len(audio)} clips")
        if max(checked) > audio.shape[1]:
            raise ValueError(f"a clip of {max(checked)} samples in a batch of {audio.shape[1]}")
        check_lengths(self.config, checked)
        return checked


class _Block(nn.Module):
    """Pre-norm transformer block with global attention."""

    def __init__(self, config: MWMAEConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm1 = nn.LayerNorm(config.width, eps=NORM_EPS)
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.proj = nn.Linear(config.width, config.width)
        self.norm2 = nn.LayerNorm(config.width, eps=NORM_EPS)
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


def standardise(mel: Tensor) -> Tensor:
    """Each clip of (B, T, F) minus its mean over its standard deviation, which is the unbiased one."""
    std, mean = torch.std_mean(mel, dim=(1, 2), correction=1, keepdim=True)
    out: Tensor = (mel - mean) / (std + STD_EPS)
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
    config = saved.read_config(folder, MODEL_TYPE, MWMAEConfig, MEND)
    saved.refuse_larger(folder, config.least_parameters, MEND)
    encoder = MWMAE(config, precision)
    encoder.load_state_dict(tensors.read_weights(folder, encoder.state_dict(), MEND), assign=True)
    return encoder.to(device).requires_grad_(False).eval()
