"""Measures over a set of captions, kept as sums of what each caption adds: so that any resampling of them is cheap.

N captions, B resamples, k columns of a measure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Measure:
    """``value`` turns sums (..., k) over captions of ``per_caption`` (N, k) into the measure (...); NaN: undefined."""

    per_caption: Values
    value: Callable[[Values], Values]

    def __call__(self) -> float:
        """The measure over all captions."""
        return float(self.value(self.per_caption.sum(axis=0)))


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> Measure:
    """A share or a mean: the sum of the one over the sum of the other."""
    return Measure(np.stack([np.asarray(numerator, float), np.asarray(denominator, float)], axis=1), _quotient)


def mean(values: Sequence[float]) -> Measure:
    """The mean over captions."""
    return ratio(values, np.ones(len(values)))


def resamples(captions: int, count: int, seed: int) -> Values:
    """(B, N) how often each caption is drawn in each of ``count`` bootstrap resamples."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(captions, np.full(captions, 1 / captions), size=count).astype(float)


def interval(measure: Measure, drawn: Values) -> tuple[float, float]:
    """The 95 % percentile interval (Efron and Tibshirani, 1993). NaN where the measure is not defined."""
    return _percentiles(measure.value(drawn @ measure.per_caption))


def difference(one: Measure, other: Measure, drawn: Values) -> tuple[float, float, float]:
    """``one`` minus ``other`` on the same clips, with its paired bootstrap interval."""
    differences = one.value(drawn @ one.per_caption) - other.value(drawn @ other.per_caption)
    return (one() - other(), *_percentiles(differences))


def _percentiles(values: Values) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)])
    return float(low), float(high)


def _quotient(sums: Values) -> Values:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)
