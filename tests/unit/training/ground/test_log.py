"""The log of a run: whole lines, continued, and cut back to where a run is taken up."""

from __future__ import annotations

from pathlib import Path

import pytest

from j2a.errors import J2AError
from training.ground.log import LOG, RunLog, progress, read_log


def test_a_log_goes_on_where_it_ended(tmp_path):
    for step in (1, 2):
        with RunLog(tmp_path / "run") as log:
            log.write(step=step, loss=0.5, note="a\u2028b")
    records = read_log(tmp_path / "run")
    assert [(r["step"], r["loss"], r["note"]) for r in records] == [(1, 0.5, "a\u2028b"), (2, 0.5, "a\u2028b")]
    assert records[0]["time"] <= records[1]["time"]


def test_steps_that_are_done_again_are_dropped_and_a_torn_line_too(tmp_path):
    with RunLog(tmp_path) as log:
        log.write(settings="x")
        for step in (1, 2, 3):
            log.write(step=step)
    with (tmp_path / LOG).open("a") as file:
        file.write('{"step": 4, "lo')
    with RunLog(tmp_path, keep_steps=2) as log:
        log.write(step=3, again=True)
    assert [r.get("step") for r in read_log(tmp_path)] == [None, 1, 2, 3]
    assert read_log(tmp_path)[-1]["again"]


def test_lines_that_a_damaged_disk_left_stop_nothing(tmp_path):
    deep = b"[" * 100_000 + b"]" * 100_000
    odd = b'{"step": {}, "loss": 2}'
    (tmp_path / LOG).write_bytes(b'{"step": 1}\n\xff{"step": 2}\n' + deep + b"\n" + odd + b'\n{"note": "\\ud800"}\n')
    assert len(read_log(tmp_path)) == 3
    with RunLog(tmp_path, keep_steps=1) as log:
        log.write(step=2)
    assert [record.get("step") for record in read_log(tmp_path)] == [1, {}, None, 2]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(J2AError, match="cannot be written"):
        RunLog(tmp_path / "file" / "run")


def test_a_full_disk_is_an_error(tmp_path):
    log = RunLog(tmp_path)
    log.close()
    log._file = Path("/dev/full").open("ab", buffering=0)  # noqa: SIM115
    with pytest.raises(J2AError, match="No space left"):
        log.write(step=1)


def test_progress_gives_the_same_items_and_keeps_stdout_clean(capsys):
    assert list(progress(iter("abc"), 3, "letters")) == ["a", "b", "c"]
    assert capsys.readouterr().out == ""
