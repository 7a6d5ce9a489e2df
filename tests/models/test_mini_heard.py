"""The built-in J2A-2.0, 2.1 and 3.0: what they say depends on the sound, and is mostly true of it."""

from __future__ import annotations

import re

import numpy as np
import pytest
import soundfile

from j2a import paths
from j2a.clip import Clip
from j2a.features import extract
from j2a.features.record import Features
from j2a.models import registry
from tests.places import DEMO
from training.evaluation.heard import Statement, heard_statements
from training.synth.demo import DEMOS

CLIPS = [Clip(DEMO / f"{demo.title}.ogg", start, start + 10) for demo in DEMOS for start in (1, 8)]
DRUMS = ["drums" in demo.plan.instruments for demo in DEMOS for _ in range(2)]


@pytest.fixture(scope="module", params=["2.0", "2.1", "3.0"])
def captioner(request):
    return registry.load(request.param, "mini")


@pytest.fixture(scope="module")
def captions(captioner):
    measured = [extract(clip) for clip in CLIPS] if captioner.version == "3.0" else [Features()] * len(CLIPS)
    return [one.text for one in captioner.describe_many(CLIPS, measured)]


def test_drums_are_heard_and_missed(captions):
    said = [next((not one.negated for one in heard_statements(text) if one.kind == "drums"), None) for text in captions]
    right = sum(one is drums for one, drums in zip(said, DRUMS, strict=True))
    assert right >= 0.75 * len(CLIPS), list(zip(said, DRUMS, captions, strict=True))
    assert 0 < DRUMS.count(True) < len(DRUMS), "a constant answer would not do"


def test_captions_are_sentences_and_invent_no_voices(captions):
    for caption in captions:
        assert re.fullmatch(r"[A-Z].*[.]", caption), caption
        assert Statement("vocals", "yes") not in heard_statements(caption), caption
        assert not re.search(r"  |\.\.| [,.]|(\b\w+\b) \1\b|(?:^|[.] )B(?:r)?ass are", caption), caption
    assert len(set(captions)) > 3


def test_tags_are_tags(captioner):
    tags = captioner.describe(CLIPS[0], prompt="tags").text
    assert tags and "." not in tags, tags


def test_it_is_small_and_says_what_it_is():
    folder = paths.builtin_model_dir()
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 60e6
    for path in files:
        if path.suffix in (".json", ".md", ".jinja"):
            assert "/tmp" not in path.read_text(encoding="utf-8"), path
    rows = {(row.version, row.backbone): row.present for row in registry.models()}
    assert all(rows[version, "mini"] for version in registry.VERSIONS) and not rows["2.1", "7b"]


@pytest.mark.parametrize("title", ["Corner Cafe", "Gravel Road", "Night Bus"])  # fast, with drums
@pytest.mark.parametrize("place", ["before", "after", "both"])
def test_silence_in_the_window_does_not_change_what_is_heard(captioner, tmp_path, title, place):
    sound, rate = soundfile.read(DEMO / f"{title}.ogg", frames=5 * 44_100, dtype="float32")
    silence = np.zeros((5 * rate, *sound.shape[1:]), np.float32)
    parts = {"before": (silence, sound), "after": (sound, silence), "both": (silence, sound, silence)}
    soundfile.write(tmp_path / "alone.wav", sound, rate)
    soundfile.write(tmp_path / "silent.wav", np.concatenate(parts[place]), rate)
    alone, silent = (captioner.listen(Clip(tmp_path / f"{name}.wav")) for name in ("alone", "silent"))
    lengths = np.linalg.norm(alone, axis=1) * np.linalg.norm(silent, axis=1)
    one = ((alone * silent).sum(axis=1) / lengths).mean()  # the cosine
    assert one > 0.88, float(one)
