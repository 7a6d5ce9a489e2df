"""An export never takes captions away without a word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from j2a.clip import Clip
from j2a.errors import ExportError
from j2a.exporting import Dialect, WouldLoseError, save_csv, to_csv
from j2a.store import Row, Status


def rows_of(folder: Path, *texts: str, at: str = "2026-01-02") -> list[Row]:
    return [
        Row(Clip(folder / f"{number}.wav", 0, 10), text, "", Status.DRAFT, None, "", at, at)
        for number, text in enumerate(texts)
    ]


@pytest.mark.parametrize("dialect", ["dataset", "spreadsheet"])
def test_fewer_captions_are_refused_and_counted(tmp_path: Path, dialect: Dialect) -> None:
    target = tmp_path / "captions.csv"
    save_csv(rows_of(tmp_path, "One.", "=2", "Three.", ""), tmp_path, target, dialect)
    before = target.read_bytes()
    for fewer, count in (([], "3 captions"), (rows_of(tmp_path, "One.", "=2"), "1 caption"),
                         (rows_of(tmp_path, "One.", "", "Three."), "1 caption")):
        with pytest.raises(WouldLoseError, match=f"{count} that .*--force"):
            save_csv(fewer, tmp_path, target, dialect)
        assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["captions.csv"]


def test_what_was_changed_or_added_since_is_written_without_asking(tmp_path: Path) -> None:
    target = tmp_path / "captions.csv"
    save_csv(rows_of(tmp_path, "One.", "Two."), tmp_path, target)
    newer = rows_of(tmp_path, "One, better.", "Two.", "Three.", at="2026-01-03")
    assert save_csv(newer, tmp_path, target) is None
    assert target.read_bytes() == to_csv(newer, tmp_path)
    assert save_csv(newer, tmp_path, target, "spreadsheet") is None
    assert save_csv(newer, tmp_path, target) is None


@pytest.mark.parametrize("by_hand", [b"Two by hand.", b"Two, by hand."])
def test_words_written_into_the_file_by_hand_are_not_lost(tmp_path: Path, by_hand: bytes) -> None:
    target = tmp_path / "captions.csv"
    rows = rows_of(tmp_path, "One.", "Two.")
    save_csv(rows, tmp_path, target)
    target.write_bytes(target.read_bytes().replace(b"Two.", by_hand))
    with pytest.raises(WouldLoseError, match="1 caption"):
        save_csv(rows, tmp_path, target)
    if b"," not in by_hand:
        edited = [replace(row, text="Two, once more.", updated_at="2026-01-05") for row in rows[1:]]
        assert save_csv([rows[0], *edited], tmp_path, target) is None


def test_force_keeps_every_old_file(tmp_path: Path) -> None:
    target = tmp_path / "captions.csv"
    for number, text in enumerate(["One.", "Two.", "Three."]):
        kept = save_csv(rows_of(tmp_path / text, text), tmp_path, target, force=True)
        assert (kept.name if kept else "") == ["", "captions.csv.bak", "captions.csv.bak2"][number]
    assert b"One." in (tmp_path / "captions.csv.bak").read_bytes()
    assert b"Two." in (tmp_path / "captions.csv.bak2").read_bytes()
    assert b"Three." in target.read_bytes()


def test_a_file_of_someone_else_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "song.wav"
    for content in (b"RIFF" + bytes(100_000), b"id,text\n1,mine\n", to_csv([], tmp_path) + b'"torn'):
        target.write_bytes(content)
        with pytest.raises(WouldLoseError, match="not written by J2A"):
            save_csv(rows_of(tmp_path, "One."), tmp_path, target)
        assert target.read_bytes() == content
    for content in (b"", to_csv([], tmp_path)):
        target.write_bytes(content)
        assert save_csv(rows_of(tmp_path, "One."), tmp_path, target) is None


def test_nothing_is_left_beside_a_file_that_could_not_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "captions.csv"
    target.write_text("mine")

    def full(*_args: object) -> None:
        raise ExportError("The disk is full.")

    monkeypatch.setattr("j2a.exporting.replacing.write_atomically", full)
    with pytest.raises(ExportError, match="full"):
        save_csv(rows_of(tmp_path, "One."), tmp_path, target, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["captions.csv"]
