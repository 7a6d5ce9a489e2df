"""A small Mistral on the processor: its embeddings and its head are one matrix, its rotation does not scale.

A folder that ``j2a-train mini`` made, and any like it, is read here. Every other model goes the general way, see
:mod:`j2a.models.language.llm`; this one can, too, and gives the same tokens (tested).
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from j2a.compiled import FLOAT, LONG, POINTER, kernel
from j2a.errors import ModelError
from j2a.models.files import saved
from j2a.models.files.saved import as_float32
from j2a.models.light.products import Array, Matrix, matrix, padded, usable
from j2a.records import dataclass

MEND = "Fetch the model again, or choose another --backbone."
_SIZES = (
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
    "head_dim",
)  # fmt: skip
_EMBEDDINGS, _NORM = "model.embed_tokens.weight", "model.norm.weight"
_INT = ctypes.c_int32


def load(folder: Path) -> Mistral | None:
    """The model of a folder; None for one that needs the general way.

    Raises ``ModelError`` when the weights are missing, damaged, or do not fit the config.
    """
    try:
        config = json.loads((folder / saved.CONFIG_FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not _plain(config) or not (folder / saved.WEIGHTS_FILE).is_file():
        return None
    inside = 3 * config["intermediate_size"] + 2 * config["num_attention_heads"] * config["head_dim"]
    rows = config["vocab_size"] + config["num_hidden_layers"] * inside
    saved.refuse_larger(folder, rows * config["hidden_size"], MEND)
    return Mistral(config, saved.mapped(folder, shapes(config), MEND))


def _plain(config: Any) -> bool:
    """Whether a config asks for nothing that is not done here."""
    if not isinstance(config, dict) or not all(type(config.get(name)) is int and config[name] > 0 for name in _SIZES):
        return False
    rope = config.get("rope_parameters")
    return (
        config.get("model_type") == "mistral"
        and config["num_attention_heads"] % config["num_key_value_heads"] == 0
        and config["head_dim"] % 2 == 0
        and isinstance(config.get("rms_norm_eps"), float)
        and config.get("hidden_act") == "silu"
        and config.get("tie_word_embeddings") is True
        and config.get("sliding_window") is None
        and isinstance(rope, dict)
        and rope.get("rope_type") == "default"
        and isinstance(rope.get("rope_theta"), float)
        and "quantization_config" not in config
    )


def _layer(index: int, config: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shapes of a layer's matrices, in the order of ``struct language``."""
    width, inside = config["hidden_size"], config["intermediate_size"]
    inner, shared = (config[f"num_{name}_heads"] * config["head_dim"] for name in ("attention", "key_value"))
    found: dict[str, tuple[int, ...]] = {
        "self_attn.q_proj": (inner, width),
        "self_attn.k_proj": (shared, width),
        "self_attn.v_proj": (shared, width),
        "self_attn.o_proj": (width, inner),
        "mlp.gate_proj": (inside, width),
        "mlp.up_proj": (inside, width),
        "mlp.down_proj": (width, inside),
    }
    return {f"model.layers.{index}.{name}.weight": shape for name, shape in found.items()}


def _norms(layers: int) -> list[str]:
    names = ("input_layernorm", "post_attention_layernorm")
    return [*(f"model.layers.{index}.{name}.weight" for index in range(layers) for name in names), _NORM]


