"""Valid files that are read wrongly by who takes their headers at their word; each with the sound that is in it.

Made by libsndfile, and by copying packets with FFmpeg (PyAV), as cutting tools do.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from tests.unit.audio.encoded import chirp, encoded

RATE = 44_100
SECONDS = 9.0


class Odd(NamedTuple):
    """A file and how long it is: the sum of its packets."""

    path: Path
    seconds: float


def music(seconds: float = SECONDS, channels: int = 2, rate: int = RATE) -> NDArray[np.float32]:
    """(T, channels): a rising tone and noise, so that no moment is like another and no block compresses to nothing."""
    times = np.arange(round(seconds * rate)) / rate
    one = 0.5 * np.sin(2 * np.pi * (150 * times + 60 * times**2))
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, (len(times), channels))
    return (one[:, None] + noise).astype(np.float32)


def written(path: Path, container: str, subtype: str, samples: NDArray[np.float32]) -> Path:
    """By libsndfile."""
    soundfile.write(path, samples, RATE, format=container, subtype=subtype)
    return path


def packets_of(source: Path, target: Path, from_s: float, to_s: float = 1e9) -> Path:
    """Cut without encoding again: the packets between two times, with the time stamps that they have."""
    with av.open(str(source)) as whole, av.open(str(target), "w") as cut:
        stream = whole.streams.audio[0]
        copy = cut.add_stream_from_template(stream)
        for packet in whole.demux(stream):
            if packet.pts is not None and from_s <= float(packet.pts * stream.time_base) < to_s:
                packet.stream = copy
                cut.mux(packet)
    return target


def decoded_s(path: Path) -> float:
    """Seconds that FFmpeg decodes of a file."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    return sum(frame.samples for frame in frames) / frames[0].sample_rate


def flac_of_unknown_length(folder: Path) -> Odd:
    """As written to a pipe: 0 samples, which means that nobody knows."""
    data = bytearray(written(folder / "pipe.flac", "FLAC", "PCM_16", music()).read_bytes())
    without_length(data)
    (folder / "pipe.flac").write_bytes(data)
    return Odd(folder / "pipe.flac", SECONDS)


def flac_cut(folder: Path) -> Odd:
    """Its first sample has another number than 0, and its header the length of the original."""
    cut = packets_of(written(folder / "whole.flac", "FLAC", "PCM_16", music()), folder / "cut.flac", 3.0)
    return Odd(cut, decoded_s(cut))


def flac_segment(folder: Path) -> Odd:
    """From the middle."""
    cut = packets_of(written(folder / "whole.flac", "FLAC", "PCM_16", music()), folder / "segment.flac", 2.0, 6.0)
    return Odd(cut, decoded_s(cut))


def flac_behind_a_large_tag(folder: Path) -> Odd:
    """With a picture of three megabytes in an ID3 tag."""
    data = written(folder / "tagged.flac", "FLAC", "PCM_16", music()).read_bytes()
    (folder / "tagged.flac").write_bytes(id3(3_000_000) + data)
    return Odd(folder / "tagged.flac", SECONDS)


def chained_vorbis(folder: Path) -> Odd:
    """Two streams one behind the other."""
    parts = [written(folder / f"{n}.ogg", "OGG", "VORBIS", music(n)).read_bytes() for n in (4, 3)]
    (folder / "chain.ogg").write_bytes(b"".join(parts))
    return Odd(folder / "chain.ogg", 7.0)


def chained_with_another_number_of_channels(folder: Path) -> Odd:
    """Mono, then stereo."""
    parts = [written(folder / f"{n}.ogg", "OGG", "VORBIS", music(3, n)).read_bytes() for n in (1, 2)]
    (folder / "chain.ogg").write_bytes(b"".join(parts))
    return Odd(folder / "chain.ogg", 6.0)


def chained_vorbis_with_garbage_between(folder: Path) -> Odd:
    """As recorders leave it that lose a moment; behind a tag, which has no place in Ogg."""
    odd = chained_vorbis(folder)
    first, second = ((folder / f"{n}.ogg").read_bytes() for n in (4, 3))
    odd.path.write_bytes(id3(2_000) + first + np.random.default_rng(2).bytes(70_000) + second)
    return odd


def chained_vorbis_of_a_cut_stream(folder: Path) -> Odd:
    """In the last page of the first stream the second one begins."""
    odd = chained_vorbis(folder)
    first, second = ((folder / f"{n}.ogg").read_bytes() for n in (4, 3))
    odd.path.write_bytes(first[: first.rfind(b"OggS") + 100] + second)
    (folder / "first.ogg").write_bytes(first[: first.rfind(b"OggS")])
    return Odd(odd.path, soundfile.info(folder / "first.ogg").duration + 3.0)


def chained_opus_with_a_tag_between(folder: Path) -> Odd:
    """With a tag behind the first, and one in front of the second."""
    for n in (4, 3):
        soundfile.write(folder / f"{n}.opus", music(n, rate=48_000), 48_000, format="OGG", subtype="OPUS")
    first, second = ((folder / f"{n}.opus").read_bytes() for n in (4, 3))
    (folder / "chain.opus").write_bytes(first + ID3V1 + id3(300_000) + second)
    return Odd(folder / "chain.opus", 7.0)


def joined_flac(folder: Path) -> Odd:
    """Two files that are equally long, one behind the other."""
    data = written(folder / "a.flac", "FLAC", "PCM_16", music(4.0)).read_bytes()
    (folder / "joined.flac").write_bytes(2 * data)
    return Odd(folder / "joined.flac", 8.0)


def joined_flac_with_tags(folder: Path) -> Odd:
    """The first of unknown length; tags around each."""
    parts = [bytearray(written(folder / f"{n}.flac", "FLAC", "PCM_16", music(n)).read_bytes()) for n in (3, 2, 4)]
    without_length(parts[0])
    (folder / "joined.flac").write_bytes(b"".join(id3(2_000) + part + ape(3_000) + ID3V1 for part in parts))
    return Odd(folder / "joined.flac", 9.0)


def piped_flac_with_a_tag(folder: Path) -> Odd:
    """Of unknown length, and what lies behind it is no sound."""
    odd = flac_of_unknown_length(folder)
    odd.path.write_bytes(odd.path.read_bytes() + ape(5_000) + ID3V1)
    return odd


def aac_with_tags(folder: Path) -> Odd:
    """Behind a cover, before an APE tag."""
    path = encoded(folder / "a.aac", "adts", "aac", chirp(SECONDS))
    path.write_bytes(id3(300_000) + path.read_bytes() + ape(200_000) + ID3V1)
    return Odd(path, SECONDS)


def wavpack_with_a_tag(folder: Path) -> Odd:
    """As WavPack's own program writes it."""
    path = encoded(folder / "a.wv", "wv", "wavpack", music())
    path.write_bytes(path.read_bytes() + ape(5_000, header=False))
    return Odd(path, SECONDS)


def joined_wavpack(folder: Path) -> Odd:
    """With garbage between."""
    parts = [encoded(folder / f"{n}.wv", "wv", "wavpack", music(n)).read_bytes() for n in (4, 3)]
    (folder / "joined.wv").write_bytes(parts[0] + b"garbage" * 99 + parts[1])
    return Odd(folder / "joined.wv", 7.0)


def ogg_flac_with_tags(folder: Path) -> Odd:
    """FLAC in Ogg, chained, with a cover at its end in which FFmpeg looks for a page."""
    parts = [encoded(folder / f"{n}.oga", "ogg", "flac", music(n)).read_bytes() for n in (4, 3)]
    (folder / "chain.oga").write_bytes(id3(2_000) + b"".join(parts) + ape(400_000))
    return Odd(folder / "chain.oga", 7.0)


def mp2_with_a_tag(folder: Path) -> Odd:
    """Its length is guessed by its bytes."""
    path = encoded(folder / "a.mp2", "mp2", "mp2", chirp(SECONDS))
    path.write_bytes(path.read_bytes() + ape(400_000))
    return Odd(path, SECONDS)


def mp3_without_a_header(folder: Path, mode: str = "CONSTANT") -> Odd:
    """LAME's header is the first frame; the bytes of the others say nothing of the length."""
    path = folder / "bare.mp3"
    soundfile.write(path, music(), RATE, format="MP3", bitrate_mode=mode, compression_level=0.3)
    frames = frames_of(path.read_bytes())
    path.write_bytes(b"".join(frames[1:] if b"Xing" in frames[0] or b"Info" in frames[0] else frames))
    return Odd(path, SECONDS)


def mp3_of_variable_rate_without_a_header(folder: Path) -> Odd:
    """The same, of frames of all sizes."""
    return mp3_without_a_header(folder, "VARIABLE")


def mp3_with_a_cover(folder: Path) -> Odd:
    """Constant rate, no header, a cover as large as the sound."""
    odd = mp3_without_a_header(folder)
    odd.path.write_bytes(id3(200_000) + odd.path.read_bytes() + b"TAG" + bytes(125))
    return odd


