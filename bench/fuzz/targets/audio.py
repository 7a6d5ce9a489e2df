"""Our readers of audio headers: frames of MP3 and FLAC, pages of Ogg, chunks of WAV. No decoder takes part."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from bench.fuzz.target import Target, as_choice, chosen
from j2a.audio import flac, mpeg, ogg, source, wav, wavpack
from j2a.audio.view import FileView, Layout
from j2a.frames import adts_frame, between_tags, counted_s, mpeg_frame, walked

NAMES = ("a.mp3", "a.wav", "a.flac", "a.ogg")
_LONGEST = 8_192


def attempt(data: bytes, folder: Path) -> None:
    """A decoder is shown ranges that are in the file, in their order, and counts that are no less than nothing."""
    name, content = chosen(data, NAMES)
    path = folder / name
    path.write_bytes(content)
    start, end = between_tags(path)
    assert 0 <= start <= end <= len(content)
    source._ffmpeg_demuxer(path)
    found = [layout for layout in source._layouts(path) if layout]
    found += [Layout(walked(path, frame_at).ranges) for frame_at in (adts_frame, mpeg_frame)]
    found += [*(run.layout() for run in mpeg.runs(path)), *ogg.layouts(path), *wavpack.layouts(path)]
    found += [layout for layout in (*flac.layouts(path), *wav.layouts(path)) if layout]
    for layout in found:
        _hold(layout, path, len(content))
    wav.mpeg_in(path)
    assert (counted_s(path, mpeg_frame) or 0) >= 0
    ogg.second_granule(path)


def _hold(layout: Layout, path: Path, size: int) -> None:
    assert layout.first >= 0 and (layout.frames is None or layout.frames >= 0)
    assert layout.last_seek is None or layout.last_seek >= 0
    ranges = [part for part in layout.parts if isinstance(part, tuple)]
    assert all(0 <= start <= end <= size for start, end in ranges), f"ranges beyond the file: {ranges}"
    with FileView(path, layout.parts) as view:
        assert len(view.read()) == view.seek(0, 2), "a view holds other bytes than it says"
    for frame in (0, 1_000, 10**9):
        if entry := layout.entry(min(frame, _frames(layout))):
            assert entry[1] <= frame


def _frames(layout: Layout) -> int:
    run = layout.run if isinstance(layout, mpeg.MpegLayout) else None
    return run.frames * 576 - 1 if run else 0


@functools.cache
def _written() -> tuple[bytes, ...]:
    """A short file of each kind."""
    import soundfile

    from tests.unit.audio.odd_files import music

    kinds = (("MP3", "MPEG_LAYER_III"), ("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"))
    with tempfile.TemporaryDirectory() as place:
        for container, subtype in kinds:
            path = Path(place) / container
            soundfile.write(path, music(0.2, channels=1)[:4_000], 44_100, format=container, subtype=subtype)
        return tuple((Path(place) / container).read_bytes() for container, _ in kinds)


def _mp3_in_wav(mp3: bytes) -> bytes:
    header = b"RIFF" + (36 + len(mp3)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    return header + b"U\0\1\0" + bytes(12) + b"data" + len(mp3).to_bytes(4, "little") + mp3


def seeds(folder: Path) -> list[bytes]:
    """Files of each kind, whole or cut, without their headers, and one behind the other."""
    from tests.unit.audio.odd_files import id3

    mp3, wave, lossless, vorbis = _written()
    found = [
        (0, mp3), (1, wave), (2, lossless), (3, vorbis), (0, id3(40) + mp3), (0, mp3[417:]), (3, vorbis + vorbis),
        (1, _mp3_in_wav(mp3[417:])), (1, wave[:40] + bytes(4) + wave[44:]),
        (2, lossless[:21] + bytes(5) + lossless[26:]),
    ]  # fmt: skip
    return [as_choice(number, content[:_LONGEST]) for number, content in found]


TARGET = Target(attempt, seeds, (
    b"ID3", b"Xing", b"Info", b"VBRI", b"TAG", b"APETAGEX", b"fLaC", b"OggS", b"RIFF", b"WAVE", b"data", b"fmt ",
    b"U\0", b"\xff\xfb\x90\x64", b"\xff\xf8", b"\1vorbis",
), longest=_LONGEST + 1)  # fmt: skip
