"""What a download folder remembers of each clip."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.download.folder import STATUS, StatusFile

LINE = '{"id": "a", "reason": null, "message": "", "tries": 1, "at": ""}\n'


@pytest.mark.parametrize("damage", ["{", "[]", LINE.replace("1", "1e999"), LINE.replace('"a"', "[" * 100_000), "\0\0"])
def test_a_damaged_line_is_passed_over(tmp_path: Path, damage: str) -> None:
    (tmp_path / STATUS).write_text(f"{LINE}{damage}\n{LINE.replace('a', 'b', 1)}")
    file = StatusFile(tmp_path)
    file.tell("c", None, "", 1)
    file.close()
    again = StatusFile(tmp_path)
    assert {"a", "c"} <= again.known.keys()
    again.close()
