"""``captions.csv`` read back by others' readers."""

from __future__ import annotations

import ast
import csv
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from j2a.caption import Caption, Sampling
from j2a.clip import Clip
from j2a.errors import ExportError
from j2a.exporting import COLUMNS, to_csv
from j2a.exporting.csv import SESSION_COLUMNS, aspect_list, header, read_back, to_lines
from j2a.features.record import Features, Genre
from j2a.store import Row, Status

FOLDER = Path("/music")
CONTRACT = (
    "file_name,start_s,end_s,caption,aspect_list,bpm,key,meter,genre,status,version,backbone,prompt_id,seed,annotator,"
    "updated_at"
)
SESSION = CONTRACT + ",generated,edited,tags,bpm_sure,edit_distance"


def a_row(
    name: str = "a.flac", start_s: float = 0.0, end_s: float | None = 10.0, text: str = "A waltz.",
    features: Features | None = None, annotator: str = "ada", status: Status = Status.ACCEPTED,
) -> Row:
    caption = None
    if features is not None:
        caption = Caption(text, "1.0", "mini", "0" * 12, "describe-1", "prompt", 7, Sampling(), features)
    stamp = "2026-01-02T03:04:05.678Z"
    return Row(Clip(FOLDER / name, start_s, end_s), text, text, status, caption, annotator, stamp, stamp)


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


def test_bytes_are_exactly_these() -> None:
    rows = [
        a_row("b/two.ogg", 12.5, None, 'He said "la, la".'),
        a_row("a.flac", 10, 20, "Slow.", Features(bpm=91.5, key="A minor", meter="3/4", genre=Genre("jazz", 0.9))),
    ]
    assert to_csv(rows, FOLDER).decode() == (
        SESSION + "\n"
        "a.flac,10,20,Slow.,\"['92 BPM', 'A minor', '3/4', 'jazz']\",91.5,A minor,3/4,jazz,accepted,1.0,mini,"
        "describe-1,7,ada,2026-01-02T03:04:05.678Z,Slow.,no,,,0\n"
        'b/two.ogg,12.5,,"He said ""la, la"".",,,,,,accepted,,,,,ada,2026-01-02T03:04:05.678Z,'
        '"He said ""la, la"".",yes,,,\n'
    )


def test_no_rows_are_a_header() -> None:
    assert to_csv([], FOLDER) == SESSION.encode() + b"\n"
    assert ",".join(COLUMNS) == CONTRACT


def test_sorted_by_name_then_time_and_the_whole_file_last() -> None:
    rows = [a_row("b"), a_row("a", 10, 20), a_row("a", 0, None), a_row("a", 0, 5), a_row("a", 9, 20), a_row("a/b")]
    found = [(row["file_name"], row["start_s"], row["end_s"]) for row in read(to_csv(rows, FOLDER))]
    assert found == [
        ("a", "0", "5"), ("a", "0", ""), ("a", "9", "20"), ("a", "10", "20"), ("a/b", "0", "10"), ("b", "0", "10"),
    ]


def test_a_file_elsewhere_is_an_error() -> None:
    with pytest.raises(ExportError, match="not inside"):
        to_csv([a_row("../other/a.flac")], FOLDER / "sub")


def test_the_folder_may_be_relative(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    row = Row(Clip(tmp_path / "m" / "a.wav"), "x", "", Status.DRAFT, None, "", "t", "t")
    assert read(to_csv([row], Path("m")))[0]["file_name"] == "a.wav"


def test_a_name_that_is_not_utf8_is_escaped() -> None:
    row = a_row(os.fsdecode(b"caf\xe9.mp3"))
    assert read(to_csv([row], FOLDER))[0]["file_name"] == "caf\\xe9.mp3"


def test_an_annotator_that_is_not_unicode_does_not_stop_the_export() -> None:
    assert read(to_csv([a_row(annotator="zo\udceb")], FOLDER))[0]["annotator"] == "zo\\udceb"


def test_aspect_list_is_a_python_list_of_what_is_known() -> None:
    assert aspect_list(Features()) == ""
    assert ast.literal_eval(aspect_list(Features(bpm=119.6, meter="4/4"))) == ["120 BPM", "4/4"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_spreadsheets_get_no_formulas(start: str) -> None:
    text = f"{start}cmd|'/c calc'!A0"
    row = a_row(f"{start}x.wav", text=text, annotator=f"{start}me")
    guarded = read(to_csv([row], FOLDER, "spreadsheet"))[0]
    assert guarded["caption"] == "'" + text
    assert guarded["file_name"] == f"'{start}x.wav"
    assert guarded["annotator"] == f"'{start}me"
    assert guarded["dialect"] == "spreadsheet"
    plain = read(to_csv([row], FOLDER))[0]
    assert plain["caption"] == text
    assert "dialect" not in plain


@pytest.mark.parametrize("before", ["", " ", "\n", "\r\n", "\u00a0", "\ufeff", "\u200b", "\u2060 \t", "\u3000"])
@pytest.mark.parametrize("start", list("=+-@＝＋－＠"))
def test_what_a_formula_hides_behind_does_not_matter(before: str, start: str) -> None:
    text = f"{before}{start}1+1"
    row = a_row(f"{text}.wav", text=text, annotator=text)
    guarded = read(to_csv([row], FOLDER, "spreadsheet"))[0]
    assert (guarded["caption"], guarded["annotator"]) == (f"'{text}", f"'{text}")
    assert guarded["file_name"] == f"'{text}.wav"


@pytest.mark.parametrize("text", ["3/4", "12/8", "2.1", "1-2", "2026-01-02", "5 May", "Mar-1", "10:30", "007", "1e5",
                                  "TRUE", " 3/4 "])
def test_spreadsheets_turn_no_text_into_a_date_or_a_number(text: str) -> None:
    assert read(to_csv([a_row(text=text)], FOLDER, "spreadsheet"))[0]["caption"] == f"'{text}"


def test_in_a_spreadsheet_numbers_are_numbers_and_meters_text() -> None:
    row = a_row("a.flac", 12.5, 20, "In 3/4, at 90 BPM.", Features(bpm=91.5, meter="3/4"))
    data = to_csv([row], FOLDER, "spreadsheet")
    assert data.startswith(b"\xef\xbb\xbffile_name,")
    found = read(data)[0]
    assert (found["start_s"], found["end_s"], found["bpm"], found["seed"]) == ("12.5", "20", "91.5", "7")
    assert (found["meter"], found["version"], found["updated_at"][:6]) == ("'3/4", "'1.0", "'2026-")
    assert (found["caption"], found["status"], found["file_name"]) == ("In 3/4, at 90 BPM.", "accepted", "a.flac")


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    ["=1+1", '"', '""', ",", "\n", "\r", "\r\n", " a ", "'x", "👩‍🎤 été", "\u2028", "None", "NA", "\0", "﻿x"]
)
_name = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=30).filter(
    lambda name: name not in (".", "..")
)


