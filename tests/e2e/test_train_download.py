"""``j2a-train download`` and ``prepare`` against a real server on loopback, by yt-dlp's generic extractor."""

from __future__ import annotations

import csv
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import soundfile
from typer.testing import CliRunner, Result

from j2a.errors import ExitCode
from tests.places import CLIPS
from training.cli import app
from training.download.folder import StatusFile

GOOD = {f"good_____0{n}": CLIPS / f"rendered-0{n}.ogg" for n in range(3)}
CODES = {"gone_______": 404, "refused____": 403, "server_____": 500}


class Recordings(ThreadingHTTPServer):
    """Serves audio by id, well or badly; counts what is asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked: Counter[str] = Counter()
        self.ways = {"busy": 429}  # how ids answer that begin with such a word
        self.stuck = threading.Event()  # a client waits for the rest
        self.go_on = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/{{id}}"


class _Answer(BaseHTTPRequestHandler):
    server: Recordings

    def do_GET(self) -> None:
        name = self.path.strip("/")
        self.server.asked[name] += 1
        if name in CODES or (name.startswith("busy") and self.server.asked[name] <= 1) or name.startswith("always429"):
            self.send_error(CODES.get(name, 429))
            return
        content = GOOD.get(name, GOOD["good_____00"]).read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "audio/ogg")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if name.startswith("torn"):
            self.wfile.write(content[: len(content) // 2])
        elif name.startswith("stuck") and not self.server.go_on.is_set():
            self.wfile.write(content[:20000])
            self.server.stuck.set()
            self.server.go_on.wait(30)
        else:
            self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Recordings]:
    recordings = Recordings()
    thread = threading.Thread(target=recordings.serve_forever, args=(0.02,))
    thread.start()
    yield recordings
    recordings.go_on.set()
    recordings.shutdown()
    recordings.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("J2A_HOME", str(tmp_path / "home"))


def list_of(path: Path, ids: list[str], start_s: float = 2, end_s: float = 6) -> Path:
    """A MusicCaps CSV; every second clip is for evaluation."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["ytid", "start_s", "end_s", "aspect_list", "caption", "is_audioset_eval"])
        rows.writerows([name, start_s, end_s, "['calm']", f"About {name}.", n % 2 == 1] for n, name in enumerate(ids))
    return path


def options(out: Path, clips: Path, url: str) -> list[str]:
    fast = ["--pause-s", "0", "--backoff-s", "0.05", "--retries", "1", "--timeout-s", "20"]
    return ["download", str(out), "--datasets", "musiccaps", "--musiccaps", str(clips), "--url", url, *fast]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def census(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "census.json").read_text(encoding="utf-8"))["data_sets"]["musiccaps"]
    return found


def test_every_way_not_to_come_is_told_and_what_came_can_be_prepared(tmp_path: Path, server: Recordings) -> None:
    ids = [*GOOD, "busy_______", "gone_______", "refused____", "server_____", "torn_______"]
    result = invoke(*options(tmp_path / "out", list_of(tmp_path / "list.csv", ids), server.url))
    assert result.exit_code == ExitCode.SOME_FILES_FAILED, result.output

    told = census(tmp_path / "out")
    assert {name: about["reason"] for name, about in told["missing"].items()} == {
        "gone_______": "removed",
        "refused____": "refused",
        "server_____": "network",
        "torn_______": "cut short",
    }
    assert told["splits"]["train"] == {"clips": 4, "here": 2, "removed": 1, "network": 1}
    assert told["splits"]["test"] == {"clips": 4, "here": 2, "refused": 1, "cut short": 1}
    assert "| musiccaps | train | 4 | 2 (50.0 %) | network 1, removed 1 |" in result.stdout
    for name in (*GOOD, "busy_______"):
        assert soundfile.info(tmp_path / "out/musiccaps/audio" / f"{name}.flac").duration == pytest.approx(4.0)
    assert not (tmp_path / "out/musiccaps/.work").exists()

    table = tmp_path / "table"
    prepared = invoke("prepare", str(table), "--downloads", str(tmp_path / "out"), "--drop-leaks")
    assert prepared.exit_code == 0, prepared.output
    rows = [json.loads(line) for line in (table / "clips.jsonl").read_text(encoding="utf-8").splitlines()]
    # busy is the same audio as good 0 and judges: good 0 does not teach any more
    assert {row["id"]: row["split"] for row in rows} == {
        "musiccaps-good_____01": "test",
        "musiccaps-good_____02": "train",
        "musiccaps-busy_______": "test",
    }
    assert len(json.loads((table / "card.json").read_text(encoding="utf-8"))["left_out"]) == 4


def test_a_second_run_asks_only_for_what_may_come_now(tmp_path: Path, server: Recordings) -> None:
    clips = list_of(tmp_path / "list.csv", ["good_____00", "gone_______", "refused____"])
    invoke(*options(tmp_path / "out", clips, server.url))
    server.asked.clear()
    invoke(*options(tmp_path / "out", clips, server.url))
    assert set(server.asked) == {"refused____"}
    server.asked.clear()
    invoke(*options(tmp_path / "out", clips, server.url), "--retry-gone")
    assert set(server.asked) == {"refused____", "gone_______"}


