"""The small encoder's training: what it varies, that it learns, goes on where it was, and says what it is sure of."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

from j2a.errors import J2AError
from j2a.features.record import Features, Tag
from j2a.models.audio.mwmae import load_encoder
from training.datasets.shards import MEASURED, write_index, write_shard
from training.datasets.table import Row, read_table, write_table
from training.encode.run import encode
from training.encode.settings import EncodeSettings
from training.encoder.heads import YES_NO, targets
from training.encoder.mels import mel_table, overlay, vary
from training.encoder.settings import EncoderSettings
from training.encoder.sure import (
    FAMILIES_FROM,
    FIGURES_FROM,
    NEVER,
    THRESHOLDS,
    WORDS_FROM,
    set_thresholds,
    thresholds,
    write_sure,
)
from training.encoder.train import small_config, train
from training.evaluation.truth import against_labels
from training.ground.log import read_log
from training.ground.run_folder import RunFolder

TINY = {"width": 32, "depth": 1, "channels": 2, "batch_size": 4, "evaluate_every": 4, "warmup": 1, "threads": 1}
RUN = EncoderSettings(steps=60, learning_rate=3e-3, **{**TINY, "evaluate_every": 30})


def make_table(folder: Path, split: str, count: int) -> Path:
    """Clips that are a noise with drums or a tone without."""
    rng = np.random.default_rng(len(split))
    (folder / "audio").mkdir(parents=True)
    rows = []
    for index in range(count):
        drums = index % 2 == 0
        tone = np.sin(np.arange(160_000) * rng.uniform(0.1, 0.6)) * 0.3
        sound = rng.standard_normal(160_000) * 0.1 if drums else tone
        soundfile.write(folder / f"audio/{index}.flac", sound, 16_000)
        facts = {"instruments": [] if drums else ["organ"], "drums": drums, "distortion": False, "tempo": "slow",
                 "bpm": 70.0, "meter": "4/4", "energy": "moderate" if drums else "calm",
                 "asked": ["describe", "describe", "detailed", "short", "tags"]}  # fmt: skip
        rows.append(Row(f"{split}{index}", f"audio/{index}.flac", split, facts=facts))  # type: ignore[arg-type]
    write_table(folder, rows)
    return folder


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tables")
    return make_table(folder / "train", "train", 16), make_table(folder / "valid", "valid", 32)


@pytest.fixture(scope="module")
def run(tables, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    threads = torch.get_num_threads()
    train(*tables, out, RUN)
    torch.set_num_threads(threads)
    return out


def test_it_learns_and_leaves_what_captioning_loads(run):
    last = read_log(run)[-1]
    assert last["step"] == 60 and last["drums"] >= 0.9
    learned, left = (load_encoder(run / name) for name in ("last/encoder", "encoder"))
    assert learned.config.features == 32
    sound = torch.rand(1, 16_000, generator=torch.Generator().manual_seed(0)) - 0.5
    assert torch.allclose(learned(sound)[0], left(sound)[0], atol=0.02)
    sizes = [(run / name / "model.safetensors").stat().st_size for name in ("last/encoder", "encoder")]
    assert sizes[1] < 0.6 * sizes[0], "it is left in 16 bits"


def test_an_interrupted_run_goes_on_as_if_nothing_was(tables, tmp_path, monkeypatch):
    settings = EncoderSettings(steps=8, **TINY)
    torch.manual_seed(1)
    train(*tables, tmp_path / "whole", settings)
    saved = RunFolder.save_last

    def save_and_stop(*arguments):
        saved(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(RunFolder, "save_last", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            train(*tables, tmp_path / "cut", settings)
    train(*tables, tmp_path / "cut", settings, resume=True)
    assert [record["step"] for record in read_log(tmp_path / "cut")] == [4, 8]
    whole, cut = (load_encoder(tmp_path / name / "last" / "encoder").state_dict() for name in ("whole", "cut"))
    assert all(torch.allclose(whole[name], cut[name], atol=1e-6) for name in whole)
    with pytest.raises(J2AError, match="another configuration: steps"):
        train(*tables, tmp_path / "cut", EncoderSettings(steps=9, **TINY), resume=True)
    with pytest.raises(J2AError, match="there already"):
        train(*tables, tmp_path / "cut", settings)


def test_a_run_starts_from_a_trained_encoder_and_its_heads_or_new_ones(run, tables, tmp_path):
    settings = dict(start=run / "last" / "encoder", learning_rate=1e-9, **TINY)
    train(*tables, tmp_path / "on", EncoderSettings(steps=1, **settings))
    before, after = (load_encoder(one / "last" / "encoder") for one in (run, tmp_path / "on"))
    pairs = zip(before.parameters(), after.parameters(), strict=True)
    assert all(torch.allclose(one, other, atol=1e-6) for one, other in pairs)
    before, after = (load_file(one / "last" / "heads.safetensors") for one in (run, tmp_path / "on"))
    assert all(torch.allclose(weight, after[name], atol=1e-6) for name, weight in before.items())
    shutil.copytree(run / "last" / "encoder", tmp_path / "alone")
    train(*tables, tmp_path / "new", EncoderSettings(steps=1, **(settings | {"start": tmp_path / "alone"})))
    heads = load_file(tmp_path / "new" / "last" / "heads.safetensors")
    matrices = [weight for name, weight in heads.items() if weight.ndim == 2]
    assert matrices and all(weight.abs().max() < 1e-6 for weight in matrices)
    (tmp_path / "heads.safetensors").write_bytes(b"damaged")
    with pytest.raises(J2AError, match=r"Move .*heads\.safetensors away"):
        train(*tables, tmp_path / "bad", EncoderSettings(steps=1, **(settings | {"start": tmp_path / "alone"})))
    with pytest.raises(J2AError, match="other sizes"):
        train(*tables, tmp_path / "wide", EncoderSettings(steps=1, **(settings | {"width": 64})))
    with pytest.raises(J2AError, match="no folder"):
        train(*tables, tmp_path / "none", EncoderSettings(steps=1, **(settings | {"start": tmp_path / "nowhere"})))


def test_a_table_without_facts_is_refused(tables, tmp_path):
    write_table(tmp_path / "bare", [Row("a", "a.flac", "train")])
    with pytest.raises(J2AError, match="no rows with facts"):
        train(tmp_path / "bare", tables[1], tmp_path / "run", EncoderSettings(steps=1, **TINY))


def test_captions_say_what_is_sure_and_true(run, tables, tmp_path):
    thresholds = set_thresholds(run, tables[1], 0.9)
    assert thresholds["piano"] == NEVER and thresholds["drums"] < 1
    write_sure(run, tables[1], tmp_path / "sure", only_true=True)
    rows = read_table(tmp_path / "sure")
    assert (tmp_path / "sure" / rows[0].audio).exists()
    write_sure(run, tables[1], tmp_path / "guessed", only_true=False)
    guessed = read_table(tmp_path / "guessed")
    assert _truth(guessed)["claims true"]() > 0.8
    assert _truth(rows)["claims true"]() == 1.0 and _truth(rows)["drums recall"]() > 0.5


def test_captions_say_what_was_measured_too(run, tables, tmp_path):
    least = set_thresholds(run, tables[1], 0.9)
    # Each is some clip's own probability, which outputs of 16 bits may miss by a hair.
    (run / THRESHOLDS).write_text(json.dumps({name: value - 0.002 for name, value in least.items()}))
    write_sure(run, tables[1], tmp_path / "heard", only_true=False)
    store = encoded(tables[1], run / "encoder", tmp_path / "store")
    rows = read_table(tables[1])[:6]
    (store / MEASURED).mkdir()
    measured = Features(bpm=133.0, tags=[Tag("metal", "style", 0.6)])
    write_shard(store / MEASURED, {row.id: measured.to_json() for row in rows})
    write_index(store / MEASURED, {}, {row.id: row.id for row in rows}, {})
    with pytest.raises(J2AError, match="was measured is nowhere"):
        write_sure(run, tables[1], tmp_path / "both", only_true=True, measured=True)
    write_sure(run, tables[1], tmp_path / "both", only_true=True, encoded=store, measured=True)
    both = read_table(tmp_path / "both")
    assert [row.id for row in both] == [row.id for row in rows], "what was not measured is left out"
    assert all("133" in row.captions[0] for row in both)
    assert any("drum" in row.captions[0].lower() for row in both)
    # Without what was measured: the captions of before, and no encoder is loaded.
    alone = shutil.copytree(run, tmp_path / "alone")
    shutil.rmtree(alone / "last" / "encoder")
    write_sure(alone, tables[1], tmp_path / "kept", only_true=False, encoded=store)
    assert [row.captions for row in read_table(tmp_path / "kept")] == [
        row.captions for row in read_table(tmp_path / "heard")
    ]


def encoded(table, encoder, out):
    settings = EncodeSettings(encoder=str(encoder), workers=1, device="cpu")
    assert not encode(table, out, settings)[0].failed
    return out


def test_what_another_encoder_heard_is_refused(run, tables, tmp_path):
    set_thresholds(run, tables[1], 0.9)
    train(*tables, tmp_path / "other", EncoderSettings(steps=1, **(TINY | {"seed": 1})))
    store = encoded(tables[1], tmp_path / "other" / "encoder", tmp_path / "store")
    with pytest.raises(J2AError, match="was encoded with the weights"):
        write_sure(run, tables[1], tmp_path / "out", only_true=True, encoded=store)


def _truth(rows):
    return against_labels([row.captions[0] for row in rows], [row.facts for row in rows])


def test_what_cannot_be_captioned_is_told(run, tables, tmp_path):
    with pytest.raises(J2AError, match="no trained encoder"):
        set_thresholds(tmp_path / "nothing", tables[1], 0.9)
    shutil.copytree(run / "last", tmp_path / "run" / "last")
    with pytest.raises(J2AError, match="thresholds"):
        write_sure(tmp_path / "run", tables[1], tmp_path / "out", only_true=True)
    write_table(tmp_path / "bare", [Row("a7", "a.flac", "valid", facts={"drums": True})])
    with pytest.raises(J2AError, match="a7"):
        set_thresholds(run, tmp_path / "bare", 0.9)
    (tmp_path / "run" / "last" / "state.json").write_text("{")
    (tmp_path / "run" / "run.json").write_bytes((run / "run.json").read_bytes())
    with pytest.raises(J2AError, match="damaged"):
        train(*tables, tmp_path / "run", RUN, resume=True)


def test_clips_made_anew_are_read_anew(tables, tmp_path):
    folder = make_table(tmp_path / "again", "train", 2)
    rows, config = read_table(folder), small_config(EncoderSettings(**TINY))
    first = mel_table(folder, rows, config, tmp_path / "cache").copy()
    soundfile.write(folder / rows[0].audio, np.zeros(160_000), 16_000)
    second = mel_table(folder, rows, config, tmp_path / "cache")
    assert not np.array_equal(first[0], second[0]) and np.array_equal(first[1], second[1])


def test_variation_keeps_shape_and_overlay_keeps_both():
    mel = torch.randn(3, 101, 80)
    varied = vary(mel, torch.Generator().manual_seed(0))
    assert varied.shape == mel.shape and varied.isfinite().all() and not torch.equal(varied, mel)
    both = overlay(torch.zeros(1, 10, 80), torch.zeros(1, 10, 80), torch.zeros(1))
    assert torch.allclose(both, torch.full_like(both, float(np.log(2)))), "twice the power"


def test_targets_leave_open_what_a_row_does_not_know():
    wanted = targets([{"tempo": "fast", "drums": True}, {"instruments": ["piano"], "bpm": 120.0}])
    assert wanted["tempo"].tolist() == [2, -1] and wanted["bpm"][0] == -1
    drums, piano = YES_NO.index("drums"), YES_NO.index("piano")
    assert wanted["yes_no"][0, drums] == 1 and wanted["yes_no"][1, drums].isnan()
    assert wanted["yes_no"][1, piano] == 1 and wanted["yes_no"][0, piano].isnan()


def test_thresholds_say_as_much_as_a_precision_allows():
    generator = torch.Generator().manual_seed(0)
    sharp, vague = torch.rand(2, 4000, generator=generator)
    chance = {"drums": sharp, "distortion": 0.3 + 0.4 * vague}  # how often each is true
    truth = {name: torch.rand(4000, generator=generator) < p for name, p in chance.items()}
    told = {"drums": (sharp**3, truth["drums"]), "distortion": (vague, truth["distortion"])}  # neither is calibrated
    for precision in (0.85, 0.8):
        found = thresholds(told, precision)
        said = {name: told[name][0] >= found[name] for name in told}
        right = sum(float((said[name] & truth[name]).sum()) for name in told)
        assert right / sum(float(one.sum()) for one in said.values()) == pytest.approx(precision, abs=0.02)
        margins = [float(chance[name][said[name]].min()) for name in told if said[name].any()]
        assert max(margins) - min(margins) < 0.1, "the least probable statement of each is as true as the other's"


def test_instruments_are_calibrated_together():
    """One that a soundfont plays badly is named from the same probability on as the others."""
    generator = torch.Generator().manual_seed(0)
    piano, organ = torch.rand(2, 4000, generator=generator)
    told = {
        "piano": (piano, torch.rand(4000, generator=generator) < piano),
        "organ": (organ, torch.rand(4000, generator=generator) < organ / 2),
    }
    found = thresholds(told, 0.6)
    assert found["piano"] == pytest.approx(found["organ"], abs=0.01)


def test_each_kind_of_statement_has_a_least_probability():
    chance = torch.rand(40_000, generator=torch.Generator().manual_seed(0))
    true = torch.rand(40_000, generator=torch.Generator().manual_seed(1)) < chance
    found = thresholds({name: (chance, true) for name in ("piano", "drums", "bpm", "meter 3/4")}, 0.55)
    assert found["piano"] == pytest.approx(FAMILIES_FROM, abs=0.05)
    assert found["drums"] == pytest.approx(WORDS_FROM, abs=0.05)
    assert found["bpm"] == found["meter 3/4"] == pytest.approx(FIGURES_FROM, abs=0.05)


def test_what_cannot_be_judged_is_never_said():
    probability = torch.linspace(0.0, 1.0, 101)
    found = thresholds({"piano": (probability, probability > 0.95), "organ": (probability, probability > 2)}, 1.0)
    assert found == {"piano": NEVER, "organ": NEVER}, "five pianos are too few, and there is no organ"
    found = thresholds({"piano": (probability, probability > 0.5), "choir": (probability, probability > 0.5)}, 0.9)
    assert found["piano"] < 0.6 and found["choir"] == NEVER, "a choir is close to vocals, which must not be invented"
