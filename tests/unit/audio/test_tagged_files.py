"""Tags in front of sound and behind it, which not every format has a place for: the sound between them is the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from j2a.audio import AudioReader, probe
from j2a.errors import AudioError

pytest.importorskip("av", reason='needs the extra: pip install "j2a[av]"')
from tests.unit.audio.encoded import chirp, encoded
from tests.unit.audio.odd_files import ID3V1, RATE, ape, id3, music, without_length, written

LYRICS = b"LYRICSBEGININD00002" + b"10" + b"la " * 100
LYRICS3 = LYRICS + b"%06dLYRICS200" % len(LYRICS)

AROUND: dict[str, Callable[[bytes], bytes]] = {
    "ID3v1": lambda sound: sound + ID3V1,
    "APE": lambda sound: sound + ape(3_000),
    "APE without header": lambda sound: sound + ape(3_000, header=False),
    "APE and ID3v1": lambda sound: sound + ape(3_000) + ID3V1,
    "lyrics": lambda sound: sound + LYRICS3 + ID3V1,
    "cover in APE": lambda sound: sound + ape(400_000),
    "ID3v2": lambda sound: id3(500) + sound,
    "two ID3v2": lambda sound: id3(100) + id3(3_000) + sound,
    "all": lambda sound: id3(300_000) + sound + ape(3_000) + ID3V1,
}


def _made(folder: Path, suffix: str) -> Path:
    """Three seconds of sound."""
    path, sound = folder / f"plain.{suffix}", music(3.0)
    match suffix:
        case "flac":
            return written(path, "FLAC", "PCM_16", sound)
        case "pipe.flac":
            data = bytearray(written(path, "FLAC", "PCM_16", sound).read_bytes())
            without_length(data)
            path.write_bytes(data)
        case "ogg":
            return written(path, "OGG", "VORBIS", sound)
        case "opus":
            soundfile.write(path, music(3.0, rate=48_000), 48_000, format="OGG", subtype="OPUS")
        case "mp3":
            return written(path, "MP3", "MPEG_LAYER_III", sound)
        case "bare.mp3":
            return encoded(path, "mp3", "libmp3lame", sound, {"write_xing": "0", "id3v2_version": "0"})
        case "aac":
            return encoded(path, "adts", "aac", chirp(3.0))
        case "m4a":
            return encoded(path, "ipod", "aac", chirp(3.0))
        case "oga":
            return encoded(path, "ogg", "flac", sound)
        case "mp2" | "tta":
            return encoded(path, suffix, suffix, sound)
        case "wv":
            return encoded(path, "wv", "wavpack", sound)
    return path


def decoded(path: Path) -> NDArray[np.float32]:
    """All of a file, from its beginning."""
    blocks = []
    with AudioReader(path) as reader:
        while len(block := reader.read(30_011)):
            blocks.append(block)
    return np.concatenate(blocks)


@pytest.mark.parametrize(
    "suffix", ["flac", "pipe.flac", "ogg", "opus", "mp3", "bare.mp3", "aac", "m4a", "oga", "mp2", "tta", "wv"]
)
def test_tags_change_nothing_of_the_sound(tmp_path: Path, suffix: str) -> None:
    plain = _made(tmp_path, suffix)
    wanted, told = decoded(plain), probe(plain)
    for name, around in AROUND.items():
        path = tmp_path / f"tagged.{suffix}"
        path.write_bytes(around(plain.read_bytes()))
        np.testing.assert_array_equal(decoded(path), wanted, err_msg=name)
        with AudioReader(path) as reader:
            assert reader.info == told, name
            for start in (len(wanted) // 2, 1_000, len(wanted) // 2 + 3_000, len(wanted) - 4_000, 0):
                reader.seek(start / told.sample_rate)
                np.testing.assert_allclose(reader.read(3_000), wanted[start : start + 3_000], atol=3e-3, err_msg=name)


@pytest.mark.parametrize("between", [b"", ID3V1, id3(500), ape(100_000), b"garbage" * 100_000],
                         ids=["nothing", "ID3v1", "ID3v2", "APE", "garbage"])  # fmt: skip
@pytest.mark.parametrize("seconds", [(2.0, 2.0), (1.0, 3.0), (3.0, 1.0, 1.0)])
def test_joined_flac_is_one_sound(tmp_path: Path, between: bytes, seconds: tuple[float, ...]) -> None:
    parts = [written(tmp_path / f"{n}.flac", "FLAC", "PCM_16", music(of)) for n, of in enumerate(seconds)]
    path = tmp_path / "joined.flac"
    path.write_bytes(between.join(part.read_bytes() for part in parts))
    np.testing.assert_array_equal(decoded(path), np.concatenate([decoded(part) for part in parts]))


def test_flac_whose_first_part_is_nearly_all_of_it(tmp_path: Path) -> None:
    """Silence takes no bytes: that a second stream follows shows at the end alone."""
    noise = written(tmp_path / "noise.flac", "FLAC", "PCM_16", music(20.0)).read_bytes()
    silence = written(tmp_path / "silence.flac", "FLAC", "PCM_16", np.zeros((RATE, 2), np.float32)).read_bytes()
    (tmp_path / "joined.flac").write_bytes(noise + silence)
    assert probe(tmp_path / "joined.flac").duration_s == 21.0


def test_flac_of_another_rate_that_follows_is_told(tmp_path: Path) -> None:
    parts = []
    for rate in (44_100, 22_050):
        soundfile.write(tmp_path / f"{rate}.flac", music(2.0, rate=rate), rate)
        parts.append((tmp_path / f"{rate}.flac").read_bytes())
    (tmp_path / "joined.flac").write_bytes(b"".join(parts))
    info = probe(tmp_path / "joined.flac")
    assert info.duration_s == 2.0
    assert info.note == "Only the first 2.0 s are read: what follows has another sample rate (22,050 Hz)."


def test_a_flac_that_was_cut_short_still_says_so(tmp_path: Path) -> None:
    """Whatever lies where its sound should be, such as the space of a download."""
    data = written(tmp_path / "a.flac", "FLAC", "PCM_16", music(4.0)).read_bytes()
    for name, behind in (("zeros", bytes(len(data) // 2)), ("nothing", b""), ("tag", ape(3_000))):
        (tmp_path / "cut.flac").write_bytes(data[: len(data) // 2] + behind)
        with pytest.raises(AudioError, match="damaged or cut short"):
            decoded(tmp_path / "cut.flac")
        assert probe(tmp_path / "cut.flac").duration_s == 4.0, name


def test_a_wavpack_file_without_a_block_of_it(tmp_path: Path) -> None:
    """Damage costs what it hits."""
    path = encoded(tmp_path / "a.wv", "wv", "wavpack", music(6.0))
    data = bytearray(path.read_bytes())
    at = data.find(b"wvpk", len(data) // 2)
    data[at : at + 4] = b"lost"
    path.write_bytes(data)
    assert probe(path).duration_s == 6.0
    assert len(decoded(path)) >= 4 * RATE


def test_wavpack_files_of_one_block_each_are_read_one_behind_the_other(tmp_path: Path) -> None:
    lengths_s = (0.3, 0.4, 3.0)
    parts = [encoded(tmp_path / f"{one}.wv", "wv", "wavpack", chirp(one)) for one in lengths_s]
    path = tmp_path / "joined.wv"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert probe(path).frames == sum(probe(part).frames for part in parts)
