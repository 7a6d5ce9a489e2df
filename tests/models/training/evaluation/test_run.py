"""``j2a-train evaluate`` with the built-in model on the demo clips: the score card, going on, and what is refused."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from j2a.errors import J2AError, UsageError
from tests.places import DEMO, ROOT
from training.cli import app
from training.datasets.table import Row, read_table, write_table
from training.evaluation.captions import CAPTIONS, read_captions
from training.evaluation.run import CARD, evaluate
from training.evaluation.scorecard import CONSTANT, RANDOM, SHUFFLED, scorecard
from training.evaluation.settings import EvaluateSettings

SETTINGS = EvaluateSettings(version="1.0", resamples=100, batch_size=4)


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    """Two sections of every demo clip, with the truth about them; one more clip to draw floors from."""
    folder = tmp_path_factory.mktemp("table")
    truth = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))["clips"]
    rows = []
    for name, about in truth.items():
        os.link(DEMO / name, folder / name)
        facts = {key: about[key] for key in ("bpm", "meter", "key")}
        caption = f"A piece in {about['key']} at {about['bpm']} BPM."
        for start in (0, 8):
            rows.append(Row(f"{name} {start}", name, "test", (caption,), start_s=start, end_s=start + 8, facts=facts))
    rows.append(Row("other", name, "train", ("A slow piece in C major in 4/4.", "Another.")))
    write_table(folder, rows)
    return folder


@pytest.fixture(scope="module")
def out(table, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("evaluated") / "1.0"
    evaluate(table, folder, SETTINGS, [])
    return folder


def test_the_card_says_how_true_captions_are_and_what_the_floors_get(out):
    card = json.loads((out / CARD).read_text(encoding="utf-8"))
    assert card["clips"] == 12 and list(card["systems"]) == sorted(["J2A-1.0 mini", SHUFFLED, RANDOM, CONSTANT])
    ours, floor = (card["systems"][name] for name in ("J2A-1.0 mini", SHUFFLED))
    value, low, high = ours["against the features"]["claims true"]
    assert low <= value <= high and value > 0.95 > floor["against the features"]["claims true"][0]
    assert ours["against the labels"]["bpm precision"][0] >= 0.9
    gap, low, high = card["ahead of"][SHUFFLED]["against the labels"]["claims true"]
    assert 0 < low <= gap <= high
    assert card["systems"][CONSTANT]["diversity"]["distinct captions"] == pytest.approx(1 / 12, abs=1e-3)
    assert card["extractors"]["tempo Acc2"][0] >= 0.9
    assert card["floors from"] == "the train split"
    assert "/" not in json.dumps(card["systems"]).replace("CIDEr", ""), "no paths"


def test_a_version_that_reads_what_was_measured_gets_it_unasked(table, tmp_path):
    evaluate(table, tmp_path / "out", EvaluateSettings(version="3.0", resamples=10, clips=2), [])
    card = json.loads((tmp_path / "out" / CARD).read_text(encoding="utf-8"))
    measured = card["systems"]["J2A-3.0 mini"]["against the features"]
    assert measured["claims true"][0] == 1.0 and measured["claims a caption"][0] > 0


def test_it_goes_on_where_it_was_cut_and_writes_the_same_bytes(table, out):
    before = (out / CARD).read_bytes()
    lines = (out / CAPTIONS).read_bytes().splitlines(keepends=True)
    (out / CARD).unlink()
    (out / CAPTIONS).write_bytes(b"".join(lines[:5]) + lines[5][:9])
    text = evaluate(table, out, SETTINGS, [])
    assert (out / CARD).read_bytes() == before
    assert (out / CAPTIONS).read_bytes() == b"".join(lines)
    assert "| claims true |" in text and "±" in text


def test_another_evaluation_is_not_written_over(table, out):
    with pytest.raises(J2AError, match="another configuration: prompt"):
        evaluate(table, out, EvaluateSettings(version="1.0", prompt="short", batch_size=4), [])


def test_two_do_not_work_in_one_folder(table, tmp_path, monkeypatch):
    """Another process tries while the card is made."""
    (tmp_path / "given.csv").write_text("id,caption\n" + "".join(
        f"{row.id},A song.\n" for row in read_table(table) if row.split == "test"), encoding="utf-8")  # fmt: skip
    words = ["evaluate", str(table), str(tmp_path / "out"), "--captions", str(tmp_path / "given.csv"),
             "--resamples", "10"]  # fmt: skip
    others = []

    def meanwhile(*arguments):
        code = "import sys; from training.cli import app; app(sys.argv[1:])"
        others.append(subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True))
        return scorecard(*arguments)

    monkeypatch.setattr("training.evaluation.run.scorecard", meanwhile)
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    [other] = others
    assert other.returncode == 2, other.stderr
    assert "another j2a-train works in" in other.stderr


def test_a_damaged_line_is_written_anew(table, out):
    before = (out / CARD).read_bytes()
    lines = (out / CAPTIONS).read_bytes().splitlines(keepends=True)
    (out / CAPTIONS).write_bytes(b"".join([lines[0], b"\x00\x00\n", *lines[2:]]))
    evaluate(table, out, SETTINGS, [])
    assert (out / CARD).read_bytes() == before
    assert sorted((out / CAPTIONS).read_bytes().splitlines(keepends=True)) == sorted(lines)


def test_any_captions_can_be_scored(table, out, tmp_path):
    given = tmp_path / "constant.csv"
    rows = [json.loads(line) for line in (out / CAPTIONS).read_text(encoding="utf-8").splitlines()]
    with given.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "caption"])
        writer.writerows([row["id"], "A fast piece, in 4/4,\nwith drums."] for row in rows)
    result = CliRunner().invoke(
        app, ["evaluate", str(table), str(tmp_path / "out"), "--captions", str(given), "--beside",
              str(out / CAPTIONS), "--beside", str(table), "--resamples", "50"],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    card = json.loads((tmp_path / "out" / CARD).read_text(encoding="utf-8"))
    assert {"constant", "captions", table.name} <= card["systems"].keys() and "extractors" not in card
    ours = card["systems"]["captions"]["against the labels"]
    assert ours["bpm precision"][0] >= 0.9 and "against the features" not in card["systems"]["captions"]


@pytest.mark.parametrize("name", ["a.csv", "a.JSONL", "a.ndjson"])
def test_captions_with_odd_line_ends_stay_whole(table, tmp_path, name):
    said = {row.id: "A piece\u2028in 4/4\x85 calm." for row in read_table(table)}
    with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
        if name == "a.csv":
            csv.writer(file).writerows([("id", "caption"), *said.items()])
        else:
            file.writelines(json.dumps({"id": key, "caption": text}) + "\n" for key, text in said.items())
    assert read_captions(tmp_path / name, read_table(table)) == said


def test_sections_of_one_file_are_told_apart_by_their_start(tmp_path):
    rows = [Row("a0", "a.flac", "test"), Row("a1", "a.flac", "test", start_s=10.0), Row("b", "b.flac", "test")]
    path = tmp_path / "captions.csv"
    path.write_text("file_name,start_s,caption\na.flac,10.000,Late.\nb.flac,,Other.\na.flac,0,Early.\na.flac,20,None.\n")
    assert read_captions(path, rows) == {"a0": "Early.", "a1": "Late.", "b": "Other."}
    for line, why in (("a.flac,,Which?", "has 2 clips"), ("a.flac,soon,When?", "not a number")):
        path.write_text(f"file_name,start_s,caption\n{line}\n")
        with pytest.raises(UsageError, match=f"record 1: .*{why}"):
            read_captions(path, rows)


def test_a_column_of_the_card_has_one_name(table, tmp_path):
    captions = "id,caption\n" + "".join(f"{row.id},A calm piece.\n" for row in read_table(table))
    for name in (SHUFFLED, "mine", "a|b"):
        (tmp_path / f"{name}.csv").write_text(captions, encoding="utf-8")
    mine, floor = tmp_path / "mine.csv", tmp_path / f"{SHUFFLED}.csv"
    for given, beside in ((mine, mine), (mine, floor), (floor, mine)):
        with pytest.raises(UsageError, match="Rename the file"):
            evaluate(table, tmp_path / "out", EvaluateSettings(captions=given), [beside])
    assert not (tmp_path / "out").exists()
    text = evaluate(table, tmp_path / "out", EvaluateSettings(captions=mine, resamples=5), [tmp_path / "a|b.csv"])
    assert "| a\\|b |" in text


def test_a_folder_of_something_else_is_left_alone(table, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="no evaluation is in it"):
        evaluate(table, tmp_path / "out", SETTINGS, [])


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        ('{"id": ["x"], "caption": "y"}\n', "a.jsonl", "record 1: no id"),
        pytest.param("[" * 99999, "a.jsonl", "cannot be read", id="deep"),
        ("id,caption\n", "a.csv", "holds no captions"),
        ("id,text\nx,y\n", "a.csv", "record 1: no id"),
        ("id,caption\nx,A piece.\n", "a.csv", "no caption for 12 of 12 clips"),
        ("id,caption\nx,A piece.\nx,B.\n", "a.csv", "comes twice"),
        ('{"id": "x"}\n', "a.jsonl", "record 1: no id"),
        ("nonsense", "a.jsonl", "cannot be read"),
    ],
)
def test_captions_that_cannot_be_used(table, tmp_path, content, name, says):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(J2AError, match=says):
        evaluate(table, tmp_path / "out", EvaluateSettings(captions=tmp_path / name), [])
    assert not (tmp_path / "out").exists()


def test_what_is_not_there(table, tmp_path):
    with pytest.raises(J2AError, match="no valid split"):
        evaluate(table, tmp_path / "out", EvaluateSettings(split="valid"), [])
    with pytest.raises(J2AError, match="cannot be read"):
        evaluate(table, tmp_path / "out", SETTINGS, [tmp_path / "none.csv"])
    with pytest.raises(J2AError, match="no J2A-9"):
        evaluate(table, tmp_path / "out", EvaluateSettings(version="9"), [])
