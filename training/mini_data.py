"""The pairs that the built-in J2A-LLM learns from, and the tokenizer made from them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from j2a.models.chat import CHATML, caption_ids, prompt_ids
from j2a.models.prompts import INSTRUCTIONS, build_prompt
from training.datasets.musiccaps import MusicCapsRow
from training.features_prior import random_features
from training.grammar import write_caption

PAD, IM_START, IM_END = "<|pad|>", "<|im_start|>", "<|im_end|>"
# Notes and chords ("F#", " Bbm") and single digits are words of their own, so that copying one is copying a token;
# the rest is GPT-2's division into words, figures, signs and spaces.
WORDS = r" ?[A-G][#b]?m?(?![A-Za-z#])|'(?:[sdmt]|ll|ve|re)| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
TAGS_INSTRUCTION = "Write a caption from these tags."
# The default instruction is what nearly every caption is asked with.
_INSTRUCTION_WEIGHTS = {"describe": 0.5, "short": 0.2, "detailed": 0.3}


class Pair(NamedTuple):
    """What the model is asked and what it should answer."""

    prompt: str
    caption: str


class Example(NamedTuple):
    """A pair as token ids; only the ids from ``caption_start`` on count in the loss."""

    ids: list[int]
    caption_start: int


def feature_pair(rng: random.Random) -> Pair:
    """Random features as a prompt, and a true caption of them."""
    features = random_features(rng)
    instruction = rng.choices(list(INSTRUCTIONS), [_INSTRUCTION_WEIGHTS[name] for name in INSTRUCTIONS])[0]
    return Pair(build_prompt(features, instruction).text, write_caption(features, instruction, rng))


def tags_pair(row: MusicCapsRow, rng: random.Random) -> Pair:
    """A MusicCaps caption under its own aspects, in random order. The instruction keeps its style apart."""
    aspects = list(row.aspects)
    rng.shuffle(aspects)
    return Pair(f"Tags: {', '.join(aspects)}\n{TAGS_INSTRUCTION}", " ".join(row.caption.split()))


def pairs(rows: list[MusicCapsRow], tags_share: float, seed: int) -> Iterator[Pair]:
    """An endless mixture; ``tags_share`` of the pairs come from MusicCaps."""
    rng = random.Random(seed)
    while True:
        if rows and rng.random() < tags_share:
            yield tags_pair(rng.choice(rows), rng)
        else:
            yield feature_pair(rng)


def encode(tokenizer: Any, pair: Pair) -> Example:
    """Token ids of a pair, by the functions that inference uses."""
    prompt = prompt_ids(tokenizer, pair.prompt)
    return Example([*prompt, *caption_ids(tokenizer, pair.caption)], len(prompt))


def train_tokenizer(rows: list[MusicCapsRow], vocabulary_size: int, seed: int) -> PreTrainedTokenizerFast:
    """Byte-level BPE over ``WORDS``."""
    rng = random.Random(seed)
    texts = [text for _ in range(6000) for text in feature_pair(rng)]
    texts += [text for row in rows for text in tags_pair(row, rng)]
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[PAD, IM_START, IM_END],
        show_progress=False,
        min_frequency=3,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    bpe.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token=PAD,
        eos_token=IM_END,
        bos_token=None,
        chat_template=CHATML,
        clean_up_tokenization_spaces=False,
        model_max_length=1024,
    )
