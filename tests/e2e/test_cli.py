"""The `j2a` command as a user runs it: stdout is data, stderr is narration, exit codes are as promised."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from j2a.backbone import MOST_TRUTHFUL
from j2a.features.corrections import Corrections
from j2a.features.record import Features
from j2a.models.facts import facts
from j2a.store import Store
from tests.places import DEMO
from training.captions.agreement import score

J2A = str(Path(sys.executable).parent / "j2a")
WALTZ = DEMO / "Harbour Waltz.ogg"


def j2a(*arguments: str | Path, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run([J2A, *map(str, arguments)], capture_output=True, text=True, timeout=110, **options)


@pytest.fixture(scope="module")
def description(tmp_path_factory) -> dict:
    result = j2a("describe", WALTZ, "--start", 1, "--end", 11, "--json", "--version", "1.0")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_describe_json_has_the_contract(description):
    assert {"file", "start_s", "end_s", "version", "backbone", "caption", "features", "claims", "timings"} <= set(
        description
    )
    assert (description["file"], description["start_s"], description["end_s"]) == (str(WALTZ), 1.0, 11.0)
    assert (description["version"], description["backbone"]) == ("1.0", "mini")
    assert {"features_s", "load_s", "first_piece_s", "total_s", "new_tokens"} <= set(description["timings"])


def test_what_is_not_asked_for_is_the_most_truthful_version():
    result = j2a("describe", WALTZ, "--start", 1, "--end", 11, "--json")
    assert result.returncode == 0, result.stderr
    made = json.loads(result.stdout)
    assert (made["version"], made["backbone"]) == (MOST_TRUTHFUL, "mini")
    assert made["features"]["meter"] == "3/4" and made["caption"].endswith(".")


def test_what_was_corrected_in_the_app_is_what_is_told():
    with Store() as store:
        store.correct(WALTZ, Corrections(bpm=70.0, key="E minor"))
    result = j2a("describe", WALTZ, "--start", 1, "--end", 11, "--json", "--version", "1.0")
    made = json.loads(result.stdout)
    assert (made["features"]["bpm"], made["features"]["key"]) == (70.0, "E minor")
    assert made["features"]["corrected"] == ["bpm", "key"]
    assert "70 BPM" in made["caption"] and "E minor" in made["caption"]
    assert not [claim for claim in made["claims"] if claim["verdict"] == "contradicted"]
    table = j2a("features", WALTZ, "--start", 1, "--end", 11).stdout
    assert "70.0 (yours)" in table and "E minor (yours)" in table


def test_the_caption_is_true_of_the_music(description):
    truth = json.loads((DEMO / "truth.json").read_text())["clips"][WALTZ.name]
    features = Features.from_json(description["features"])
    assert abs(features.bpm - truth["bpm"]) < 1.5
    assert (features.meter, features.key) == (truth["meter"], truth["key"])
    result = score([description["caption"]], [features])
    assert result.contradicted_captions == 0
    known = facts(features)
    assert result.coverage("key") == ("Key" in known) and result.coverage("chord") == ("Chords" in known)
    assert description["claims"]
    assert {claim["verdict"] for claim in description["claims"]} == {"agreed"}


def test_describe_streams_the_same_caption_to_stdout_alone(description):
    result = j2a("describe", WALTZ, "--start", "1", "--end", "11", "--version", "1.0")
    assert result.returncode == 0
    assert result.stdout == description["caption"] + "\n"
    assert "measuring" in result.stderr
    assert "writing" in result.stderr


def test_features_as_json_and_as_a_table():
    as_json = j2a("features", WALTZ, "--end", "6", "--json")
    data = json.loads(as_json.stdout)
    assert list(data) == ["bpm", "bpm_candidates", "bpm_sure", "beats", "downbeats", "meter", "key", "key_probability",
                          "chords", "tags", "absent", "sound", "tuning_cents", "genre", "unknown"]  # fmt: skip
    assert data["meter"] == "3/4"
    table = j2a("features", WALTZ, "--end", "6")
    assert "meter      3/4" in table.stdout
    assert data["genre"]["source"] == "musicnn"
    assert f"genre      {data['genre']['label']} (" in table.stdout


@pytest.mark.parametrize("what", ["models", "doctor", "paths"])
def test_reports(what):
    text, as_json = j2a(what), j2a(what, "--json")
    assert text.returncode == as_json.returncode == 0, text.stdout
    assert json.loads(as_json.stdout)
    assert "mini" in text.stdout if what == "models" else text.stdout.count("\n") >= 5


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["describe", "nowhere.mp3"], 1, "nowhere.mp3"),
        (["describe", WALTZ, "--backbone", "nobody/nothing"], 3, "j2a models fetch nobody/nothing"),
        (["describe", WALTZ, "--version", "7.0"], 2, "Versions: 1.0"),
        (["describe", WALTZ, "--start", "9", "--end", "4"], 2, "--start and --end"),
        (["describe", WALTZ, "--start", "900"], 1, "Harbour Waltz.ogg"),
        (["features", DEMO], 1, "demo"),
        (["export", "nowhere"], 2, "not a folder"),
        (["export", DEMO, "--format", "xls"], 2, "Formats: csv"),
        (["describe"], 2, "file"),
    ],
)
def test_errors_are_one_paragraph_and_an_exit_code(arguments, code, words):
    result = j2a(*arguments)
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_interrupt_ends_everything():
    # A shell that runs the tests in the background has ctrl+c ignored, and children inherit that.
    process = subprocess.Popen(
        [J2A, "describe", str(WALTZ)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert "measuring" in process.stderr.readline()
    engine = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.send_signal(signal.SIGINT)
    _, narration = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in narration
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in engine):
        assert time.monotonic() < deadline, "the engine outlived its caller"
        time.sleep(0.05)


def test_a_reader_that_leaves_is_no_error():
    process = subprocess.Popen([J2A, "models"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    assert process.wait(30) in (0, 1)


def test_export_writes_the_header_even_without_captions(tmp_path):
    (tmp_path / "a.mp3").write_bytes(b"")
    result = j2a("export", tmp_path, env={**os.environ, "J2A_HOME": str(tmp_path / "home")})
    assert result.returncode == 0
    assert (tmp_path / "captions.csv").read_text() == (
        "file_name,start_s,end_s,caption,aspect_list,bpm,key,meter,genre,status,version,backbone,prompt_id,seed,annotator,"
        "updated_at,generated,edited,tags,bpm_sure,edit_distance\n"
    )


def test_features_are_measured_once_by_each_engine():
    def run(engine: str) -> tuple[dict, bool]:
        result = j2a("features", WALTZ, "--start", 1, "--end", 7, "--json", "--features-engine", engine)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout), "measuring" in result.stderr

    fast, measured = run("fast")
    assert measured
    stock, measured = run("madmom")
    assert measured, "what the other engine found is not taken for its answer"
    assert {name: fast[name] for name in fast if name != "key_probability"} == {
        name: stock[name] for name in stock if name != "key_probability"
    }
    assert fast["key_probability"] == pytest.approx(stock["key_probability"], abs=1e-5)
    for engine, found in (("fast", fast), ("madmom", stock)):
        assert run(engine) == (found, False), "another process finds it in the cache"
    assert j2a("features", WALTZ, "--features-engine", "other").returncode == 2


@pytest.mark.parametrize("command", [
    ("features", "~nobody-of-that-name/a.wav"), ("caption", "~nobody-of-that-name", "--out", "a.csv"),
])  # fmt: skip
def test_a_home_of_nobody_is_told(command):
    result = j2a(*command)
    assert result.returncode == 2
    assert result.stderr.strip().endswith("has no home on this machine. Write the path out.")
