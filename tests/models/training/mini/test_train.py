"""The training of the built-in model: what it learns from, and that it learns."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from j2a.errors import J2AError
from j2a.models.audio.projector import Projector, load_projector
from j2a.models.audio.projector_config import ProjectorConfig
from j2a.models.files.weights import weights_hash
from j2a.models.language.llm import load_llm
from j2a.models.language.sequence import sequence
from tests.models.training.parts import ENCODER, make_parts
from tests.places import DATA
from training.captions.heard_prior import SoftTags
from training.datasets.shards import Encoded
from training.datasets.table import Row, read_table, write_table
from training.ground.log import read_log
from training.mini.batches import IGNORED, batches, collate, embed, loss
from training.mini.pairs import IM_END, Pair, encode, pairs, sound_pair, train_tokenizer
from training.mini.settings import MiniSettings
from training.mini.sound import Sound
from training.mini.train import MODEL, PROJECTOR, _Training, build_model, resized, save, train

MUSICCAPS = DATA / "musiccaps.csv"


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer([], 600, seed=0)


def test_chords_and_digits_are_single_tokens(tokenizer):
    ids = tokenizer("Tempo: 128 BPM\nChords: F#m, Bb, A", add_special_tokens=False)["input_ids"]
    tokens = [tokenizer.decode([i]) for i in ids]
    assert {" F#m", " Bb", " A", "1", "2", "8"} <= set(tokens)
    assert tokenizer.decode(ids) == "Tempo: 128 BPM\nChords: F#m, Bb, A"


def test_the_loss_looks_at_the_caption_and_its_end_alone(tokenizer):
    source = list(islice(pairs([], 0.0, 0.5, seed=1), 64))
    ids, mask, labels, _ = next(batches(tokenizer, iter(source * 20), 8, tokenizer.pad_token_id))
    captions = {pair.caption + IM_END for pair in source}
    for row, kept in zip(ids, labels != IGNORED, strict=True):
        assert tokenizer.decode(row[kept]) in captions
    assert torch.equal(labels[labels != IGNORED], ids[labels != IGNORED])
    assert not (labels[mask == 0] != IGNORED).any()


def test_a_tiny_model_learns_and_survives_saving(tokenizer, tmp_path):
    config = MiniSettings(width=64, depth=2, heads=4, key_value_heads=2, mlp_width=128)
    torch.manual_seed(0)
    model = build_model(config, tokenizer)
    source = batches(tokenizer, pairs([], 0.0, 0.5, seed=2), 16, tokenizer.pad_token_id)
    soft_tags = SoftTags(config.width)
    optimizer = torch.optim.AdamW([*model.parameters(), *soft_tags.parameters()], lr=3e-3)
    noise = torch.Generator().manual_seed(0)
    losses = []
    for ids, mask, labels, soft in islice(source, 40):
        value = loss(model, embed(model, soft_tags, ids, soft, noise), mask, labels)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])
    save(model, tmp_path)
    tokenizer.save_pretrained(tmp_path)
    loaded = load_llm(str(tmp_path)).model
    with torch.inference_mode():
        difference = (model(ids).logits - loaded(ids).logits).abs().max()
    assert difference < 0.2, "bfloat16 on disk, nothing else changed"
    assert next(model.parameters()).dtype == torch.float32
    assert soft_tags.vectors.weight.isfinite().all()


def test_soft_tokens_stand_where_captioning_puts_them(tokenizer):
    """The same layout as ``j2a.models.language.sequence``, which trains projectors and writes captions."""
    model = build_model(MiniSettings(width=64, depth=1, heads=4, key_value_heads=2, mlp_width=64), tokenizer)
    pair = Pair("Describe the music.", "A slow piece.", (("piano",), (), ("slow tempo", "piano")))
    example = encode(tokenizer, pair)
    ids, _, labels, soft = collate([example], tokenizer.pad_token_id)
    vectors = SoftTags(64)
    embedded = embed(model, vectors, ids, soft, torch.Generator().manual_seed(1))[0]
    size = float(model.get_input_embeddings().weight.detach().square().mean().sqrt())
    tokens = vectors([tags for _, _, tags in soft], size, torch.Generator().manual_seed(1))
    wanted = sequence(model, tokenizer, pair.prompt, tokens.detach(), pair.caption)
    assert torch.equal(embedded[: len(example.ids)], wanted.embeddings)
    assert torch.equal(labels[0, : len(example.ids)], wanted.labels)


def test_soft_tokens_of_no_tags_can_be_learned_from():
    vectors = SoftTags(8)
    out = vectors([(), ("piano",)], 0.02, torch.Generator().manual_seed(0))
    out.square().sum().backward()
    assert vectors.vectors.weight.grad.isfinite().all()
    assert 0.2 < float(out[1].square().mean().sqrt()) / 0.02 < 3


TINY = {
    "steps": 6, "vocabulary_size": 600, "width": 32, "depth": 1, "heads": 2, "key_value_heads": 1, "mlp_width": 64,
    "batch_size": 4, "evaluate_every": 3, "final_captions": 3, "threads": 1, "tags_share": 0.5,
}  # fmt: skip


@pytest.fixture
def one_thread():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_a_run_that_was_stopped_goes_on_as_if_nothing_was(tmp_path, one_thread, monkeypatch):
    settings = MiniSettings(captions=MUSICCAPS, **TINY)
    assert train(tmp_path / "whole", settings)
    records = read_log(tmp_path / "whole")
    assert [record["step"] for record in records] == [3, 6]
    assert load_llm(str(tmp_path / "whole" / MODEL)).tokenizer.eos_token == IM_END

    real, seen = _Training._step, []

    def step(self, number):
        seen.append(number)
        if seen == [1, 2, 3]:
            os.kill(os.getpid(), signal.SIGTERM)
        return real(self, number)

    monkeypatch.setattr(_Training, "_step", step)
    assert not train(tmp_path / "cut", settings)
    assert train(tmp_path / "cut", settings, resume=True)
    assert seen == [1, 2, 3, 4, 5, 6]
    whole, cut = (load_file(tmp_path / name / "last" / "weights.safetensors") for name in ("whole", "cut"))
    assert all(torch.equal(whole[name], cut[name]) for name in whole)
    assert [record["loss"] for record in read_log(tmp_path / "cut")] == [record["loss"] for record in records]
    with pytest.raises(J2AError, match="another configuration: steps"):
        train(tmp_path / "cut", MiniSettings(captions=MUSICCAPS, **(TINY | {"steps": 9})), resume=True)
    assert train(tmp_path / "on", MiniSettings(start=tmp_path / "whole" / MODEL, **(TINY | {"steps": 2})))


def sound_of(folder: Path, width: int = 32) -> dict[str, Path]:
    """The settings for real sound: a table, what an encoder heard, and a projector to an LLM of ``width``."""
    parts = make_parts(folder, clips=10)
    sizes = {"encoder_width": ENCODER.features, "llm_width": width}
    projector = Projector(ProjectorConfig("2.1", 3, "encoder", "", llm="other", llm_weights="", **sizes))
    (folder / "projector").mkdir()
    projector.save(folder / "projector")
    return {"sound": parts / "table", "encoded": parts / "encoded", "projector": folder / "projector"}


def test_real_sound_is_read_through_a_projector_that_learns_along(tokenizer, tmp_path, one_thread):
    given = sound_of(tmp_path / "parts")
    settings = MiniSettings(**given, **(TINY | {"tags_share": 0.0}), heard_share=1.0, sound_share=1.0)
    assert train(tmp_path / "run", settings)
    before, after = (load_projector(one) for one in (given["projector"], tmp_path / "run" / PROJECTOR))
    assert not torch.equal(before.linear.weight, after.linear.weight)
    assert after.config.llm_weights == weights_hash(tmp_path / "run" / MODEL)
    assert after.config.encoder_weights == Encoded(given["encoded"]).about["encoder_weights"]
    assert train(tmp_path / "run", settings, resume=True), "there is nothing left to do"
    with pytest.raises(J2AError, match="another configuration: projector"):
        train(tmp_path / "run", replace(settings, projector=tmp_path / "run" / PROJECTOR), resume=True)
    rows = read_table(given["sound"])
    write_table(given["sound"], [replace(row, captions=("Other words.",)) for row in rows])
    with pytest.raises(J2AError, match="another configuration: sound"):
        train(tmp_path / "run", settings, resume=True)


def test_real_sound_stands_where_captioning_puts_it(tokenizer, tmp_path):
    sound = Sound(*sound_of(tmp_path, 64).values(), 64)
    model = build_model(MiniSettings(width=64, depth=1, heads=4, key_value_heads=2, mlp_width=64), tokenizer)
    counts = set()
    for seed in range(6):
        pair = sound_pair(sound, random.Random(seed))
        ids, _, labels, soft = collate([encode(tokenizer, pair)], tokenizer.pad_token_id)
        embedded = embed(model, SoftTags(64), ids, soft, torch.Generator(), sound.projector)[0]
        tokens = sound.projector.project(pair.soft[None])[0].detach()
        wanted = sequence(model, tokenizer, pair.prompt, tokens, pair.caption)
        assert torch.allclose(embedded[: len(wanted.labels)], wanted.embeddings, atol=1e-6)
        assert torch.equal(labels[0, : len(wanted.labels)], wanted.labels)
        counts.add(len(tokens))
    assert counts == {1, 3}, "as J2A-2.0 and 2.1 read it"


def test_of_real_sound_tags_are_read_more_often(tmp_path):
    given = sound_of(tmp_path, 32)
    facts = {"asked": ["describe", "tags"]}
    rows = [replace(row, captions=("A piece.", "piano"), facts=facts) for row in read_table(given["sound"])]
    write_table(given["sound"], rows)
    sound = Sound(*given.values(), 32)
    asked = [sound.draw(random.Random(seed)).lesson.asked for seed in range(200)]
    assert 110 < asked.count("tags") < 155, "of two captions, and those for which tags are taken"


def test_real_sound_that_does_not_fit_is_refused(tmp_path):
    given = sound_of(tmp_path / "parts")
    other = ProjectorConfig("2.1", 3, "e", "", encoder_width=48, llm="l", llm_weights="", llm_width=32)
    (tmp_path / "other").mkdir()
    Projector(other).save(tmp_path / "other")
    with pytest.raises(J2AError, match="from a width of 48 to 32, not from 80 to 32"):
        Sound(given["sound"], given["encoded"], tmp_path / "other", 32)
    with pytest.raises(J2AError, match="from a width of 80 to 32, not from 80 to 64"):
        Sound(*given.values(), 64)
    write_table(tmp_path / "table", [Row("x", "x.wav", "train", ("A caption.",))])
    with pytest.raises(J2AError, match="no clip of"):
        Sound(tmp_path / "table", given["encoded"], given["projector"], 32)


def test_a_pruned_model_keeps_its_largest_units(tokenizer):
    model = build_model(MiniSettings(**TINY), tokenizer)
    with torch.no_grad():
        for layer in model.model.layers:  # a quarter of the units does nothing
            layer.mlp.down_proj.weight[:, ::4] = 0
    ids = torch.arange(20)[None]
    pruned = resized(model, 48)
    assert pruned.config.intermediate_size == 48
    assert torch.allclose(pruned(ids).logits, model(ids).logits, atol=1e-5)
    assert not torch.allclose(resized(model, 24)(ids).logits, model(ids).logits, atol=1e-3)


def test_a_widened_model_says_what_it_said(tokenizer):
    small = build_model(MiniSettings(**TINY), tokenizer)
    ids = torch.arange(20)[None]
    wide = resized(small, 96)
    assert wide.config.intermediate_size == 96 and small.config.intermediate_size == 64
    assert torch.allclose(wide(ids).logits, small(ids).logits, atol=1e-5)
    wide(ids, labels=ids).loss.backward()
    learned = wide.model.layers[0].mlp.down_proj.weight.grad[:, 64:]
    assert learned.abs().sum() > 0, "the new units can learn to be heard"
    assert resized(wide, 96) is wide


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0}, {"width": 33}, {"decay_share": 0.0}, {"heard_share": 0.9}, {"sound": Path("x")},
        {"sound_share": 1.5},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense(wrong):
    with pytest.raises(ValueError, match=r"at least 1|must|share|all three"):
        MiniSettings(**wrong)
