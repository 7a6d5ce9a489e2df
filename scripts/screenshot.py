"""Make ``docs/screenshot.png``: the app over the demo clips, with the real engine, in the middle of its work.

    .venv/bin/python scripts/screenshot.py [NAME OF A DEMO CLIP]     # needs rsvg-convert, which draws the SVG

The captions go into a store of their own, so your own stay as they are.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZE = (120, 36)
PATIENCE_S = 180


async def picture(folder: Path, name: str) -> str:
    """The screen as SVG once a clip has its caption, another was accepted, and the first plays."""
    from j2a.backbone import MOST_TRUTHFUL
    from j2a.store import Status
    from j2a_tui.app import J2AApp
    from j2a_tui.player import NullPlayer

    app = J2AApp(folder, MOST_TRUTHFUL, open_sound=NullPlayer)
    async with app.run_test(size=SIZE) as pilot:
        while not (names := [track.path.name for track in app.desk.tracks.tracks]):
            await pilot.pause(0.1)
        for _ in range(names.index(name)):
            await pilot.press("j")
        started = time.monotonic()
        await pilot.press("enter")
        while app.session.status is not Status.DRAFT or app.session.writing:
            if time.monotonic() - started > PATIENCE_S or app.session.failure is not None:
                raise SystemExit(f"no caption: {app.session.failure}")
            await pilot.pause(0.1)
        await pilot.press("space")
        while app.transport.position_s < 3.0:
            await pilot.pause(0.05)
        await pilot.pause(0.2)
        svg = app.export_screenshot(title="j2a-tui ~/Music", simplify=True)
        await pilot.press("q")
    return svg


def draw(svg: str, target: Path) -> None:
    """SVG to PNG, with a font that is there (the SVG's own would be fetched) and spaces at the ends of texts."""
    drawn = svg.replace("Fira Code", "DejaVu Sans Mono").replace("<text ", '<text xml:space="preserve" ')
    subprocess.run(
        ["rsvg-convert", "--background-color", "#12151a", "--output", str(target)], input=drawn.encode(), check=True
    )


def main() -> None:
    """Draw it."""
    name = sys.argv[1] if len(sys.argv) > 1 else "Slow Tide.ogg"
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home  # the picture says ~/Music, wherever it was made
        os.environ["J2A_HOME"] = str(Path(home) / "j2a")
        folder = Path(home) / "Music"
        shutil.copytree(ROOT / "j2a_tui" / "demo", folder)
        svg = asyncio.run(picture(folder, name))
    target = ROOT / "docs" / "screenshot.png"
    draw(svg, target)
    sys.stdout.write(f"{target} ({target.stat().st_size // 1024} kB)\n")


if __name__ == "__main__":
    main()
