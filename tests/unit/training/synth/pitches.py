"""Pieces of given pitches, and the pitch that a sound has."""

from __future__ import annotations

import dataclasses

import numpy as np

from training.synth.compose import Note, compose
from training.synth.recordings import SAMPLE_RATE
from training.synth.variety import varied_plan


def piece_for(instrument: str, pitches: list[int]):
    plan = dataclasses.replace(varied_plan(1), instruments={"lead": instrument}, duration_s=len(pitches) * 1.0)
    notes = [Note("lead", start, start + 0.6, pitch, 100) for start, pitch in enumerate(pitches)]
    return dataclasses.replace(compose(plan, 1), notes=notes)


def loudest_pitch(sound: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18))
    return 69 + 12 * np.log2(spectrum.argmax() * SAMPLE_RATE / (1 << 18) / 440)
