"""The card beside a table of clips: what it is made of, how it was split, and what may be done with it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from j2a.errors import J2AError
from j2a.exporting import write_atomically
from training.datasets.published import PUBLISHED
from training.datasets.table import SPLITS, Row
from training.prepare.settings import PrepareSettings

CARD, README = "card.json", "README.md"
UNFINISHED = "The table is being made, or making it was interrupted: run j2a-train prepare again."
NON_COMMERCIAL = "Research only: models trained on this table must not be used commercially ({})."
NO_RESTRICTION = "No licence here forbids commercial use of models that are trained on this table."
UNKNOWN = "Licences marked 'not stated' are yours to know."


def split_of(settings: PrepareSettings) -> dict[str, Any]:
    """How the clips were split, for the card."""
    if settings.split == "random":
        return random_split(settings.seed)
    return {"kind": "official", "valid_share": settings.valid_share, "test_share": settings.test_share}


def random_split(seed: int) -> dict[str, Any]:
    """The same for a random split."""
    return {"kind": "random 80/10/10", "seed": seed}


def use_of(rows: Sequence[Row]) -> str:
    """What the licences allow, in words."""
    licences = {row.licence for row in rows}
    forbidding = sorted({p.licence for p in PUBLISHED.values() if not p.commercial} & licences)
    forbidding += sorted(licence for licence in licences if "-NC" in licence.upper().replace(" ", "-"))
    if forbidding:
        return NON_COMMERCIAL.format("; ".join(forbidding))
    return f"{NO_RESTRICTION} {UNKNOWN}" if "not stated" in licences else NO_RESTRICTION


def begin_card(out: Path) -> None:
    """Say that the table is not finished, before it is written: a card describes no other table. Raises
    ``ExportError``.
    """
    write_atomically(out / README, f"{UNFINISHED}\n".encode())
    write_atomically(out / CARD, (json.dumps({"unfinished": UNFINISHED}) + "\n").encode())


def write_card(
    out: Path, split: Mapping[str, Any], rows: Sequence[Row], left_out: Mapping[str, str], dropped: Sequence[str]
) -> None:
    """Write ``card.json`` and ``README.md``, of a table that is on the disk. Raises ``ExportError``."""
    counts: Counter[tuple[str, str]] = Counter((row.source, row.split) for row in rows)
    card = {
        "sources": {
            source: {
                "licences": sorted({row.licence for row in rows if row.source == source}),
                "clips": {name: counts[source, name] for name in SPLITS},
            }
            for source in sorted({row.source for row in rows})
        },
        "use": use_of(rows),
        "split": split,
        "dropped_leaks": list(dropped),
        "left_out": dict(left_out),
    }
    write_atomically(out / README, _readme(card).encode())
    write_atomically(out / CARD, (json.dumps(card, indent=2, ensure_ascii=False) + "\n").encode())


def read_card(folder: Path) -> tuple[dict[str, str], list[str]]:
    """The clips that were left out, with the reasons, and those that were dropped. Raises ``J2AError``."""
    path = folder / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        if "unfinished" in card:
            raise J2AError(f"{path.parent}: {UNFINISHED}", title="Unfinished table")
        return dict(card["left_out"]), list(card["dropped_leaks"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise J2AError(
            f"{path} is not a card ({error}).", "Run j2a-train prepare again.", title="Broken card"
        ) from error


def _readme(card: dict[str, Any]) -> str:
    lines = ["# A table of clips", "", f"**{card['use']}**", ""]
    lines += [f"| source | {' | '.join(SPLITS)} | licence of the captions |", f"|---|{'---|' * len(SPLITS)}---|"]
    for source, about in card["sources"].items():
        counts = " | ".join(str(about["clips"][split]) for split in SPLITS)
        lines.append(f"| {source} | {counts} | {'; '.join(about['licences'])} |")
    split = ", ".join(f"{name} {value}" for name, value in card["split"].items())
    lines += ["", f"Split: {split}. Taken out because a split that judges has them too: {len(card['dropped_leaks'])}."]
    lines += [f"Left out for want of audio: {len(card['left_out'])} (card.json lists them).", ""]
    return "\n".join(lines)
