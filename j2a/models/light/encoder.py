"""The encoder of :mod:`j2a.models.audio.mwmae` with a stem, for captioning. Its results are held to that one's.

T mel frames, F mel bins, C chunks, K steps of a chunk, D width, H heads.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from j2a.models.files import saved
from j2a.models.files.saved import as_float32
from j2a.models.light import stem
from j2a.models.light.products import Array, padded, product, usable

_FRAMES_AT_ONCE = 1024  # of the spectrogram: bounds its memory on long sections
_STEM = "patch_embed."


def load(folder: Path) -> Encoder | None:
    """The encoder of a folder; None for one without a stem, which is large. Raises ``ModelError`` as torch's."""
    config = saved.read_config(folder, MODEL_TYPE, MWMAEConfig, MEND)
    if not config.stem:
        return None
    saved.refuse_larger(folder, config.least_parameters, MEND)
    return Encoder(config, saved.mapped(folder, _shapes(config), MEND))


def _shapes(config: MWMAEConfig) -> dict[str, tuple[int, ...]]:
    width = config.width
    found: dict[str, tuple[int, ...]] = {"pos_embed": (config.chunk_steps, width)}
    found |= {f"{_STEM}{name}": shape for name, shape in stem.shapes(config).items()}
    for block in range(config.depth):
        outs_ins = {
            "qkv": (3 * width, width), "proj": (width, width), "fc1": (config.mlp_width, width),
            "fc2": (width, config.mlp_width),
        }  # fmt: skip
        for name, shape in outs_ins.items():
            found |= {f"blocks.{block}.{name}.weight": shape, f"blocks.{block}.{name}.bias": shape[:1]}
        found |= {f"blocks.{block}.{name}.{of}": (width,) for name in ("norm1", "norm2") for of in ("weight", "bias")}
    return found | {"norm.weight": (width,), "norm.bias": (width,)}


class Encoder:
    """Sound in, vectors out."""

    def __init__(self, config: MWMAEConfig, weights: Mapping[str, NDArray[Any]]) -> None:
        self.config = config
        self._mel = mel_filters(config)
        self._hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(config.window) / config.window)).astype(np.float32)
        inside = {name.removeprefix(_STEM): weight for name, weight in weights.items() if name.startswith(_STEM)}
        self._stem = stem.Stem(config, inside)
        self._places = np.ascontiguousarray(as_float32(weights["pos_embed"]).T)  # (D, K)
        self._weights = {  # matrices as they are, all else in float32
            name: usable(weight) if weight.ndim > 1 else as_float32(weight)
            for name, weight in weights.items()
            if not name.startswith(_STEM)
        }

    def encode_long(self, blocks: Iterable[Array], section_s: float = 10.0) -> Iterator[Array]:
        """Encode sound of any length, section by section, as ``MWMAE.encode_long`` does: (steps, D) for each.

        Raises ``ValueError`` as that does.
        """
        held: Array | None = None
        for section in sections(blocks, section_size(self.config, section_s)):
            if held is not None:
                yield self._encoded(held, len(held) // self.config.step)
            held = section
        if held is not None:
            check_lengths(self.config, [len(held)])
            yield self._encoded(held, self.config.steps(len(held)))

    def _encoded(self, section: Array, steps: int) -> Array:
        """The first ``steps`` of a section; chunks that hold later ones only are left out."""
        if not np.isfinite(section).all():
            raise ValueError("audio holds NaN or infinity")
        config = self.config
        mel = self.log_mel(section)
        mel = (mel - mel.mean(dtype=np.float64)) / (mel.std(ddof=1, dtype=np.float64) + STD_EPS)
        chunks = into_chunks(mel.astype(np.float32), config.chunk_frames)[: -(-steps // config.chunk_steps)]
        return np.concatenate([self.encode_chunk(chunk) for chunk in chunks])[:steps]

    def log_mel(self, section: Array) -> Array:
        """(S,) samples to (T, F): logarithm of the power in each mel band. T = 1 + S // hop."""
        samples = np.pad(section, self.config.window // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(samples, self.config.window)[:: self.config.hop]
        bands = []
        for start in range(0, len(frames), _FRAMES_AT_ONCE):
            spectrum = np.fft.rfft(frames[start : start + _FRAMES_AT_ONCE] * self._hann)
            bands.append((np.square(spectrum.real) + np.square(spectrum.imag)).astype(np.float32) @ self._mel)
        out: Array = np.log(np.concatenate(bands) + np.float32(LOG_EPS))
        return out

    def encode_chunk(self, chunk: Array) -> Array:
        """A standardised log-mel chunk (chunk_frames, F) to (K, D)."""
        steps = self.config.chunk_steps
        hidden = np.zeros((self.config.width, padded(steps)), np.float32)
        hidden[:, :steps] = self._stem(chunk) + self._places
        for block in range(self.config.depth):
            name = f"blocks.{block}."
            qkv = self._linear(f"{name}qkv", self._norm(f"{name}norm1", hidden))
            hidden += self._linear(f"{name}proj", self._attended(qkv))
            inside = self._linear(f"{name}fc1", self._norm(f"{name}norm2", hidden))
            hidden += self._linear(f"{name}fc2", gelu(inside))
        return np.ascontiguousarray(self._norm("norm", hidden)[:, :steps].T)

    def _attended(self, qkv: Array) -> Array:
        """(3 D, padded K) to (D, padded K)."""
        steps, heads = self.config.chunk_steps, self.config.heads
        query, key, value = qkv[:, :steps].reshape(3, heads, -1, steps)  # each (H, D / H, K)
        scores = np.matmul(query.transpose(0, 2, 1), key) / np.float32(math.sqrt(query.shape[1]))
        shares = np.exp(scores - scores.max(axis=2, keepdims=True))
        shares /= shares.sum(axis=2, keepdims=True)  # (H, K, K), by query
        out = np.zeros((self.config.width, qkv.shape[1]), np.float32)
        out[:, :steps] = np.matmul(value, shares.transpose(0, 2, 1)).reshape(-1, steps)
        return out

    def _linear(self, name: str, x: Array) -> Array:
        return product(self._weights[f"{name}.weight"], x, self._weights[f"{name}.bias"])

    def _norm(self, name: str, x: Array) -> Array:
        return layer_norm(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"], NORM_EPS)


def layer_norm(x: Array, weight: Array, bias: Array, eps: float) -> Array:
    """Of the columns of (features, rows)."""
    apart = x - x.mean(axis=0)
    scale = 1 / np.sqrt(np.square(apart).mean(axis=0) + np.float32(eps))
    out: Array = apart * scale * weight[:, None] + bias[:, None]
    return out


def into_chunks(mel: Array, chunk_frames: int) -> Array:
    """(T, F) to (C, chunk_frames, F); the end is padded as by ``j2a.models.audio.mwmae.into_chunks``."""
    frames = len(mel)
    period = max(1, 2 * (frames - 1))
    index = np.arange((frames // chunk_frames + 1) * chunk_frames) % period
    return mel[np.minimum(index, period - index)].reshape(-1, chunk_frames, mel.shape[1])


def gelu(x: Array) -> Array:
    """By tanh, as encoder and heads were trained."""
    inside = np.float32(math.sqrt(2 / math.pi)) * (x + np.float32(0.044715) * x * x * x)
    out: Array = np.float32(0.5) * x * (1 + np.tanh(inside))
    return out
