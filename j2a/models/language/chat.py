"""From a prompt's text to token ids, the same for training and inference.

The tokenizer's own chat template is used where it has one, ChatML otherwise. What stands in the user's turn is
untrusted: special tokens written there are encoded as plain text and cannot end the turn.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from j2a.errors import ModelError

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_SLOT = "\u2063J2A-CONTENT\u2063"


class Turn(NamedTuple):
    """Token ids before and after the content of the user's turn; ``after`` opens the assistant's turn."""

    before: list[int]
    after: list[int]


def user_turn(tokenizer: Any) -> Turn:
    """The fixed tokens around the user's words. ``tokenizer`` is a transformers tokenizer.

    Raises ``ModelError`` for a chat template that fails, or that does not repeat the user's words once.
    """
    try:
        text = tokenizer.apply_chat_template(
            [{"role": "user", "content": _SLOT}],
            chat_template=tokenizer.chat_template or CHATML,
            add_generation_prompt=True,
            tokenize=False,
        )
    except Exception as error:  # a template is a program, which raises what it likes
        raise _unusable(f"it fails ({type(error).__name__}: {error})") from error
    before, _, after = text.partition(_SLOT)
    if text.count(_SLOT) != 1:
        raise _unusable(f"it writes the prompt {text.count(_SLOT)} times")
    return Turn(_ids(tokenizer, before), _ids(tokenizer, after))


def _unusable(why: str) -> ModelError:
    return ModelError(
        f"the chat template of the language model cannot be used: {why}.",
        "Mend chat_template in its folder, or choose another --backbone.",
    )


def prompt_ids(tokenizer: Any, prompt: str) -> list[int]:
    """The whole prompt as token ids: user turn with ``prompt`` in it, then the opened assistant turn."""
    before, after = user_turn(tokenizer)
    content: list[int] = tokenizer(prompt, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return [*before, *content, *after]


def caption_ids(tokenizer: Any, caption: str) -> list[int]:
    """What the model has to answer: the caption and EOS."""
    ids: list[int] = tokenizer(caption, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return [*ids, tokenizer.eos_token_id]


def _ids(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids
