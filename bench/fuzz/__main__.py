"""Coverage-guided fuzzing of our own parsers: whatever comes, each returns or raises the error that it documents.

    python -m bench.fuzz [TARGET ...] [--seconds 60] [--seed 0] [--keep FOLDER]

Each target runs in its own process for the given time, by atheris (libFuzzer), with only our own modules instrumented.
The corpus is made by code of small valid examples and lives as long as the run. An input may take ten seconds and a
gigabyte. Per target: inputs tried, edges reached, features (edges by how often), inputs that were worth keeping, and
crashes, whose inputs stay in --keep. Exits with 1 after a crash, with 2 where atheris is not installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.fuzz.target import NAMES, load

_MISSING = (
    "Fuzzing needs atheris, which is not installed here: pip install atheris (Linux, Python 3.11 to 3.13). "
    "Without it, pytest tests/unit/scripts/test_fuzz_targets.py tries the same targets on a few random inputs."
)
_KEEP = Path(tempfile.gettempdir()) / "j2a-fuzz"
_GRACE_S = 120  # for imports and the last input
_DONE = re.compile(rb"#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)/")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a target."""

    name: str
    tried: int
    edges: int
    features: int
    corpus: int
    crash: str  # "" for none


def main() -> None:
    """Run the targets one behind the other."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(NAMES)}; default: all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=_KEEP, help="folder for inputs that crash (%(default)s)")
    asked = parser.parse_args()
    if unknown := set(asked.targets) - set(NAMES):
        parser.error(f"there is no target {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if importlib.util.find_spec("atheris") is None:
        parser.exit(2, f"{_MISSING}\n")
    print(f"{'target':10} {'inputs':>9} {'edges':>6} {'features':>8} {'corpus':>6}  crash", flush=True)
    crashed = False
    for name in asked.targets or NAMES:
        found = fuzzed(name, asked.seconds, asked.seed, asked.keep)
        crashed = crashed or bool(found.crash)
        counts = f"{found.tried:9,} {found.edges:6,} {found.features:8,} {found.corpus:6,}"
        print(f"{name:10} {counts}  {found.crash or '-'}", flush=True)
    sys.exit(crashed)


def fuzzed(name: str, seconds: int, seed: int, keep: Path) -> Outcome:
    """Fuzz one target in its own process."""
    target = load(name)
    with tempfile.TemporaryDirectory() as place:
        corpus, made = Path(place) / "corpus", Path(place) / "made"
        corpus.mkdir()
        made.mkdir()
        for number, example in enumerate(target.seeds(made)):
            (corpus / f"{number:03}").write_bytes(example)
        words = Path(place) / "words"
        words.write_text("".join(f'"{_escaped(token)}"\n' for token in target.tokens))
        log, crashes = Path(place) / "log", Path(place) / "crashes"
        crashes.mkdir()
        command = [
            sys.executable, "-m", "bench.fuzz.one", name, str(corpus), f"-max_total_time={seconds}",
            f"-seed={seed + 1}", f"-max_len={target.longest}", f"-dict={words}", f"-artifact_prefix={crashes}/",
            "-timeout=10", "-rss_limit_mb=3072", "-len_control=20", "-print_final_stats=1",
        ]  # fmt: skip
        with log.open("wb") as file:
            try:
                code = subprocess.run(
                    command, stdout=file, stderr=file, timeout=seconds + _GRACE_S, cwd=Path(__file__).parents[2],
                    check=False,
                ).returncode  # fmt: skip
            except subprocess.TimeoutExpired:
                code = -1
        text = log.read_bytes()
        crash = "" if code == 0 else _crash(text, code, crashes, keep, name)
    counts = [int(count) for count in (_DONE.findall(text) or [(0, 0, 0, 0)])[-1]]
    return Outcome(name, *counts, crash)


def _escaped(token: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token)


def _crash(text: bytes, code: int, crashes: Path, keep: Path, name: str) -> str:
    """What happened, and where the input and the whole log are."""
    keep.mkdir(parents=True, exist_ok=True)
    (keep / f"{name}.log").write_bytes(text)
    kept = [keep / f"{name}-{found.name}" for found in sorted(crashes.iterdir())]
    for found, target in zip(sorted(crashes.iterdir()), kept, strict=True):
        target.write_bytes(found.read_bytes())
    found = re.search(rb"Uncaught Python exception: ===\n(.*)", text) or re.search(rb"ERROR: (libFuzzer: .*)", text)
    said = found[1].decode(errors="replace") if found else f"exit code {code}"
    return f"{said[:200]} ({', '.join(map(str, kept)) or keep / f'{name}.log'})"


if __name__ == "__main__":
    main()