@given(rows=st.lists(
    st.builds(
        a_row, name=_name, text=_text, annotator=_text, status=st.sampled_from(list(Status)),
        start_s=st.integers(0, 10**7).map(lambda ms: ms / 1000), end_s=st.none() | st.just(10**5),
        features=st.none() | st.builds(Features, bpm=st.none() | st.floats(20, 400), key=st.none() | _text),
    ),
    max_size=5,
))
def test_everything_is_read_back(rows: list[Row]) -> None:
    data = to_csv(rows, FOLDER)
    assert not data.startswith(b"\xef\xbb\xbf")
    records = read(data)
    assert all(tuple(record) == (*COLUMNS, *SESSION_COLUMNS) for record in records)

    def facts(row: Row) -> tuple[object, ...]:
        features = row.caption.features if row.caption else Features()
        return (str(row.clip.path.relative_to(FOLDER)), row.clip.start_s, row.clip.end_s, row.text, features.bpm,
                features.key or "", row.status.value, row.annotator)

    def number(cell: str) -> float | None:
        return float(cell) if cell else None

    found = [(record["file_name"], number(record["start_s"]), number(record["end_s"]), record["caption"],
              number(record["bpm"]), record["key"], record["status"], record["annotator"]) for record in records]
    assert sorted(map(repr, found)) == sorted(repr(facts(row)) for row in rows)
    names = [(record["file_name"], float(record["start_s"])) for record in records]
    assert names == sorted(names)


@given(text=_text)
def test_spreadsheet_rows_stay_rows(text: str) -> None:
    records = read(to_csv([a_row(text=text)], FOLDER, "spreadsheet"))
    assert len(records) == 1
    assert records[0]["caption"].removeprefix("'") == text.removeprefix("'")


def test_words_of_the_model_are_told_from_those_of_a_person() -> None:
    model = Caption("At 96 BPM.", "listen", "mini", "w", "listen-1/describe", "p", 0, written="At 140 BPM.")
    rows = [
        replace(a_row("a.wav", text="At 96 BPM."), caption=model, generated_text="At 140 BPM."),
        replace(a_row("b.wav", text="At 96 BPM, mine."), caption=model, generated_text="At 140 BPM."),
        replace(a_row("c.wav", text="Mine."), caption=None, generated_text=""),
        replace(a_row("d.wav", text=""), caption=None, generated_text=""),
    ]
    for dialect in ("dataset", "spreadsheet"):
        data = to_csv(rows, FOLDER, dialect)
        assert [(row["generated"], row["edited"]) for row in read(data)] == [
            ("At 140 BPM.", "no"), ("At 140 BPM.", "yes"), ("", "yes"), ("", "")]
        found = read_back(data)
        assert found is not None
        assert (found.dialect, found.session, len(found.rows)) == (dialect, True, 4)
        assert all(len(cells) == found.width for cells in found.rows)


def test_a_column_for_what_the_model_wrote_is_there_where_figures_were_replaced() -> None:
    caption = Caption("At 96 BPM.", "listen", "mini", "w", "listen-1/describe", "p", 0, written="At 140 BPM.")
    row = replace(a_row("a.wav", text="At 96 BPM."), caption=caption)
    for dialect in ("dataset", "spreadsheet"):
        data = header(dialect, written=True) + to_lines([row], FOLDER, dialect, written=True)
        assert [row["written"] for row in read(data)] == ["At 140 BPM."]
        found = read_back(data)
        assert found is not None
        assert (found.dialect, found.written, len(found.rows)) == (dialect, True, 1)


def test_how_far_a_caption_is_from_the_models_words_is_told() -> None:
    caption = Caption("A slow piece.", "3.0", "mini", "", "", "", 0, Sampling(), Features())
    rows = [Row(Clip(FOLDER / name, 0.0, 10.0), text, generated.text if generated else "", Status.DRAFT, generated, "",
                "", "") for name, text, generated in (
        ("a.wav", "A slow piece.", caption), ("b.wav", "A fast piece!", caption), ("c.wav", "By hand.", None),
        ("d.wav", "", caption))]
    records = read(to_csv(rows, FOLDER))
    assert [record["edit_distance"] for record in records] == ["0", "5", "", ""]
