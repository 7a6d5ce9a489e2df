"""Write SHA256SUMS and WEIGHTS of the built-in weights, whenever they are others.

    python scripts/built_in_sums.py [FOLDER]
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from j2a import paths
from j2a.models.files.built_in import NAMES, SUMS
from j2a.models.files.weights import hashed, weight_files


def main() -> None:
    """Both files of the folder, by default of J2A's own."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else paths.builtin_model_dir()
    folders = [root, *sorted(path for path in root.rglob("*") if path.is_dir())]
    lines = [f"{hashed(one)}  {one.relative_to(root).as_posix()}" for one in folders if weight_files(one)]
    (root / NAMES).write_text("\n".join(lines) + "\n", encoding="ascii")
    files = [path for path in root.rglob("*") if path.is_file() and path.suffix != ".md" and path.name != SUMS]
    names = sorted(path.relative_to(root).as_posix() for path in files)
    lines = [f"{hashlib.sha256((root / name).read_bytes()).hexdigest()}  {name}" for name in names]
    (root / SUMS).write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
