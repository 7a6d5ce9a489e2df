"""Exports from the app: any format, with a look at what it would write."""

from __future__ import annotations

from pathlib import Path

import pytest

from j2a.errors import ExportError
from j2a_tui.exporting import NAMES, Choice, preview, written
from tests.tui.harness import TEXT, Desk


async def choose(desk: Desk, name: str) -> None:
    """Open the dialog and go to a format."""
    await desk.press("E")
    await desk.shows("accepted captions only")
    await desk.press(*"j" * NAMES.index(name))
    await desk.shows(f"▌ {name}")


async def accepted(desk: Desk) -> None:
    await desk.describe()
    await desk.press("a")


async def test_what_would_be_written_is_seen_before(desk: Desk) -> None:
    await accepted(desk)
    await choose(desk, "kohya")
    await desk.shows("a writes 1 caption in 1 file: 1 new.")
    await desk.shows("song 1.caption")
    assert not list(desk.folder.rglob("*.caption"))
    await desk.press("a")
    await desk.told("1 caption written in 1 file")
    assert (desk.folder / "song 1.caption").read_text().strip() == TEXT
    await choose(desk, "kohya")
    await desk.shows("a writes 1 caption in 1 file: 1 same.")


async def test_figures_and_windows_are_chosen_and_the_place_is_typed(desk: Desk, tmp_path: Path) -> None:
    await accepted(desk)
    await choose(desk, "txt")
    await desk.press("f")
    await desk.shows("figures in the texts")
    await desk.press("w", "w")
    await desk.shows("cut to wav files of their own")
    await desk.press("o")
    await desk.press("ctrl+u", *str(tmp_path / "out"), "enter")
    await desk.shows("2 new")
    await desk.press("enter")
    await desk.told("1 caption written in 2 files")
    [text] = (tmp_path / "out").rglob("*.txt")
    assert text.with_suffix(".wav").is_file()
    assert "120 BPM" in text.read_text()


async def test_files_that_would_change_are_asked_for(desk: Desk) -> None:
    await accepted(desk)
    path = desk.folder / "song 1.txt"
    path.write_text("Words of somebody.\n")
    await choose(desk, "txt")
    await desk.shows("changed  song 1.txt")
    await desk.press("a")
    await desk.shows("would be changed")
    await desk.press("n")
    assert path.read_text() == "Words of somebody.\n"
    await choose(desk, "txt")
    await desk.press("a")
    await desk.shows("would be changed")
    await desk.press("y")
    await desk.told("1 caption written")
    assert path.read_text().strip() == TEXT
    assert (desk.folder / "song 1.txt.bak").read_text() == "Words of somebody.\n"


async def test_a_place_that_cannot_be_is_told(desk: Desk, tmp_path: Path) -> None:
    await accepted(desk)
    (tmp_path / "file").write_text("x")
    await choose(desk, "jsonl")
    await desk.press("o")
    await desk.press("ctrl+u", *str(tmp_path / "file" / "deeper" / "a.jsonl"), "enter")
    await desk.press("a")
    await desk.told("file")
    assert (tmp_path / "file").read_text() == "x"


async def test_every_format_can_be_looked_at(desk: Desk) -> None:
    await accepted(desk)
    await desk.press("E")
    for name in NAMES:
        await desk.shows(f"▌ {name}")
        await desk.shows("a writes 1 ")
        await desk.press("j")
    await desk.press("escape")
    assert not list(desk.folder.glob("captions*"))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_it_fits(desk: Desk, size: tuple[int, int]) -> None:
    await accepted(desk)
    await desk.pilot.resize_terminal(*size)
    await choose(desk, "ace-step")
    await desk.shows("a writes 1 caption")
    dialog = desk.app.screen.query_one("#export").region
    assert dialog.right <= size[0] and dialog.bottom <= size[1]


def test_a_choice_says_where_it_goes(tmp_path: Path) -> None:
    choice = Choice(tmp_path)
    assert choice.target == tmp_path / "captions.csv"
    last = choice.other(1000)
    assert last.name == NAMES[-1] and last.other(1) is last
    jsonl = Choice(tmp_path, "jsonl")
    assert jsonl.target == tmp_path / "captions.jsonl"
    assert Choice(tmp_path, "txt").with_other_audio().target == tmp_path.with_name(f"{tmp_path.name} windows")
    assert Choice(tmp_path, "txt", out="sub").target == tmp_path / "sub"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("out", ["n" * 300, "~no-such-user/a.csv", "a\0b"])
def test_a_place_that_no_system_has_is_an_error_to_read(tmp_path: Path, name: str, out: str) -> None:
    choice = Choice(tmp_path, name, out=out)
    with pytest.raises(ExportError, match="place"):
        preview([], choice)
    with pytest.raises(ExportError, match="place"):
        written([], choice, force=False)


async def test_a_decision_that_is_not_saved_yet_is_counted(desk: Desk) -> None:
    await desk.describe()
    desk.app.desk.call_after_refresh = lambda *_: True  # type: ignore[method-assign]  # the disk takes its time
    await desk.press("a", "E")
    await desk.shows("a writes 1 row in one file")
