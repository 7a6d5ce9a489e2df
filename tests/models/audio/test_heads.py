"""Heads on an encoder: what they are sure of, what they are kept with, and what they refuse."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from j2a.errors import ModelError
from j2a.models.audio.heads import Heads, load_heads
from j2a.models.audio.heads_config import NEVER, STATEMENTS, TEMPO_BINS, YES_NO, HeadsConfig
from j2a.models.audio.projector_config import Part
from j2a.models.heard import ENERGIES, Heard
from j2a.models.light import heads as light

CONFIG = HeadsConfig("ears", "aaaa", 12, dict.fromkeys(STATEMENTS, 0.8), "our clips", "CC BY")


def heads_that_say(*names: str, energy: str = "moderate", tempo_bin: int | None = None) -> Heads:
    """Heads whose biases decide: each of the names has a probability of 0.99, the others of 0.01."""
    heads = Heads(CONFIG).eval()
    for layer in (heads.yes_no, heads.energy, heads.tempo):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    heads.yes_no.bias.data = torch.tensor([4.6 if name in names else -4.6 for name in YES_NO])
    heads.energy.bias.data[ENERGIES.index(energy)] = 8.0
    if tempo_bin is not None:
        heads.tempo.bias.data[tempo_bin] = 12.0
    return heads


def test_what_is_sure_is_heard_in_the_order_of_a_caption():
    pooled = torch.randn(1, 5, 12)
    assert heads_that_say("bass", "piano", "drums").heard(pooled) == Heard(("piano", "bass"), drums=True)
    alone = Heard(("guitar",), distortion=True, drums=False, no_bass=True, alone=True)
    assert heads_that_say("guitar", "distortion").heard(pooled) == alone
    assert not heads_that_say("guitar", "drums").heard(pooled).alone
    assert not heads_that_say("guitar", "strings").heard(pooled).alone
    assert heads_that_say("distortion").heard(pooled).distortion is False, "there is no guitar to be distorted"
    assert heads_that_say(energy="calm").heard(pooled).energy == "calm"
    assert heads_that_say(energy="moderate").heard(pooled).energy is None


def test_a_tempo_is_that_of_its_bin():
    heard = heads_that_say(tempo_bin=TEMPO_BINS // 2).heard(torch.randn(1, 3, 12))
    assert heard.bpm == pytest.approx((45 * 220) ** 0.5, rel=0.03)
    assert heads_that_say().heard(torch.randn(1, 3, 12)).bpm is None, "all bins are as likely"


def test_nothing_is_said_below_its_threshold():
    heads = heads_that_say("piano", "drums", energy="calm", tempo_bin=3)
    heads.config = replace(CONFIG, thresholds=dict.fromkeys(STATEMENTS, NEVER))
    assert heads.heard(torch.randn(1, 3, 12)) == Heard()


def test_a_clip_of_any_length_is_its_mean():
    torch.manual_seed(0)
    heads, features = Heads(CONFIG), torch.randn(2, 7, 12)
    once = heads(features.mean(1, keepdim=True))
    assert all(torch.allclose(found, once[name], atol=1e-5) for name, found in heads(features).items())


def test_they_come_back_as_they_were_saved(tmp_path):
    heads = heads_that_say("harp")
    heads.save(tmp_path / "heads")
    again = load_heads(tmp_path / "heads")
    assert again.config == CONFIG and not any(weight.requires_grad for weight in again.parameters())
    assert again.heard(torch.zeros(1, 1, 12)) == heads.heard(torch.zeros(1, 1, 12))


def test_those_whose_config_says_nothing_of_a_hidden_layer_have_none(tmp_path):
    heads = heads_that_say("harp")
    heads.save(tmp_path)
    path = tmp_path / "config.json"
    values = json.loads(path.read_text())
    del values["hidden"]
    path.write_text(json.dumps(values))
    pooled = torch.randn(1, 3, 12)
    assert load_heads(tmp_path).heard(pooled) == heads.heard(pooled) == light.load(tmp_path).heard(pooled[0].numpy())


def test_another_encoder_is_refused():
    heads = Heads(CONFIG)
    heads.refuse_others(Part("whatever it is called", "aaaa", 12))
    for other in (Part("ears", "bbbb", 12), Part("ears", "aaaa", 16)):
        with pytest.raises(ModelError, match="were trained on the encoder ears"):
            heads.refuse_others(other)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width", 0),
        ("width", "12"),
        ("width", 10**9),
        ("width", True),
        ("hidden", True),
        ("hidden", -1),
        ("thresholds", {}),
        ("thresholds", {**CONFIG.thresholds, "kazoo": 0.5}),
        ("thresholds", {**CONFIG.thresholds, "harp": "often"}),
        ("thresholds", [0.5]),
    ],
)
def test_a_config_that_cannot_be_is_one_clear_error(tmp_path, name, value):
    Heads(CONFIG).save(tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    with pytest.raises(ModelError, match=r"config\.json"):
        load_heads(tmp_path)
