"""The teacher of J2A-2.x: what it is told, and that the projector comes nearer to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from j2a.errors import J2AError
from j2a.models.language.chat import caption_ids
from tests.models.tiny import tiny_mistral, tiny_tokenizer
from tests.models.training.fit.runs import fit_settings, losses
from tests.models.training.parts import make_parts
from training.datasets.table import Row, read_table, write_table
from training.fit.loop import fit
from training.fit.loss import answers, divergence
from training.fit.teacher import text_sequence, told


@pytest.fixture(scope="module")
def parts(tmp_path_factory) -> Path:
    return make_parts(tmp_path_factory.mktemp("parts"))


def test_the_teacher_is_told_all_that_is_true():
    known = {"bpm": 90.0, "key": "A minor", "tempo": "moderate", "instruments": ["piano", "zither"], "drums": False}
    lines = told(Row("a", "a.wav", "train", aspects=("calm", "lo-fi"), facts=known)).splitlines()
    assert lines == ["Instruments: piano", "Drums: no", "Tempo: 90 BPM, moderate", "Key: A minor", "Tags: calm, lo-fi"]
    assert told(Row("a", "a.wav", "train", facts={"style": "folk"})) == ""


def test_the_teacher_is_told_a_modal_key_and_no_more_than_the_labels_say():
    chords = [{"start_s": 0.0, "end_s": 2.0, "label": "D:min"}, {"start_s": 2.0, "end_s": 4.0, "label": "G:maj"}]
    known = {"bpm": 90.0, "key": "D dorian", "chords": chords}
    assert told(Row("a", "a.wav", "train", facts=known)).splitlines()[-1] == "Key: D dorian"
    assert "Chords: " in told(Row("a", "a.wav", "train", facts=known))
    assert told(Row("a", "a.wav", "train", facts={"key": "A minor"})) == "Key: A minor"


def test_divergence_is_none_from_oneself_and_is_the_kl():
    model, tokenizer = tiny_mistral(), tiny_tokenizer()
    one = [text_sequence(model, tokenizer, "Tempo: fast", text) for text in ("A slow piece.", "x")]
    other = [text_sequence(model, tokenizer, "Tempo: slow, and more", text) for text in ("A slow piece.", "x")]
    student, teacher = answers(model, one, 9), answers(model, other, 9)
    assert torch.equal(student.tokens, teacher.tokens)
    assert student.tokens.tolist() == [*caption_ids(tokenizer, "A slow piece."), *caption_ids(tokenizer, "x")]
    assert divergence(student, student).item() == pytest.approx(0, abs=1e-5)
    p, q = teacher.logits.softmax(-1), student.logits.softmax(-1)
    assert divergence(student, teacher).item() == pytest.approx((p * (p / q).log()).sum().item(), rel=1e-4)


def test_distilling_brings_the_projector_nearer_to_its_teacher(parts, tmp_path):
    with pytest.raises(J2AError, match="of 32 clips, such as r0, neither facts nor aspects"):
        fit(parts / "table", tmp_path / "run", fit_settings(parts, distil=1.0))
    rows = [Row(r.id, r.audio, r.split, r.captions, aspects=(r.captions[0],)) for r in read_table(parts / "table")]
    write_table(tmp_path / "table", rows)
    fit(tmp_path / "table", tmp_path / "run", fit_settings(parts, distil=1.0, steps=32))
    curve = losses(tmp_path / "run")
    assert np.mean(curve[-4:]) < 0.9 * np.mean(curve[:4]), curve
    fit(parts / "table", tmp_path / "plain", fit_settings(parts, steps=1))
    assert losses(tmp_path / "plain")[0] != curve[0]
