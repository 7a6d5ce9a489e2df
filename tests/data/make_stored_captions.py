"""Writes tests/data/stored_captions.json: what the built-in weights say of real files, five captions a version.

``python -m tests.data.make_stored_captions``: a reason to are new weights, or a prompt that was changed on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import j2a
from j2a.caption import Sampling
from j2a.features import extract
from tests.places import CLIPS, DATA

FILE = DATA / "stored_captions.json"
VERSIONS = ("1.0", "2.0", "2.1", "3.0")
# Clip, instruction, temperature, seed.
ASKED = (
    ("rendered-00.ogg", "", 0.0, 0),
    ("rendered-01.ogg", "short", 0.0, 1),
    ("rendered-02.ogg", "detailed", 0.8, 2),
    ("rendered-03.ogg", "tags", 0.0, 3),
    ("rendered-04.ogg", "", 0.8, 4),
)


def captions(version: str) -> Iterator[dict[str, Any]]:
    """What a version says of the five clips, each with how it was asked for."""
    captioner = j2a.load(version, backbone="mini")
    for name, prompt, temperature, seed in ASKED:
        clip = j2a.Clip(CLIPS / name, 0.0, 10.0)
        said = captioner.describe(
            clip, prompt=prompt, sampling=Sampling(temperature), seed=seed, features=extract(clip)
        ).text
        yield {
            "version": version, "clip": name, "prompt": prompt, "temperature": temperature, "seed": seed,
            "caption": said,
        }  # fmt: skip


if __name__ == "__main__":
    rows = [row for version in VERSIONS for row in captions(version)]
    FILE.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
