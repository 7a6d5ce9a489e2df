"""Encoding a table with a tiny real encoder: what is kept, what is taken up again, what is refused."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from typer.testing import CliRunner

from j2a import audio
from j2a import features as extraction
from j2a.clip import Clip
from j2a.errors import J2AError, ModelMissingError
from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.mwmae import MWMAE, load_encoder
from j2a.models.audio.projector import pool
from training.cli import app
from training.datasets.shards import Encoded, Measured
from training.datasets.table import TABLE, Row, write_table
from training.encode.run import encode
from training.encode.settings import EncodeSettings

ENCODER = MWMAEConfig(width=16, depth=1, heads=2, mlp_width=32)
LENGTHS_S = (3.0, 1.5, 4.1, 12.0, 2.0, 2.5)


@pytest.fixture
def encoder(tmp_path) -> Path:
    folder = tmp_path / "encoder"
    folder.mkdir()
    torch.manual_seed(4)
    MWMAE(ENCODER).save(folder)
    return folder


@pytest.fixture
def table(tmp_path) -> Path:
    folder = tmp_path / "table"
    (folder / "audio").mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = []
    for number, seconds in enumerate(LENGTHS_S):
        name = f"audio/{number}.wav"
        soundfile.write(folder / name, rng.normal(0, 0.1, round(seconds * 16_000)), 16_000)
        rows.append(Row(f"r{number}", name, "train", ("A piece.",)))
    rows.append(Row("part", "audio/3.wav", "train", ("A piece.",), start_s=2.0, end_s=5.0))
    write_table(folder, rows)
    return folder


def settings(encoder: Path, **changed) -> EncodeSettings:
    return EncodeSettings(**{"encoder": str(encoder), "workers": 1, "shard_clips": 3, "device": "cpu", **changed})


def shards(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (out / "encoded").glob("*.npy")}


def test_what_is_kept_is_what_the_encoder_gives(table, encoder, tmp_path):
    (report,) = encode(table, tmp_path / "out", settings(encoder))
    assert (report.kept, report.made, report.failed) == (0, 7, {})
    encoded = Encoded(tmp_path / "out", verify=True)
    model = load_encoder(encoder)
    samples = np.concatenate(list(audio.stream(Clip(table / "audio/3.wav", 2.0, 5.0), 16_000)))
    wanted, _ = model(torch.from_numpy(samples)[None])
    assert np.array_equal(encoded["part"], wanted[0].numpy().astype(np.float16))
    assert encoded["r3"].shape == (12 * 25 + 1, ENCODER.features), "two sections, without a gap"
    assert encoded.about["width"] == ENCODER.features


def test_pooled_on_the_way_is_pooled_afterwards(table, encoder, tmp_path):
    encode(table, tmp_path / "whole", settings(encoder))
    encode(table, tmp_path / "pooled", settings(encoder, pool=5))
    whole, pooled = Encoded(tmp_path / "whole"), Encoded(tmp_path / "pooled")
    for row_id in ("r0", "r3"):
        wanted = pool(torch.from_numpy(whole[row_id].astype(np.float32))[None], 5)[0]
        assert np.allclose(pooled[row_id], wanted, atol=2e-3)
        assert pooled[row_id].shape == (5, ENCODER.features)


def test_only_what_changed_is_made_again(table, encoder, tmp_path):
    out = tmp_path / "out"
    encode(table, out, settings(encoder))
    before = shards(out)
    (report,) = encode(table, out, settings(encoder))
    assert (report.kept, report.made) == (7, 0)
    assert shards(out) == before

    soundfile.write(table / "audio/1.wav", np.random.default_rng(9).normal(0, 0.1, 20_000), 16_000)
    old = np.array(Encoded(out)["r1"])
    (report,) = encode(table, out, settings(encoder))
    assert (report.kept, report.made) == (6, 1)
    assert Encoded(out)["r1"].shape != old.shape
    assert before.items() <= shards(out).items()


def test_another_encoder_makes_everything_anew(table, encoder, tmp_path):
    encode(table, tmp_path / "out", settings(encoder))
    old = np.array(Encoded(tmp_path / "out")["r0"])
    torch.manual_seed(5)
    MWMAE(ENCODER).save(encoder)
    (report,) = encode(table, tmp_path / "out", settings(encoder))
    assert (report.kept, report.made) == (0, 7)
    assert not np.array_equal(Encoded(tmp_path / "out")["r0"], old)


def test_a_damaged_shard_is_made_again_and_no_other(table, encoder, tmp_path):
    out = tmp_path / "out"
    encode(table, out, settings(encoder))
    before, right = shards(out), np.array(Encoded(out)["r1"])
    victim = next(out.glob("encoded/*.npy"))
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 0x10
    victim.write_bytes(data)
    (report,) = encode(table, out, settings(encoder))
    assert report.made in (1, 3), "the clips of one shard"
    others = {name: at for name, at in before.items() if name != victim.name}
    assert others.items() <= shards(out).items()
    assert np.array_equal(Encoded(out, verify=True)["r1"], right)


def test_clips_that_cannot_be_heard_are_left_out_with_the_reason(table, encoder, tmp_path):
    (table / "audio/0.wav").write_bytes(b"no sound")
    (table / "audio/1.wav").unlink()
    soundfile.write(table / "audio/2.wav", np.zeros(50), 16_000)
    run = CliRunner().invoke(
        app,
        [
            "encode",
            str(table),
            str(tmp_path / "out"),
            "--encoder",
            str(encoder),
            "--workers",
            "1",
            "--shard-clips",
            "2",
        ],
    )
    assert run.exit_code == 4, run.output
    assert json.loads(run.stdout) == {"kept": 0, "made": 4, "failed": 3}
    failed = Encoded(tmp_path / "out").failed
    assert set(failed) == {"r0", "r1", "r2"}
    assert all(failed.values())
    assert "r0" in run.stderr


def test_a_full_disk_loses_nothing_that_was_finished(table, encoder, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (45_000, hard))  # the shard with twelve seconds is larger
    try:
        with pytest.raises(J2AError, match=r"cannot be written.*shards that are finished are kept"):
            encode(table, tmp_path / "out", settings(encoder, shard_clips=2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list((tmp_path / "out/encoded").glob("*.part"))
    with pytest.raises(J2AError, match="encode again"):
        Encoded(tmp_path / "out")
    (report,) = encode(table, tmp_path / "out", settings(encoder, shard_clips=2))
    assert (report.kept, report.made) == (2, 5)


@pytest.mark.long
def test_processes_stopped_by_a_signal_keep_what_is_done(table, encoder, tmp_path):
    rows = [Row(f"x{n}", "audio/3.wav", "train", start_s=n / 100, end_s=n / 100 + 1.5) for n in range(600)]
    write_table(table, rows)
    command = ["-m", "training", "encode", str(table), str(tmp_path / "out"), "--encoder", str(encoder)]
    run = subprocess.Popen(
        [sys.executable, *command, "--workers", "2", "--shard-clips", "20"],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    while not shards(tmp_path / "out"):
        assert run.poll() is None, run.stderr.read()
        time.sleep(0.02)
    run.send_signal(signal.SIGTERM)
    assert run.wait(20) == 130, run.stderr.read()
    made = len(shards(tmp_path / "out"))
    by_others = next((tmp_path / "out/encoded").glob("*.npy"))
    values = np.load(by_others)
    (report,) = encode(table, tmp_path / "out", settings(encoder, shard_clips=200))
    assert 0 < report.kept <= 20 * made
    assert report.kept + report.made == 600
    by_others.unlink()
    encode(table, tmp_path / "out", settings(encoder, shard_clips=20))
    assert np.array_equal(np.load(by_others), values), "a process and this one give the same"


def test_features_are_measured_once(table, tmp_path):
    write_table(table, [Row("a", "audio/0.wav", "train")])
    only_features = EncodeSettings(features=True, workers=1)
    (report,) = encode(table, tmp_path / "out", only_features)
    assert report.made == 1
    assert Measured(tmp_path / "out")["a"] == extraction.extract(Clip(table / "audio/0.wav"))
    assert encode(table, tmp_path / "out", only_features)[0].kept == 1


def test_what_cannot_be_done_is_refused(table, encoder, tmp_path):
    with pytest.raises(ValueError, match="nothing to do"):
        EncodeSettings()
    with pytest.raises(ValueError, match="pool is -1"):
        EncodeSettings(features=True, pool=-1)
    with pytest.raises(ModelMissingError):
        encode(table, tmp_path / "out", settings(tmp_path / "none"))
    (tmp_path / "file").write_text("")
    with pytest.raises(J2AError, match="cannot be written"):
        encode(table, tmp_path / "file", settings(encoder))
    (table / TABLE).write_text("")
    with pytest.raises(J2AError, match="no clips"):
        encode(table, tmp_path / "out", settings(encoder))
