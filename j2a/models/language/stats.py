"""What happened while a language model answered."""

from __future__ import annotations

from typing import Literal

from j2a.records import dataclass


@dataclass(slots=True)
class GenerationStats:
    """What happened. Times in seconds; filled in while the tokens are taken."""

    prompt_tokens: int = 0
    new_tokens: int = 0
    prefill_s: float = 0.0
    decode_s: float = 0.0
    stopped: Literal["eos", "length", "cancelled", ""] = ""
