"""A section of sound through the two networks: what they answer, and what must be true before it is believed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from j2a.features.median import median
from j2a.features.record import DAMAGED, NOT_MUSIC, SILENT
from j2a.features.tags import front_end, voice
from j2a.features.tags.labels import MAGNATAGATUNE, MILLION_SONG, VOICES
from j2a.features.tags.wheel import Pair
from j2a.records import dataclass

Array = NDArray[np.float32]
MIN_S = 1.0
PATCH_S = 3.0  # the networks were trained on so much; less is repeated, and their answers change a lot
SILENCE_RMS = 1e-3  # -60 dBFS
LEVEL_RMS = 0.15  # quiet sound is raised to it: the networks hear metal 20 dB down as "quiet, experimental"
# How much the bands move over time, in powers of ten: 0.01 to 0.03 in tones, 0.06 to 0.09 in noise of all colours; the
# lowest of 360 windows of real and rendered music had 0.18, of three seconds 0.117.
_STEADY = 0.105
_BLOCK = 17  # frames averaged before: a quarter of a second, in which noise evens out
# What lies outside the strongest band and its neighbours: a millionth in sines and sweeps, 0.001 and more in music.
_BARE = 3e-4
_NEIGHBOURS = 4


class NothingHeardError(Exception):
    """The networks are not asked about a sound; the message says why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the networks answer: MagnaTagATune's first, the Million Song Dataset's second, each the mean of patches."""

    means: Array  # (2, 50) probabilities, in the order of labels.MAGNATAGATUNE and labels.MILLION_SONG
    hidden: Array  # (2, 200) values before the last layers
    voice_logit: float  # ln(p / (1 - p)) of the probability p that somebody sings or speaks; see voice.py
    is_short: bool  # less than a patch
    no_music: str | None  # why nothing is claimed of it, in a sentence: steady noise, a bare tone

    @property
    def magnatagatune(self) -> dict[str, float]:
        """Mean probability of each tag."""
        return dict(zip(MAGNATAGATUNE, self.means[0].tolist(), strict=True))

    @property
    def million_song(self) -> dict[str, float]:
        """Mean probability of each tag."""
        return dict(zip(MILLION_SONG, self.means[1].tolist(), strict=True))

    @property
    def voice(self) -> float:
        """The sum of the probabilities of everything that means a voice: 0 to 12."""
        tags = self.magnatagatune
        return sum(tags[name] for name in VOICES)


def hear(samples: Array, networks: Pair) -> Heard:
    """The answers for a section: float32 (n,), mono, 16 kHz. Raises ``NothingHeardError``, and ``WheelError``
    where the head for voices is damaged."""
    patches = front_end.patches(_raised(samples))
    both = [network(patches) for network in (networks.magnatagatune, networks.million_song)]
    hidden = np.stack([values.mean(0) for _, values in both])
    return Heard(
        np.stack([probabilities.mean(0) for probabilities, _ in both]),
        hidden,
        voice.load().logit(hidden),
        len(samples) < PATCH_S * front_end.SAMPLE_RATE,
        _no_music(patches),
    )


def _raised(samples: Array) -> Array:
    """The same sound, not quieter than the networks are used to."""
    if samples.ndim != 1:
        raise ValueError(f"expected mono samples (n,), not an array of shape {samples.shape}")
    if len(samples) < MIN_S * front_end.SAMPLE_RATE:
        raise NothingHeardError(
            f"The section is too short: {len(samples) / front_end.SAMPLE_RATE:.1f} s, "
            f"and at least {MIN_S:.0f} s is needed."
        )
    samples = np.asarray(samples, np.float32)
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    if not np.isfinite(rms):
        raise NothingHeardError(DAMAGED)
    if rms < SILENCE_RMS:
        raise NothingHeardError(f"{SILENT} (below {20 * np.log10(SILENCE_RMS):.0f} dBFS on average).")
    return samples if rms >= LEVEL_RMS else samples * np.float32(LEVEL_RMS / rms)


def _no_music(patches: Array) -> str | None:
    """Why log-mel patches (B, 187, 96) are no music: what the networks answer of it is confident nonsense."""
    blocks = patches.reshape(-1, _BLOCK, front_end.BANDS).mean(1)
    if blocks.std(0).mean() < _STEADY:
        return f"The section is a steady noise or tone: {NOT_MUSIC}."
    power = front_end.power_of(patches).reshape(-1, front_end.BANDS)
    total = power.sum(1)
    power = power[total > total.max() * 1e-3]  # frames that sound
    strongest = power.argmax(1)[:, None]
    near = np.abs(np.arange(front_end.BANDS) - strongest) <= _NEIGHBOURS
    outside = np.where(near, 0, power).sum(1) / power.sum(1)
    return f"The section is a bare tone: {NOT_MUSIC}." if median(outside) < _BARE else None
