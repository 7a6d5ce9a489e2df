"""Real music: which facts hold of which file, which windows are taken, and how captions are judged by them."""

from __future__ import annotations

import itertools
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from j2a.errors import J2AError, UsageError
from j2a.features.record import Features, Tag
from tests.places import ROOT
from training.datasets.mixing import over
from training.datasets.table import Row
from training.evaluation.real import sounds
from training.evaluation.real.card import Scored, card, wrong_claims
from training.evaluation.real.judge import judged, says
from training.evaluation.real.manifest import as_table, facts_of, missing, read_manifest
from training.evaluation.real.midi import tempi_in
from training.evaluation.real.rows import rows_of
from training.evaluation.real.run import Asked, score
from training.evaluation.real.windows import Window, Windows
from training.evaluation.settings import EvaluateSettings

SONGS = "fretsonfire-songs-sectoid"
STEM = {"instruments": ["guitar"], "drums": False, "vocals": False, "bpm": 140.0, "tempo": "fast"}
NOTHING = {"nothing": True, "instruments": [], "drums": False, "vocals": False}


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stems of a song, of which the guitar pauses in the second half, music of which nothing is known, a voice."""
    folder, rate = tmp_path_factory.mktemp("music"), 16_000
    noise = (0.1 * np.random.default_rng(0).standard_normal(40 * rate)).astype(np.float32)
    guitar = noise.copy()
    guitar[20 * rate :] = 0
    voice = 0.3 * np.sin(np.arange(8 * rate) / 20).astype(np.float32)
    files = {
        f"{SONGS}/Feelings - guitar.ogg": guitar,
        f"{SONGS}/Feelings - song.ogg": noise,
        "neverball-common/bgm - title.ogg": noise[: 15 * rate],
        "voices/vocadito_10.wav": voice,
    }
    for name, sound in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with soundfile.SoundFile(path, "w", rate, 1) as file:
            for second in np.array_split(sound, 40):  # much at once overflows libsndfile's stack in Ogg Vorbis
                file.write(second)
    return folder


def taken(music: Path, out: Path, tempi: dict[str, float] | None = None) -> list[Window]:
    return Windows(read_manifest(), music, out, 0, tempi or {}).take()


def verdicts(text: str, facts: dict) -> dict[str, str]:
    return {f"{'no ' if one.negated else ''}{one.value}": one.verdict for one in judged(text, facts)}


def test_every_fact_has_a_proof_and_stands_in_the_docs() -> None:
    manifest = read_manifest()
    for entry in (*manifest.files, *manifest.sums, *manifest.mixes, *manifest.made):
        assert entry.fact and entry.proof
        assert entry.proof != "-" or not entry.facts, "a fact needs a proof"
    assert as_table(manifest) in (ROOT / "docs/real-card.md").read_text(encoding="utf-8")


def test_facts_of_a_file_add_up() -> None:
    manifest = read_manifest()
    stem = facts_of(f"{SONGS}/Metal madness - guitar.ogg", manifest, {})
    assert stem == {"instruments": ["guitar"], "drums": False, "vocals": False, "bpm": 150.0, "tempo": "fast",
                    "styles": ["metal"]}  # fmt: skip
    assert facts_of(f"{SONGS}/Feelings - song.ogg", manifest, {}) == {"bpm": 95.0, "tempo": "moderate"}
    assert facts_of(f"{SONGS}/New - song.ogg", manifest, {"New": 70.0}) == {"bpm": 70.0, "tempo": "slow"}
    assert facts_of("asc-music/music - frontiers.mp3", manifest, {}) == {}
    assert facts_of("elsewhere/song.ogg", manifest, {}) == {}


def test_what_is_missing_is_one_paragraph() -> None:
    text = missing([f"{SONGS}/Feelings - guitar.ogg"], read_manifest())
    assert "\n" not in text and "singularity-music" in text and "espeak-ng" in text and "guitar.ogg" not in text


@pytest.mark.parametrize(
    ("text", "facts", "wanted"),
    [
        ("A guitar plays. No drums.", STEM, {"guitar": "true", "no yes": "true"}),
        ("Piano, bass and drums.", STEM, {"piano": "false", "bass": "false", "yes": "false"}),
        ("An instrumental.", STEM, {"no yes": "true"}),
        ("A singer.", STEM, {"yes": "false"}),
        ("A singer.", {"vocals": True}, {"yes": "true"}),
        ("An instrumental.", {"vocals": True}, {"no yes": "false"}),
        ("A fast piece at 135 BPM.", STEM, {"fast": "true", "135 BPM": "true"}),
        ("A slow piece at about 70 BPM.", STEM, {"slow": "false", "70 BPM": "false"}),
        ("Metal music.", {"styles": ["metal"]}, {"Metal": "true"}),
        ("Rock music.", {"styles": ["metal"]}, {"Rock": "unknown"}),
        ("A guitar and a piano.", {"plays": ["guitar"]}, {"guitar": "true", "piano": "unknown"}),
        ("No guitar.", {"plays": ["guitar"]}, {"no guitar": "false"}),
        ("Drums at 90 BPM. No bass.", NOTHING, {"yes": "false", "90 BPM": "false", "no bass": "true"}),
        ("The clip is silent.", NOTHING, {}),
        ("A guitar at 90 BPM in C major.", {}, {"guitar": "unknown", "90 BPM": "unknown", "C major": "unknown"}),
    ],
)
def test_claims_are_judged_by_what_is_proved(text: str, facts: dict, wanted: dict[str, str]) -> None:
    assert verdicts(text, facts) == wanted


def test_a_denied_guitar_is_not_said() -> None:
    assert says(judged("A guitar.", STEM), "instrument", "guitar")
    assert not says(judged("No guitar.", STEM), "instrument", "guitar")


def test_windows_sound_do_not_overlap_and_come_again(music: Path, tmp_path: Path) -> None:
    first, again = (taken(music, tmp_path / name) for name in ("a", "b"))
    assert [one.row for one in first] == [one.row for one in again]
    assert len({one.row.id for one in first}) == len(first)
    stems = [one.row for one in first if one.row.source == "stem"]
    assert 1 <= len(stems) <= 2 and all(row.start_s <= 12 for row in stems), "the guitar pauses from 20 s on"
    assert all(a.start_s + 10 <= b.start_s for a, b in itertools.pairwise(stems))
    for one in first:
        info = soundfile.info(one.folder / one.row.audio)
        assert one.folder == music or info.duration == pytest.approx(10)


def test_facts_come_along_into_what_is_made_of_several(music: Path, tmp_path: Path) -> None:
    windows = taken(music, tmp_path / "out")
    whole = next(one for one in windows if one.row.source == "whole")
    assert whole.row.facts == {"plays": ["guitar"], "bpm": 95.0, "tempo": "moderate"}
    sung = [one for one in windows if one.row.source == "sung"]
    assert {one.part for one in sung} == {"alone", "-6 dB", "0 dB", "+6 dB"} and len(sung) == 19
    over_stem = next(one for one in sung if one.file.endswith("guitar.ogg"))
    assert over_stem.row.facts["vocals"] is True and over_stem.row.facts["instruments"] == ["guitar"]
    assert all(one.row.facts["nothing"] for one in windows if one.row.source == "nothing")


def test_a_voice_is_as_loud_as_asked() -> None:
    bed = np.full(10 * sounds.RATE, 0.01, np.float32)
    voice = np.zeros_like(bed)
    voice[: 5 * sounds.RATE] = 0.5  # and a pause
    mixed = over(voice, bed, 6.0, sounds.RATE)
    assert mixed[0] - bed[0] == pytest.approx(0.01 * 10 ** (6 / 20), rel=1e-3)
    assert mixed[-1] == bed[-1]
    assert np.abs(over(voice, 40 * bed, 12.0, sounds.RATE)).max() <= 0.95 + 1e-6
    with pytest.raises(ValueError, match="brown"):
        sounds.made("brown noise", 1.0, np.random.default_rng(0))


def test_the_tempo_is_read_from_midi_where_it_is_one(tmp_path: Path) -> None:
    for title, tempi in (("One", [500_000, 500_000]), ("Two", [500_000, 400_000])):
        file = mido.MidiFile()
        file.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=tempo) for tempo in tempi]))
        (tmp_path / title).mkdir()
        file.save(tmp_path / title / "notes.mid")
    assert tempi_in(tmp_path) == {"One": 120.0}
    (tmp_path / "Two" / "notes.mid").write_bytes(b"no midi")
    with pytest.raises(J2AError, match=r"Two/notes.mid cannot be read"):
        tempi_in(tmp_path)
    with pytest.raises(J2AError, match=r"no notes\.mid"):
        tempi_in(tmp_path / "One" / "nowhere")


def window(number: int, facts: dict, group: str) -> Window:
    return Window(Row(f"clip {number}", "a.ogg", "test", source=group, facts=facts), Path(), f"file {number}")


def test_the_card_counts_beside_its_floors_and_prints_every_wrong_claim() -> None:
    facts = [STEM, {"vocals": True}, {"styles": ["metal"]}, NOTHING, {}]
    windows = [window(n, one, group) for n, (one, group) in enumerate(
        zip(facts, ["stem", "sung", "style", "nothing", "other"], strict=True))]  # fmt: skip
    captions = ["A guitar and bass at 138 BPM.", "A voice.", "Metal music.", "A slow piece.", "A piano."]
    features = [Features(bpm=100.0, tags=[Tag("electric guitar", "instrument", 0.5)]), *[Features()] * 4]
    found = {name: row() for name, row in rows_of(captions, windows, features).items()}
    assert found["judged claims true"] == pytest.approx(4 / 6)  # bass and slow are not
    assert found["judged claims a clip"] == pytest.approx(6 / 4)
    assert found["a guitar said in guitar-only stems"] == found["drums or bass said in guitar-only stems"] == 1
    assert found["a voice said where somebody sings"] == 1 and found["a voice said where surely none is"] == 0
    assert found["stated BPM right (4 %, the song's own level)"] == 1
    assert found["a proved style said"] == 1 and found["wrong claims in silence and noise"] == 1
    assert found["contradicting the features of their own row"] == pytest.approx(1 / 5)
    assert len(wrong_claims(captions, windows)) == 2 + 2

    text = card("ours", captions, Scored(windows, features, 0, 100))
    assert "| per cent | ours | shuffled audio | constant caption |" in text
    assert "* clip 0: **bass**, but instruments guitar, no drums" in text and "* clip 3: **slow**, but nothing" in text
    line = next(line for line in text.splitlines() if line.startswith("| judged claims true"))
    ours, shuffled = (float(cell.split()[0]) for cell in line.split(" | ")[1:3])
    assert ours == 66.7 > shuffled
    assert "| electric guitar heard in guitar-only stems | 100.0 " in text


def test_a_folder_of_which_nothing_is_known_is_refused(tmp_path: Path) -> None:
    (tmp_path / "song.ogg").write_bytes(b"")
    for folder, message in ((tmp_path, "holds no file that is known"), (tmp_path / "none", "is no folder")):
        with pytest.raises(UsageError, match=message):
            score(Asked(folder, tmp_path / "out", EvaluateSettings()))
    assert not (tmp_path / "out").exists()
