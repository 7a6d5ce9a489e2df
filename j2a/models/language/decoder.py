"""One new position of a Mistral- or Llama-shaped model, without the layers of general code around it.

B batch, C positions in the cache, N heads, K key-value heads, D width of a head.

A small model spends half of a token's time between its matrix products: modules, masks, caches, repeated keys. Here a
token is about fifteen tensor operations a layer, on keys and values that are written in place. The arithmetic is that
of ``transformers``' ``MistralForCausalLM``; in float32 token ids are equal (tested against ``generate()``).

On CUDA the operations have fixed shapes, are recorded once as a CUDA graph, and replayed: a token then costs what
reading the weights costs, and no time of Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

_SHAPES = ("mistral", "llama")
_FIXED_ROPES = ("default", "linear", "llama3")  # rotations that do not change with the length of the text


def supports(model: Any, positions: int) -> bool:
    """Whether a decoder gives what the model itself gives for a text of this many positions.

    It does for plain weights, float32 on the CPU and any on one CUDA device, a known architecture, and a text that no
    sliding window cuts.
    """
    config = model.config
    if config.model_type not in _SHAPES or (getattr(config, "sliding_window", None) or positions) < positions:
        return False
    linears = [module for name, module in model.named_modules() if name.endswith(("_proj", "lm_head"))]
    return (
        config.hidden_act == "silu"
        and (getattr(config, "rope_parameters", None) or {}).get("rope_type", "default") in _FIXED_ROPES
        and all(type(linear) is torch.nn.Linear and linear.bias is None for linear in linears)
        and all(_plain(weights) and weights.device == model.device for weights in model.parameters())
    )


def _plain(weights: torch.Tensor) -> bool:
    if weights.device.type == "cpu":
        return weights.dtype == torch.float32
    return weights.device.type == "cuda" and weights.is_floating_point()


def follow(model: Any, prompt: Any, mask: torch.Tensor, new_tokens: int) -> Decoder:
    """The decoder for the device of a model that is supported; the arguments are those of ``Decoder``."""
    if mask.device.type == "cuda":
        return Recorded(model, prompt, mask, new_tokens)
    return Decoder(model, prompt, mask, new_tokens)


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
        positions = mask.sum(dim=1, keepdim=True) + torch.arange(new_tokens, device=mask.device)
        cos, sin = model.model.rotary_emb(self._cache[0][0], positions)  # (B, new, D)
        half = sin.shape[-1] // 2
        self._cos, self._sin = cos, torch.cat((-sin[..., :half], sin[..., half:]), dim=-1)
        self._step = 0

    @torch.inference_mode()
    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits (B, V) after the next token ids (B,)."""
        logits = self._logits(tokens, self._cos[:, self._step, None], self._sin[:, self._step, None])
        self._step += 1
        return logits

    def _logits(self, tokens: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        """Token ids (B,) and the rotation (B, 1, D) of their positions to (B, V)."""
        body = self._model.model
        hidden = body.embed_tokens(tokens)
        for layer, (keys, values) in zip(body.layers, self._cache, strict=True):
            attention, mlp = layer.self_attn, layer.mlp
            normed = self._norm(hidden, layer.input_layernorm)
            hidden = hidden + self._attend(attention, normed, keys, values, cos, sin)
            normed = self._norm(hidden, layer.post_attention_layernorm)
            hidden = hidden + mlp.down_proj(functional.silu(mlp.gate_proj(normed)) * mlp.up_proj(normed))
        logits: torch.Tensor = self._model.lm_head(self._norm(hidden, body.norm))
        return logits

    def _attend(
        self,
        attention: Any,
        hidden: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        cos: torch.Tensor,
        sin: torch.Tensor,
    ) -> torch.Tensor:
        batch, groups, _, width = keys.shape
        query = _rotated(attention.q_proj(hidden).view(batch, -1, width), cos, sin)
        key = _rotated(attention.k_proj(hidden).view(batch, groups, width), cos, sin)
        value = attention.v_proj(hidden).view(batch, groups, width)
        keys, values, mask = self._with(keys, key, values, value)
        # The heads that share keys and values go in as if they were positions: nothing needs repeating.
        attended = functional.scaled_dot_product_attention(
            query.view(batch, groups, -1, width), keys, values, attn_mask=mask
        )
        out: torch.Tensor = attention.o_proj(attended.reshape(batch, -1))
        return out

    def _with(
        self, keys: torch.Tensor, key: torch.Tensor, values: torch.Tensor, value: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """Write a position (B, K, D) behind the others; what can be looked at then, and its mask."""
        end = self._length + self._step + 1
        keys[:, :, end - 1], values[:, :, end - 1] = key, value
        return keys[:, :, :end], values[:, :, :end], None if self._mask is None else self._mask[..., :end]

    def _norm(self, hidden: torch.Tensor, norm: Any) -> torch.Tensor:
        return functional.rms_norm(hidden, norm.weight.shape, norm.weight, self._eps)


class Recorded(Decoder):
    """The same in fixed shapes: all room for positions is looked at, behind a mask. On CUDA it is recorded at once."""

    def __init__(self, model: Any, prompt: Any, mask: torch.Tensor, new_tokens: int) -> None:
        super().__init__(model, prompt, mask, new_tokens)
        self._visible = functional.pad(mask.bool(), (0, new_tokens), value=False)[:, None, None]  # (B, 1, 1, C)
        self._token = torch.zeros(len(mask), dtype=torch.long, device=mask.device)
        self._place = torch.tensor([self._length], device=mask.device)  # where the next position is written
        self._replay: Callable[[], None] | None = None
        self._out: torch.Tensor | None = None

    @torch.inference_mode()
    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits (B, V) after the next token ids (B,); they hold until the next call."""
        self._token.copy_(tokens)
        if self._replay is None:
            self._replay = _recorded(self._run) if tokens.device.type == "cuda" else self._run
        self._replay()
        self._place += 1
        assert self._out is not None
        return self._out

    def _run(self) -> None:
        self._visible.index_fill_(3, self._place, True)
        step = self._place - self._length
        self._out = self._logits(self._token, self._cos.index_select(1, step), self._sin.index_select(1, step))

    def _with(
        self, keys: torch.Tensor, key: torch.Tensor, values: torch.Tensor, value: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        keys.index_copy_(2, self._place, key[:, :, None])
        values.index_copy_(2, self._place, value[:, :, None])
        return keys, values, self._visible


def _recorded(run: Callable[[], None]) -> Callable[[], None]:
    """``run`` as a CUDA graph, or itself where the device cannot record it.

    It may run any number of times at the same place without another result.
    """
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # libraries get their workspaces before anything is recorded
        run()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph):
            run()
    except torch.OutOfMemoryError:
        raise
    except RuntimeError:  # torch has no narrower error for what a graph cannot hold
        torch.cuda.synchronize()
        return run
    return graph.replay


def _rotated(heads: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary position embedding (Su et al., 2021) of (B, heads, D); the first half of ``sin`` is negated."""
    return torch.addcmul(heads * cos, heads.roll(heads.shape[-1] // 2, -1), sin)
