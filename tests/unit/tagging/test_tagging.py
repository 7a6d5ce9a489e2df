"""Tags written into real files of every kind: the sound and all else stay, and one undo takes it back."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from j2a.caption import Caption, Sampling
from j2a.cli import app
from j2a.clip import Clip
from j2a.errors import UsageError
from j2a.features.corrections import Corrections
from j2a.features.record import Features, Tag, Tempo
from j2a.formats.values import bpm_in, key_in
from j2a.library import Track
from j2a.paths import store_path
from j2a.store import Status, Store
from j2a.tagging import command
from j2a.tagging.fields import TagError, Tagged
from j2a.tagging.writing import sound_of, write
from j2a.tags import read_figures

mutagen = pytest.importorskip("mutagen")
RATE = 44_100
KINDS = {
    "a.wav": ("WAV", "PCM_16"), "a.aiff": ("AIFF", "PCM_16"), "a.flac": ("FLAC", "PCM_16"),
    "a.ogg": ("OGG", "VORBIS"), "a.opus": ("OGG", "OPUS"), "a.mp3": ("MP3", "MPEG_LAYER_III"),
}  # fmt: skip
MEASURED = Features(bpm=127.6, bpm_sure=True, key="F# minor", tags=[Tag("rock", "style", 0.5)])


def make(folder: Path, name: str) -> Path:
    path = folder / name
    kind, subtype = KINDS[name]
    rng = np.random.default_rng(1)
    soundfile.write(path, rng.normal(0, 0.1, (RATE, 2)), 48_000 if subtype == "OPUS" else RATE, format=kind,
                    subtype=subtype)  # fmt: skip
    return path


@pytest.mark.parametrize("name", KINDS)
def test_tags_come_back_and_the_sound_stays(tmp_path: Path, name: str) -> None:
    path = make(tmp_path, name)
    file = mutagen.File(path, easy=name.endswith("mp3"))
    if file.tags is None:
        file.add_tags()
    if not name.endswith((".wav", ".aiff")):
        file["title"] = ["Mine"]
        file.save()
    sound, others = sound_of(path), Tagged(path).others()
    bpm = Tagged(path).bpm_text(127.6)
    write(path, {"bpm": [bpm], "key": ["F#m"], "genre": ["Rock"], "comment": ["Ein Stück in Moll. \U0001f3b5"]})
    assert Tagged(path).read() == {
        "bpm": ["127.6" if name.endswith(("flac", "ogg", "opus")) else "128"], "key": ["F#m"], "genre": ["Rock"],
        "comment": ["Ein Stück in Moll. \U0001f3b5"],
    }  # fmt: skip
    assert (sound_of(path), Tagged(path).others()) == (sound, others)
    read_bpm, read_key = read_figures(path)
    assert (bpm_in(read_bpm), key_in(read_key)) == (float(bpm), "F# minor")
    write(path, {"bpm": [], "key": [], "genre": ["Metal"], "comment": []})
    assert Tagged(path).read() == {"genre": ["Metal"]}
    assert (sound_of(path), Tagged(path).others()) == (sound, others)
    assert not list(tmp_path.glob(".j2a-*"))


@pytest.mark.parametrize("version", [3, 4])
def test_an_id3_tag_keeps_its_version(tmp_path: Path, version: int) -> None:
    from mutagen import id3

    path = make(tmp_path, "a.mp3")
    tags = id3.ID3()
    tags.add(id3.TIT2(encoding=1, text=["Mine"]))
    tags.save(path, v2_version=version)
    write(path, {"bpm": ["128"]})
    assert path.read_bytes()[3] == version
    assert str(id3.ID3(path)["TIT2"]) == "Mine"


def test_m4a_files_hold_whole_numbers_and_a_key(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w", format="ipod") as out:
        stream = out.add_stream("aac", rate=RATE)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, RATE), np.float32) + 0.01, format="fltp", layout="mono")
        frame.sample_rate = RATE
        out.mux([*stream.encode(frame), *stream.encode(None)])
    sound = sound_of(path)
    write(path, {"bpm": ["128"], "key": ["8A"], "comment": ["Calm."]})
    assert Tagged(path).read() == {"bpm": ["128"], "key": ["8A"], "comment": ["Calm."]}
    assert sound_of(path) == sound


@pytest.mark.parametrize(("name", "content"), [
    ("a.mp3", b""), ("a.flac", b"fLaC" + bytes(40)), ("a.ogg", b"OggS" + bytes(500)), ("a.m4a", bytes(64)),
    ("a.wav", b"RIFF\xff\xff\xff\xffWAVE"), ("a.txt", b"words"),
])  # fmt: skip
def test_a_broken_file_is_left_alone_with_a_word(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(TagError, match=r"left alone|Check the file"):
        write(path, {"bpm": ["128"]})
    assert path.read_bytes() == content and len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path, "a.flac")
    before = path.read_bytes()

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(TagError, match="No space left"):
        write(path, {"bpm": ["128"]})
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four files; what is measured in them is told without an engine."""
    folder = tmp_path / "music"
    folder.mkdir()
    for name in ("a.flac", "a.mp3", "a.ogg"):
        make(folder, name)
    (folder / "b.mp3").write_bytes(b"no music" * 100)
    found = {"a.ogg": Features(bpm=80.0, bpm_sure=False, bpm_candidates=[Tempo(160.0, 0.6), Tempo(80.0, 0.4)])}

    def told(tracks: list[Track]) -> object:
        return ((track, found.get(track.path.name, MEASURED)) for track in tracks)

    monkeypatch.setattr(command, "measured", told)
    return folder


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["tag", *map(str, words)])
    return result.exit_code, result.output


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_nothing_is_written_until_it_is_said(folder: Path) -> None:
    before = hashes(folder)
    code, output = run(folder)
    assert code == 4 and hashes(folder) == before
    assert "a.flac: bpm 127.6; key F#m" in output
    assert "a.mp3: bpm 128; key F#m" in output
    assert "a.ogg: bpm: undecided: 160 or 80" in output
    assert "4 values would be written into 2 files. Nothing is changed yet" in output


