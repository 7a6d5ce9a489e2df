"""Files that sound the same are described once, and every one of them gets the rows that it would have got alone."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from j2a import audio, templates
from j2a.clip import Clip
from j2a.errors import AudioError, UsageError
from j2a.features.corrections import NONE, Corrections
from j2a.folder import same_sound
from j2a.folder.books import Books, Tally
from j2a.folder.plan import Cut, Planned, plan
from j2a.folder.run import FolderRun, Settings
from j2a.folder.same_sound import SameSound
from j2a.folder.sheet import Sheet
from j2a.library import scan
from tests.unit.folder.answering import engines_answer

RATE = 8000
TEN = Cut(10.0)
NOISE = np.random.default_rng(0).integers(-20_000, 20_000, RATE * 26).astype(np.int16)


def write(path: Path, samples: np.ndarray[Any, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    soundfile.write(path, samples, RATE, subtype="PCM_16")


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Three clips each. One is told from the first by its length, one by its beginning, one by its end."""
    music = tmp_path / "music"
    end = NOISE.copy()
    end[-1] += 1
    write(music / "a song.wav", NOISE)
    write(music / "b other.wav", NOISE[::-1])
    write(music / "c end.wav", end)
    write(music / "d song.flac", NOISE)
    shutil.copy(music / "a song.wav", music / "e song.wav")
    write(music / "f short.wav", NOISE[:-1])
    return music


def alike(folder: Path, cut: Cut = TEN, about: Callable[[Path], object] = lambda path: None) -> dict[str, str]:
    found = plan(scan(folder), cut, same_sound=SameSound(about))
    return {item.clip.path.name: item.like.name for item in found if isinstance(item, Planned) and item.like}


@pytest.mark.parametrize("cut", [Cut(10.0), Cut(0.0)])
def test_the_same_samples_are_found_in_whatever_file(music: Path, cut: Cut) -> None:
    assert alike(music, cut) == {"d song.flac": "a song.wav", "e song.wav": "a song.wav"}


def test_what_is_not_captioned_may_differ(music: Path) -> None:
    assert alike(music, Cut(10.0, per_file=1)) == {
        "c end.wav": "a song.wav", "d song.flac": "a song.wav", "e song.wav": "a song.wav",
    }  # fmt: skip


def test_files_are_others_where_something_else_is_said_of_them(music: Path) -> None:
    assert alike(music, about=lambda path: path.name == "e song.wav") == {"d song.flac": "a song.wav"}
    assert alike(music, about=lambda path: templates.of_file("Look at {path}: {bpm}", path)) == {}
    assert len(alike(music, about=lambda path: templates.of_file("{{path}} by {artist}: {bpm}", path))) == 2


def test_no_sound_is_read_where_lengths_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        write(tmp_path / f"{number}.wav", NOISE[number:])
    monkeypatch.setattr(same_sound, "read_blocks", lambda clip: pytest.fail("it was read"))
    assert alike(tmp_path) == {}


@pytest.mark.parametrize(
    ("differs_at_s", "read_s"),
    [(0, 2 * [0.1]), (5, [0.1, 0.1, 10, 10]), (25, [0.1, 0.1, 10, 10, 10, 10, 6, 10, 10, 6])],
)
def test_no_more_is_read_than_what_tells_files_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, differs_at_s: int, read_s: list[float]
) -> None:
    read: list[float] = []

    def counted(clip: Clip) -> Any:
        assert clip.end_s is not None
        read.append(clip.end_s - clip.start_s)
        return audio.decode.read_blocks(clip)

    monkeypatch.setattr(same_sound, "read_blocks", counted)
    other = NOISE.copy()
    other[differs_at_s * RATE] += 1
    write(tmp_path / "a.wav", NOISE)
    write(tmp_path / "b.wav", other)
    assert alike(tmp_path) == {}
    assert read == pytest.approx(read_s)


