"""What captions are worth that know nothing of the sound: the floors that stand beside every score."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

CANDIDATES = 200  # captions that the constant one is chosen from
LEAST_CLAIMS = 3.0  # a caption that says nothing is never wrong


def shuffled(captions: Sequence[str], seed: int) -> list[str]:
    """Every caption at another clip: what the same captioner says to shuffled audio. One caption stays where it is.

    A random cycle, so that none keeps its own.
    """
    order = list(range(len(captions)))
    random.Random(f"shuffled {seed}").shuffle(order)
    moved = list(captions)
    for here, there in zip(order, order[1:] + order[:1], strict=True):
        moved[here] = captions[there]
    return moved


def drawn(pool: Sequence[str], count: int, seed: int) -> list[str]:
    """A random caption of the pool for each clip."""
    return random.Random(f"drawn {seed}").choices(pool, k=count)


def best_constant(pool: Sequence[str], worth: Callable[[str], float], seed: int) -> str:
    """The caption that is worth most when it stands at every clip, of some of the pool.

    ``worth`` may be judged on the very clips that are scored, which favours the floor.
    """
    candidates = sorted(set(pool))
    random.Random(f"constant {seed}").shuffle(candidates)
    return max(candidates[:CANDIDATES], key=worth)
