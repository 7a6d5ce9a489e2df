"""`j2a export --format`: what is new, changed or the same; windows cut sample by sample; nothing replaced unasked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from j2a.audio.decode import read_blocks
from j2a.cli import app
from j2a.clip import Clip
from j2a.exporting.cutting import save_cut
from j2a.store import Status, Store

RATE = 44_100
NOISE = np.random.default_rng(7)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A folder with a song of three seconds that has two captions, the later one accepted."""
    folder = tmp_path / "music"
    folder.mkdir()
    soundfile.write(folder / "a.wav", NOISE.uniform(-0.5, 0.5, (3 * RATE, 2)), RATE, "PCM_16")
    with Store() as store:
        store.edit(Clip(folder / "a.wav", 0, 1), "The beginning.")
        store.edit(Clip(folder / "a.wav", 1, 2.5), "The middle.")
        store.set_status(Clip(folder / "a.wav", 1, 2.5), Status.ACCEPTED)
    return folder


def run(*arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, results and narration of ``j2a export``."""
    result = CliRunner().invoke(app, ["export", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_what_would_change_is_said_first_and_done_only_when_forced(music: Path) -> None:
    asked = (music, "--format", "ace-step-sidecars", "--out", music)
    mine = music / "a.caption.txt"
    mine.write_text("Mine.\n")
    code, out, _ = run(*asked, "--dry-run")
    assert (code, sorted(path.name for path in music.iterdir())) == (0, ["a.caption.txt", "a.wav"])
    assert f"new      {music / 'a.json'}" in out and f"changed  {mine}" in out
    code, _, told = run(*asked)
    assert (code, mine.read_text(), (music / "a.json").exists()) == (1, "Mine.\n", False)
    assert "--force" in told
    code, _, told = run(*asked, "--force")
    assert (code, mine.read_text()) == (0, "The middle.\n")  # of two windows the accepted one
    assert (music / "a.caption.txt.bak").read_text() == "Mine.\n"
    assert "1 file has several captions" in told
    assert "(files: 0 new, 0 changed, 2 same)" in run(*asked)[1]


def test_what_another_program_keeps_in_the_same_file_stays(music: Path) -> None:
    (music / "a.json").write_text('{"title": "Song", "moods": ["calm"]}')
    assert run(music, "--format", "audiocraft", "--out", music, "--force")[0] == 0
    fields = json.loads((music / "a.json").read_text())
    assert (fields["title"], fields["description"]) == ("a", "The middle.")
    assert fields["moods"] == ["calm"]


def test_nothing_is_written_through_a_link(music: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.flac").write_bytes(b"mine")
    for to in ("mine.flac", "nowhere"):
        out = tmp_path / f"out {to}"
        out.mkdir()
        (out / "a_0-1000.flac").symlink_to(tmp_path / to)
        code, _, told = run(music, "--format", "audiofolder", "--out", out, "--window-audio", "flac", "--force")
        assert code == 1 and "is a link to another file" in told
    assert (tmp_path / "mine.flac").read_bytes() == b"mine" and not (tmp_path / "nowhere").exists()


def test_what_stays_out_is_counted(music: Path, tmp_path: Path) -> None:
    with Store() as store:
        store.set_status(Clip(music / "a.wav", 0.5, 0.7), Status.SKIPPED)
    code, output, told = run(music, "--format", "txt", "--out", tmp_path / "out")
    assert code == 0 and output.startswith("1 caption written")
    assert "Left out: 1 caption." in told and "1 window has no caption" in told
    code, output, told = run(music, "--out", tmp_path / "all.csv")
    assert code == 0 and "1 without a caption; --only captioned" in told


@pytest.mark.parametrize("kind", ["flac", "wav"])
def test_windows_become_files_of_their_own(music: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    assert run(music, "--format", "audiofolder", "--out", out, "--window-audio", kind)[0] == 0
    rows = [json.loads(line) for line in (out / "metadata.jsonl").read_text().splitlines()]
    assert [(row["file_name"], row["caption"]) for row in rows] == [
        (f"a_0-1000.{kind}", "The beginning."), (f"a_1000-2500.{kind}", "The middle."),
    ]  # fmt: skip
    song, _ = soundfile.read(music / "a.wav", dtype="int16")
    cut, rate = soundfile.read(out / f"a_1000-2500.{kind}", dtype="int16")
    assert rate == RATE
    np.testing.assert_array_equal(cut, song[RATE : round(2.5 * RATE)])
    assert "3 same" in run(music, "--format", "audiofolder", "--out", out, "--window-audio", kind)[1]


@pytest.mark.parametrize(
    ("source", "subtype", "kind", "written"),
    [
        ("x.wav", "PCM_16", "flac", "PCM_16"), ("x.wav", "PCM_24", "flac", "PCM_24"),
        ("x.wav", "PCM_24", "wav", "PCM_24"), ("x.wav", "FLOAT", "wav", "FLOAT"),
        ("x.ogg", "VORBIS", "wav", "FLOAT"), ("x.flac", "PCM_16", "wav", "PCM_16"),
    ],
)  # fmt: skip
def test_cut_samples_are_those_that_are_decoded(
    tmp_path: Path, source: str, subtype: str, kind: str, written: str
) -> None:
    path, target = tmp_path / source, tmp_path / f"cut.{kind}"
    soundfile.write(path, NOISE.uniform(-0.9, 0.9, (2 * RATE, 2)), RATE, subtype)
    clip = Clip(path, 0.3337, 1.7)
    save_cut(clip, target)
    assert soundfile.info(str(target)).subtype == written
    np.testing.assert_array_equal(
        soundfile.read(target, dtype="float32")[0], np.concatenate(list(read_blocks(clip)))
    )


def test_the_extremes_of_whole_numbers_stay(tmp_path: Path) -> None:
    for subtype, bits in (("PCM_16", 16), ("PCM_24", 24)):
        path = tmp_path / f"{bits}.wav"
        one = 1 << (32 - bits)
        whole = np.array([-(1 << 31), (1 << 31) - one, 0, one, -one], np.int32)
        soundfile.write(path, np.tile(whole, 100), RATE, subtype)
        save_cut(Clip(path), tmp_path / "cut.flac")
        np.testing.assert_array_equal(soundfile.read(tmp_path / "cut.flac", dtype="int32")[0], np.tile(whole, 100))


def test_lossy_sound_in_a_flac_is_right_to_the_last_of_24_bits(tmp_path: Path) -> None:
    path = tmp_path / "x.ogg"
    soundfile.write(path, NOISE.uniform(-0.5, 0.5, RATE), RATE)
    save_cut(Clip(path, 0.1, 0.9), tmp_path / "cut.flac")
    wanted = np.concatenate(list(read_blocks(Clip(path, 0.1, 0.9))))[:, 0]
    np.testing.assert_allclose(soundfile.read(tmp_path / "cut.flac")[0], wanted, atol=0.51 / (1 << 23))


def test_a_text_has_one_owner_and_a_broken_file_is_named(music: Path, tmp_path: Path) -> None:
    (music / "a.flac").write_bytes(b"no sound")
    with Store() as store:
        store.edit(Clip(music / "a.flac"), "Another.")
    code, _, told = run(music, "--format", "txt", "--out", tmp_path / "out")
    assert code == 4
    assert "a.wav and a.flac would have the same text file" in told
    code, _, told = run(music, "--format", "txt", "--out", tmp_path / "cuts", "--window-audio", "flac")
    assert code == 4
    assert told.count("Left out:") == 1
    assert sorted(path.name for path in (tmp_path / "cuts").iterdir()) == [
        "a_0-1000.flac", "a_0-1000.txt", "a_1000-2500.flac", "a_1000-2500.txt",
    ]  # fmt: skip


def test_a_link_in_the_place_of_a_text_is_refused(music: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("Other.")
    (music / "a.txt").symlink_to(other)
    code, _, told = run(music, "--format", "txt", "--out", music, "--force")
    assert (code, other.read_text()) == (1, "Other.")
    assert "is a link to another file" in told


@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "jsonl"], ["--format", "nothing"], ["--window-audio", "flac"],
        ["--format", "tags"], ["--no-figures"],
        ["--format", "txt", "--out", "x", "--window-audio", "mp3"], ["--format", "audiofolder", "--out", "elsewhere"],
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_usage(music: Path, arguments: list[str]) -> None:
    assert run(music, *arguments)[0] == 2


def test_the_first_format_can_be_looked_at_too(music: Path) -> None:
    for state in ("new", "same"):
        code, out, _ = run(music, "--dry-run")
        assert code == 0 and out.startswith(f"{state:<8} captions.csv\n")
        assert "would be written to" in out
        assert (music / "captions.csv").exists() is (state == "same")
        run(music)
    (music / "captions.csv").write_text("Mine.\n")
    assert run(music, "--dry-run")[1].startswith("changed")
    assert (music / "captions.csv").read_text() == "Mine.\n"


def test_figures_are_as_the_readers_of_a_format_want_them(music: Path, tmp_path: Path) -> None:
    with Store() as store:
        store.edit(Clip(music / "a.wav", 1, 2.5), "A piece at 120 BPM in A minor.")
    for name, option, wanted in (
        ("ace-step-sidecars", [], "A piece."), ("txt", [], "A piece at 120 BPM in A minor."),
        ("txt", ["--no-figures"], "A piece."), ("ace-step-sidecars", ["--figures"], "A piece at 120 BPM in A minor."),
    ):  # fmt: skip
        out = tmp_path / f"{name}{option}"
        assert run(music, "--format", name, "--out", out, *option)[0] == 0
        assert next(out.glob("*.txt")).read_text() == f"{wanted}\n"