def shapes(config: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shapes of a model's weights, by the names of ``MistralForCausalLM``."""
    found: dict[str, tuple[int, ...]] = {_EMBEDDINGS: (config["vocab_size"], config["hidden_size"])}
    for index in range(config["num_hidden_layers"]):
        found |= _layer(index, config)
    return found | dict.fromkeys(_norms(config["num_hidden_layers"]), (config["hidden_size"],))


class _Language(ctypes.Structure):
    """``struct language`` of ``j2a/compiled/transformer.c``."""

    _fields_ = (
        ("layers", LONG), ("width", LONG), ("heads", LONG), ("groups", LONG), ("head_width", LONG), ("inside", LONG),
        ("room", LONG), ("eps", FLOAT), ("norms", POINTER), ("weights", POINTER), ("cosines", POINTER),
        ("sines", POINTER),
    )  # fmt: skip


@dataclass(slots=True)
class Positions:
    """Some positions of some sequences, those of one in their order; for the ones in ``asked`` there are logits."""

    embeddings: Array  # (positions, width)
    sequences: Sequence[int]
    places: Sequence[int]
    asked: Sequence[int]  # indices of positions


class Mistral:
    """The weights of a model, as they lie in their file."""

    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, NDArray[Any]]) -> None:
        self.config = config
        self.width: int = config["hidden_size"]
        self.eos: Any = config.get("eos_token_id")
        self._embeddings = usable(weights[_EMBEDDINGS])
        layers = range(config["num_hidden_layers"])
        self._held = [usable(weights[name]) for index in layers for name in _layer(index, config)]
        self.matrices = (Matrix * (len(self._held) + 1))(*map(matrix, [*self._held, self._embeddings]))
        self.norms = np.stack([as_float32(weights[name]) for name in _norms(len(layers))])

    @property
    def parameters(self) -> int:
        """How many numbers it is of."""
        return int(sum(weights.size for weights in [*self._held, self._embeddings, self.norms]))

    def embed(self, ids: Sequence[int]) -> Array:
        """Token ids (S,) to embeddings (S, width). Raises ``ModelError`` for one that the model does not know."""
        if max(ids, default=0) >= len(self._embeddings):
            raise ModelError(f"the tokenizer has a token {max(ids)}, and the model {len(self._embeddings)}.", MEND)
        return as_float32(self._embeddings[list(ids)])


class Cache:
    """Keys and values of some sequences of one model, each up to a known length."""

    def __init__(self, model: Mistral, sequences: int, length: int, *, lanes: int = 0) -> None:
        """``lanes``: see :func:`j2a.models.light.products.product`."""
        config = model.config
        self._model, self._sequences, self._lanes = model, sequences, lanes
        room, half = -(-length // 16) * 16, config["head_dim"] // 2
        # As torch: float32 all the way.
        speeds = 1 / np.float32(config["rope_parameters"]["rope_theta"]) ** (np.arange(half, dtype=np.float32) / half)
        angles = np.arange(room, dtype=np.float32)[:, None] * speeds.astype(np.float32)
        self._turns = np.cos(angles), np.sin(angles)
        layers, groups = config["num_hidden_layers"], config["num_key_value_heads"]
        size = layers * sequences * groups * room * config["head_dim"]
        self._keys, self._values = np.zeros(size, np.float32), np.zeros(size, np.float32)
        self._work = np.zeros(0, np.float32)
        self._struct = _Language(
            layers, config["hidden_size"], config["num_attention_heads"], groups, config["head_dim"],
            config["intermediate_size"], room, config["rms_norm_eps"], model.norms.ctypes.data,
            ctypes.addressof(model.matrices), *(turn.ctypes.data for turn in self._turns),
        )  # fmt: skip

    def logits(self, positions: Positions) -> Array:
        """What follows each of the asked positions: (asked, vocabulary). The positions are then in the cache."""
        rows, few = len(positions.embeddings), len(positions.asked)
        hidden = np.zeros((self._model.width, padded(rows)), np.float32)
        hidden[:, :rows] = positions.embeddings.T
        sequences, places, asked = (
            np.array(one, np.int32) for one in (positions.sequences, positions.places, positions.asked)
        )
        out = np.empty((self._model.config["vocab_size"], padded(few) if few else 0), np.float32)
        call = kernel(
            "language", POINTER, POINTER, LONG, POINTER, POINTER, LONG, POINTER, POINTER, POINTER, LONG, POINTER,
            POINTER, _INT,
        )  # fmt: skip
        call(
            ctypes.byref(self._struct), hidden.ctypes.data, rows, sequences.ctypes.data, places.ctypes.data,
            self._sequences, self._keys.ctypes.data, self._values.ctypes.data, asked.ctypes.data, few, out.ctypes.data,
            self._room(padded(rows)).ctypes.data, self._lanes,
        )  # fmt: skip
        return out[:, :few].T

    def _room(self, stride: int) -> Array:
        """For what lies between; see ``language`` in ``j2a/compiled/transformer.c``."""
        of = self._struct
        wide = 2 * of.width + 2 * (of.heads + of.groups) * of.head_width + 2 * of.inside
        if self._work.size < (size := stride * wide + of.room + of.head_width):
            self._work = np.zeros(size, np.float32)
        return self._work