def test_what_is_missing_is_written_and_one_undo_takes_it_back(folder: Path) -> None:
    write(folder / "a.flac", {"key": ["Bm"]})
    sounds = {name: sound_of(folder / name) for name in ("a.flac", "a.mp3")}
    code, output = run(folder, "--write", "--fields", "bpm,key,genre")
    assert code == 4 and "5 values written into 2 files." in output
    assert Tagged(folder / "a.flac").read() == {"bpm": ["127.6"], "key": ["Bm"], "genre": ["Rock"]}
    assert "key F#m (there: Bm, kept)" in output
    run(folder, "--write", "--force", "--key-as", "camelot")
    assert Tagged(folder / "a.flac").read()["key"] == ["11A"]
    assert {name: sound_of(folder / name) for name in sounds} == sounds
    assert run(folder, "--undo")[0] == 0
    assert Tagged(folder / "a.flac").read() == {"bpm": ["127.6"], "key": ["Bm"], "genre": ["Rock"]}
    assert run(folder, "--undo")[0] == 0
    assert Tagged(folder / "a.flac").read() == {"key": ["Bm"]}
    assert Tagged(folder / "a.mp3").read() == {}
    assert run(folder, "--undo")[0] == 2


def test_undo_leaves_what_somebody_has_changed_since(folder: Path) -> None:
    run(folder, "--write")
    write(folder / "a.mp3", {"key": ["Cm"]})
    code, output = run(folder, "--undo")
    assert code == 4 and "tagged otherwise since" in output
    assert Tagged(folder / "a.mp3").read() == {"bpm": ["128"], "key": ["Cm"]}
    assert Tagged(folder / "a.flac").read() == {}


