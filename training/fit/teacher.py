"""Distillation: the frozen language model, told the true facts in words, teaches the projector what to let it hear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from j2a.errors import J2AError
from j2a.features.record import Features
from j2a.models.facts import facts
from j2a.models.language.chat import caption_ids, prompt_ids
from j2a.models.language.sequence import IGNORED, embedding_of
from j2a.models.language.sequence import Sequence as Embedded
from j2a.models.prompts import Wish, build_heard_prompt
from training.captions.facts import ALL_KEYS, FAMILIES
from training.captions.heard import heard_text
from training.datasets.lessons import Lesson
from training.datasets.table import Row
from training.fit.loss import Answers, answers

_MEASURABLE = ("bpm", "meter", "key", "chords")


def told(row: Row) -> str:
    """What is known to be true of a clip, a line each: its facts, and its aspects as tags. "" where nothing is."""
    known = row.facts
    labels = {name: known[name] for name in _MEASURABLE if name in known}
    # A modal key, which no prompt can word.
    other_key = None if labels.get("key") in (None, *ALL_KEYS) else labels.pop("key")
    features = Features.from_json(labels)
    in_figures = {"bpm", "meter"} | ({"tempo"} if features.bpm else set())
    heard = {name: value for name, value in known.items() if name not in in_figures}
    heard["instruments"] = [name for name in known.get("instruments", ()) if name in FAMILIES]
    lines = [heard_text(heard)]
    if known.keys() & set(_MEASURABLE):
        # Labels that say nothing of a tempo do not say that there is none.
        lines += [f"{title}: {value}" for title, value in facts(features).items() if title != "Tempo" or features.bpm]
    if other_key:
        lines.append(f"Key: {other_key}")
    if row.aspects:
        lines.append(f"Tags: {', '.join(row.aspects)}")
    return "\n".join(line for line in lines if line)


def refuse_untold(rows: Sequence[Row]) -> None:
    """Raise ``J2AError`` when there are rows of which nothing is known: there the teacher would teach to invent."""
    untold = [row.id for row in rows if not told(row)]
    if untold:
        raise J2AError(
            f"of {len(untold)} clips, such as {untold[0]}, neither facts nor aspects are known.",
            "Train without --distil, or on a table that has them.",
            title="Nothing to distil",
        )


def text_sequence(model: Any, tokenizer: Any, prompt: str, caption: str) -> Embedded:
    """A prompt of words alone, and the caption to be learned: embeddings (S, W), labels (S,)."""
    asked, answer = prompt_ids(tokenizer, prompt), caption_ids(tokenizer, caption)
    embed = embedding_of(model)
    ids = torch.tensor([*asked, *answer], device=embed.weight.device)
    labels = ids.clone()
    labels[: len(asked)] = IGNORED
    with torch.no_grad():
        return Embedded(embed(ids), labels)


@torch.no_grad()
def taught(model: Any, tokenizer: Any, lessons: Sequence[Lesson], max_caption_tokens: int) -> Answers:
    """What the model says of the same captions when it is told the facts."""
    sequences = []
    for lesson in lessons:
        prompt = f"{build_heard_prompt(Wish(lesson.asked)).text}\n{told(lesson.row)}"
        sequences.append(text_sequence(model, tokenizer, prompt, lesson.caption))
    return answers(model, sequences, max_caption_tokens)
