"""Matrix times vector on weights kept in 16 bits: a token of a small model on a CPU costs what reading them costs.

Weights that were saved as bfloat16 lose nothing by it. Sums are in float32, in an order of their own, so that logits
differ from torch's by rounding. torch's own product of one row and a float32 matrix reads the memory at a fifth of
the speed (bench/generation.py).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import torch
from numba.extending import intrinsic
from numpy.typing import NDArray

LARGEST = 100_000_000  # parameters; of larger models the memory for a second copy is not ours to take

Bfloat16Weights = dict[torch.nn.Linear, NDArray[np.uint16]]


def bfloat16_weights_of(model: torch.nn.Module) -> Bfloat16Weights:
    """The bits (out, in) of every Linear of a float32 model; none of one that is large or was not saved as bfloat16."""
    if sum(weights.numel() for weights in model.parameters()) > LARGEST:
        return {}
    found: Bfloat16Weights = {}
    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            half = module.weight.detach().bfloat16()
            if not torch.equal(half.float(), module.weight):
                return {}
            found[module] = half.view(torch.int16).numpy().view(np.uint16)
    return found


@intrinsic
def _as_float(context: Any, bits: Any) -> Any:
    """The float32 of 32 bits, inside compiled code."""

    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], target.get_value_type(numba.float32))

    return numba.float32(numba.uint32), generate


@numba.njit(cache=True, fastmath={"contract", "reassoc", "nsz"})
def matrix_vector_product(weights: NDArray[np.uint16], row: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Into ``out`` (out,) the row (in,) times the weights (out, in), transposed."""
    for one in range(weights.shape[0]):
        total = np.float32(0.0)
        for place in range(weights.shape[1]):
            total += row[place] * _as_float(np.uint32(weights[one, place]) << np.uint32(16))  # type: ignore[call-arg]
        out[one] = total
