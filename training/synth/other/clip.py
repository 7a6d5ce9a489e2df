"""One clip of the second composer, from seed to sound and truth."""

from __future__ import annotations

import random
from collections.abc import Sequence

from training.synth.made import Made
from training.synth.other.mixing import mix
from training.synth.other.performing import perform
from training.synth.other.plan import draw_plan
from training.synth.other.truth import facts
from training.synth.other.writing import write
from training.synth.player import Player

VERSION = 1  # of this composer; another one makes other clips of the same seeds


def make_clip(seed: int, fonts: Sequence[Player], duration_s: float = 10.0) -> Made:
    """The same for the same seed and soundfonts, of which one plays everything."""
    plan = draw_plan(seed, duration_s)
    played = perform(plan, write(plan, seed), seed)
    sound, heard = mix(plan, played, random.Random(f"other font {seed}").choice(fonts), seed)
    known = facts(plan, played, heard)
    players = {part.instrument.name for part in plan.parts if part.name in heard and part.instrument}
    return Made(sound, known, len(players) == 1 and not known["drums"])
