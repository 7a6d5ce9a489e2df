"""`j2a caption` as a user runs it: broken files beside good ones, ctrl+c and --resume, an engine that dies."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from j2a.folder.books import Books, Tally
from j2a.folder.plan import Cut, plan
from j2a.folder.run import FolderRun, Settings
from j2a.folder.sheet import Sheet
from j2a.library import scan
from tests.places import DEMO

J2A = str(Path(sys.executable).parent / "j2a")

pytestmark = pytest.mark.long


@pytest.fixture
def folder(tmp_path) -> Path:
    music = tmp_path / "music"
    (music / "more").mkdir(parents=True)
    shutil.copy(DEMO / "Harbour Waltz.ogg", music / "more" / "=cmd [b].ogg")
    shutil.copy(DEMO / "Corner Cafe.ogg", music / "1.ogg")
    (music / "broken.flac").write_bytes(b"fLaC, but no more than that")
    return music


def command(folder: Path, out: Path, *options: str) -> list[str]:
    return [J2A, "caption", str(folder), "--out", str(out), "--window", "6", "--workers", "1", *options]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


def test_a_folder_is_captioned_and_what_is_broken_is_named(folder, tmp_path):
    out = tmp_path / "out.csv"
    (folder / "empty.mp3").touch()
    result = subprocess.run(command(folder, out, "--json"), capture_output=True, text=True, timeout=110)
    assert result.returncode == 4, result.stderr
    *events, summary = map(json.loads, result.stdout.splitlines())
    assert {event["event"] for event in events} == {"progress", "failed"}
    assert events[0]["event"] == "progress" and events[0]["seconds"] < 5
    found = rows(out)
    assert summary["captions"] == len(found) == 6
    assert list(summary["failed"]) == [str(folder / "broken.flac"), str(folder / "empty.mp3")]
    assert "broken.flac" in result.stderr
    assert "empty.mp3 is empty (0 bytes)" in result.stderr
    assert [(row["file_name"], row["start_s"], row["end_s"]) for row in found] == [
        ("1.ogg", "0", "6"), ("1.ogg", "6", "12"), ("1.ogg", "12", "17.63"),
        ("more/=cmd [b].ogg", "0", "6"), ("more/=cmd [b].ogg", "6", "12"), ("more/=cmd [b].ogg", "12", "18"),
    ]  # fmt: skip
    assert found[0]["key"] == "C minor"
    assert found[3]["meter"] == "3/4"
    single = subprocess.run(
        [J2A, "describe", str(folder / "1.ogg"), "--end", "6"], capture_output=True, text=True, timeout=110
    )
    assert single.stdout.strip() == found[0]["caption"]


@pytest.mark.parametrize("program", ["caption", "tui"])
def test_what_decoders_say_of_noise_reaches_nobody(tmp_path: Path, program: str) -> None:
    """libmpg123 writes to standard error by itself; of our own words none is lost."""
    music = tmp_path / "music"
    music.mkdir()
    (music / "noise.mp3").write_bytes(np.random.default_rng(0).bytes(20_000))
    wanted = command(music, tmp_path / "out.csv") if program == "caption" else [f"{J2A}-tui", str(music)]
    result = subprocess.run(wanted, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=110)
    assert result.returncode
    assert "noise.mp3 is not audio that can be decoded" in result.stderr
    assert not [line for line in result.stderr.splitlines() if "MPEG" in line or "resync" in line]


def test_ctrl_c_keeps_what_is_finished_and_resume_does_the_rest(folder, tmp_path):
    out, environment = tmp_path / "out.csv", {**os.environ, "PYTHONUNBUFFERED": "1"}
    options = ("--batch", "1", "--temperature", "0.7", "--seed", "5")
    running = subprocess.Popen(
        command(folder, out, *options), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    deadline = time.monotonic() + 90
    while not (out.exists() and len(rows(out)) >= 2):
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "--resume" in said
    first = rows(out)
    assert 2 <= len(first) < 6
    out.write_bytes(out.read_bytes() + b'more/x.ogg,0,6,"torn')
    again = subprocess.run(command(folder, out, *options), capture_output=True, text=True, timeout=110)
    assert again.returncode == 2
    assert "--resume" in again.stderr
    again = subprocess.run(command(folder, out, *options, "--resume"), capture_output=True, text=True, timeout=110)
    assert again.returncode == 4, again.stderr
    whole = rows(out)
    assert whole[: len(first)] == first
    assert len({(row["file_name"], row["start_s"]) for row in whole}) == len(whole) == 6


def test_engines_that_die_are_started_again_and_nothing_is_lost(folder, tmp_path):
    killed: list[int] = []

    def kill(tally: Tally) -> None:
        if not killed and tally.captions:
            killed.extend(run.engines.pids)
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    with Sheet(tmp_path / "out.csv", folder, resume=False) as sheet:
        run = FolderRun(plan(scan(folder), Cut(6.0)), Books(sheet, kill), Settings(batch=1, workers=1))
        tally = run.run()
    assert len(killed) == 2
    assert tally.captions == len(rows(tmp_path / "out.csv")) == 6
    assert [path.name for path in tally.failed] == ["broken.flac"]
