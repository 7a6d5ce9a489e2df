"""Finds out whether everything that the set-up installed is still there. Standard library only.

``record STAMPS`` writes down which distributions are installed. ``check STAMPS`` compares: for a distribution that lost
files (an interrupted pip, a careless rm) its metadata is removed, so that pip installs it again, and the stamps are
removed, so that scripts/setup.sh runs pip.
"""

from __future__ import annotations

import csv
import os
import shutil
import sys
import sysconfig
from pathlib import Path

RECORD_NAME = "installed"
KEPT = ("setup.log", "portaudio", "sound-tests")  # these say nothing about Python packages


def main() -> None:
    action, stamps = sys.argv[1], Path(sys.argv[2])
    site = Path(sysconfig.get_path("purelib"))
    names = sorted(path.name for path in site.glob("*.dist-info"))
    if action == "record":
        (stamps / RECORD_NAME).write_text("\n".join(names))
        return
    damaged = [name for name in names if not is_whole(site, site / name)]
    for name in damaged:
        shutil.rmtree(site / name)
    recorded = stamps / RECORD_NAME
    lost = set(recorded.read_text().split("\n")) - set(names) if recorded.exists() else set()
    if damaged or lost:
        found = ", ".join(sorted(name.removesuffix(".dist-info") for name in {*damaged, *lost}))
        print(f"==> Damaged in .venv and installed again: {found}", file=sys.stderr)
        for stamp in stamps.iterdir():
            if stamp.name not in KEPT:
                stamp.unlink()


def is_whole(site: Path, info: Path) -> bool:
    """Whether the files that a distribution lists are there; byte code may be missing."""
    try:
        with (info / "RECORD").open(newline="", encoding="utf-8") as file:
            files = [row[0] for row in csv.reader(file) if row]
    except OSError:
        return False
    return all(name.endswith(".pyc") or os.path.exists(os.path.join(site, name)) for name in files)  # noqa: PTH110,PTH118


if __name__ == "__main__":
    main()
