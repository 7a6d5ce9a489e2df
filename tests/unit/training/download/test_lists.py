"""The published lists: what is wrong with one, and that it replaces no good one."""

from __future__ import annotations

from pathlib import Path

import pytest

from j2a.errors import J2AError
from training.datasets.published import PUBLISHED
from training.download.lists import bring_lists
from training.download.settings import DownloadSettings


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a,0,10,[],,False\n", "row 2: the caption is empty"),
        ("a,0,10,[],x,False\na,0,10,[],y,False\n", "row 3: the clip 'a' is already in {list}, row 2"),
    ],
)
def test_a_bad_list_is_named_as_it_was_given_and_is_not_kept(tmp_path: Path, rows: str, said: str) -> None:
    given = tmp_path / "mine.csv"
    given.write_text("ytid,start_s,end_s,aspect_list,caption,is_audioset_eval\n" + rows, encoding="utf-8")
    with pytest.raises(J2AError) as refused:
        bring_lists(PUBLISHED["musiccaps"], tmp_path / "out", DownloadSettings(musiccaps=str(given)))
    assert refused.value.message == f"{given}, {said.format(list=given)}."
    assert not (tmp_path / "out").exists()


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    given = tmp_path / "mine.csv"
    given.write_text("ytid,start_s,end_s,aspect_list,caption,is_audioset_eval\na,0,10,[],x,False\n", encoding="utf-8")
    with pytest.raises(J2AError, match="cannot be made: Not a directory"):
        bring_lists(PUBLISHED["musiccaps"], given / "musiccaps", DownloadSettings(musiccaps=str(given)))


def test_a_bad_list_does_not_replace_a_good_one(tmp_path: Path) -> None:
    header = "ytid,start_s,end_s,aspect_list,caption,is_audioset_eval\n"
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(header + "abc,0,10,\"['x']\",A song.,True\n")
    bad.write_text(header + "abc,0,10,\"['x']\",,True\n")
    folder = tmp_path / "musiccaps"
    bring_lists(PUBLISHED["musiccaps"], folder, DownloadSettings(musiccaps=str(good)))
    with pytest.raises(J2AError, match=r"bad\.csv, row 2: the caption is empty"):
        bring_lists(PUBLISHED["musiccaps"], folder, DownloadSettings(musiccaps=str(bad)))
    (entry,) = bring_lists(PUBLISHED["musiccaps"], folder, DownloadSettings())
    assert (entry.recording, entry.split, entry.captions) == ("abc", "test", ("A song.",))
    with pytest.raises(J2AError, match="cannot be read"):
        bring_lists(PUBLISHED["yt8m"], tmp_path / "yt8m", DownloadSettings(yt8m_train="http://127.0.0.1:9/train.csv"))
