"""One run: windows are taken, measured and captioned by the product's own code, and judged."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from j2a.console import narrate
from j2a.errors import UsageError
from j2a.exporting import write_atomically
from j2a.features.record import Features
from training.datasets.table import write_table
from training.evaluation.captions import measure, read_captions, write_captions
from training.evaluation.real.card import Scored, card
from training.evaluation.real.manifest import OWN, Manifest, is_known, missing, names_in, read_manifest
from training.evaluation.real.midi import tempi_in
from training.evaluation.real.windows import Window, Windows
from training.evaluation.settings import EvaluateSettings
from training.ground.run_folder import RUN, RunFolder
from training.ground.settings import settings_text

if TYPE_CHECKING:
    from j2a.models.captioner import Captioner

CARD = "card.md"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be scored. ``midi``: a folder of songs with their ``notes.mid``."""

    music: Path
    out: Path
    settings: EvaluateSettings
    midi: Path | None = None


def score(asked: Asked) -> str:
    """Write ``out/card.md`` and return it; ``out/clips.jsonl`` has the windows with their facts.

    Run again, it goes on where it was interrupted. Raises ``J2AError``.
    """
    if not asked.music.is_dir():
        raise UsageError(f"{asked.music} is no folder.", "Give a folder of music; docs/real-card.md tells how.")
    manifest, names = read_manifest(), names_in(asked.music)
    lacking = missing(names, manifest)
    if not is_known(names, manifest):
        raise UsageError(f"{asked.music} holds no file that is known. {lacking}")
    if lacking:
        narrate(lacking)
    settings, captioner = asked.settings, None
    about: dict[str, Any] = {"music": _digest(asked.music, names), "seed": settings.seed, "midi": bool(asked.midi)}
    if settings.captions is None:
        from j2a.models import registry

        captioner = registry.load(settings.version, settings.backbone)
        about |= {"version": settings.version, "weights": captioner.weights}
    run = _begun(asked.out, about, settings)
    windows = Windows(manifest, asked.music, run.path, settings.seed, tempi_in(asked.midi) if asked.midi else {}).take()
    write_table(run.path, [window.row for window in windows])
    text = _scored(windows, manifest, asked, captioner) + (f"\n{lacking}\n" if lacking else "")
    write_atomically(run.path / CARD, text.encode())
    return text


def _scored(windows: list[Window], manifest: Manifest, asked: Asked, captioner: Captioner | None) -> str:
    """The card of what is measured in the windows and said of them."""
    settings = asked.settings
    name, captions = f"J2A-{settings.version} {Path(settings.backbone).name}", dict[str, str]()
    if settings.captions is not None:
        name, captions = settings.captions.stem, read_captions(settings.captions, [one.row for one in windows])
    measured: dict[str, Features] = {}
    for folder in dict.fromkeys(window.folder for window in windows):
        rows = [window.row for window in windows if window.folder == folder]
        found = measure(rows, folder)
        measured |= {row.id: known for row, known in zip(rows, found, strict=True)}
        if captioner is not None:
            captions |= write_captions(captioner, rows, found, folder, asked.out, settings)
    features = [measured[one.row.id] for one in windows]
    data = Scored(windows, features, settings.seed, settings.resamples)
    return card(name, [captions[one.row.id] for one in windows], data)


def _begun(out: Path, about: dict[str, Any], settings: EvaluateSettings) -> RunFolder:
    """A new folder, or one of the same run; locked as long as it is kept. Raises ``UsageError`` for another one."""
    if not (out / RUN).exists() and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is there already, and no card is made in it.", "Give a new folder.")
    run = RunFolder(out)
    run.begin(about, settings_text(settings), resume=(out / RUN).exists())
    return run


def _digest(music: Path, names: list[str]) -> str:
    """What tells this set and these facts from others."""
    sizes = "".join(f"{name} {(music / name).stat().st_size}\n" for name in names)
    return hashlib.sha256(sizes.encode(errors="surrogateescape") + OWN.read_bytes()).hexdigest()[:12]
