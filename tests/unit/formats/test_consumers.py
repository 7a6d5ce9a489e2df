"""What is written, read by those it is written for: their own loaders where they are installed, else their rules."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from j2a.features.record import Chord
from j2a.formats import FORMATS, Entry, Place

BOTH = [
    Entry(
        "sub/a b.flac", 0.0, 10.0, "A calm piece: it is 50% <loud> & \"odd\".", bpm=127.6, bpm_sure=True,
        key="F# minor", meter="4/4", genre="jazz", tags=("electric guitar", "drums"), instrumental=True,
        beats=(0.5, 1.0, 1.5, 2.0), downbeats=(0.5,), chords=(Chord(0.0, 5.1, "F#:min"), Chord(5.0, 10.0, "N")),
        duration_s=20.4, status="accepted", updated_at="2026-01-02T03:04:05Z",
    ),
    Entry("ü.wav", 0.0, None, "None", key="", meter="7/8", bpm=90.0, bpm_sure=False, duration_s=3.0),
]  # fmt: skip


def write(name: str, folder: Path) -> dict[str, bytes]:
    """Written to the disk, with the audio."""
    files = FORMATS[name].write(BOTH, Place(folder, "mine"))
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    for one in BOTH:
        (folder / one.file).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / one.file, np.zeros(4410, np.float32), 44_100)
    return files


def test_jams_loads_and_validates_it(tmp_path: Path) -> None:
    jams = pytest.importorskip("jams")
    mir_eval = pytest.importorskip("mir_eval")
    write("jams", tmp_path)
    for path in tmp_path.rglob("*.jams"):
        loaded = jams.load(str(path), validate=True, strict=True)
        assert loaded.file_metadata.duration > 0
    first = jams.load(str(tmp_path / "sub/a b.jams"))
    assert first.search(namespace="tempo")[0].data[0].value == 127.6
    assert first.search(namespace="key_mode")[0].data[0].value == "F#:minor"
    assert first.search(namespace="tag_open")[0].data[0].value == BOTH[0].caption
    intervals, labels = first.search(namespace="chord")[0].to_interval_values()
    assert mir_eval.chord.evaluate(intervals, labels, intervals, labels)["root"] == 1.0
    assert first.search(namespace="beat")[0].data[0].value == 1


def test_pyrekordbox_loads_it(tmp_path: Path) -> None:
    rbxml = pytest.importorskip("pyrekordbox.rbxml")
    write("rekordbox", tmp_path)
    loaded = rbxml.RekordboxXml(str(tmp_path / "rekordbox.xml"))
    assert loaded.num_tracks == 2
    track = loaded.get_track(0)
    assert (track["TotalTime"], track["AverageBpm"], track["Tonality"]) == (20, 127.6, "F#m")
    assert track["Comments"] == BOTH[0].caption
    assert Path("/") / track["Location"] == tmp_path / BOTH[0].file
    assert (track.tempos[0]["Inizio"], track.tempos[0]["Bpm"], track.tempos[0]["Metro"]) == (0.5, 127.6, "4/4")
    assert (track.marks[0]["Type"], track.marks[0]["Start"], track.marks[0]["Num"]) == ("cue", 0.0, -1)


def test_datasets_loads_it(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    write("audiofolder", tmp_path)
    table = datasets.load_dataset("audiofolder", data_dir=str(tmp_path), cache_dir=str(tmp_path / "cache"))["train"]
    rows = {row["caption"]: row for row in table.remove_columns("audio")}
    assert set(rows) == {BOTH[0].caption, "None"}
    first = rows[BOTH[0].caption]
    assert (first["bpm"], first["tags"], first["end_s"]) == (127.6, ["electric guitar", "drums"], 10.0)
    assert rows["None"]["bpm"] is None


def test_ace_steps_rules(tmp_path: Path) -> None:
    """Values that its language model knows: numerators 2, 3, 4, 6, a mode in lower case, whole tempi."""
    [whole] = map(json.loads, write("ace-step", tmp_path).values())
    assert (whole["metadata"]["num_samples"], whole["metadata"]["genre_ratio"]) == (2, 0)
    for sample in whole["samples"]:
        assert Path(sample["audio_path"]).is_file()
        assert sample["timesignature"] in ("", "2", "3", "4", "6")
        assert re.fullmatch(r"|[A-G][#b♯♭]? (major|minor)", sample["keyscale"])
        assert sample["bpm"] is None or type(sample["bpm"]) is int
        assert type(sample["duration"]) is int
    first, second = whole["samples"]
    assert (first["bpm"], first["timesignature"], first["lyrics"]) == (128, "4", "[Instrumental]")
    assert (second["bpm"], second["timesignature"], second["is_instrumental"]) == (None, "", False)


def test_ace_step_reads_its_csv(tmp_path: Path) -> None:
    """acestep/training/dataset_builder_modules/csv_metadata.py: a column "file", base names, bpm by int(float())."""
    [data] = write("ace-step-csv", tmp_path).values()
    text = data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), dialect=csv.Sniffer().sniff(text[:4096], delimiters=",;\t")))
    assert [row["file"] for row in rows] == ["a b.flac", "ü.wav"]
    assert int(float(rows[0]["bpm"])) == 128
    assert (rows[0]["key"], rows[0]["caption"], rows[1]["bpm"]) == ("F# minor", BOTH[0].caption, "")


def test_side_step_reads_it(tmp_path: Path) -> None:
    """parse_txt_metadata: a line with a colon that does not begin with "[" is a new key."""
    files = write("side-step", tmp_path)
    meta: dict[str, str] = {}
    for line in files["sub/a b.txt"].decode().strip().splitlines():
        key, value = line.split(":", 1)
        meta[key.strip().lower()] = value.strip()
    assert meta == {"caption": BOTH[0].caption, "genre": "jazz", "bpm": "128", "key": "F# minor", "signature": "4/4",
                    "is_instrumental": "true", "lyrics": ""}  # fmt: skip


def test_audiocraft_reads_it(tmp_path: Path) -> None:
    """music_dataset.py: every field but keywords has to be there, a list of keywords stays one, bpm by float()."""
    fields: dict[str, Any] = json.loads(write("audiocraft", tmp_path)["sub/a b.json"])
    assert {"title", "artist", "key", "bpm", "genre", "moods", "description", "name", "instrument"} <= set(fields)
    assert [word.strip().lower() for word in fields["keywords"]] == ["electric guitar", "drums"]
    assert float(fields["bpm"]) == 127.6
    assert "," not in fields["key"]


def test_ai_toolkit_has_no_tag_for_what_is_not_known(tmp_path: Path) -> None:
    files = write("ai-toolkit", tmp_path)
    assert files["sub/a b.txt"].decode() == (
        f"<CAPTION>\n{BOTH[0].caption}\n</CAPTION>\n<LYRICS>\n[Instrumental]\n</LYRICS>\n<BPM>128</BPM>\n"
        "<KEYSCALE>F# minor</KEYSCALE>\n<TIMESIGNATURE>4</TIMESIGNATURE>\n<DURATION>10</DURATION>\n"
    )
    assert b"<BPM>" not in files["ü.txt"] and b"<TIMESIGNATURE>" not in files["ü.txt"]
