"""How often what a head says with a probability is true."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from torch import Tensor


def calibrated(probability: Tensor, true: Tensor) -> Tensor:
    """How often a statement is true at each of these probabilities: a logistic curve over their logits, which rises.

    Platt, "Probabilistic Outputs for Support Vector Machines", 1999.
    """
    logits = torch.logit(probability.double(), eps=1e-6).numpy()
    yes, count = int(true.sum()), len(true)
    # Platt's targets, a little inside of 0 and 1: what never failed so far may fail.
    wanted = np.where(true.numpy(), (yes + 1) / (yes + 2), 1 / (count - yes + 2))

    def surprise(line: NDArray[np.float64]) -> float:
        found = line[0] * logits + line[1]
        return float(np.mean(np.logaddexp(0, found) - wanted * found))

    slope, offset = minimize(surprise, [1.0, 0.0], bounds=[(0.0, None), (None, None)]).x
    return torch.from_numpy(expit(slope * logits + offset)).to(probability.dtype)
