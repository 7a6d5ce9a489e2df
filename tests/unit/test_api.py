"""J2A from Python: what the commands do, without their words."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import j2a
from j2a.errors import ExitCode, J2AError, UsageError
from j2a.exporting import WouldLoseError
from j2a.store import Status
from tests.unit.folder.answering import engines_answer


@pytest.fixture
def music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files of two windows each, and a broken one."""
    music = tmp_path / "music"
    music.mkdir()
    for number, name in enumerate("ab"):
        samples = np.random.default_rng(number).uniform(-0.5, 0.5, 16_000).astype(np.float32)
        soundfile.write(music / f"{name}.wav", samples, 8000)
    (music / "c.wav").write_bytes(b"RIFF, and no more")
    engines_answer(monkeypatch, tmp_path)
    return music


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_a_folder_is_captioned_and_what_is_broken_is_in_the_tally(music: Path, tmp_path: Path, capfd: Any) -> None:
    seen: list[int] = []
    tally = j2a.caption_folder(
        music, str(tmp_path / "out.csv"), window_s=1.0, on_progress=lambda tally: seen.append(tally.captions)
    )
    assert tally.captions == seen[-1] == 4
    assert [path.name for path in tally.failed] == ["c.wav"]
    assert [(row["file_name"], row["start_s"]) for row in rows(tmp_path / "out.csv")] == [
        ("a.wav", "0"), ("a.wav", "1"), ("b.wav", "0"), ("b.wav", "1"),
    ]  # fmt: skip
    assert capfd.readouterr() == ("", "")
    with pytest.raises(UsageError, match="--resume"):
        j2a.caption_folder(music, tmp_path / "out.csv", window_s=1.0)
    again = j2a.caption_folder(music, tmp_path / "out.csv", window_s=1.0, resume=True)
    assert (again.captions, again.found) == (0, 4)


def test_what_has_a_caption_in_the_app_is_left_out_where_that_is_asked(music: Path, tmp_path: Path) -> None:
    with j2a.open_session(annotator="ann") as session:
        session.edit(j2a.Clip(music / "a.wav", 1.0, 2.0), "By hand.")
        session.set_status(j2a.Clip(music / "b.wav", 0.0, 1.0), Status.SKIPPED)  # which is no caption
    tally = j2a.caption_folder(music, tmp_path / "out.csv", window_s=1.0, only_missing=True)
    assert (tally.captions, tally.found) == (3, 1)
    assert [(row["file_name"], row["start_s"]) for row in rows(tmp_path / "out.csv")] == [
        ("a.wav", "0"), ("b.wav", "0"), ("b.wav", "1"),
    ]  # fmt: skip
    more = j2a.caption_folder(music, tmp_path / "more.csv", window_s=1.0, only_missing=True, limit=2, workers=1)
    assert more.captions == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [({"window_s": 0.5}, "one second"), ({"window_s": float("nan")}, "one second"),
     ({"window_s": float("inf")}, "one second"), ({"window_s": -1.0}, "one second"), ({"prompt": "{tempo}"}, "tempo"),
     ({"dialect": "french"}, "french"), ({"ray": "nowhere"}, "no address")],
)
def test_what_cannot_be_carried_out_is_refused(
    music: Path, tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        j2a.caption_folder(music, tmp_path / "out.csv", **options)
    assert not (tmp_path / "out.csv").exists()


def test_the_session_is_exported_as_the_command_does(music: Path, tmp_path: Path) -> None:
    with j2a.open_session() as session:
        session.edit(j2a.Clip(music / "a.wav", 0.0, 1.0), "A drum.")
        session.set_status(j2a.Clip(music / "b.wav", 0.0, 1.0), Status.SKIPPED)
    written = j2a.export(music)
    assert (written.path, written.captions, written.kept) == (music / "captions.csv", 2, [])
    accepted = j2a.export(str(music), tmp_path / "some.csv", only="captioned")
    assert [row["caption"] for row in rows(accepted.path)] == ["A drum."]
    lines = j2a.export(music, tmp_path / "all.jsonl", format="jsonl", only="captioned")
    assert json.loads(lines.path.read_text())["caption"] == "A drum."
    (tmp_path / "all.jsonl").write_text("something else")
    with pytest.raises(WouldLoseError):
        j2a.export(music, tmp_path / "all.jsonl", format="jsonl", only="captioned")
    forced = j2a.export(music, tmp_path / "all.jsonl", format="jsonl", only="captioned", force=True)
    assert [path.read_text() for path in forced.kept] == ["something else"]


@pytest.mark.parametrize(
    ("options", "said"),
    [({"format": "mp3"}, "no format"), ({"only": "mine"}, "mine"), ({"format": "jsonl"}, "where jsonl goes"),
     ({"figures": True}, "figures"), ({"dialect": "x"}, "x")],
)
def test_an_export_that_cannot_be_is_refused(music: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(J2AError, match=said) as refused:
        j2a.export(music, **options)
    assert refused.value.exit_code == ExitCode.USAGE
    assert not (music / "captions.csv").exists()


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert {"caption_folder", "export", "open_session"} <= {*dir(j2a)}
    with pytest.raises(AttributeError, match="captions_folder"):
        _ = j2a.captions_folder  # type: ignore[attr-defined]


@pytest.mark.parametrize("temperature", [-0.1, 101.0, float("inf"), float("nan")])
def test_a_temperature_that_is_none_is_refused_before_anything_is_written(
    music: Path, tmp_path: Path, temperature: float
) -> None:
    with pytest.raises(UsageError, match="temperature"):
        j2a.caption_folder(music, tmp_path / "out.csv", temperature=temperature)
    assert not (tmp_path / "out.csv").exists()


def test_a_home_of_nobody_is_told_in_words() -> None:
    with pytest.raises(UsageError, match="no path here"):
        j2a.export("~nobody-of-that-name/music")
