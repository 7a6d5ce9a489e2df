"""Token ids of a small Mistral's folder by ``tokenizers`` alone, its turns in ChatML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from j2a.models.language.chat import CHATML


def load(path: Path, named: Any) -> Tokens | None:
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
    return Tokens(backend, eos)


class Tokens:
    """What of a transformers tokenizer is used here."""

    chat_template = CHATML

    def __init__(self, backend: Tokenizer, eos: str) -> None:
        self.backend_tokenizer = backend
        self.eos_token_id = backend.token_to_id(eos)

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
