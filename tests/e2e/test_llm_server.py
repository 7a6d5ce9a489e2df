"""`--llm-url` against a real OpenAI-compatible server: `transformers serve` with the built-in model, on loopback."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from j2a import paths
from j2a.caption import Sampling
from j2a.clip import Clip
from j2a.errors import ModelError
from j2a.features.record import Features
from j2a.models import registry
from j2a.models.language.generation import GenerationStats
from tests.e2e.sound_servers import transformers_server
from tests.places import DEMO

BIN = Path(sys.executable).parent
WALTZ = DEMO / "Harbour Waltz.ogg"
FEATURES = [Features(bpm=bpm, meter="4/4", key="A minor") for bpm in (70.0, 96.0, 141.0)]
CLIPS = [Clip(WALTZ)] * 3  # what was measured is given

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def server():
    with transformers_server(paths.builtin_model_dir() / "llm") as url:
        yield url, str(paths.builtin_model_dir() / "llm")


def test_the_server_writes_what_the_model_writes_here(server):
    url, model = server
    there, here = registry.load("1.0", f"{url}#{model}"), registry.load("1.0", "mini")
    stats = GenerationStats()
    pieces = list(there.llm.stream("Tempo: 96 BPM, mid-tempo\nDescribe it.", sampling=Sampling(), stats=stats))
    assert len(pieces) > 5, "it was not streamed"
    assert stats.stopped == "eos"
    one_by_one = [caption.text for caption in here.describe_many(CLIPS, FEATURES)]
    assert [caption.text for caption in there.describe_many(CLIPS, FEATURES)] == one_by_one
    assert len(set(one_by_one)) == 3
    assert {caption.weights for caption in there.describe_many(CLIPS[:1], FEATURES[:1])} == {f"server:{model}"}


def test_a_cancel_is_seen_between_pieces(server):
    url, model = server
    llm = registry.load("1.0", f"{url}#{model}").llm
    pieces: list[str] = []
    for piece in llm.stream("Tempo: 96 BPM", sampling=Sampling(), cancelled=lambda: len(pieces) == 2):
        pieces.append(piece)
    assert len(pieces) == 2


def test_what_the_server_refuses_is_shown(server):
    url, model = server
    with pytest.raises(ModelError, match="answers 4"):
        list(registry.load("1.0", f"{url}/elsewhere#{model}").llm.stream("x", sampling=Sampling()))


def test_describe_and_caption_take_a_server(server, tmp_path):
    url, model = server
    options = ["--llm-url", url, "--llm-model", model]
    described = subprocess.run(
        [BIN / "j2a", "describe", WALTZ, "--end", "6", *options], capture_output=True, text=True, timeout=110
    )
    assert described.returncode == 0, described.stderr
    out = tmp_path / "out.csv"
    result = subprocess.run(
        [BIN / "j2a", "caption", WALTZ, "--out", out, "--window", "6", *options, "--workers", "1"],
        capture_output=True, text=True, timeout=110, env={**os.environ},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["caption"] == described.stdout.strip()
    assert rows[0]["backbone"] == f"{url}#{model}"
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / WALTZ.name).symlink_to(WALTZ)
    lines = subprocess.run(
        [BIN / "j2a-tui", tmp_path / "music", *options],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=110,
    )  # fmt: skip
    assert lines.returncode == 0, lines.stderr
    assert lines.stdout.startswith(WALTZ.name)
