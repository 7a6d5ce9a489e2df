"""How true the built-in model's captions are of the features it was given, beside its floors.

    python bench/captions.py

50 clips rendered with known truth (tests/data/rendered50.json holds what was measured in them). Floors: one constant
caption for every clip, and the captions shuffled among the clips.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from j2a.caption import Sampling
from j2a.features.record import Features
from j2a.models import registry
from j2a.models.prompts import build_prompt
from training.captions.agreement import STATED_BY, score

RENDERED = Path(__file__).parents[1] / "tests" / "data" / "rendered50.json"


def main() -> None:
    """Caption, score, and print the table."""
    clips = json.loads(RENDERED.read_text(encoding="utf-8"))["clips"]
    features = [Features.from_json(clip["features"]) for clip in clips]
    llm = registry.load("1.0", "mini").llm

    def describe(measured: Features, sampling: Sampling, seed: int = 0) -> str:
        return "".join(llm.stream(build_prompt(measured).text, sampling=sampling, seed=seed))

    greedy = [describe(measured, Sampling()) for measured in features]
    sampled = [describe(measured, Sampling(temperature=0.8), seed) for seed, measured in enumerate(features)]
    shuffled = random.Random(0).sample(greedy, len(greedy))
    print("claims that agree, % (captions that state it, %); the last column: captions without a contradiction, %\n")
    print("| captions | " + " | ".join(STATED_BY) + " | clean |")
    print("|---" * (len(STATED_BY) + 2) + "|")
    for name, captions in (
        ("mini, greedy", greedy),
        ("mini, temperature 0.8", sampled),
        ("floor: the same, shuffled", shuffled),
        ("floor: one constant", [greedy[0]] * len(greedy)),
    ):
        print(f"| {name} | {score(captions, features).row()} |")
    print()
    for caption in greedy[:5]:
        print(f"- {caption}")


if __name__ == "__main__":
    main()
