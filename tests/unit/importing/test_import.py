"""Captions from elsewhere: whose they are, what becomes of those there, and what is refused in one clear line."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from j2a import affixes
from j2a.caption import Caption
from j2a.cli import app
from j2a.clip import Clip
from j2a.features.corrections import Corrections
from j2a.features.record import Features
from j2a.store import Status, Store

BOM = "\ufeff"


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A folder with three files; nothing reads what is in them."""
    folder = tmp_path / "music"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.wav", "b.flac", "sub/c.mp3"):
        (folder / name).write_bytes(b"sound")
    return folder


def run(*arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, results and narration of ``j2a import``."""
    result = CliRunner().invoke(app, ["import", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def texts(folder: Path) -> dict[tuple[str, float, float | None], str]:
    with Store() as store:
        return {
            (row.clip.path.relative_to(folder).as_posix(), row.clip.start_s, row.clip.end_s): row.text
            for row in store.rows(folder)
        }


def whole(name: str) -> tuple[str, float, None]:
    return name, 0.0, None


def a_caption(text: str) -> Caption:
    return Caption(text, "3.0", "mini", "w", "both-2/describe", "p", 7, features=Features(bpm=90.0, beats=[0.5, 1.0]))


def test_sidecars_are_found_and_told_apart_by_what_stands_in_them(music: Path) -> None:
    (music / "a.caption.txt").write_text("By ACE-Step.")
    (music / "a.txt").write_text("One line of a song")  # lyrics, where there is a .caption.txt
    (music / "b.txt").write_text("caption: By Side-Step: it is.\nbpm: 120\nlyrics:\n[Verse]\nLook: here\n")
    (music / "sub/c.json").write_text('{"description": "By AudioCraft.", "bpm": 120}')
    (music / "sub/notes.txt").write_text("Not beside any audio.")
    assert run(music, "--sidecars")[0] == 0
    assert texts(music) == {
        whole("a.wav"): "By ACE-Step.", whole("b.flac"): "By Side-Step: it is.", whole("sub/c.mp3"): "By AudioCraft.",
    }  # fmt: skip


def test_a_song_is_not_taken_for_a_caption_unless_that_is_told(music: Path) -> None:
    (music / "a.txt").write_text("[Verse 1]\nHere I stand\n\n[Chorus]\nLa la\n")
    code, _, told = run(music, "--sidecars")
    assert (code, texts(music)) == (1, {})
    assert "a.txt: it may be lyrics." in told
    assert run(music, "--sidecars", "--format", "txt")[0] == 0
    assert list(texts(music)) == [whole("a.wav")]


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        ("fill", ["Draft.", "Accepted.", "Typed.", "New 3."]),
        ("keep-mine", ["New 0.", "Accepted.", "Typed.", "New 3."]),
        ("overwrite", ["New 0.", "New 1.", "New 2.", "New 3."]),
    ],
)
def test_what_becomes_of_the_captions_there(music: Path, policy: str, wanted: list[str]) -> None:
    path = music / "a.wav"
    with Store() as store:
        for number, text in enumerate(("Draft.", "Accepted.")):
            store.save_generated(Clip(path, 10 * number, 10 * number + 10), a_caption(text))
        store.set_status(Clip(path, 10, 20), Status.ACCEPTED)
        store.edit(Clip(path, 20, 30), "Typed.")
    lines = [{"file_name": "a.wav", "start_s": 10 * n, "end_s": 10 * n + 10, "caption": f"New {n}."} for n in range(4)]
    source = music.parent / "in.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    before = texts(music)
    code, dry, _ = run(music, "--from", source, "--policy", policy, "--dry-run")
    assert (code, texts(music)) == (0, before)
    assert f"{sum(text.startswith('New') for text in wanted)} caption" in dry
    assert run(music, "--from", source, "--policy", policy)[0] == 0
    assert list(texts(music).values()) == wanted
    with Store() as store:  # of a later run
        done, *_ = store.recall(music)
        store.undo_together(done[-1])
        assert texts(music) == before
        store.redo_together(done[-1])
    assert list(texts(music).values()) == wanted


def test_the_trigger_word_of_a_folder_is_no_part_of_what_comes_back(music: Path) -> None:
    affixes.write(music, affixes.Affix("mytrigger,", "loop"))
    (music / "a.caption.txt").write_text("mytrigger, A waltz. loop\n")
    (music / "b.caption.txt").write_text("Another waltz.\n")
    assert run(music, "--sidecars")[0] == 0
    assert texts(music) == {whole("a.wav"): "A waltz.", whole("b.flac"): "Another waltz."}


def test_one_undo_takes_back_an_import_of_any_size(music: Path) -> None:
    source = music.parent / "in.csv"
    rows = [f"a.wav,{n},{n + 1},Number {n}." for n in range(1000)]
    source.write_text("\n".join(["file_name,start_s,end_s,caption", *rows]) + "\n")
    with Store() as store:
        store.edit(Clip(music / "b.flac"), "Typed before.")
    assert run(music, "--from", source)[0] == 0
    source.write_text(source.read_text().replace("Number", "No."))
    assert run(music, "--from", source, "--policy", "overwrite")[0] == 0
    with Store() as store:
        done, *_ = store.recall(music)
        assert done[-1] == 1000
        assert len(store.undo_together(done[-1])) == 1000
    found = texts(music)
    assert found[whole("b.flac")] == "Typed before."
    assert found["a.wav", 999.0, 1000.0] == "Number 999."


def test_everything_of_a_session_comes_back_by_jsonl(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = music / "a.wav"
    with Store() as store:
        store.save_generated(Clip(path, 0, 10), a_caption("As the model wrote it."))
        store.edit(Clip(path, 0, 10), "As I did.")
        store.set_status(Clip(path, 0, 10), Status.ACCEPTED)
        store.save_generated(Clip(path, 10, 20), a_caption("A draft."))
        store.correct(path, Corrections(bpm=180.0, key="A minor"))
        before = store.rows(music)
    out = music.parent / "all.jsonl"
    assert CliRunner().invoke(app, ["export", str(music), "--format", "jsonl", "--out", str(out)]).exit_code == 0
    monkeypatch.setenv("J2A_HOME", str(music.parent / "another"))
    assert run(music, "--from", out)[0] == 0
    with Store() as store:
        after = store.rows(music)
    for old, new in zip(before, after, strict=True):
        for name in ("clip", "text", "generated_text", "status", "caption", "edited", "features", "corrections"):
            assert getattr(new, name) == getattr(old, name), name


@pytest.mark.parametrize(("name", "files"), [
    ("musiccaps", {"musiccaps.csv": "ytid,start_s,end_s,caption,path\na,5,9.5,To the end.,a.wav\n"}),
    ("audacity", {"a.labels.txt": "5.0\t9.5\tTo the end.\n", "a.chords.labels.txt": "5.0\t7.0\tA:min\n",
                  "a.beats.labels.txt": "5.1\t5.1\t1\n"}),
    ("sonic-visualiser", {"a.captions.csv": "TIME,DURATION,LABEL\n5,4.5,To the end.\n",
                          "a.chords.csv": "TIME,DURATION,LABEL\n5,2,A:min\n",
                          "a.beats.csv": "TIME,DURATION,LABEL\n5.1,0,1\n"}),
])  # fmt: skip
@pytest.mark.parametrize("policy", ["fill", "overwrite"])
def test_a_window_to_the_end_and_its_chords_are_no_second_window(
    music: Path, tmp_path: Path, name: str, files: dict[str, str], policy: str
) -> None:
    with Store() as store:
        store.edit(Clip(music / "a.wav", 5), "To the end.")
    (tmp_path / "from").mkdir()
    for file, text in files.items():
        (tmp_path / "from" / file).write_text(text)
    code, _, told = run(music, "--from", tmp_path / "from", "--policy", policy)
    assert (code, texts(music)) == (0, {("a.wav", 5.0, None): "To the end."}), (name, told)


def test_a_layer_that_another_program_saved_lies_beside_the_audio_of_its_name(music: Path, tmp_path: Path) -> None:
    (music / "longer name.wav").write_bytes(b"sound")
    (tmp_path / "longer name.csv").write_text("TIME,DURATION,LABEL\n5,4.5,Loud.\n")
    assert run(music, "--from", tmp_path / "longer name.csv")[0] == 0
    assert texts(music) == {("longer name.wav", 5.0, 9.5): "Loud."}


def test_a_data_set_of_another_machine_is_matched_by_name(music: Path) -> None:
    source = music.parent / "dataset.json"
    samples = [{"audio_path": path, "caption": f"{n}."} for n, path in enumerate(
        ["/elsewhere/on/it/a.wav", "C:\\music\\b.flac", str(music / "sub/c.mp3")])]  # fmt: skip
    source.write_text(json.dumps({"metadata": {}, "samples": samples}))
    assert run(music, "--from", source)[0] == 0
    assert texts(music) == {whole("a.wav"): "0.", whole("b.flac"): "1.", whole("sub/c.mp3"): "2."}


@pytest.mark.parametrize("path", ["../a.wav", "sub/../../x.wav", "/etc/passwd", "nothing.wav", "a\0.wav", "x" * 5000])
def test_nothing_leaves_the_folder(music: Path, path: str) -> None:
    source = music.parent / "in.jsonl"
    lines = [{"file_name": path, "caption": "Bad."}, {"file_name": "a.wav", "caption": "Good."}]
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    code, out, told = run(music, "--from", source)
    assert (code, texts(music)) == (4, {whole("a.wav"): "Good."})
    assert told.count("Left out:") == 1
    assert "1 new" in out


_A = b'{"file_name": "a.wav", "caption": "x", "start_s": %b}\n'
_XML = b'<?xml version="1.0"?>'
BAD = {
    "other encoding": ("in.csv", "file_name,caption\na.wav,Café.\n".encode("latin-1"), "not in UTF-8"),
    "spreadsheet": ("in.csv", b"\xef\xbb\xbffile_name,caption,dialect\na.wav,x,spreadsheet\n", "spreadsheet"),
    "two columns of one name": ("in.csv", b"file_name,caption,caption\na.wav,x,y\n", "two of its columns"),
    "a short row": ("in.csv", b"file_name,caption,bpm\na.wav,x\n", "row 2 has 2 cells"),
    "an open quote": ("in.csv", b'file_name,caption\na.wav,"x\n', "row"),
    "NaN": ("in.jsonl", _A % b"NaN", "NaN is no number"),
    "Infinity": ("in.jsonl", _A % b"-Infinity", "Infinity"),
    "a start beyond all": ("in.jsonl", _A % b"1e999", "no number"),
    "a start that is no time": ("in.jsonl", _A % b"1e300", "no such time"),
    "a negative start": ("in.jsonl", _A % b"-1", "no such time"),
    "a key twice": ("in.json", b'{"samples": [], "samples": []}', "stands twice"),
    "deep nesting": ("in.json", b'{"samples": ' + b"[" * 100_000, "nested too deeply"),
    "half a file": ("in.json", b'{"samples": [{"caption": "x"', "no JSON"),
    "a document type": ("in.xml", _XML + b'<!DOCTYPE x [<!ENTITY a "b">]><DJ_PLAYLISTS/>', "document type"),
    "no collection": ("in.xml", b'<?xml version="1.0"?><html/>', "no rekordbox collection"),
    "deep XML": ("in.xml", b"<DJ_PLAYLISTS>" + b"<A>" * 1000, "nested too deeply"),
    "sound": ("in.txt", b"\0\1\2" * 100, "no text"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_one_clear_line(music: Path, kind: str) -> None:
    name, data, why = BAD[kind]
    source = music.parent / name
    source.write_bytes(data)
    code, _, told = run(music, "--from", source)
    assert (code, texts(music)) == (1, {})
    assert why in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("form", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_line_ends_and_marks_do_not_matter(music: Path, form: str, encoding: str) -> None:
    source = music.parent / "in.csv"
    source.write_bytes(form.join(["file_name;caption;colour", "a.wav;Été.;red", ""]).encode(encoding))
    code, _, told = run(music, "--from", source)
    assert (code, texts(music)) == (0, {whole("a.wav"): "Été."})
    assert "left aside are the columns colour" in told


def test_a_sidecar_of_a_hundred_megabytes_a_pipe_and_a_link_out_are_left_out(music: Path) -> None:
    with (music / "a.txt").open("wb") as file:
        file.truncate(100 << 20)
    secret = music.parent / "secret.txt"
    secret.write_text("A secret.")
    (music / "b.txt").symlink_to(secret)
    os.mkfifo(music / "sub/c.txt")
    code, _, told = run(music, "--sidecars")
    assert (code, texts(music)) == (1, {})
    assert "a.txt: it has more than 1 MB" in told
    assert "b.txt: it is a link that leads out" in told
    assert "sub/c.txt: it is no ordinary file" in told


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named(music: Path) -> None:
    (music / "a.txt").write_text("x")
    (music / "a.txt").chmod(0)
    assert "a.txt: it cannot be read: Permission denied." in run(music, "--sidecars")[2]


def test_the_music_folder_is_never_written(music: Path) -> None:
    (music / "a.txt").write_text("A caption.")
    before = {path: path.stat().st_mtime_ns for path in music.rglob("*")}
    music.chmod(0o500)
    try:
        assert run(music, "--sidecars")[0] == 0
    finally:
        music.chmod(0o700)
    assert {path: path.stat().st_mtime_ns for path in music.rglob("*")} == before


@pytest.mark.parametrize(
    "arguments",
    [[], ["--sidecars", "--from", "x"], ["--sidecars", "--policy", "mine"], ["--sidecars", "--format", "x"]],
)
def test_what_cannot_be_meant_is_usage(music: Path, arguments: list[str]) -> None:
    assert run(music, *arguments)[0] == 2
