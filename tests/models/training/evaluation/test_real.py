"""``python -m training.evaluation.real`` with the built-in model: a card, the same one again, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile
import typer
from typer.testing import CliRunner

from j2a import audio
from j2a.clip import Clip
from tests.places import DEMO
from training.evaluation.captions import CAPTIONS
from training.evaluation.real.__main__ import main
from training.evaluation.real.run import CARD

TITLE = "singularity-music/music - Nebula.ogg"


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A demo clip by the name of a file that is known."""
    path = tmp_path / "music" / TITLE
    path.parent.mkdir(parents=True)
    sound = audio.load(Clip(sorted(DEMO.glob("*.ogg"))[0]), 44_100)
    with soundfile.SoundFile(path, "w", 44_100, 1) as file:
        for start in range(0, len(sound), 44_100):  # much at once overflows libsndfile's stack in Ogg Vorbis
            file.write(sound[start : start + 44_100])
    return tmp_path / "music"


def asked(*arguments: str | Path) -> tuple[int, str, str]:
    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.long
def test_a_folder_is_scored_and_scored_again(music: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    status, card, told = asked(music, "--out", out, "--resamples", "50")
    assert status == 0 and card == (out / CARD).read_text(encoding="utf-8")
    assert "basic-pitch" in told and "not scored" in card
    assert "| a proved style said |" in card and "J2A-2.1 mini" in card

    kept = (out / CAPTIONS).read_text(encoding="utf-8")
    assert asked(music, "--out", out, "--resamples", "50")[:2] == (0, card)
    assert (out / CAPTIONS).read_text(encoding="utf-8") == kept, "nothing is captioned twice"

    status, _, told = asked(music, "--out", out, "--version", "2.0")
    assert status == 2 and "another configuration" in told

    ids = [json.loads(line)["id"] for line in (out / "clips.jsonl").read_text(encoding="utf-8").splitlines()]
    own = tmp_path / "own.jsonl"
    own.write_text("".join(json.dumps({"id": one, "caption": "Electronic music."}) + "\n" for one in ids))
    status, card, _ = asked(music, "--out", tmp_path / "own", "--captions", own)
    assert status == 0 and "| per cent | own |" in card
    assert "| a proved style said | 100.0 " in card
    status, _, told = asked(tmp_path / "nowhere")
    assert status == 2 and "is no folder" in told
