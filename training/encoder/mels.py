"""Log-mel spectrograms of a table of clips, worked out once, and the ways in which training varies them.

B batch, T mel frames, F mel bins. Values are log power, before they are standardised.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from j2a import audio
from j2a.errors import AudioError, J2AError
from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.mwmae import MWMAE
from training.datasets.table import Row
from training.ground.log import progress

_FRONT_END = ("sample_rate", "window", "hop", "mel_bins", "low_hz", "high_hz")  # what log-mels depend on
SECTION_S = 10.0  # clips are cut to it, or repeated to fill it


def mel_table(folder: Path, rows: list[Row], config: MWMAEConfig, cache: Path, workers: int = 2) -> NDArray[np.float16]:
    """float16 (rows, T, F), memory-mapped from ``cache``, where it is worked out once for these rows and front end.

    Raises ``AudioError`` for a clip that cannot be read, ``J2AError`` when the cache cannot be written.
    """
    front_end = {name: getattr(config, name) for name in _FRONT_END}
    named = json.dumps([front_end, [_identity(folder, row) for row in rows]])
    path = cache / f"mels-{hashlib.blake2b(named.encode(), digest_size=8).hexdigest()}.npy"
    if not path.exists():
        frames = 1 + round(SECTION_S * config.sample_rate) // config.hop
        part = path.with_suffix(".part")
        try:
            cache.mkdir(parents=True, exist_ok=True)
            out = np.lib.format.open_memmap(part, "w+", np.float16, (len(rows), frames, config.mel_bins))
            front = MWMAE(config)
            with ThreadPoolExecutor(workers) as pool:
                mels = pool.map(lambda row: _mel(front, row, folder), rows)
                for index, mel in enumerate(progress(mels, len(rows), "log-mel")):
                    out[index] = mel
            out.flush()
        except OSError as error:
            raise J2AError(f"{cache} cannot be written: {error.strerror or error}.", "Make room there.") from error
        part.replace(path)
    mels_read: NDArray[np.float16] = np.load(path, mmap_mode="c")  # torch takes no arrays that are only to be read
    return mels_read


def _identity(folder: Path, row: Row) -> list[Any]:
    """What changes when the clip does: a corpus that is made anew has other clips by the same names."""
    try:
        about = (folder / row.audio).stat()
    except OSError as error:
        raise AudioError(f"{row.audio} of {folder} cannot be read: {error.strerror}.") from error
    return [row.audio, about.st_size, about.st_mtime_ns, row.start_s, row.end_s]


@torch.inference_mode()
def _mel(front: MWMAE, row: Row, folder: Path) -> NDArray[np.float16]:
    wanted = round(SECTION_S * front.config.sample_rate)
    sound = np.resize(np.concatenate(list(audio.stream(row.clip(folder), front.config.sample_rate))), wanted)
    mel: NDArray[np.float16] = front.log_mel(torch.from_numpy(sound)[None])[0].numpy().astype(np.float16)
    return mel


def vary(mel: Tensor, generator: torch.Generator) -> Tensor:
    """(B, T, F) log-mels as another microphone, room and player might have recorded them.

    A smooth equaliser curve, a shift by a bin either way (half a semitone), another place in time, steady noise.
    What is true of a clip stays true. ``generator`` is on the device of ``mel``.
    """
    batch, frames, bins = mel.shape
    device = mel.device

    def uniform(low: float, high: float, *size: int) -> Tensor:
        return torch.rand(*size, generator=generator, device=device) * (high - low) + low

    knots = torch.randn(batch, 1, 6, generator=generator, device=device) * uniform(0.0, 1.2, batch, 1, 1)
    mel = mel + torch.nn.functional.interpolate(knots, size=bins, mode="linear", align_corners=True)
    shifts = torch.randint(-1, 2, (batch,), generator=generator, device=device)
    places = (torch.arange(bins, device=device)[None] + shifts[:, None]).clamp(0, bins - 1)
    mel = mel.gather(2, places[:, None].expand(-1, frames, -1))
    starts = torch.randint(0, frames, (batch, 1), generator=generator, device=device)
    order = (torch.arange(frames, device=device)[None] + starts) % frames
    mel = mel.gather(1, order[..., None].expand(-1, -1, bins))
    # Relative to the loudest moment: mostly inaudible, sometimes a noisy tape.
    floor = mel.amax(dim=(1, 2), keepdim=True) + torch.where(
        uniform(0.0, 1.0, batch, 1, 1) < 0.7, -24.0, uniform(-20.0, -11.0, batch, 1, 1)
    )
    return torch.logaddexp(mel, floor + torch.randn(mel.shape, generator=generator, device=device) * 0.5)


def overlay(mel: Tensor, other: Tensor, level: Tensor) -> Tensor:
    """Two recordings at once: (B, T, F) each, ``other`` louder by ``level`` (B,), in natural logarithms of power."""
    means = [torch.logsumexp(x.flatten(1), dim=1) for x in (mel, other)]
    return torch.logaddexp(mel, other + (means[0] - means[1] + level)[:, None, None])
