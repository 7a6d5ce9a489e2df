"""``j2a-train believe``: heads that learn, thresholds that keep their promise, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from typer.testing import CliRunner

from j2a.models.audio.heads import Heads, load_heads
from j2a.models.audio.heads_config import NEVER, STATEMENTS, YES_NO, HeadsConfig
from j2a.models.light import heads as light_heads
from training.cli import app
from training.datasets.shards import ENCODED, key_of, write_index, write_shard
from training.datasets.table import Row, write_table
from training.encoder.believed import FAMILIES_TRUE, Clips, statements, thresholds

WIDTH = 24


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def corpus(folder: Path, split: str, count: int, seed: int, weights: str = "w") -> tuple[Path, Path]:
    """A table and its encoder outputs: drums are the first feature, a piano the second by three clips of four."""
    rng = np.random.default_rng(seed)
    (folder / "table").mkdir(parents=True)
    rows, heard = [], []
    for index in range(count):
        drums, piano = bool(rng.integers(2)), bool(rng.integers(2))
        soundfile.write(folder / f"table/{index}.wav", np.full(400, (index + seed) / 5000), 16_000)
        facts = {"instruments": ["piano"] if piano else [], "drums": drums, "energy": "calm", "bpm": 100.0}
        rows.append(Row(f"c{index}", f"{index}.wav", split, facts=facts))
        features = rng.normal(0, 0.3, (16, WIDTH))
        features[:, 0] += 2.0 if drums else -2.0
        features[:, 1] += 2.0 if piano != (index % 4 == 0) else -2.0
        heard.append(features.astype(np.float16))
    write_table(folder / "table", rows)
    told = {"encoder": "e", "encoder_weights": weights, "width": WIDTH, "pool": 16, "precision": "float32"}
    store = folder / "encoded" / ENCODED
    store.mkdir(parents=True)
    keys = {row.id: str(key_of(ENCODED, row.clip(folder / "table"), told)) for row in rows}
    write_shard(store, dict(zip(keys.values(), heard, strict=True)))
    write_index(store, told, keys, {})
    return folder / "table", folder / "encoded"


def run(*arguments: object):
    return CliRunner().invoke(app, ["believe", *map(str, arguments), "--threads", "1", "--epochs", "20"])


def test_heads_say_what_they_can_hear_and_keep_quiet_about_the_rest(tmp_path):
    train = corpus(tmp_path / "train", "train", 240, 1)
    held, encoded = corpus(tmp_path / "held", "valid", 200, 2)
    result = run(*train, tmp_path / "heads", "--held-back", held, "--held-encoded", encoded)
    assert result.exit_code == 0, result.output
    heads = load_heads(tmp_path / "heads")
    limits = heads.config.thresholds
    assert limits["drums"] < 0.6 and limits["no drums"] < 0.6
    assert limits["piano"] == NEVER, "three of four are not nine of ten"
    assert limits["organ"] == NEVER, "nobody can tell how true it would be"
    sound = torch.zeros(1, 4, WIDTH)
    sound[..., 0] = 2.0
    assert heads.heard(sound).drums is True
    assert heads.heard(-sound).drums is False
    assert limits["bpm"] <= 1, "every clip has the same tempo"
    again = run(*train, tmp_path / "heads", "--held-back", held, "--held-encoded", encoded)
    assert again.exit_code == 2 and "there already" in again.output


def test_what_does_not_belong_together_is_refused(tmp_path):
    train = corpus(tmp_path / "train", "train", 20, 1)
    held, encoded = corpus(tmp_path / "held", "valid", 20, 2, weights="others")
    result = run(*train, tmp_path / "heads", "--held-back", held, "--held-encoded", encoded)
    assert result.exit_code == 2 and "several encoders" in " ".join(result.output.split())
    result = run(*train, tmp_path / "heads", "--held-back", held)
    assert result.exit_code == 2 and not (tmp_path / "heads").exists()


@pytest.mark.parametrize(("name", "share", "promise"), [("distortion", 0.2, 0.9), ("piano", 0.6, 0.8)])
def test_thresholds_keep_their_promise(name, share, promise):
    torch.manual_seed(3)
    heads = Heads(HeadsConfig("e", "w", WIDTH, dict.fromkeys(STATEMENTS, NEVER))).eval()
    outputs = torch.randn(3000, 1, WIDTH)
    with torch.inference_mode():
        likely = heads(outputs)["yes_no"].sigmoid()[:, YES_NO.index(name)]
    so = torch.rand(3000) < likely**share  # more often where the head says so
    known = (lambda one: {"distortion": one}) if name == "distortion" else lambda one: {"instruments": ["piano"] * one}
    facts = [known(bool(one)) for one in so]
    rows = [Row(str(index), f"{index}.wav", "valid", facts=one) for index, one in enumerate(facts)]
    found = thresholds(heads, [Clips(rows, outputs.half(), "e", "w")], 0.9)
    probability, true = statements(heads, outputs.half(), [row.facts for row in rows])[name]
    said = probability >= found[name]
    assert 12 <= said.sum() < 3000 and promise <= true[said].float().mean() < promise + 0.05
    assert found["drums"] == NEVER, "of which nothing is known"


def test_instruments_share_one_chance():
    """Each is told from the probability on that is right as often for it: some are sure of themselves, some are not."""
    torch.manual_seed(4)
    heads = Heads(HeadsConfig("e", "w", WIDTH, dict.fromkeys(STATEMENTS, NEVER))).eval()
    outputs = 3 * torch.randn(3000, 1, WIDTH)
    with torch.inference_mode():
        likely = heads(outputs)["yes_no"].sigmoid()
    exponents = {"piano": 0.3, "guitar": 1.0, "organ": 3.0}  # right more often than it says, as often, less often
    plays = {name: torch.rand(3000) < likely[:, YES_NO.index(name)] ** share for name, share in exponents.items()}
    facts = [{"instruments": [name for name in plays if plays[name][row]]} for row in range(3000)]
    rows = [Row(str(index), f"{index}.wav", "valid", facts=one) for index, one in enumerate(facts)]
    found = thresholds(heads, [Clips(rows, outputs.half(), "e", "w")], 0.9)
    assert found["piano"] < found["guitar"] < found["organ"]
    truth = statements(heads, outputs.half(), facts)
    said = {name: truth[name][0] >= found[name] for name in plays}
    right = sum(int(truth[name][1][said[name]].sum()) for name in plays) / sum(int(one.sum()) for one in said.values())
    assert right == pytest.approx(FAMILIES_TRUE, abs=0.01)
    assert found["choir"] == NEVER, "nobody takes it for singers"


def test_a_hidden_layer_is_kept_and_read_alike_without_torch(tmp_path):
    torch.manual_seed(5)
    limits = dict.fromkeys(STATEMENTS, 0.6)
    made = Heads(HeadsConfig("e", "w", WIDTH, limits, hidden=7), dropout=0.5).eval()
    made.save(tmp_path / "heads")
    sound = torch.randn(1, 4, WIDTH)
    heads, light = load_heads(tmp_path / "heads"), light_heads.load(tmp_path / "heads")
    with torch.inference_mode():
        wanted = heads(sound)
    for name, logits in light.logits(sound[0].numpy()).items():
        assert logits == pytest.approx(wanted[name][0].numpy(), abs=1e-5)
        assert logits == pytest.approx(made(sound)[name][0].detach().numpy(), abs=0.01), "matrices have 16 bits there"
    assert heads.heard(sound) == light.heard(sound[0].numpy())
