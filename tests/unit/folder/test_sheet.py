"""The CSV of a captioned folder: it survives everything, and is continued where it ends."""

from __future__ import annotations

import csv
import resource
from pathlib import Path

import pytest

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import ExportError, UsageError
from j2a.features.record import Features
from j2a.folder.sheet import Sheet


def caption(text: str = "A caption.", **options) -> Caption:
    usual = {"version": "1.0", "backbone": "mini", "prompt_id": "facts-1/describe", "seed": 0}
    return Caption(text=text, weights="w", prompt="p", features=Features(bpm=120.0), **{**usual, **options})


def clips(folder: Path, count: int) -> list[Clip]:
    return [Clip(folder / "a, b\n[c].wav", 10.0 * n, 10.0 * n + 10) for n in range(count)]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


HARD = 'She said: "4/4",\nand then =1+1 \r stopped'


def test_rows_are_on_the_disk_as_soon_as_they_are_appended(tmp_path):
    out = tmp_path / "new" / "out.csv"
    with Sheet(out, tmp_path, resume=False) as sheet:
        assert rows(out) == []
        sheet.append(clips(tmp_path, 2), [caption(HARD), caption("Second.")])
        assert [row["caption"] for row in rows(out)] == [HARD, "Second."]
    [first, _] = rows(out)
    assert (first["file_name"], first["start_s"], first["end_s"]) == ("a, b\n[c].wav", "0", "10")
    assert (first["status"], first["bpm"], first["version"], first["annotator"]) == ("draft", "120", "1.0", "")


def test_every_way_of_being_cut_short_is_resumed_without_loss_or_repeats(tmp_path):
    out = tmp_path / "out.csv"
    texts = ["First.", HARD, "Third."]
    with Sheet(out, tmp_path, resume=False) as sheet:
        ends = [out.stat().st_size]
        for clip, text in zip(clips(tmp_path, 3), texts, strict=True):
            sheet.append([clip], [caption(text)])
            ends.append(out.stat().st_size)
    content = out.read_bytes()
    for length in range(len(content) + 1):
        out.write_bytes(content[:length])
        whole = max(0, sum(end <= length for end in ends) - 1)
        with Sheet(out, tmp_path, resume=True) as sheet:
            assert [sheet.has(clip) for clip in clips(tmp_path, 3)] == [n < whole for n in range(3)]
            missing = clips(tmp_path, 3)[whole:]
            sheet.append(missing, [caption(text) for text in texts[whole:]])
            assert sheet.rows == 3
        assert [row["caption"] for row in rows(out)] == texts, length


def test_an_existing_file_is_never_overwritten(tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("precious")
    with pytest.raises(UsageError, match="--resume"):
        Sheet(out, tmp_path, resume=False)
    for content in ("precious", "precious\n", "a,b\n1,2\n", 'file_name,"start\n'):
        out.write_text(content)
        with pytest.raises(UsageError, match="not written by"):
            Sheet(out, tmp_path, resume=True)
        assert out.read_text() == content


def test_a_file_of_other_settings_is_not_continued(tmp_path):
    out = tmp_path / "out.csv"
    with Sheet(out, tmp_path, resume=False) as sheet:
        sheet.append(clips(tmp_path, 1), [caption()])
    before = out.read_bytes()
    for options in ({"version": "2.1"}, {"backbone": "7b"}, {"prompt_id": "facts-1/short"}, {"seed": 3}):
        [(name, value)] = options.items()
        with Sheet(out, tmp_path, resume=True) as sheet, pytest.raises(UsageError, match=f"{name} .*{value}"):
            sheet.append(clips(tmp_path, 2)[1:], [caption(**options)])
    assert out.read_bytes() == before


def test_a_run_that_fails_before_its_first_caption_leaves_no_file(tmp_path):
    out = tmp_path / "out.csv"
    with pytest.raises(ZeroDivisionError), Sheet(out, tmp_path, resume=False):
        raise ZeroDivisionError
    assert not out.exists()
    with pytest.raises(ZeroDivisionError), Sheet(out, tmp_path, resume=False) as sheet:
        sheet.append(clips(tmp_path, 1), [caption()])
        raise ZeroDivisionError
    assert len(rows(out)) == 1
    with pytest.raises(ZeroDivisionError), Sheet(out, tmp_path, resume=True):
        raise ZeroDivisionError
    assert len(rows(out)) == 1


def test_two_at_once_are_refused(tmp_path):
    out = tmp_path / "out.csv"
    with Sheet(out, tmp_path, resume=False), pytest.raises(UsageError, match="another j2a"):
        Sheet(out, tmp_path, resume=True)
    Sheet(out, tmp_path, resume=True).close()


def test_places_that_cannot_be_written_are_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="--resume"):
        Sheet(tmp_path / "file" / "out.csv", tmp_path, resume=False)


def test_a_disk_that_fills_up_is_one_clear_error_and_can_be_resumed(tmp_path):
    out = tmp_path / "out.csv"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Sheet(out, tmp_path, resume=False) as sheet:
        sheet.append(clips(tmp_path, 1), [caption("First.")])
        resource.setrlimit(resource.RLIMIT_FSIZE, (out.stat().st_size + 30, before[1]))  # fails like a full disk
        try:
            with pytest.raises(ExportError, match="--resume"):
                sheet.append(clips(tmp_path, 2)[1:], [caption("Second.")])
            sheet.close()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    with Sheet(out, tmp_path, resume=True) as sheet:
        assert sheet.rows == 1
        sheet.append(clips(tmp_path, 2)[1:], [caption("Second.")])
    assert [row["caption"] for row in rows(out)] == ["First.", "Second."]
