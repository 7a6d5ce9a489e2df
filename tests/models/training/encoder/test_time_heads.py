"""Heads that see time: they learn what a mean does not tell, speak through ``sure``, and refuse what does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from typer.testing import CliRunner

from j2a.errors import J2AError
from j2a.models.files.weights import weights_hash
from training.cli import app
from training.datasets.shards import ENCODED, key_of, write_index, write_shard
from training.datasets.table import Row, read_table, write_table
from training.encoder.heads import HEADS, YES_NO, Heads, loss, targets
from training.encoder.settings import EncoderSettings, TimeHeadsSettings
from training.encoder.sure import set_thresholds, write_sure
from training.encoder.time_heads import ABOUT, TimeHeads, load_time_heads, train
from training.encoder.train import small_config
from training.encoder.train import train as train_encoder

DRUMS = YES_NO.index("drums")
SETTINGS = TimeHeadsSettings(epochs=12, batch_size=16, learning_rate=3e-3, warmup=2, threads=1)
WIDTH = 32


def facts(drums: bool) -> dict[str, object]:
    return {"instruments": [], "drums": drums, "distortion": False, "tempo": "slow", "bpm": 70.0, "meter": "4/4",
            "energy": "calm", "asked": ["describe"] * 4 + ["tags"]}  # fmt: skip


def hidden_in_time(count: int, seed: int) -> tuple[torch.Tensor, list[bool]]:
    """(count, 16, WIDTH): drums are one loud step among quiet ones, and without them two of half the height."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(count, 16, WIDTH, generator=generator) * 0.1
    drums = [index % 2 == 0 for index in range(count)]
    for clip, played in zip(features, drums, strict=True):
        places = torch.randperm(16, generator=generator)[: 1 if played else 2]
        clip[places, 0] = 8.0 if played else 4.0
    return features, drums


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def encoded_table(folder: Path, features: torch.Tensor, drums: list[bool], **about: object) -> tuple[Path, Path]:
    """A table of clips, and a store of what an encoder might have heard in them."""
    (folder / "table").mkdir(parents=True)
    rows = []
    for index, played in enumerate(drums):
        soundfile.write(folder / f"table/{index}.wav", np.full(400, index / 1000), 16_000)
        rows.append(Row(f"c{index}", f"{index}.wav", "train", facts=facts(played)))
    write_table(folder / "table", rows)
    told = {"encoder": "e", "encoder_weights": "w", "width": WIDTH, "pool": 0, "precision": "float32", **about}
    store = folder / "encoded" / ENCODED
    store.mkdir(parents=True)
    keys = {row.id: str(key_of(ENCODED, row.clip(folder / "table"), told)) for row in rows}
    write_shard(store, dict(zip(keys.values(), features.half().numpy(), strict=True)))
    write_index(store, told, keys, {})
    return folder / "table", folder / "encoded"


def right(heads: torch.nn.Module, features: torch.Tensor, drums: list[bool]) -> float:
    with torch.no_grad():
        said = heads(features)["yes_no"][:, DRUMS] > 0
    return float((said == torch.tensor(drums)).float().mean())


def test_they_hear_what_the_mean_does_not_tell(tmp_path):
    features, drums = hidden_in_time(400, seed=0)
    train(*encoded_table(tmp_path, features, drums), tmp_path / "heads", SETTINGS)
    heads = load_time_heads(tmp_path / "heads", "w")
    unseen = hidden_in_time(200, seed=1)
    assert right(heads, *unseen) > 0.95
    linear = Heads(WIDTH)
    optimizer = torch.optim.Adam(linear.parameters(), lr=0.03)
    for _ in range(200):
        optimizer.zero_grad()
        loss(linear(features), targets([facts(one) for one in drums]), torch.ones(400)).backward()
        optimizer.step()
    assert right(linear, *unseen) < 0.8, "or the task is too easy to tell them apart"
    about = json.loads((tmp_path / "heads" / ABOUT).read_bytes())
    assert about["clips"] == 400 and about["losses"][-1] < about["losses"][0]


def test_the_same_seed_gives_the_same_heads(tmp_path):
    folders = encoded_table(tmp_path, *hidden_in_time(32, seed=0))
    settings = TimeHeadsSettings(epochs=2, batch_size=8, threads=1)
    for name in ("one", "other"):
        train(*folders, tmp_path / name, settings)
    assert (tmp_path / "one" / HEADS).read_bytes() == (tmp_path / "other" / HEADS).read_bytes()
    with pytest.raises(J2AError, match="heads already"):
        train(*folders, tmp_path / "one", settings)


