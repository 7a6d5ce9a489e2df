"""`j2a caption --ray` over two real nodes, one of which is killed while it works: one machine's rows come of it."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from tests.places import DEMO, ROOT

J2A = str(Path(sys.executable).parent / "j2a")
# A network of its own, and processes that end with it, whatever happens.
APART = ["unshare", "-rnpf", "--kill-child", "--mount-proc", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture
def music(tmp_path: Path) -> Path:
    music = tmp_path / "music"
    music.mkdir()
    for number, song in enumerate(sorted(DEMO.glob("*.ogg"))[:6]):
        samples, rate = soundfile.read(song, dtype="int16")
        for part in range(2):
            soundfile.write(music / f"{number} {part}.wav", samples[rate * 6 * part : rate * (6 * part + 5)], rate)
    return music


@pytest.fixture
def short_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where Ray keeps sockets: the path of one may have 107 characters."""
    folder = tempfile.mkdtemp(prefix="j2a-ray-")
    monkeypatch.setenv("RAY_TMPDIR", folder)
    yield
    shutil.rmtree(folder, ignore_errors=True)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [{**row, "updated_at": ""} for row in csv.DictReader(file, strict=True)]


def test_a_node_that_is_killed_costs_no_row_and_doubles_none(
    music: Path, tmp_path: Path, short_folder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason='Ray is not here: pip install "j2a[ray]"')
    if subprocess.run([*APART, "true"], capture_output=True).returncode:
        pytest.skip("no network and processes of their own can be made here (unshare)")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    alone, together = tmp_path / "alone.csv", tmp_path / "together.csv"
    one = [J2A, "caption", str(music), "--out", str(alone), "--window", "5", "--workers", "1"]
    subprocess.run(one, check=True, capture_output=True, timeout=380)
    monkeypatch.setenv("J2A_HOME", str(tmp_path / "another home"))  # whose cache knows nothing
    two = [*APART, sys.executable, str(Path(__file__).with_name("two_machines.py")), str(music), str(together), J2A]
    done = subprocess.run(two, capture_output=True, text=True, timeout=480)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["code"] == 0, result
    assert 3 <= result["before"] < 12, result
    events = [json.loads(line) for line in result["said"].splitlines()]  # nothing else stands on standard output
    assert (events[-1]["event"], events[-1]["captions"], events[-1]["failed"]) == ("done", 12, {})
    assert len(rows(alone)) == 12
    assert rows(together) == rows(alone)