def test_an_undo_that_leaves_something_alone_does_not_bar_the_runs_before_it(folder: Path) -> None:
    run(folder, "--write", "--fields", "bpm")
    run(folder, "--write", "--fields", "key")
    write(folder / "a.mp3", {"key": ["Cm"]})
    code, output = run(folder, "--undo")
    assert code == 4 and "The tags of 1 file are as they were." in output
    assert run(folder, "--undo")[0] == 0
    assert Tagged(folder / "a.mp3").read() == {"key": ["Cm"]}
    assert Tagged(folder / "a.flac").read() == {}


def test_an_undo_of_one_folder_leaves_that_of_the_others_to_be_done(folder: Path) -> None:
    (folder / "sub").mkdir()
    make(folder / "sub", "a.flac")
    run(folder, "--write")
    assert run(folder / "sub", "--undo")[0] == 0
    assert Tagged(folder / "sub/a.flac").read() == {} != Tagged(folder / "a.flac").read()
    assert run(folder / "sub", "--undo")[0] == 2
    assert run(folder, "--undo")[0] == 0
    assert Tagged(folder / "a.flac").read() == Tagged(folder / "a.mp3").read() == {}


def test_an_undo_goes_on_where_a_killed_run_or_undo_ended(folder: Path) -> None:
    run(folder, "--write")
    write(folder / "a.mp3", {"bpm": [], "key": []})  # as it was before, or as an undo left it
    assert run(folder, "--undo")[0] == 0
    assert Tagged(folder / "a.flac").read() == Tagged(folder / "a.mp3").read() == {}
    run(folder, "--write")
    (folder / "a.mp3").unlink()
    assert run(folder, "--undo")[0] == 4
    assert run(folder, "--undo")[0] == 2


def test_a_link_stays_one_and_its_file_is_tagged(folder: Path) -> None:
    other = folder.parent / "other"
    other.mkdir()
    real = (folder / "a.mp3").rename(other / "real.mp3")
    (folder / "a.mp3").symlink_to(real)
    real.chmod(0o640)
    run(folder, "--write")
    assert (folder / "a.mp3").is_symlink()
    assert (Tagged(real).read(), real.stat().st_mode & 0o777) == ({"bpm": ["128"], "key": ["F#m"]}, 0o640)
    assert run(folder, "--undo")[0] == 0
    assert (folder / "a.mp3").is_symlink() and Tagged(real).read() == {}


def test_a_half_copy_of_a_killed_run_goes_with_the_next_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = folder / ".j2a-tag-abc.mp3"
    shutil.copy2(folder / "a.mp3", left)
    run(folder, "--write")
    assert left.exists()  # another run may be at work on it
    monkeypatch.setattr("j2a.tagging.writing._LEFT_S", -1.0)
    run(folder, "--write")
    assert not left.exists()


def test_corrections_and_accepted_captions_are_what_is_written(folder: Path) -> None:
    clip = Clip(folder / "a.flac", 0.0, 1.0)
    with Store(store_path(), annotator="me") as store:
        caption = Caption("A rock piece.", "3.0", "mini", "", "", "", 0, Sampling(), MEASURED)
        store.save_generated(clip, caption)
        store.set_status(clip, Status.ACCEPTED)
        store.correct(folder / "a.flac", Corrections(bpm=63.8, key="A major"))
    _, output = run(folder, "--write", "--fields", "bpm,key,comment")
    assert Tagged(folder / "a.flac").read() == {"bpm": ["63.8"], "key": ["A"], "comment": ["A rock piece."]}
    assert "a.mp3: bpm 128; key F#m; comment: no caption is accepted" in output


@pytest.mark.parametrize("words", [("--fields", "bpm,mood"), ("--key-as", "solfege")])
def test_wrong_options_are_told(folder: Path, words: tuple[str, str]) -> None:
    code, output = run(folder, *words)
    assert code == UsageError.exit_code and words[1].split(",")[-1] in output
