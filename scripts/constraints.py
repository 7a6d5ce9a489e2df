"""Writes constraints.txt: the versions of everything that J2A was tested with, so that every set-up is the same one.

    python3.11 scripts/constraints.py        # asks pip what it would install, into nothing; some minutes

Made with the oldest Python that J2A runs on: what it gets the newer ones get, too. torch and what it brings are left
out, as pyproject.toml has its version and there are several builds of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = "torch,av,speed,tag,llm,evaluate,download,dev"
LEFT_OUT = ("torch", "triton", "nvidia-", "cuda-", "j2a", "pyaudio")
HEAD = "# Made by scripts/constraints.py: pip install -c constraints.txt ... installs what J2A was tested with.\n"


def main() -> None:
    """Resolve, and write the file."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        subprocess.run([*command, "--report", str(report), f"{ROOT}[{EXTRAS}]"], check=True)
        found = [one["metadata"] for one in json.loads(report.read_text())["install"]]
    pins = {one["name"].lower().replace("_", "-"): one["version"] for one in found}
    lines = [f"{name}=={version}\n" for name, version in sorted(pins.items()) if not name.startswith(LEFT_OUT)]
    (ROOT / "constraints.txt").write_text(HEAD + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
