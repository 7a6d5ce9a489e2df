"""The built-in language model without ``transformers``, whose import alone takes seconds.

A folder that ``j2a-train mini`` made, and any like it, is read here: a small Mistral in float32 on the CPU, its tokens
by ``tokenizers``, its turns in ChatML. Every other model goes the general way, see :mod:`j2a.models.language.llm`; this
one can, too, and gives the same tokens (tested). Names of modules and arguments are those of ``MistralForCausalLM``,
after which :mod:`j2a.models.language.decoder` and :mod:`j2a.models.language.generation` know it.

B batch, S positions, C positions of a part, W width, D width of a head, V vocabulary.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from j2a.models.files import saved
from j2a.models.language.chat import CHATML

_MEND = "Fetch the model again, or choose another --backbone."
_SIZES = (
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
    "head_dim",
)  # fmt: skip
_TIED = "lm_head.weight"
_TEMPLATE, _TOKENIZER, _TOKENIZER_CONFIG = "chat_template.jinja", "tokenizer.json", "tokenizer_config.json"


def load(folder: Path) -> tuple[SmallMistral, SmallMistralTokenizer] | None:
    """Model and tokenizer of a folder; None for one that needs the general way.

    Raises ``ModelError`` when the weights are missing, damaged, or do not fit the config.
    """
    try:
        config = json.loads((folder / saved.CONFIG_FILE).read_bytes())
        named = json.loads((folder / _TOKENIZER_CONFIG).read_bytes())
        template = (folder / _TEMPLATE).read_text(encoding="utf-8")
    except (OSError, ValueError, RecursionError):
        return None
    if not _plain(config) or template != CHATML or not (folder / saved.WEIGHTS_FILE).is_file():
        return None
    tokenizer = _tokenizer(folder / _TOKENIZER, named)
    if tokenizer is None:
        return None
    inside = 3 * config["intermediate_size"] + 2 * config["num_attention_heads"] * config["head_dim"]
    rows = config["vocab_size"] + config["num_hidden_layers"] * inside
    saved.refuse_larger(folder, rows * config["hidden_size"], _MEND)
    model = SmallMistral(SimpleNamespace(**config))
    wanted = {name: weight for name, weight in model.state_dict().items() if name != _TIED}
    model.load_state_dict(saved.read_weights(folder, wanted, _MEND), strict=False, assign=True)
    model.lm_head.weight = model.model.embed_tokens.weight
    return model.eval().requires_grad_(False), tokenizer


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


def _tokenizer(path: Path, named: Any) -> SmallMistralTokenizer | None:
    """None where the file, or what its config names as EOS and padding, is not as here."""
    if not isinstance(named, dict):
        return None
    eos, pad = (str(named.get(name)) for name in ("eos_token", "pad_token"))
    try:
        backend = Tokenizer.from_file(str(path))
        if None in (backend.token_to_id(eos), backend.token_to_id(pad)):
            return None
    except Exception:  # noqa: BLE001  (tokenizers has no narrower one)
        return None
    backend.no_truncation()
    backend.no_padding()
    return SmallMistralTokenizer(backend, eos, pad)


class SmallMistralTokenizer:
    """What of a transformers tokenizer is used here."""

    chat_template = CHATML

    def __init__(self, backend: Tokenizer, eos: str, pad: str) -> None:
        self.backend_tokenizer = backend
        self.eos_token_id, self.pad_token_id = backend.token_to_id(eos), backend.token_to_id(pad)

    def __call__(
        self, text: str, *, add_special_tokens: bool = True, split_special_tokens: bool = False
    ) -> dict[str, list[int]]:
        """Token ids; ``split_special_tokens``: special tokens that stand in the text are plain text."""
        self.backend_tokenizer.encode_special_tokens = split_special_tokens
        return {"input_ids": self.backend_tokenizer.encode(text, add_special_tokens=add_special_tokens).ids}

    def apply_chat_template(self, messages: list[dict[str, str]], **_: object) -> str:
        """The messages in ChatML, and the opened turn of the assistant."""
        said = "".join(f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>\n" for message in messages)
        return f"{said}<|im_start|>assistant\n"


@dataclass(slots=True)
class _Layer:
    keys: Tensor  # (B, key-value heads, S, D)
    values: Tensor


@dataclass(slots=True)
class SmallMistralCache:
    """Keys and values of each layer, as ``DynamicCache`` has them."""

    layers: list[_Layer] = field(default_factory=list)

    def get_seq_length(self) -> int:
        """Positions so far."""
        return self.layers[0].keys.shape[2] if self.layers else 0

    def update(self, index: int, keys: Tensor, values: Tensor) -> _Layer:
        """A layer's, with these behind them."""
        if index == len(self.layers):
            self.layers.append(_Layer(keys, values))
        else:
            old = self.layers[index]
            self.layers[index] = _Layer(torch.cat([old.keys, keys], 2), torch.cat([old.values, values], 2))
        return self.layers[index]


