"""Lists of captions from anywhere: CSV, JSON lines, an AudioFolder's metadata, and the two public data sets."""

from __future__ import annotations

from pathlib import Path

from bench.fuzz.target import Target, as_choice, chosen, told
from j2a.errors import J2AError
from training.datasets.entry import Entry, without_twins
from training.datasets.own import read_captions
from training.datasets.published import PUBLISHED
from training.datasets.table import Row, line_of, read_table, write_table
from training.evaluation.captions import read_captions as read_evaluated

FILES = ("captions.csv", "captions.jsonl", "metadata.csv", "musiccaps-public.csv", "train.csv", "scored.csv",
         "scored.jsonl")  # fmt: skip
_OWN = (
    "file_name,start_s,end_s,caption,aspect_list,status\n"
    "a.wav,0,10,A slow piece.,\"['72 BPM', 'A minor']\",accepted\n"
    'sub/b.wav,10.5,,"Two\nlines, quoted ""so""",,accepted\nc.wav,0,1,No.,,rejected\n'
)
_LINES = (
    '{"file_name": "a.wav", "caption": "A slow piece.", "aspects": ["72 BPM"], "split": "train"}\n'
    '{"audio": "b.wav", "captions": ["One.", "Two."], "start_s": 1.5, "end_s": 4}\n'
)
_MUSICCAPS = (
    "ytid,start_s,end_s,audioset_positive_labels,aspect_list,caption,author_id,is_balanced_subset,is_audioset_eval\n"
    "-0Gj8-vB1q4,30,40,\"/m/0140xf,/m/02cjck\",\"['low quality', 'slow']\",A slow piece.,4,False,True\n"
)
_YT8M = "video_id,start,end,text\nabcDEF_-123,10,20,A slow piece.\n"
_SCORED = "file_name,start_s,caption\na.wav,0,A slow piece.\n"


def attempt(data: bytes, folder: Path) -> None:
    """One list of one kind. What is read stands in a table and is read from there as it was."""
    name, content = chosen(data, FILES)
    path = folder / name
    path.write_bytes(content)
    try:
        if name.startswith("scored"):
            read_evaluated(path, [Row("a", "a.wav", "train")])
            return
        entries = _entries(path)
    except J2AError as error:
        told(error)
        return
    finally:
        path.unlink()
    rows = [_row(str(number), entry) for number, entry in enumerate(entries)]
    write_table(folder, rows)
    assert list(map(line_of, read_table(folder))) == list(map(line_of, rows)), "a row changes in the table"


def _entries(path: Path) -> list[Entry]:
    if path.name.startswith("musiccaps"):
        return without_twins(PUBLISHED["musiccaps"].read_file(path), one_each=True)
    if path.name == "train.csv":
        return without_twins(PUBLISHED["yt8m"].read_file(path), one_each=True)
    return read_captions(path.parent if path.name == "metadata.csv" else path, "not stated")[1]


def _row(number: str, entry: Entry) -> Row:
    return Row(
        number, entry.recording, entry.split or "train", entry.captions, entry.aspects, entry.start_s, entry.end_s,
        entry.source, entry.licence,
    )  # fmt: skip


def seeds(folder: Path) -> list[bytes]:
    """A list of each kind."""
    texts = (_OWN, _LINES, _OWN, _MUSICCAPS, _YT8M, _SCORED, '{"id": "a", "caption": "A slow piece."}\n')
    return [as_choice(number, text.encode()) for number, text in enumerate(texts)]


TARGET = Target(attempt, seeds, (
    b"file_name", b"caption", b"captions", b"aspect_list", b"start_s", b"end_s", b"['", b"{[]: 1}", b"[{[]: 1}]", b'"',
    b"\r\n", b"\xef\xbb\xbf", b"1e999", b"9" * 400, b"nan", b"../",
))  # fmt: skip
