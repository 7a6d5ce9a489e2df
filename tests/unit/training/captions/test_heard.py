"""Captions of what was heard: all of it, and nothing else."""

from __future__ import annotations

import dataclasses
import json
import random
import re

import pytest

from j2a.features.record import Features
from j2a.grounding import claims
from j2a.models.heard import FAMILIES, NOTHING_HEARD
from training.captions.facts import FAMILIES as LEARNED
from training.captions.heard import as_heard, heard_of, write_heard
from training.captions.heard_prior import random_said
from training.evaluation.heard import heard_statements


@pytest.mark.parametrize("instruction", ["describe", "short", "detailed", "tags"])
def test_captions_say_what_they_are_given_and_nothing_else(instruction):
    rng = random.Random(instruction)
    for _ in range(300):
        said = random_said(rng)
        facts = dict(said)
        caption = write_heard(said, instruction, rng).lower()
        named = {one.value for one in heard_statements(caption) if one.kind == "instrument"}
        assert named == set(facts["instruments"]), (caption, said)
        assert ("drum" in caption) == ("drums" in facts) or "solo" in caption, caption
        denied = any(word in caption for word in ("no drum", "without drum"))
        assert denied == (facts.get("drums") is False) or "solo" in caption, caption
        for word, tempo in (("slow", "slow"), ("mid-tempo", "moderate"), ("moderate", "moderate"), ("fast", "fast")):
            if word in caption:
                assert facts.get("tempo") == tempo, caption
        assert ("calm" in caption) == (facts.get("energy") == "calm"), caption
        assert re.findall(r"(\d+) bpm", caption) == ([str(facts["bpm"])] if "bpm" in facts else []), caption
        meters = {
            claim.verdict for claim in claims(caption, Features(meter=facts.get("meter"))) if claim.kind == "meter"
        }
        assert meters == ({"agreed"} if "meter" in facts and instruction != "short" else set()), caption
        assert not re.search(r"  |\.\.| [,.]|,,|(\b\w+\b) \1\b", caption), caption



def test_encoders_learn_the_families_that_captions_name():
    assert set(LEARNED) == set(FAMILIES) and len(LEARNED) == len(FAMILIES)


def test_what_is_sure_is_kept_in_a_row_and_found_again():
    rng = random.Random(4)
    for _ in range(50):
        heard = as_heard(random_said(rng))
        assert heard_of({"heard": json.loads(json.dumps(dataclasses.asdict(heard)))}) == heard
    assert heard_of({}) == NOTHING_HEARD
