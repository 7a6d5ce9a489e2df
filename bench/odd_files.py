"""Files that mislead and files that are damaged: which are read, at which length, and whether anything gives way.

    python bench/odd_files.py [--files 2000] [--seed 0] [--peer] [--json results.json]

First the valid odd files of tests/unit/audio/odd_files.py, beside soundfile and FFmpeg (PyAV) on the same ones: seconds
that each tells or decodes, and how many each opens and has the right length of; with ``--peer`` beside the programs
ffmpeg and ffprobe, too. Then damaged files: bits turned, parts cut out, doubled, zeroed and swapped, names changed,
from a seed. Each is opened, measured by length and read at its beginning, middle and end in a process that may take a
gigabyte and ten seconds a file. Counts: read, refused in words, and what must not be: unexpected errors, crashes, and
files that took too long or too much.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
MEMORY = 3 << 30  # address space, most of which libraries only reserve
SECONDS = 10
RIGHT_S = 0.15  # that a length may be off: encoders add some silence


def seeds(folder: Path) -> list[Path]:
    """A valid file of each format, two seconds long."""
    import soundfile

    from tests.unit.audio.odd_files import music

    sound = music(2.0)
    kinds = [
        ("wav", "WAV", "PCM_16"), ("wav", "WAV", "FLOAT"), ("wav", "WAVEX", "PCM_24"), ("w64", "W64", "PCM_16"),
        ("flac", "FLAC", "PCM_16"), ("ogg", "OGG", "VORBIS"), ("mp3", "MP3", "MPEG_LAYER_III"),
        ("caf", "CAF", "PCM_16"), ("aiff", "AIFF", "PCM_16"), ("wav", "WAV", "MS_ADPCM"),
    ]  # fmt: skip
    found = []
    for number, (suffix, container, subtype) in enumerate(kinds):
        found.append(folder / f"{number}.{suffix}")
        soundfile.write(found[-1], sound, 44_100, format=container, subtype=subtype)
    found.append(folder / "opus.opus")
    soundfile.write(found[-1], music(2.0, rate=48_000), 48_000, format="OGG", subtype="OPUS")
    return found


def damaged(data: bytes, rng: random.Random) -> bytes:
    """One to four kinds of damage, most of it where headers are."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = int(len(changed) * rng.random() ** rng.choice((1, 3, 6)))
        length = rng.choice((1, 2, 4, 8, 64, 1_000, 20_000))
        match rng.randrange(7):
            case 0:
                for _ in range(rng.choice((1, 3, 30))):
                    changed[int(len(changed) * rng.random() ** 3)] ^= 1 << rng.randrange(8)
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = changed[at : at + length]
            case 3:
                changed[at : at + length] = bytes(min(length, len(changed) - at))
            case 4:
                changed[at : at + 4] = rng.choice((2**32 - 1, 2**31 - 1, 0)).to_bytes(4, rng.choice(("big", "little")))
            case 5:
                del changed[at:]
            case 6:
                changed[at:at] = rng.randbytes(length)
        changed = changed or bytearray(b"\0")
    return bytes(changed)


def corpus(folder: Path, count: int, seed: int) -> list[Path]:
    """So many damaged files, the same for the same seed."""
    rng = random.Random(seed)
    (folder / "seeds").mkdir()
    whole = [(path.suffix, path.read_bytes()) for path in seeds(folder / "seeds")]
    found = []
    for number in range(count):
        suffix, data = rng.choice(whole)
        if rng.random() < 0.1:  # one format under another's name, or two in one file
            other, more = rng.choice(whole)
            suffix, data = (other, data) if rng.random() < 0.5 else (suffix, data + more)
        found.append(folder / f"{number:05}{suffix}")
        found[-1].write_bytes(damaged(data, rng))
    return found


def read(path: Path) -> str:
    """What comes of a file, in this process."""
    from j2a.audio import AudioReader, compute_peaks
    from j2a.clip import Clip
    from j2a.errors import AudioError

    try:
        with AudioReader(path) as reader:
            length_s = reader.info.duration_s
            for place in (0.0, 0.5, 0.99):
                reader.seek(place * length_s)
                reader.read(4_096)
        compute_peaks(Clip(path, 0.0, min(length_s, 5.0)), 40)
    except AudioError:
        return "refused"
    except Exception as error:  # noqa: BLE001 - that none comes is what is measured
        return f"unexpected {type(error).__name__}: {error}"[:300]
    return "read"


