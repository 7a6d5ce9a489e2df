"""What a trained encoder heard, for the language model to read before it is frozen.

Soft tokens that stand for facts (:mod:`training.captions.heard_prior`) are each of one mind. What an encoder hears is
not: a tempo lies between two figures, an instrument is there by half. A model that has read a projector's soft tokens
of real sound, beside those, keeps more of it.

N soft tokens, E width of the encoder's features.
"""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from j2a.errors import J2AError
from training.datasets.lessons import Lesson, lessons_of
from training.datasets.pooled import pooled, refuse_pooled
from training.datasets.shards import Encoded
from training.datasets.table import TABLE, read_table
from training.ground.parts import projector_between

ONE_TOKEN = 0.35  # share of the clips that become one soft token, as in J2A-2.0
TAGS = 0.3  # chance that the tags of a clip are taken, else any caption: each of their words tells what is heard


class Heard(NamedTuple):
    """A clip as the projector gets it, and its caption."""

    lesson: Lesson
    pooled: Tensor  # float32 (N, E)


class Sound:
    """The clips of a table that were encoded."""

    def __init__(self, table: Path, encoded: Path, projector: Path, width: int) -> None:
        """``table``: captions of ``j2a-train sure``; ``encoded``: what ``j2a-train encode`` made of it; ``projector``:
        where the projector begins, from features as wide as those to embeddings ``width`` wide.

        Raises ``J2AError`` where they do not fit together.
        """
        self._encoded = Encoded(encoded)
        rows = [row for row in read_table(table, "train") if row.id in self._encoded]
        self._choices = [choices for row in rows if (choices := lessons_of(row))]
        if not self._choices:
            raise J2AError(f"no clip of {table} has a caption and was encoded in {encoded}.", "Encode this table.")
        self._encoded.refuse_other_audio(table, rows)
        about = self._encoded.about
        self.projector = projector_between(projector, about["width"], width)
        refuse_pooled(encoded, about["pool"], 0)
        self.encoder, self.encoder_weights = str(about["encoder"]), str(about["encoder_weights"])
        self.digest = hashlib.sha256((table / TABLE).read_bytes()).hexdigest()

    def draw(self, rng: random.Random) -> Heard:
        """Some clip with one of its captions, tags more often than others."""
        choices = rng.choice(self._choices)
        tags = [lesson for lesson in choices if lesson.asked == "tags"]
        lesson = rng.choice(tags if tags and rng.random() < TAGS else choices)
        tokens = 1 if rng.random() < ONE_TOKEN else self.projector.config.soft_tokens
        return Heard(lesson, pooled(self._encoded, lesson.row.id, tokens))