def test_captions_are_written_by_them(tmp_path):
    """The commands, from an encoder's run to a table of captions."""
    table = tmp_path / "clips"
    table.mkdir()
    rng = np.random.default_rng(0)
    rows = []
    for index in range(64):
        drums = index % 2 == 0
        tone = np.sin(np.arange(160_000) * rng.uniform(0.1, 0.6)) * 0.3
        soundfile.write(table / f"{index}.flac", rng.standard_normal(160_000) * 0.1 if drums else tone, 16_000)
        split = "train" if index < 32 else "valid"
        rows.append(Row(f"r{index}", f"{index}.flac", split, facts=facts(drums)))
    write_table(table, rows)
    run = tmp_path / "run"
    tiny = EncoderSettings(width=32, depth=1, channels=2, steps=1, batch_size=4, evaluate_every=1, threads=1)
    train_encoder(table, table, run, tiny)
    encoder, encoded, heads = run / "encoder", tmp_path / "encoded", tmp_path / "heads"
    for arguments in (
        ["encode", table, encoded, "--encoder", encoder, "--workers", 1],
        ["heads", table, encoded, heads, "--epochs", 30, "--batch-size", 8, "--threads", 1],
        ["sure", run, table, tmp_path / "sure", "--heads", heads, "--held-back", table, "--guess"],
    ):
        result = CliRunner().invoke(app, list(map(str, arguments)))
        assert result.exit_code == 0, result.output
    assert not (run / "thresholds.json").exists(), "they stand beside the heads that they belong to"
    valid = [row for row in read_table(tmp_path / "sure") if row.split == "valid"]
    said = [("drum" in row.captions[0].lower()) and not _denied(row.captions[0]) for row in valid]
    assert np.mean([one == row.facts["drums"] for one, row in zip(said, valid, strict=True)]) > 0.9


def _denied(caption: str) -> bool:
    return any(words in caption for words in ("no drum", "No drums", "without drums"))


def test_heads_of_another_encoder_and_damage_are_refused(tmp_path):
    tiny = EncoderSettings(width=32, depth=1, channels=2, steps=1, batch_size=2, evaluate_every=1, threads=1)
    table = tmp_path / "clips"
    table.mkdir()
    for index in range(4):
        soundfile.write(table / f"{index}.flac", np.sin(np.arange(160_000) * 0.1 * (index + 1)) * 0.3, 16_000)
    splits = ("train", "train", "valid", "valid")
    write_table(table, [Row(f"r{i}", f"{i}.flac", s, facts=facts(i % 2 == 0)) for i, s in enumerate(splits)])
    train_encoder(table, table, tmp_path / "run", tiny)
    assert small_config(tiny).features == WIDTH
    folders = encoded_table(tmp_path, *hidden_in_time(8, seed=0))
    few = TimeHeadsSettings(epochs=1, batch_size=8, threads=1)
    train(*folders, tmp_path / "heads", few)
    with pytest.raises(J2AError, match="learned from an encoder with the weights w"):
        set_thresholds(tmp_path / "run", table, 0.8, tmp_path / "heads")
    assert isinstance(load_time_heads(tmp_path / "heads", "w"), TimeHeads)
    assert weights_hash(tmp_path / "run" / "encoder") != "w"
    (tmp_path / "heads" / HEADS).write_bytes(b"damaged")
    with pytest.raises(J2AError, match="holds no heads"):
        load_time_heads(tmp_path / "heads", "w")
    with pytest.raises(J2AError, match="holds no heads"):
        set_thresholds(tmp_path / "run", table, 0.8, tmp_path / "nowhere")
    with pytest.raises(J2AError, match="thresholds"):
        write_sure(tmp_path / "run", table, tmp_path / "out", only_true=False, heads=tmp_path / "nowhere")


def test_what_cannot_be_learned_from_is_told(tmp_path):
    table, encoded = encoded_table(tmp_path / "whole", *hidden_in_time(4, seed=0))
    write_table(tmp_path / "bare", [Row("x", "x.flac", "train", facts=facts(True))])
    with pytest.raises(J2AError, match="no clip"):
        train(tmp_path / "bare", encoded, tmp_path / "heads", SETTINGS)
    pooled = encoded_table(tmp_path / "pooled", torch.zeros(2, 4, WIDTH), [True, False], pool=4)
    with pytest.raises(J2AError, match="pooled"):
        train(*pooled, tmp_path / "heads", SETTINGS)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(J2AError, match="cannot be written"):
        train(table, encoded, tmp_path / "file" / "heads", TimeHeadsSettings(epochs=1, batch_size=4, threads=1))
