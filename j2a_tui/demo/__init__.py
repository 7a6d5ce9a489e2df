"""The demo clips, inside the package: whoever has installed J2A has them."""

from __future__ import annotations

import shutil
from pathlib import Path

from j2a import paths
from j2a.errors import J2AError

PACKED = Path(__file__).parent


def unpacked() -> Path:
    """A folder of the user's own with the clips in it, which may be exported to and outlives the installation.

    What is there already stays. Raises ``J2AError`` when it cannot be written.
    """
    folder = paths.data_dir() / "demo"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for clip in sorted(PACKED.glob("*.ogg")):
            target = folder / clip.name
            if not target.exists() or target.stat().st_size != clip.stat().st_size:
                part = target.with_name(f".{clip.name}.part")
                shutil.copyfile(clip, part)
                part.replace(target)
    except OSError as error:
        raise J2AError(
            f"the demo clips cannot be copied to {folder}: {error.strerror or error}.",
            "Make room there, say by J2A_HOME where else J2A may write, or open your own folder: j2a-tui FOLDER.",
            title="No demo",
        ) from error
    return folder
