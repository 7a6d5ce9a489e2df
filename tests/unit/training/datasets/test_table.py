"""The table of clips that the training steps hand on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from j2a.errors import J2AError
from training.datasets.table import TABLE, Row, read_table, write_table

ROW = Row("a1", "audio/ä 1.flac", "train", ("A slow\u2028piece, “quoted”.",), facts={"drums": False}, end_s=10.0)


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    rows = [ROW, Row("a2", "b.wav", "test"), Row("a3", "c.wav", "valid", aspects=("calm", "piano"), start_s=2.5)]
    write_table(tmp_path, rows)
    assert read_table(tmp_path) == rows
    assert [row.id for row in read_table(tmp_path, "valid")] == ["a3"]
    assert rows[0].clip(tmp_path).path == tmp_path / "audio/ä 1.flac"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "line 2"),
        ("[]", "not a JSON object"),
        ('{"id": "b", "audio": "b.wav"}', "split"),
        ('{"id": "b", "audio": "b.wav", "split": "dev"}', "dev"),
        ('{"id": "b", "audio": "b.wav", "split": "test", "colour": 1}', "colour"),
        ('{"id": "b", "audio": "/etc/passwd", "split": "test"}', "inside the folder"),
        ('{"id": "b", "audio": "x/../../b.wav", "split": "test"}', "inside the folder"),
        ('{"id": "b", "audio": "b.wav", "split": "test", "captions": "text"}', "captions"),
        ('{"id": "b", "audio": "b.wav", "split": "test", "start_s": "1"}', "start_s"),
        ('{"id": "a1", "audio": "b.wav", "split": "test"}', "twice"),
        ('{"id": "b", "audio": "b.wav", "split": "test", "start_s": NaN}', "cannot start at nan"),
        ('{"id": "b", "audio": "b.wav", "split": "test", "end_s": ' + "9" * 400 + "}", "cannot end at inf"),
        ('{"id": "b", "audio": "b.wav", "split": "test", "source": "\\uD800"}', "surrogates"),
        ('{"id": ' + "[" * 100_000 + "]" * 100_000 + "}", "recursion"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, why: str) -> None:
    write_table(tmp_path, [ROW])
    with (tmp_path / TABLE).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(J2AError) as raised:
        read_table(tmp_path)
    assert "line 2" in raised.value.message and why in raised.value.message


def test_no_table(tmp_path: Path) -> None:
    with pytest.raises(J2AError, match=TABLE):
        read_table(tmp_path)


def test_a_table_is_json_lines_without_empty_fields(tmp_path: Path) -> None:
    write_table(tmp_path, [Row("a2", "b.wav", "test")])
    assert json.loads((tmp_path / TABLE).read_text()) == {"id": "a2", "audio": "b.wav", "split": "test", "start_s": 0.0}
