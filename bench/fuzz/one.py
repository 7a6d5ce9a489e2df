"""One target in its own process, driven by libFuzzer: ``python -m bench.fuzz.one NAME CORPUS [ITS OPTIONS]``."""

from __future__ import annotations

import os
import random
import resource
import sys
import tempfile
from pathlib import Path

import atheris

OURS = ["j2a", "j2a_tui", "training", "tomllib"]
_ROOM = 1 << 30  # bytes beyond what the imports took; an input that asks for more is a fault
_OWN_SHARE = 0.4  # of the mutations


def main() -> None:
    """Run until libFuzzer's time is over; it ends the process."""
    name, corpus, *options = sys.argv[1:]
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    with atheris.instrument_imports(include=OURS):
        from bench.fuzz.mutate import mutated
        from bench.fuzz.target import load

        target = load(name)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        target.attempt(target.seeds(folder)[0], folder)  # what is imported late
        _refuse_more_memory()

        def attempt(data: bytes) -> None:
            target.attempt(data, folder)

        def mutate(data: bytes, longest: int, seed: int) -> bytes:
            rng = random.Random(seed)
            if rng.random() < _OWN_SHARE:
                return mutated(data, rng, target.tokens)[:longest]
            return bytes(atheris.Mutate(data, len(data)) if len(data) >= longest else atheris.Mutate(data, longest))

        atheris.Setup([sys.argv[0], corpus, *options], attempt, custom_mutator=mutate)
        atheris.Fuzz()


def _refuse_more_memory() -> None:
    held = Path("/proc/self/statm")
    if held.exists():
        most = int(held.read_text().split()[0]) * resource.getpagesize() + _ROOM
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
