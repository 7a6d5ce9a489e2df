"""MusicCaps' own list."""

from __future__ import annotations

import pytest

from j2a.errors import J2AError
from tests.places import DATA
from training.datasets.musiccaps import read_musiccaps

LIST = DATA / "musiccaps.csv"


def test_only_the_training_half_is_read_for_training():
    (row,) = read_musiccaps(LIST, "train")
    assert (row.ytid, row.aspects, row.caption) == ("a1", ("slow tempo", "piano"), 'A slow piano, played "softly".')
    assert [r.ytid for r in read_musiccaps(LIST, "eval")] == ["b2"]


def test_another_csv_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("name,text\na,b\n")
    with pytest.raises(J2AError, match="no column ytid"):
        read_musiccaps(path, "train")