def mp3_with_a_vbri_header(folder: Path) -> Odd:
    """Fraunhofer's way of telling the length."""
    odd = mp3_of_variable_rate_without_a_header(folder)
    frames = frames_of(odd.path.read_bytes())
    told = b"VBRI" + struct.pack(">HHHIIHHHH", 1, 0x800, 75, sum(map(len, frames)), len(frames), 1, 1, 2, len(frames))
    head = b"\xff\xfb\xa0\0" + bytes(32) + told
    odd.path.write_bytes(head.ljust(144_000 * 160 // RATE, b"\0") + b"".join(frames))
    return odd


def joined_mp3(folder: Path) -> Odd:
    """Twice the same file, tag and header included."""
    path = folder / "joined.mp3"
    soundfile.write(path, music(5), RATE, format="MP3")
    path.write_bytes(2 * (id3(3_000) + path.read_bytes()))
    return Odd(path, 10.0)


def joined_mp3_of_other_channels(folder: Path) -> Odd:
    """Mono, then stereo."""
    parts = []
    for channels in (1, 2):
        soundfile.write(folder / f"{channels}.mp3", music(4, channels), RATE, format="MP3")
        parts.append((folder / f"{channels}.mp3").read_bytes())
    (folder / "joined.mp3").write_bytes(b"".join(parts))
    return Odd(folder / "joined.mp3", 8.0)


def wav_that_was_never_finished(folder: Path) -> Odd:
    """The sizes in its header are 0."""
    data = bytearray(written(folder / "zero.wav", "WAV", "PCM_16", music()).read_bytes())
    at = data.index(b"data") + 4
    data[4:8] = data[at : at + 4] = bytes(4)
    (folder / "zero.wav").write_bytes(data)
    return Odd(folder / "zero.wav", SECONDS)


def mp3_in_wav(folder: Path) -> Odd:
    """Compressed sound in a WAV, whose length is an estimate."""
    return _copied(written(folder / "a.mp3", "MP3", "MPEG_LAYER_III", music()), folder / "mp3.wav")


def gsm_in_wav(folder: Path) -> Odd:
    """As telephones record."""
    soundfile.write(folder / "gsm.wav", music(channels=1, rate=8_000), 8_000, subtype="GSM610")
    return Odd(folder / "gsm.wav", SECONDS)


def _copied(source: Path, target: Path) -> Odd:
    return Odd(packets_of(source, target, 0.0), SECONDS)


ODD = (
    flac_of_unknown_length, flac_cut, flac_segment, flac_behind_a_large_tag, chained_vorbis,
    chained_with_another_number_of_channels, mp3_without_a_header, mp3_of_variable_rate_without_a_header,
    mp3_with_a_cover, mp3_with_a_vbri_header, joined_mp3, joined_mp3_of_other_channels, wav_that_was_never_finished,
    mp3_in_wav, gsm_in_wav, chained_vorbis_with_garbage_between, chained_vorbis_of_a_cut_stream,
    chained_opus_with_a_tag_between, joined_flac, joined_flac_with_tags, piped_flac_with_a_tag, aac_with_tags,
    wavpack_with_a_tag, joined_wavpack, ogg_flac_with_tags, mp2_with_a_tag,
)  # fmt: skip


def id3(size: int) -> bytes:
    """An ID3v2.3 tag around a picture of noise."""
    picture = b"\0image/jpeg\0\3\0" + np.random.default_rng(1).bytes(size).replace(b"\xff", b"\x7f")
    frame = b"APIC" + struct.pack(">I", len(picture)) + b"\0\0" + picture
    return b"ID3\3\0\0" + bytes(len(frame) >> shift & 127 for shift in (21, 14, 7, 0)) + frame


ID3V1 = b"TAG" + b"Title".ljust(125, b"\0")


def ape(size: int, *, header: bool = True) -> bytes:
    """An APEv2 tag of so many bytes and some."""
    item = size.to_bytes(4, "little") + bytes(4) + b"Title\0" + b"x" * size
    count = (len(item) + 32).to_bytes(4, "little") + (1).to_bytes(4, "little")

    def part(flags: int) -> bytes:
        return b"APETAGEX" + (2_000).to_bytes(4, "little") + count + flags.to_bytes(4, "little") + bytes(8)

    return part(0xA000_0000) + item + part(0x8000_0000) if header else item + part(0)


def without_length(flac: bytearray) -> None:
    """What a pipe leaves: a count of 0 samples."""
    told = int.from_bytes(flac[18:26], "big") >> 36 << 36
    flac[18:26] = told.to_bytes(8, "big")


def frames_of(data: bytes) -> list[bytes]:
    """The frames of an MP3 of MPEG 1 without tags."""
    return list(_frames(data))


def _frames(data: bytes) -> Iterator[bytes]:
    kbits = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    at = 0
    while at + 4 <= len(data):
        assert data[at] == 0xFF and data[at + 1] & 0xFE == 0xFA
        size = 144_000 * kbits[data[at + 2] >> 4] // RATE + (data[at + 2] >> 1 & 1)
        yield data[at : at + size]
        at += size
