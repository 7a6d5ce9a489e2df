"""Lists of clips of every kind become one table, whose licences are told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import J2AError, UsageError
from j2a.exporting import to_csv, write_atomically
from j2a.features.corrections import Corrections
from j2a.features.record import Chord, Features
from j2a.store import Status, Store
from tests import places
from training.datasets.published import MUSICCAPS_LICENCE, PUBLISHED, YT8M_LICENCE, audio_path
from training.datasets.table import read_table
from training.prepare.run import prepare, split_again
from training.prepare.settings import PrepareSettings
from training.prepare.split import leaks

CLIPS = sorted(places.CLIPS.glob("rendered-*.ogg"))
MUSICCAPS = "ytid,start_s,end_s,aspect_list,caption,is_audioset_eval\n"
YT8M = "video_id,start,end,text\n"


def card(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """Both data sets, with audio for all clips but one."""
    folder = tmp_path / "downloads"
    lists = {
        "musiccaps/musiccaps-public.csv": MUSICCAPS
        + "-aaa,30,40,\"['calm', 'don\\'t']\",A song.,False\nbbb,0,10,[],B song.,True\nccc,0,10,[],C.,True\n",
        "yt8m/train.csv": YT8M + 'ddd,30,40," A song, too "\n',
        "yt8m/test.csv": YT8M + "eee,5,15,E.\n",
    }
    for name, text in lists.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for (data_set, recording), clip in zip(
        (("musiccaps", "-aaa"), ("musiccaps", "bbb"), ("yt8m", "ddd"), ("yt8m", "eee")), CLIPS, strict=False
    ):
        path = audio_path(folder / data_set, recording)
        path.parent.mkdir(exist_ok=True)
        shutil.copy(clip, path)
    return folder


def test_published_splits_and_licences_are_kept(downloads: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = prepare(out, PrepareSettings(downloads=downloads, valid_share=0))
    rows = read_table(out)
    assert [(row.id, row.split, row.captions, row.aspects) for row in rows] == [
        ("musiccaps--aaa", "train", ("A song.",), ("calm", "don't")),
        ("musiccaps-bbb", "test", ("B song.",), ()),
        ("yt8m-ddd", "train", ("A song, too",), ()),
        ("yt8m-eee", "test", ("E.",), ()),
    ]
    assert [row.licence for row in rows] == [MUSICCAPS_LICENCE] * 2 + [YT8M_LICENCE] * 2
    for row, clip in zip(rows, CLIPS, strict=False):
        assert (out / row.audio).read_bytes() == clip.read_bytes()
        assert (row.start_s, row.end_s) == (0.0, None)
    assert made.left_out == {"musiccaps-ccc": "it was not downloaded"}
    assert card(out)["use"].startswith("Research only")
    assert "Research only" in (out / "README.md").read_text(encoding="utf-8")

    table = (out / "clips.jsonl").read_bytes()
    prepare(out, PrepareSettings(downloads=downloads, valid_share=0, copy=True))
    assert (out / "clips.jsonl").read_bytes() == table


def test_musiccaps_alone_keeps_the_non_commercial_licence_out(downloads: Path, tmp_path: Path) -> None:
    prepare(tmp_path / "out", PrepareSettings(downloads=downloads, datasets="musiccaps"))
    about = card(tmp_path / "out")
    assert about["use"].startswith("No licence here forbids")
    assert about["sources"].keys() == {"musiccaps"}
    assert YT8M_LICENCE not in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("same", ["recording", "audio"])
def test_what_teaches_and_judges_is_refused_or_dropped(downloads: Path, tmp_path: Path, same: str) -> None:
    if same == "recording":
        (downloads / "yt8m/train.csv").write_text(YT8M + "bbb,30,40,Again.\n", encoding="utf-8")
        shutil.copy(CLIPS[5], audio_path(downloads / "yt8m", "bbb"))
    else:
        shutil.copy(CLIPS[1], audio_path(downloads / "yt8m", "ddd"))
    other = "yt8m-bbb" if same == "recording" else "yt8m-ddd"
    with pytest.raises(J2AError, match=rf"musiccaps-bbb \(test\), {other} \(train\): the same {same}"):
        prepare(tmp_path / "out", PrepareSettings(downloads=downloads, valid_share=0))
    assert not (tmp_path / "out/clips.jsonl").exists()
    prepare(tmp_path / "out", PrepareSettings(downloads=downloads, valid_share=0, drop_leaks=True))
    assert {row.id for row in read_table(tmp_path / "out")} == {"musiccaps--aaa", "musiccaps-bbb", "yt8m-eee"}
    assert card(tmp_path / "out")["dropped_leaks"] == [other]


def test_own_captions_come_from_the_app_and_from_its_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("J2A_HOME", str(tmp_path / "home"))
    music = tmp_path / "music"
    music.mkdir()
    for name, clip in (("odd \udcff name.ogg", CLIPS[0]), ("b.ogg", CLIPS[1]), ("c.ogg", CLIPS[2])):
        shutil.copy(clip, music / name)
    with Store() as store:
        for name, start_s in (("odd \udcff name.ogg", 0), ("odd \udcff name.ogg", 4), ("b.ogg", 2), ("c.ogg", 0)):
            clip = Clip(music / name, start_s, start_s + 4)
            store.edit(clip, f"From {start_s}.")
            if name != "c.ogg":
                store.set_status(clip, Status.ACCEPTED)
        exported = to_csv([row for row in store.rows(music) if row.clip.path.name != "odd \udcff name.ogg"], music)
    (music / "captions.csv").write_bytes(exported)

    prepare(tmp_path / "out", PrepareSettings(licence="CC0"), sessions=[music])
    rows = read_table(tmp_path / "out")
    assert {(row.start_s, row.end_s, row.captions, row.licence) for row in rows} == {
        (2.0, 6.0, ("From 2.",), "CC0"),
        (0.0, 4.0, ("From 0.",), "CC0"),
        (4.0, 8.0, ("From 4.",), "CC0"),
    }
    assert len({row.split for row in rows if "odd" in row.id}) == 1
    assert not leaks(rows)

    prepare(tmp_path / "other", PrepareSettings(), captions=[music / "captions.csv"])
    (row,) = read_table(tmp_path / "other")
    assert (row.captions, row.start_s) == (("From 2.",), 2.0)
    prepare(tmp_path / "third", PrepareSettings(), captions=[tmp_path / "out"])
    assert [row.captions for row in read_table(tmp_path / "third")] == [row.captions for row in rows]


def test_what_was_corrected_in_the_app_is_a_label(tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    song = shutil.copy(CLIPS[0], music / "song.ogg")
    measured = Features(bpm=70.0, meter="4/4", key="A minor", chords=[Chord(0.0, 4.0, "A:min")])
    with Store() as store:
        clip = Clip(song, 2.0, 6.0)
        caption = Caption("From 2.", "1.0", "mini", "w", "facts-2/describe", "p", 0, features=measured)
        store.save_generated(clip, caption)
        store.set_status(clip, Status.ACCEPTED)
        store.correct(song, Corrections(bpm=140.0, key="C major", chords=(Chord(3.0, 5.0, "G:maj"),)))
    prepare(tmp_path / "out", PrepareSettings(), sessions=[music])
    (row,) = read_table(tmp_path / "out")
    assert row.aspects == ("140 BPM", "C major", "4/4")
    assert row.facts == {
        "bpm": 140.0, "key": "C major",
        "chords": [
            {"start_s": 0.0, "end_s": 1.0, "label": "A:min"}, {"start_s": 1.0, "end_s": 3.0, "label": "G:maj"},
            {"start_s": 3.0, "end_s": 4.0, "label": "A:min"},
        ],
    }  # fmt: skip


def test_an_audiofolder_with_splits(tmp_path: Path) -> None:
    for split, clip in (("train", CLIPS[0]), ("validation", CLIPS[1])):
        (tmp_path / "data" / split).mkdir(parents=True)
        shutil.copy(clip, tmp_path / "data" / split / "x.ogg")
        line = {"file_name": "x.ogg", "captions": [f"One {split}.", "Two."], "aspects": ["a"]}
        (tmp_path / "data" / split / "metadata.jsonl").write_text(json.dumps(line) + "\n")
    prepare(tmp_path / "out", PrepareSettings(), captions=[tmp_path / "data"])
    assert [(row.split, row.captions, row.aspects) for row in read_table(tmp_path / "out")] == [
        ("train", ("One train.", "Two."), ("a",)),
        ("valid", ("One validation.", "Two."), ("a",)),
    ]


HEADER = "file_name,start_s,end_s,caption,aspect_list\n"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "file_name,x\na.ogg,y\n", "a.csv, row 2: there is no caption"),
        ("a.csv", HEADER + 'a.ogg,0,9,"  ",\n', "row 2: the caption is empty"),
        (
            "a.csv",
            HEADER + "a.ogg,0,9,x,\nb.ogg,0,9,x,\na.ogg,0,9,y,\n",
            "row 4: the clip 'a.ogg' is already in .*row 2",
        ),
        ("a.csv", HEADER + "/etc/passwd,0,9,x,\n", "row 2: the audio path '/etc/passwd' is not one inside"),
        ("a.csv", HEADER + "x/../../a.ogg,0,9,x,\n", "is not one inside the folder"),
        ("a.csv", HEADER + "a.ogg,nine,9,x,\n", "row 2: start_s or end_s is not a number"),
        ("a.csv", HEADER + "a.ogg,9,9,x,\n", "cannot go from 9.0 to 9.0 s"),
        ("a.csv", HEADER + "a.ogg,0,9,x,['a\n", "row 2: aspects is not a list of texts"),
        ("a.csv", HEADER + "a.ogg,0,9,x,[{[]: 1}]\n", "row 2: aspects is not a list of texts"),
        ("a.csv", HEADER + "a.ogg,0,9,x,,,,\n", "row 2 has more cells than the header"),
        ("a.csv", HEADER, "there are no clips"),
        ("a.csv", "file_name,caption,dialect\na.ogg,x,spreadsheet\n", "exported for spreadsheets"),
        ("a.jsonl", '{"audio": "a.ogg", "caption": "x"}\n{"audio": \n', "behind row 1"),
        ("a.jsonl", '{"audio": "a.ogg", "caption": "x", "split": "exam"}\n', "row 1: the split is 'exam'"),
        ("a.jsonl", "[1]\n", "not a JSON object"),
        ("a.jsonl", '{"audio": "a.ogg", "caption": "x", "split": ["test"]}\n', "row 1: the split is"),
        ("a.jsonl", '{"audio": "a.ogg", "caption": "x \\ud800"}\n', "row 1: the caption holds half a character"),
        ("a.jsonl", '{"audio": "a.ogg", "caption": "x", "aspects": ["\\ud800"]}\n', "row 1: aspects is not a list"),
        ("a.jsonl", '{"audio": "\\ud800.ogg", "caption": "x"}\n', "is not one inside the folder"),
        ("a.jsonl", '{"audio": "a.ogg", "caption": "x", "end_s": ' + "9" * 400 + "}\n", "end_s is not a number"),
        pytest.param("a.jsonl", "[" * 99999, "a.jsonl: maximum recursion depth", id="deep"),
    ],
)
def test_bad_lists_are_told_by_file_and_row(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(J2AError, match=said):
        prepare(tmp_path / "out", PrepareSettings(), captions=[tmp_path / name])
    assert not (tmp_path / "out").exists()


def test_a_list_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("file_name,caption\na.ogg,für Elise\n".encode("latin-1"))
    with pytest.raises(J2AError, match=r"a\.csv: it is not UTF-8 .*; save it as UTF-8"):
        prepare(tmp_path / "out", PrepareSettings(), captions=[tmp_path / "a.csv"])


def test_data_sets_are_named_as_for_download(downloads: Path, tmp_path: Path) -> None:
    prepare(tmp_path / "out", PrepareSettings(downloads=downloads, datasets="musiccaps, "))
    assert {row.source for row in read_table(tmp_path / "out")} == {"musiccaps"}
    with pytest.raises(UsageError, match="no data set 'nonsense'"):
        prepare(tmp_path / "out", PrepareSettings(downloads=downloads, datasets="nonsense"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MUSICCAPS.replace("caption,", ""), "there is no column caption"),
        (MUSICCAPS + "a/../b,0,10,[],x,True\n", "row 2: 'a/../b' is not the id of a video"),
        (MUSICCAPS + "abc,0,10,[],x,True\nabc,5,15,[],x,True\n", "row 3: the clip 'abc' is already in"),
        (MUSICCAPS + "abc,0,10,[],x,True\nabc,0,10,[],y,False\n", "row 3: the clip 'abc' is already in .*row 2"),
        (MUSICCAPS + "abc,0,10,[],x,maybe\n", "is_audioset_eval is 'maybe'"),
    ],
)
def test_published_lists_are_checked(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "musiccaps-public.csv").write_text(text, encoding="utf-8")
    with pytest.raises(J2AError, match=said):
        PUBLISHED["musiccaps"].read(tmp_path)


def test_nothing_of_others_is_written_over(downloads: Path, tmp_path: Path) -> None:
    (tmp_path / "clips.jsonl").write_text("kept\n")
    with pytest.raises(J2AError, match="prepare did not make"):
        prepare(tmp_path, PrepareSettings(downloads=downloads))
    assert (tmp_path / "clips.jsonl").read_text() == "kept\n"


def test_wherever_it_is_cut_no_card_is_of_another_table(
    downloads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut before each of the files that it writes, anew and over a table that is there; then it goes on."""
    older, newer = PrepareSettings(downloads=downloads, datasets="yt8m"), PrepareSettings(downloads=downloads)

    def parts(folder: Path) -> dict[str, bytes | None]:
        names = ("clips.jsonl", "card.json", "README.md")
        return {name: (folder / name).read_bytes() if (folder / name).exists() else None for name in names}

    class CutError(Exception):
        pass

    def cut(path: Path, data: bytes) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise CutError
        write_atomically(path, data)

    prepare(tmp_path / "newer", newer)
    new = parts(tmp_path / "newer")
    for over in (True, False):
        for before in range(6):
            out = tmp_path / f"{over} {before}"
            if over:
                prepare(out, older)
            old = parts(out)
            left = before
            with monkeypatch.context() as patch:
                patch.setattr("training.prepare.card.write_atomically", cut)
                patch.setattr("training.datasets.table.write_atomically", cut)
                if before < 5:
                    with pytest.raises(CutError):
                        prepare(out, newer)
                else:
                    prepare(out, newer)
            there = parts(out)
            for name in ("card.json", "README.md"):
                data = there[name]
                unfinished = data is not None and b"run j2a-train prepare again" in data
                of_this = new if there["clips.jsonl"] == new["clips.jsonl"] else old
                assert unfinished or data == of_this[name], (over, before, name)
            if over and 2 <= before < 5:
                with pytest.raises(J2AError, match="prepare again"):
                    split_again(out, 3)
            prepare(out, newer)
            assert parts(out) == new


def test_a_table_is_split_anew_by_its_seed(downloads: Path, tmp_path: Path) -> None:
    prepare(tmp_path / "out", PrepareSettings(downloads=downloads))
    again = split_again(tmp_path / "out", seed=5)
    assert read_table(tmp_path / "out") == again
    assert card(tmp_path / "out")["split"] == {"kind": "random 80/10/10", "seed": 5}
    assert card(tmp_path / "out")["left_out"].keys() == {"musiccaps-ccc"}