def worker() -> None:
    """Reads names, one a line, and answers each with a line."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin:
        signal.alarm(SECONDS)  # ends this process
        print(json.dumps(read(Path(line.rstrip("\n")))), flush=True)
        signal.alarm(0)


def outcomes(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """Each file with what came of it; a process that is lost is replaced."""
    process: subprocess.Popen[str] | None = None
    for path in paths:
        if process is None:
            process = subprocess.Popen(
                [sys.executable, __file__, "--worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
        assert process.stdin and process.stdout
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if answer:
            yield path, json.loads(answer)
        else:
            code = process.wait()
            yield path, "too long" if code == -signal.SIGALRM else f"crashed with {code}"
            process = None
    if process is not None and process.stdin:
        process.stdin.close()
        process.wait()


def by_program(path: Path) -> float:
    """Seconds that the program ffmpeg decodes of a file."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a:0", "-ac", "1", "-ar", "8000", "-f", "s16le", "-"]
    return len(subprocess.run(command, capture_output=True, timeout=60, check=False).stdout) / 2 / 8_000


def told_by_program(path: Path) -> float:
    """Seconds that ffprobe tells."""
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(path)]
    return float(subprocess.run(command, capture_output=True, timeout=60, check=False, text=True).stdout)


def summed_up(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Of each reader: how many of the files it opens, and has the right length of."""
    for reader in list(rows[0])[2:]:
        opened = [row for row in rows if row[reader]]
        right = sum(abs(row[reader] - row["true_s"]) <= RIGHT_S for row in opened)
        yield f"{reader}: opens {len(opened)} of {len(rows)} valid odd files, {right} at the right length"


def misleading(folder: Path, peer: bool) -> list[dict[str, Any]]:
    """The valid odd files: their true seconds, and those that each reader finds."""
    import av
    import soundfile

    from j2a.audio import probe
    from tests.unit.audio.odd_files import ODD

    def seconds(measure: Any) -> float | None:
        try:
            return round(float(measure()), 2)
        except (OSError, RuntimeError, ValueError, av.FFmpegError):
            return None

    def by_ffmpeg(path: Path) -> float:
        with av.open(str(path)) as container:
            frames = [(frame.samples, frame.sample_rate) for frame in container.decode(audio=0)]
        return sum(samples / rate for samples, rate in frames)

    rows = []
    for make in ODD:
        (folder / make.__name__).mkdir()
        odd = make(folder / make.__name__)
        rows.append({
            "file": make.__name__, "true_s": round(odd.seconds, 2),
            "j2a": seconds(lambda: probe(odd.path).duration_s),  # noqa: B023 - called at once
            "soundfile": seconds(lambda: soundfile.info(odd.path).duration),  # noqa: B023
            "FFmpeg decodes": seconds(lambda: by_ffmpeg(odd.path)),  # noqa: B023
        })  # fmt: skip
        if peer:
            rows[-1]["ffmpeg"] = seconds(lambda: by_program(odd.path))  # noqa: B023
            rows[-1]["ffprobe tells"] = seconds(lambda: told_by_program(odd.path))  # noqa: B023
    return rows


def main() -> None:
    """Make, run, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2_000, help="how many damaged files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the results here as well")
    parser.add_argument("--peer", action="store_true", help="ask ffmpeg and ffprobe, too")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        worker()
        return
    if options.peer and not (shutil.which("ffmpeg") and shutil.which("ffprobe")):
        parser.error("--peer needs the programs ffmpeg and ffprobe")
    with tempfile.TemporaryDirectory() as name:
        rows = misleading(Path(name), options.peer)
        for row in rows:
            print(" | ".join(f"{key} {value}" for key, value in row.items()))
        print(*summed_up(rows), sep="\n")
        started, counted, bad = time.monotonic(), Counter[str](), []
        (Path(name) / "damaged").mkdir()
        for path, outcome in outcomes(corpus(Path(name) / "damaged", options.files, options.seed)):
            counted[outcome.partition(" ")[0] if not outcome.startswith("too") else outcome] += 1
            if outcome not in ("read", "refused"):
                bad.append((path.name, outcome))
    for file, outcome in bad:
        print(f"{file}: {outcome}")
    told = ", ".join(f"{count} {what}" for what, count in counted.most_common()) or "no damaged files"
    print(f"{told} ({time.monotonic() - started:.0f} s)")
    if options.json:
        options.json.write_text(json.dumps({"misleading": rows, "damaged": counted, "bad": bad}, indent=1) + "\n")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
