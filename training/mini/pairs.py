"""The pairs that the built-in J2A-LLM learns from, and the tokenizer made from them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from j2a.models.language.chat import CHATML, caption_ids, prompt_ids, user_turn
from j2a.models.prompts import HEARD_INSTRUCTIONS, Wish, build_heard_prompt, build_prompt
from j2a.music import FLAT_NAMES, SHARP_NAMES
from training.captions.believed import write_caption
from training.captions.believed_prior import random_beliefs
from training.captions.heard import heard_text, write_heard
from training.captions.heard_prior import random_said, soft_positions
from training.datasets.musiccaps import MusicCapsRow
from training.mini.sound import Sound

NOTES = sorted({*SHARP_NAMES, *FLAT_NAMES})
_NOTES_SEEN = 3000  # so often that every chord becomes a token
PAD, IM_START, IM_END = "<|pad|>", "<|im_start|>", "<|im_end|>"
# Notes and chords ("F#", " Bbm") and single digits are words of their own, so that copying one is copying a token;
# the rest is GPT-2's division into words, figures, signs and spaces.
WORDS = r" ?[A-G][#b]?m?(?![A-Za-z#])|'(?:[sdmt]|ll|ve|re)| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
TAGS_INSTRUCTION = "Write a caption from these tags."
# The default instruction is what nearly every caption is asked with.
_INSTRUCTION_WEIGHTS = {"describe": 0.5, "short": 0.15, "detailed": 0.25, "tags": 0.1}
FIGURES = 0.75  # share of the prompts that have figures
SOFT_TOO = 0.35  # share of them behind which soft tokens stand
HEARD_AS_TEXT = 0.25  # share of what is heard that stands in the prompt as text, the rest as soft tokens


class Pair(NamedTuple):
    """What the model is asked and what it should answer."""

    prompt: str
    caption: str
    # What each soft token behind the prompt stands for: tags that it sums up, or what an encoder heard (N, E).
    soft: tuple[tuple[str, ...], ...] | Tensor = ()


class Example(NamedTuple):
    """A pair as token ids; only the ids from ``caption_start`` on count in the loss."""

    ids: list[int]
    caption_start: int
    soft_start: int = 0  # position of the first soft token; padding stands in its place
    soft: tuple[tuple[str, ...], ...] | Tensor = ()


def belief_pair(rng: random.Random) -> Pair:
    """Random facts as a prompt, and a true caption of them: J2A-1.0."""
    (features, heard), wish = random_beliefs(rng), _wish(rng)
    caption = write_caption(features, wish.instruction, rng, heard, figures=wish.figures)
    return Pair(build_prompt(features, wish, heard).text, caption)


def heard_pair(rng: random.Random) -> Pair:
    """Random facts about what is heard, as text or as soft tokens, and a true caption of them: J2A-2.x."""
    said, instruction = random_said(rng), _instruction(rng)
    wording, caption = HEARD_INSTRUCTIONS[instruction], write_heard(said, instruction, rng)
    if rng.random() < HEARD_AS_TEXT:
        return Pair(f"{wording}\n{heard_text(said)}", caption)
    return Pair(wording, caption, soft_positions(said, rng))


def both_pair(rng: random.Random) -> Pair:
    """Random facts as text, and soft tokens behind them that say some of the same: J2A-3.0. The text decides."""
    asked, caption, _ = belief_pair(rng)
    return Pair(asked, caption, soft_positions(random_said(rng), rng))


def sound_pair(sound: Sound, rng: random.Random) -> Pair:
    """A clip that an encoder heard, and a caption of what it is sure of: J2A-2.x."""
    lesson, pooled = sound.draw(rng)
    return Pair(build_heard_prompt(Wish(lesson.asked)).text, lesson.caption, pooled)


def tags_pair(row: MusicCapsRow, rng: random.Random) -> Pair:
    """A MusicCaps caption under its own aspects, in random order. The instruction keeps its style apart."""
    aspects = list(row.aspects)
    rng.shuffle(aspects)
    return Pair(f"Tags: {', '.join(aspects)}\n{TAGS_INSTRUCTION}", " ".join(row.caption.split()))


def _wish(rng: random.Random) -> Wish:
    return Wish(_instruction(rng), rng.random() < FIGURES)


def _instruction(rng: random.Random) -> str:
    return rng.choices(list(_INSTRUCTION_WEIGHTS), list(_INSTRUCTION_WEIGHTS.values()))[0]


def pairs(
    rows: list[MusicCapsRow], tags_share: float, heard_share: float, seed: int,
    sound: Sound | None = None, sound_share: float = 0.0,
) -> Iterator[Pair]:  # fmt: skip
    """An endless mixture; ``tags_share`` of the pairs come from MusicCaps, ``heard_share`` say what soft tokens alone
    tell, and ``sound_share`` of those are of real sound."""
    rng = random.Random(seed)
    while True:
        drawn = rng.random()
        if sound is not None and drawn < heard_share * sound_share:
            yield sound_pair(sound, rng)
        elif drawn < heard_share:
            yield heard_pair(rng)
        elif rows and drawn < heard_share + tags_share:
            yield tags_pair(rng.choice(rows), rng)
        else:
            yield belief_pair(rng) if rng.random() < 1 - SOFT_TOO else both_pair(rng)


def encode(tokenizer: Any, pair: Pair) -> Example:
    """Token ids of a pair, by the functions that inference uses."""
    answer = caption_ids(tokenizer, pair.caption)
    if not len(pair.soft):
        prompt = prompt_ids(tokenizer, pair.prompt)
        return Example([*prompt, *answer], len(prompt))
    # As j2a.models.language.sequence lays it out: soft tokens behind the instruction, inside the user's turn.
    before, after = user_turn(tokenizer)
    said = tokenizer(f"{pair.prompt}\n", add_special_tokens=False, split_special_tokens=True)["input_ids"]
    start = len(before) + len(said)
    prompt = [*before, *said, *[tokenizer.pad_token_id] * len(pair.soft), *after]
    return Example([*prompt, *answer], len(prompt), start, pair.soft)


def train_tokenizer(rows: list[MusicCapsRow], vocabulary_size: int, seed: int) -> PreTrainedTokenizerFast:
    """Byte-level BPE over ``WORDS``."""
    rng = random.Random(seed)
    texts = [text for _ in range(6000) for text in belief_pair(rng)[:2]]
    texts += [text for _ in range(3000) for text in heard_pair(rng)[:2]]
    texts += [" ".join(f"{note}{quality}" for note in NOTES for quality in ("", "m"))] * _NOTES_SEEN
    texts += [text for row in rows for text in tags_pair(row, rng)[:2]]
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
