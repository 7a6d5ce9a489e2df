"""One new position of a Mistral- or Llama-shaped model on the CPU, without the layers of general code around it.

B batch, C positions in the cache, N heads, K key-value heads, D width of a head.

A small model spends half of a token's time between its matrix products: modules, masks, caches, repeated keys. Here a
token is about fifteen tensor operations a layer, on keys and values that are written in place. The arithmetic is that
of ``transformers``' ``MistralForCausalLM`` in float32; token ids are equal (tested against ``generate()``).
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

_SHAPES = ("mistral", "llama")
_FIXED_ROPES = ("default", "linear", "llama3")  # rotations that do not change with the length of the text


def supports(model: Any, positions: int) -> bool:
    """Whether ``Decoder`` gives what the model itself gives for a text of this many positions.

    It does for plain float32 weights on the CPU, a known architecture, and a text that no sliding window cuts.
    """
    config = model.config
    if config.model_type not in _SHAPES or (getattr(config, "sliding_window", None) or positions) < positions:
        return False
    linears = [module for name, module in model.named_modules() if name.endswith(("_proj", "lm_head"))]
    return (
        config.hidden_act == "silu"
        and (getattr(config, "rope_parameters", None) or {}).get("rope_type", "default") in _FIXED_ROPES
        and all(type(linear) is torch.nn.Linear and linear.bias is None for linear in linears)
        and all(weights.dtype == torch.float32 and weights.device.type == "cpu" for weights in model.parameters())
    )


class Decoder:
    """Continues one batch from its prefilled cache, up to a known length."""

    def __init__(self, model: Any, prompt: Any, mask: torch.Tensor, new_tokens: int) -> None:
        """``prompt``: the prefilled ``DynamicCache``, which is copied; ``mask`` (B, S): 0 at left padding."""
        self._model = model
        self._eps = model.config.rms_norm_eps
        self._length = mask.shape[1]
        room = (0, 0, 0, new_tokens)
        self._cache = [
            (functional.pad(layer.keys, room), functional.pad(layer.values, room)) for layer in prompt.layers
        ]  # (B, K, C, D)
        # (B, 1, 1, C): which positions may be looked at; None when that is all of them
        self._mask = (
            None if bool(mask.all()) else functional.pad(mask.bool(), (0, new_tokens), value=True)[:, None, None]
        )
        positions = mask.sum(dim=1, keepdim=True) + torch.arange(new_tokens)
        cos, sin = model.model.rotary_emb(self._cache[0][0], positions)  # (B, new, D)
        half = sin.shape[-1] // 2
        self._cos, self._sin = cos, torch.cat((-sin[..., :half], sin[..., half:]), dim=-1)
        self._step = 0

    @torch.inference_mode()
    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits (B, V) after the next token ids (B,)."""
        body, step, end = self._model.model, self._step, self._length + self._step + 1
        cos, sin = self._cos[:, step, None], self._sin[:, step, None]
        hidden = body.embed_tokens(tokens)
        for layer, (keys, values) in zip(body.layers, self._cache, strict=True):
            attention, mlp = layer.self_attn, layer.mlp
            normed = self._norm(hidden, layer.input_layernorm)
            hidden = hidden + self._attend(attention, normed, keys, values, end, cos, sin)
            normed = self._norm(hidden, layer.post_attention_layernorm)
            hidden = hidden + mlp.down_proj(functional.silu(mlp.gate_proj(normed)) * mlp.up_proj(normed))
        self._step += 1
        logits: torch.Tensor = self._model.lm_head(self._norm(hidden, body.norm))
        return logits

    def _attend(
        self,
        attention: Any,
        hidden: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        end: int,
        cos: torch.Tensor,
        sin: torch.Tensor,
    ) -> torch.Tensor:
        batch, groups, _, width = keys.shape
        query = _rotated(attention.q_proj(hidden).view(batch, -1, width), cos, sin)
        keys[:, :, end - 1] = _rotated(attention.k_proj(hidden).view(batch, groups, width), cos, sin)
        values[:, :, end - 1] = attention.v_proj(hidden).view(batch, groups, width)
        # The heads that share keys and values go in as if they were positions: nothing needs repeating.
        attended = functional.scaled_dot_product_attention(
            query.view(batch, groups, -1, width),
            keys[:, :, :end],
            values[:, :, :end],
            attn_mask=None if self._mask is None else self._mask[..., :end],
        )
        out: torch.Tensor = attention.o_proj(attended.reshape(batch, -1))
        return out

    def _norm(self, hidden: torch.Tensor, norm: Any) -> torch.Tensor:
        return functional.rms_norm(hidden, norm.weight.shape, norm.weight, self._eps)


def _rotated(heads: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary position embedding (Su et al., 2021) of (B, heads, D); the first half of ``sin`` is negated."""
    return torch.addcmul(heads * cos, heads.roll(heads.shape[-1] // 2, -1), sin)
