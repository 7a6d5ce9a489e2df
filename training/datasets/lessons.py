"""Which clip, which caption and which instruction at which step: decided by the seed and the step alone.

So a run that is taken up again, or worked on by more processes, sees the same.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from j2a.errors import J2AError
from j2a.models.prompts import DEFAULT_PROMPT
from training.datasets.table import Row

_POOL_BATCHES = 16  # batches that are sorted by length together


@dataclass(frozen=True, slots=True)
class Lesson:
    """A clip with one of its captions, and what was asked: an instruction of ``j2a.models.prompts`` or a text."""

    row: Row
    caption: str
    asked: str


def lessons_of(row: Row) -> list[Lesson]:
    """A lesson for each caption that says anything.

    What was asked stands in ``row.facts``: "asked", a list beside the captions, or "instruction" for all of them.
    Raises ``J2AError`` that names the row.
    """
    asked = row.facts.get("asked", [row.facts.get("instruction", DEFAULT_PROMPT)] * len(row.captions))
    if (
        not isinstance(asked, list)
        or len(asked) != len(row.captions)
        or not all(isinstance(text, str) and text for text in asked)
    ):
        raise J2AError(
            f'the row {row.id}: facts["asked"] is not a list of texts, one for each of {len(row.captions)} captions.',
            "Mend the table, or leave it out.",
            title="Broken table of clips",
        )
    return [Lesson(row, text.strip(), ask) for text, ask in zip(row.captions, asked, strict=True) if text.strip()]


class Course:
    """Batches of lessons of about the same length; each epoch has every row once, with a caption drawn anew."""

    def __init__(self, rows: Sequence[Row], batch_size: int, seed: int) -> None:
        """Rows without a caption are left out. Raises ``J2AError`` when none is left."""
        self._choices = [choices for row in rows if (choices := lessons_of(row))]
        if not self._choices:
            raise J2AError(
                f"none of {len(rows)} clips to train on has a caption.", "Look at the table.", title="Nothing to learn"
            )
        self.rows = [choices[0].row for choices in self._choices]
        self._batch_size, self._seed = batch_size, seed
        self.steps_per_epoch = -(-len(self._choices) // batch_size)
        self._epoch, self._batches = -1, list[list[Lesson]]()

    def batch(self, step: int) -> list[Lesson]:
        """The lessons of a step, counted from 0."""
        epoch, at = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch, self._batches = epoch, self._draw(epoch)
        return self._batches[at]

    def _draw(self, epoch: int) -> list[list[Lesson]]:
        rng = random.Random(f"{self._seed}/{epoch}")
        lessons = [rng.choice(choices) for choices in self._choices]
        rng.shuffle(lessons)
        # All batches are full: the last one is filled up from the first ones.
        missing = self.steps_per_epoch * self._batch_size - len(lessons)
        lessons += [lessons[index % len(lessons)] for index in range(missing)]
        pool = self._batch_size * _POOL_BATCHES
        batches = []
        for start in range(0, len(lessons), pool):
            alike = sorted(lessons[start : start + pool], key=lambda lesson: len(lesson.caption))
            batches += [alike[at : at + self._batch_size] for at in range(0, len(alike), self._batch_size)]
        rng.shuffle(batches)
        return batches


def exam(rows: Sequence[Row], clips: int) -> list[Lesson]:
    """What is validated on: evenly spread rows, each with its first caption, sorted by length."""
    lessons = [choices[0] for row in rows if (choices := lessons_of(row))]
    taken = [lessons[at * len(lessons) // clips] for at in range(clips)] if len(lessons) > clips else lessons
    return sorted(taken, key=lambda lesson: len(lesson.caption))


def described(rows: Sequence[Row]) -> tuple[str, str]:
    """What a model is trained on, and the licences of it, for its card."""
    sources = Counter(row.source or "unnamed" for row in rows)
    licences = sorted({row.licence for row in rows if row.licence})
    return ", ".join(f"{name} ({count:,} clips)" for name, count in sorted(sources.items())), "; ".join(licences)