class SmallMistral(nn.Module):
    """``MistralForCausalLM`` for inference, its embeddings tied."""

    def __init__(self, config: SimpleNamespace) -> None:
        super().__init__()
        self.config = config
        self.generation_config = SimpleNamespace(eos_token_id=getattr(config, "eos_token_id", None))
        self.model = _Body(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return self.model.embed_tokens.weight.device

    def get_input_embeddings(self) -> nn.Embedding:
        """The token embeddings."""
        return self.model.embed_tokens

    def forward(
        self, input_ids: Tensor | None = None, *, inputs_embeds: Tensor | None = None, attention_mask: Tensor,
        position_ids: Tensor, cache: SmallMistralCache, logits_to_keep: int = 1, **_: object,
    ) -> SimpleNamespace:  # fmt: skip
        """A part of some prompts: ids (B, C) or embeddings (B, C, W), behind what is in ``cache``.

        ``attention_mask`` (B, S) covers both, 0 at padding. The logits (B, logits_to_keep, V) are in ``.logits``.
        """
        hidden = self.model.embed_tokens(input_ids) if inputs_embeds is None else inputs_embeds
        before, new = cache.get_seq_length(), hidden.shape[1]
        causal = torch.ones(new, before + new, dtype=torch.bool).tril(before)
        # Padding looks at itself: at nothing would be not a number.
        alone = torch.eye(new, before + new, dtype=torch.bool).roll(before, 1)
        mask = (causal & attention_mask[:, None, None].bool()) | alone
        turned = self.model.rotary_emb(hidden, position_ids)
        for index, layer in enumerate(self.model.layers):
            hidden = layer(hidden, turned, mask, cache, index)
        return SimpleNamespace(logits=self.lm_head(self.model.norm(hidden[:, -logits_to_keep:])))


class _Body(nn.Module):
    def __init__(self, config: SimpleNamespace) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(_Block(config) for _ in range(config.num_hidden_layers))
        self.norm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self._theta, self._width = config.rope_parameters["rope_theta"], config.head_dim

    def rotary_emb(self, like: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines (B, C, D) of positions (B, C)."""
        speeds = 1.0 / self._theta ** (torch.arange(0, self._width, 2, dtype=torch.float32) / self._width)
        angles = positions[..., None].float() * speeds
        both = torch.cat((angles, angles), dim=-1)
        return both.cos().to(like.dtype), both.sin().to(like.dtype)


class _Block(nn.Module):
    def __init__(self, config: SimpleNamespace) -> None:
        super().__init__()
        self.self_attn, self.mlp = _Attention(config), _MLP(config)
        self.input_layernorm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self.post_attention_layernorm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)

    def forward(
        self, hidden: Tensor, turned: tuple[Tensor, Tensor], mask: Tensor, cache: SmallMistralCache, index: int
    ) -> Tensor:
        hidden = hidden + self.self_attn(self.input_layernorm(hidden), turned, mask, cache, index)
        out: Tensor = hidden + self.mlp(self.post_attention_layernorm(hidden))
        return out


class _Attention(nn.Module):
    def __init__(self, config: SimpleNamespace) -> None:
        super().__init__()
        self._width = config.head_dim
        inner, shared = config.num_attention_heads * self._width, config.num_key_value_heads * self._width
        self.q_proj = nn.Linear(config.hidden_size, inner, bias=False)
        self.k_proj = nn.Linear(config.hidden_size, shared, bias=False)
        self.v_proj = nn.Linear(config.hidden_size, shared, bias=False)
        self.o_proj = nn.Linear(inner, config.hidden_size, bias=False)

    def forward(
        self, hidden: Tensor, turned: tuple[Tensor, Tensor], mask: Tensor, cache: SmallMistralCache, index: int
    ) -> Tensor:
        def heads(projected: Tensor) -> Tensor:
            by_head: Tensor = projected.unflatten(2, (-1, self._width))
            return by_head.transpose(1, 2)  # (B, heads, C, D)

        query, key = (_rotated(heads(part(hidden)), *turned) for part in (self.q_proj, self.k_proj))
        known = cache.update(index, key, heads(self.v_proj(hidden)))
        attended = functional.scaled_dot_product_attention(query, known.keys, known.values, mask, enable_gqa=True)
        out: Tensor = self.o_proj(attended.transpose(1, 2).flatten(2))
        return out


class _MLP(nn.Module):
    def __init__(self, config: SimpleNamespace) -> None:
        super().__init__()
        width, inside = config.hidden_size, config.intermediate_size
        self.gate_proj, self.up_proj = nn.Linear(width, inside, bias=False), nn.Linear(width, inside, bias=False)
        self.down_proj = nn.Linear(inside, width, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        out: Tensor = self.down_proj(functional.silu(self.gate_proj(hidden)) * self.up_proj(hidden))
        return out


def _rotated(heads: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position embedding (Su et al., 2021) of (B, heads, C, D)."""
    first, second = heads.chunk(2, dim=-1)
    return heads * cos[:, None] + torch.cat((-second, first), dim=-1) * sin[:, None]
