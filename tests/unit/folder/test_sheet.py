"""The CSV of a captioned folder: it survives everything, and is continued where it ends."""

from __future__ import annotations

import csv
import resource
from pathlib import Path

import pytest

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import ExportError, UsageError
from j2a.exporting.csv import header
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


HARD = 'She said: "4/4", and then =1+1 stopped'


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


def test_of_two_that_begin_at_once_one_writes_and_loses_nothing(tmp_path):
    path, first = tmp_path / "out.csv", []

    class Slow(Sheet):
        """Another one comes between its making the file and its locking it."""

        def _lock(self) -> None:
            first.append(Sheet(path, tmp_path, resume=False))
            super()._lock()

    with pytest.raises(UsageError, match="is being written by another j2a"):
        Slow(path, tmp_path, resume=False)
    [sheet] = first
    with sheet:
        sheet.append(clips(tmp_path, 1), [caption()])
    assert [row["caption"] for row in rows(path)] == ["A caption."]


def test_a_file_that_is_gone_before_it_is_locked_is_not_written(tmp_path):
    path = tmp_path / "out.csv"

    class Slow(Sheet):
        """The one that had made the file has failed, and leaves none."""

        def _lock(self) -> None:
            path.unlink()
            super()._lock()

    with pytest.raises(UsageError, match="is being written by another j2a"):
        Slow(path, tmp_path, resume=False)
    with Sheet(path, tmp_path, resume=False) as sheet:
        sheet.append(clips(tmp_path, 1), [caption()])
    assert len(rows(path)) == 1


def test_a_spreadsheet_is_begun_and_continued_as_one(tmp_path):
    out = tmp_path / "out.csv"
    first, second = clips(tmp_path, 2)
    with Sheet(out, tmp_path, resume=False, dialect="spreadsheet") as sheet:
        sheet.append([first], [caption("=1+1")])
    before = out.read_bytes()
    assert before.startswith(b"\xef\xbb\xbf")
    with pytest.raises(UsageError, match="--dialect spreadsheet"):
        Sheet(out, tmp_path, resume=True)
    assert out.read_bytes() == before
    with Sheet(out, tmp_path, resume=True, dialect="spreadsheet") as sheet:
        assert (sheet.has(first), sheet.has(second)) == (True, False)
        sheet.append([second], [caption("Second.")])
    with out.open(newline="", encoding="utf-8-sig") as file:
        assert [(row["caption"], row["dialect"]) for row in csv.DictReader(file, strict=True)] == [
            ("'=1+1", "spreadsheet"), ("Second.", "spreadsheet"),
        ]
    with Sheet(tmp_path / "plain.csv", tmp_path, resume=False) as sheet:
        sheet.append([first], [caption()])
    with pytest.raises(UsageError, match="--dialect dataset"):
        Sheet(tmp_path / "plain.csv", tmp_path, resume=True, dialect="spreadsheet")


@pytest.mark.parametrize("content", [b"", header()[:30], header(), header("spreadsheet")])
def test_a_file_without_a_row_is_not_in_the_way(tmp_path, content):
    out = tmp_path / "out.csv"
    out.write_bytes(content)
    with Sheet(out, tmp_path, resume=False) as sheet:
        sheet.append(clips(tmp_path, 1), [caption()])
    assert len(rows(out)) == 1


def test_a_disk_that_is_full_from_the_start_leaves_no_file(tmp_path):
    out = tmp_path / "out.csv"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))  # fails like a full disk
    try:
        with pytest.raises(ExportError, match="cannot be written"):
            Sheet(out, tmp_path, resume=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not out.exists()
    Sheet(out, tmp_path, resume=False).close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device to name")
@pytest.mark.parametrize("resume", [False, True])
def test_a_device_is_no_place_for_a_csv(tmp_path, resume):
    with pytest.raises(ExportError, match="not an ordinary file"):
        Sheet(Path("/dev/full"), tmp_path, resume=resume)


def test_a_folder_has_one_name(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with Sheet(tmp_path / "out.csv", tmp_path / "link", resume=False) as sheet:
        sheet.append(clips(tmp_path / "real", 1), [caption()])
    assert rows(tmp_path / "out.csv")[0]["file_name"] == "a, b\n[c].wav"


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


def test_what_the_model_wrote_is_kept_where_figures_are_replaced(tmp_path):
    out = tmp_path / "out.csv"
    both = caption("At 120 BPM.", written="At 90 BPM.")
    with Sheet(out, tmp_path, resume=False, written=True) as sheet:
        sheet.append(clips(tmp_path, 1), [both])
    with Sheet(out, tmp_path, resume=True, written=True) as sheet:
        assert sheet.rows == 1
        sheet.append(clips(tmp_path, 2)[1:], [caption("Nothing was wrong.")])
    found = [(row["caption"], row["written"]) for row in rows(out)]
    assert found == [("At 120 BPM.", "At 90 BPM."), ("Nothing was wrong.", "")]
    with pytest.raises(UsageError, match="begun with --correct-figures") as caught:
        Sheet(out, tmp_path, resume=True)
    assert caught.value.hint.startswith("Give it now")


def test_a_column_is_not_added_to_rows_that_lack_it(tmp_path):
    out = tmp_path / "out.csv"
    with Sheet(out, tmp_path, resume=False) as sheet:
        sheet.append(clips(tmp_path, 1), [caption()])
    with pytest.raises(UsageError, match="begun without --correct-figures"):
        Sheet(out, tmp_path, resume=True, written=True)
