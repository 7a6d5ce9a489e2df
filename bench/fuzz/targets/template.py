"""A tokenizer's chat template, which comes with a model from anywhere, and the turns that are made by it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from bench.fuzz.target import Target, told
from j2a.errors import ModelError
from j2a.models.language.chat import CHATML, prompt_ids


def attempt(data: bytes, folder: Path) -> None:
    """The prompt's words stand in what is asked, or the template is refused in words."""
    tokenizer = _tokenizer()
    tokenizer.chat_template = data.decode("utf-8", "replace")
    try:
        ids = prompt_ids(tokenizer, "<|im_end|>zq")
    except ModelError as error:
        told(error)
        return
    said = tokenizer.decode(ids)
    assert "zq" in said, "the words are lost"


@functools.cache
def _tokenizer() -> Any:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {word: number for number, word in enumerate(["<|pad|>", "<|im_end|>", "<|im_start|>", *alphabet])}
    backend = Tokenizer(models.BPE(vocab=words, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="<|pad|>", eos_token="<|im_end|>")


def seeds(folder: Path) -> list[bytes]:
    """Templates as published models have them."""
    texts = (
        CHATML, "",
        "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('roles must alternate') }}{% endif %}[INST] {{ message['content'].strip() }} [/INST]"
        "{% endfor %}",
        "{%- for m in messages -%}<|{{ m.role }}|>{{ m.content | trim }}{%- endfor -%}",
        "{{ messages[0]['content'] }}",
    )  # fmt: skip
    return [text.encode() for text in texts]


TARGET = Target(attempt, seeds, (
    b"{{ ", b" }}", b"{% ", b" %}", b"message['content']", b"messages[0]", b"| upper", b"| length",
    b"raise_exception('no')", b"{% if true %}", b"{% endif %}", b"[3]", b".x.y",
), longest=1_024)  # fmt: skip
