"""Captioning a folder, the parts without an engine: which windows, and a CSV that survives everything."""

from __future__ import annotations

import csv
import itertools
import resource
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import ExportError, UsageError
from j2a.features.record import Features
from j2a.folder.plan import Broken, plan, spread, windows
from j2a.folder.sheet import Sheet
from j2a.library import scan


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [
        (30.0, [(0, 10), (10, 20), (20, 30)]),
        (24.9, [(0, 10), (10, 20)]),
        (25.0, [(0, 10), (10, 20), (20, 25)]),
        (10.0004, [(0, 10)]),
        (3.2, [(0, 3.2)]),
    ],
)
def test_windows_of_ten_seconds(duration_s, expected):
    assert windows(duration_s, 10.0) == expected


@given(st.floats(0.01, 5000), st.floats(1, 120))
def test_windows_follow_each_other_and_stay_inside(duration_s, length_s):
    found = windows(duration_s, length_s)
    assert found[0][0] == 0
    assert all(before[1] == after[0] for before, after in itertools.pairwise(found))
    assert found[-1][1] <= duration_s + 0.001
    assert duration_s - found[-1][1] < length_s / 2 + 0.002


@given(st.integers(1, 50), st.integers(1, 60))
def test_a_spread_is_even_and_of_the_size_asked_for(total, count):
    chosen = [(float(n), n + 1.0) for n in range(total)]
    some = spread(chosen, count)
    assert len(some) == min(total, count)
    gaps = [after[0] - before[0] for before, after in itertools.pairwise(some)]
    assert not gaps or max(gaps) - min(gaps) <= 1
    assert spread(chosen, 1) == [chosen[total // 2]]


def test_a_plan_opens_files_in_order_and_names_the_broken(tmp_path):
    for name, seconds in (("10.wav", 3), ("2.wav", 7)):
        soundfile.write(tmp_path / name, np.zeros(8000 * seconds), 8000)
    (tmp_path / "5.wav").write_bytes(b"RIFF nothing")
    found = list(plan(scan(tmp_path), 3.0, None))
    assert [(type(item).__name__, item.file) for item in found] == [
        ("Planned", 0), ("Planned", 0), ("Broken", 1), ("Planned", 2)
    ]  # fmt: skip
    assert isinstance(found[2], Broken)
    assert "5.wav" in found[2].reason
    assert [item.clip for item in plan(scan(tmp_path), 0, None) if not isinstance(item, Broken)] == [
        Clip(tmp_path / "2.wav"),
        Clip(tmp_path / "10.wav"),
    ]


def caption(text: str = "A caption.", **options) -> Caption:
    usual = {"version": "1.0", "backbone": "mini", "prompt_id": "facts-1/describe", "seed": 0}
    return Caption(text=text, weights="w", prompt="p", features=Features(bpm=120.0), **{**usual, **options})


def clips(folder: Path, count: int) -> list[Clip]:
    return [Clip(folder / "a, b\n[c].wav", 10.0 * n, 10.0 * n + 10) for n in range(count)]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


HARD = 'She said: "4/4",\nand then =1+1 \r stopped'


@pytest.mark.parametrize("length_s", [10.0, 0.0])
def test_a_file_of_a_few_samples_stops_nothing(tmp_path, length_s):
    """It is shorter than the shortest time that a window can name: a millisecond."""
    soundfile.write(tmp_path / "a click.wav", np.ones(10) * 0.1, 44_100)
    soundfile.write(tmp_path / "b.wav", np.ones(44_100) * 0.1, 44_100)
    first, second = plan(scan(tmp_path), length_s, None)
    assert not isinstance(first, Broken) and not isinstance(second, Broken)
    assert (first.clip.start_s, first.clip.end_s) == (0.0, 0.001 if length_s else None)
    assert second.clip.end_s == (1.0 if length_s else None)


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