def test_a_file_that_ends_too_soon_is_like_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two copies of a header that promises years of sound."""
    for name in ("a.wav", "b.wav"):
        write(tmp_path / name, NOISE)
    info = audio.AudioInfo(RATE, 1, RATE * 10**9, 1e9, "WAV")
    found = SameSound()
    assert found.as_earlier(tmp_path / "a.wav", info, Cut(10.0).times) is None
    assert found.as_earlier(tmp_path / "b.wav", info, Cut(10.0).times) is None


def test_an_original_that_has_gone_is_no_original(music: Path) -> None:
    found = SameSound()
    info = audio.probe(music / "a song.wav")
    assert found.as_earlier(music / "a song.wav", info, Cut(10.0).times) is None
    (music / "a song.wav").unlink()
    assert found.as_earlier(music / "d song.flac", info, Cut(10.0).times) is None
    assert found.as_earlier(music / "e song.wav", info, Cut(10.0).times) == music / "d song.flac"


@pytest.fixture
def caption(tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Tally]:
    """Caption the music into a file of that name with engines that answer as told."""

    def run(out: str, *, resume: bool = False, words: dict[str, str] = ALL, same: bool = True, **options: Any) -> Tally:
        counts = tmp_path / f"counts {out}"
        counts.mkdir(exist_ok=True)
        engines_answer(monkeypatch, counts, words=json.dumps(words))
        said = options.pop("said_of", lambda path: NONE)
        with Sheet(tmp_path / out, music, resume=resume, dialect=options.pop("dialect", "dataset")) as sheet:
            planned = plan(scan(music), Cut(10.0), same_sound=SameSound(said) if same else None)
            return FolderRun(planned, Books(sheet), Settings(batch=2, workers=2, **options), said).run()

    return run


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{**row, "updated_at": ""} for row in csv.DictReader(file, strict=True)]


def requests(tmp_path: Path, out: str) -> int:
    return (tmp_path / f"counts {out}" / "Extract").stat().st_size


HARD = 'He said "4/4",\nthen =1+1.'
COPIES = ("d song.flac", "e song.wav")
ALL = dict.fromkeys(("a song.wav", *COPIES), HARD)
NOT_ASKED = {**ALL, **dict.fromkeys(COPIES, "An engine wrote this.")}


@pytest.mark.parametrize("dialect", ["dataset", "spreadsheet"])
def test_copies_have_the_rows_of_their_original_and_cost_nothing(
    tmp_path: Path, music: Path, caption: Any, dialect: Any
) -> None:
    (music / "b other.wav").unlink()
    tally = caption("out.csv", words=NOT_ASKED, dialect=dialect)
    assert (tally.captions, tally.copied, tally.alike, tally.failed) == (15, 6, 2, {})
    assert requests(tmp_path, "out.csv") == 9
    found = rows(tmp_path / "out.csv")
    assert [row["caption"] for row in found if row["file_name"] in COPIES] == [found[0]["caption"]] * 6
    assert found[-1]["file_name"] == "f short.wav"  # in the order of the plan
    caption("alone.csv", same=False, dialect=dialect)
    assert rows(tmp_path / "alone.csv") == found


def test_whatever_is_there_already_the_same_rows_come_of_it(tmp_path: Path, caption: Any) -> None:
    caption("out.csv")
    whole = rows(tmp_path / "out.csv")
    records = csv_records((tmp_path / "out.csv").read_bytes())
    assert len(whole) == 18
    for kept in (0, 1, 3, 8, 9, 10, 11, 12, 14, 17):
        (tmp_path / f"{kept}.csv").write_bytes(b"".join(records[: kept + 1]) + b"torn,0")
        tally = caption(f"{kept}.csv", resume=True, words=NOT_ASKED if kept < 9 else ALL)
        assert (tally.captions, tally.found) == (18 - kept, kept)
        assert rows(tmp_path / f"{kept}.csv") == whole


def csv_records(content: bytes) -> list[bytes]:
    records, begun = [], b""
    for line in content.splitlines(keepends=True):
        begun += line
        if begun.count(b'"') % 2 == 0:
            records.append(begun)
            begun = b""
    return records


def test_a_resumed_file_that_was_made_otherwise_is_not_copied_from(tmp_path: Path, music: Path, caption: Any) -> None:
    caption("out.csv")
    lines = (tmp_path / "out.csv").read_bytes().splitlines(keepends=True)
    (tmp_path / "out.csv").write_bytes(b"".join(line.replace(b"facts-1/describe,0", b"facts-1/describe,7")
                                                for line in lines[:10]))
    for name in ("b other.wav", "c end.wav", "f short.wav"):
        (music / name).unlink()
    with pytest.raises(UsageError, match="was begun with seed 7"):
        caption("out.csv", resume=True)


def test_where_the_original_failed_its_copy_is_tried(tmp_path: Path, caption: Any) -> None:
    tally = caption("out.csv", words={**ALL, "a song.wav": " "})
    assert [row["file_name"] for row in rows(tmp_path / "out.csv")].count("d song.flac") == 3
    assert [path.name for path in tally.failed] == ["a song.wav"]
    assert tally.alike == 0


def test_corrections_of_one_of_them_are_for_that_one(tmp_path: Path, caption: Any) -> None:
    tally = caption("out.csv", said_of=lambda path: Corrections(bpm=140.0) if path.name == "e song.wav" else NONE)
    bpm = {row["file_name"]: row["bpm"] for row in rows(tmp_path / "out.csv")}
    assert (bpm["d song.flac"], bpm["e song.wav"]) == (bpm["a song.wav"], "140")
    assert tally.alike == 1


def test_a_sound_that_cannot_be_read_is_an_error_of_its_file(tmp_path: Path) -> None:
    with pytest.raises(AudioError):
        same_sound._sound(Clip(tmp_path / "none.wav"))