def test_it_stops_where_it_is_not_wanted(tmp_path: Path, server: Recordings) -> None:
    clips = list_of(tmp_path / "list.csv", ["good_____00", *(f"always429_{n}" for n in range(9))])
    result = invoke(*options(tmp_path / "out", clips, server.url), "--stop-after", "2", "--workers", "1")
    assert result.exit_code == ExitCode.FAILED
    assert "Blocked" in result.stderr and "429" in result.stderr
    assert server.asked.keys() == {"good_____00", "always429_0", "always429_1"}
    told = census(tmp_path / "out")["splits"]
    assert told["train"]["here"] == 1 and told["train"]["not tried"] + told["test"]["not tried"] == 7


def test_it_stops_where_nothing_can_be_reached(tmp_path: Path) -> None:
    clips = list_of(tmp_path / "list.csv", [f"clip{n}" for n in range(9)])
    arguments = options(tmp_path / "out", clips, "http://127.0.0.1:9/{id}")
    result = invoke(*arguments, "--stop-after", "2", "--workers", "1", "--retries", "0")
    assert result.exit_code == ExitCode.FAILED
    assert "2 clips in a row did not come" in result.stderr and "Connection refused" in result.stderr
    assert len(census(tmp_path / "out")["missing"]) == 2


def test_nothing_at_all_is_an_error_that_says_why(tmp_path: Path, server: Recordings) -> None:
    result = invoke(*options(tmp_path / "out", list_of(tmp_path / "list.csv", ["gone_______"]), server.url))
    assert result.exit_code == ExitCode.FAILED
    assert "none of 1 clips came: removed 1" in result.stderr


def test_an_interruption_loses_nothing_and_is_gone_on_from(tmp_path: Path, server: Recordings) -> None:
    clips = list_of(tmp_path / "list.csv", ["good_____00", "stuck______", "good_____01"])
    command = [sys.executable, "-m", "training", *options(tmp_path / "out", clips, server.url), "--workers", "1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ), text=True)
    assert server.stuck.wait(30)
    process.send_signal(signal.SIGINT)
    output, said = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED, said
    assert "here" in output and census(tmp_path / "out")["splits"]["train"] == {"clips": 2, "here": 1, "not tried": 1}

    server.go_on.set()
    with (tmp_path / "out/musiccaps/status.jsonl").open("a", encoding="utf-8") as status:
        status.write('{"id": "good_____01", "reas')  # as a crash leaves it
    assert invoke(*options(tmp_path / "out", clips, server.url)).exit_code == 0
    assert server.asked["good_____00"] == server.asked["good_____01"]  # what was here was not asked for again
    assert len((tmp_path / "out/musiccaps/status.jsonl").read_text(encoding="utf-8").splitlines()) == 3


def test_a_full_disk_ends_it_and_keeps_what_came(tmp_path: Path, server: Recordings) -> None:
    clips = list_of(tmp_path / "list.csv", ["good_____00", "good_____01"])
    command = [sys.executable, "-m", "training", *options(tmp_path / "out", clips, server.url), "--workers", "1"]
    room = min(path.stat().st_size for path in GOOD.values()) // 2
    full = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    assert full.returncode == ExitCode.FAILED, full.stderr
    assert "cannot be written: File too large" in full.stderr and "Traceback" not in full.stderr
    assert census(tmp_path / "out")["splits"]["train"]["not tried"] == 1
    assert invoke(*options(tmp_path / "out", clips, server.url)).exit_code == 0


def test_two_at_once_in_one_folder_are_refused(tmp_path: Path) -> None:
    clips = list_of(tmp_path / "list.csv", ["good_____00"])
    status = StatusFile(tmp_path / "out" / "musiccaps")
    result = invoke(*options(tmp_path / "out", clips, "http://127.0.0.1:9/{id}"))
    status.close()
    assert result.exit_code == ExitCode.USAGE and "another j2a-train" in result.stderr


def test_audio_that_is_already_there_is_taken(tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    (music / "good_____00.ogg").write_bytes(GOOD["good_____00"].read_bytes())
    (music / "section____.wav").write_bytes(b"")
    samples, rate = soundfile.read(GOOD["good_____01"])
    soundfile.write(music / "section____.wav", samples[: 4 * rate], rate)
    (music / "broken_____.wav").write_bytes(b"no audio")
    clips = list_of(tmp_path / "list.csv", ["good_____00", "section____", "broken_____", "elsewhere__"])
    arguments = options(tmp_path / "out", clips, "http://127.0.0.1:9/{id}")
    result = invoke(*arguments, "--local", str(music))
    assert result.exit_code == ExitCode.SOME_FILES_FAILED
    assert {name: about["reason"] for name, about in census(tmp_path / "out")["missing"].items()} == {
        "broken_____": "unreadable",
        "elsewhere__": "not local",
    }
    kept, rate = soundfile.read(tmp_path / "out/musiccaps/audio/good_____00.flac")
    whole, _ = soundfile.read(music / "good_____00.ogg")
    assert abs(kept - whole[2 * rate : 6 * rate]).max() < 1e-4
    section, _ = soundfile.read(tmp_path / "out/musiccaps/audio/section____.flac")
    assert abs(section - samples[: 4 * rate]).max() < 1e-4
