"""The built-in weights say of the same files, for the same seeds, what they once said."""

from __future__ import annotations

import json

import pytest

from tests.data.make_stored_captions import FILE, VERSIONS, captions


@pytest.mark.parametrize("version", VERSIONS)
def test_captions_are_those_that_were_stored(version: str) -> None:
    stored = [row for row in json.loads(FILE.read_text(encoding="utf-8")) if row["version"] == version]
    assert len(stored) == 5
    assert list(captions(version)) == stored
