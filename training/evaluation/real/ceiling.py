"""How much could be said at all: ``python -m training.evaluation.real.ceiling OUT``, of a folder with a real card.

What files prove of a window bounds how many claims of it can be judged. A style counts once, as does everything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from j2a.console import errors_shown
from training.datasets.table import Row, read_table
from training.evaluation.captions import CAPTIONS, read_captions
from training.evaluation.claims import Claim
from training.evaluation.real.judge import judged
from training.evaluation.real.manifest import Facts

_NOT_HEARD = {"drums": "no drums", "vocals": "no voice"}
_HEARD = {"drums": "drums", "vocals": "voice"}
_FIGURES = {"bpm": "BPM", "tempo": "tempo word", "styles": "style"}


def sayable(facts: Facts) -> Counter[str]:
    """The claims that could be judged true of a window, by what they say. Of silence and noise nothing need be said."""
    if facts.get("nothing"):
        return Counter()
    found: Counter[str] = Counter(facts.get("instruments", facts.get("plays", [])))
    if "instruments" in facts:
        found["no bass"] += "bass" not in facts["instruments"]
        found["solo"] += len(facts["instruments"]) == 1 and facts.get("drums") is False
    for name in _HEARD.keys() & facts.keys():
        found[(_HEARD if facts[name] else _NOT_HEARD)[name]] += 1
    return +(found + Counter(word for name, word in _FIGURES.items() if facts.get(name)))


def said(claim: Claim) -> str:
    """What a claim says, in the words of :func:`sayable`."""
    if claim.kind in _HEARD:
        return (_NOT_HEARD if claim.negated else _HEARD)[claim.kind]
    if claim.kind == "instrument":
        return f"no {claim.value}" if claim.negated else claim.value
    return {"bpm": "BPM", "tempo": "tempo word"}.get(claim.kind, claim.kind)


def table(rows: Sequence[Row], captions: dict[str, str]) -> str:
    """Markdown: for each group of windows what could be said, and how often it was, rightly and wrongly."""
    lines = ["| windows | what is said | could be | true | false |", "|---|---|---|---|---|"]
    total = Counter[str]()
    for group in dict.fromkeys(row.source for row in rows):
        inside = [row for row in rows if row.source == group]
        could, true, false = Counter[str](), Counter[str](), Counter[str]()
        for row in inside:
            could += sayable(row.facts)
            claims = judged(captions[row.id], row.facts)
            true += Counter(said(one) for one in claims if one.verdict == "true")
            false += Counter(said(one) for one in claims if one.verdict == "false")
        for what in sorted({*could, *true, *false}):
            lines.append(f"| {group} ({len(inside)}) | {what} | {could[what]} | {true[what]} | {false[what]} |")
        total += Counter(could=could.total(), true=true.total(), false=false.total())
    known = sum(bool(row.facts) for row in rows)
    lines.append(f"| all ({known} with facts) | | {total['could']} | {total['true']} | {total['false']} |")
    means = " | ".join(f"{total[name] / max(1, known):.2f}" for name in ("could", "true", "false"))
    return "\n".join([*lines, f"| a window | | {means} |"]) + "\n"


def main(out: Annotated[Path, typer.Argument(help="The --out of python -m training.evaluation.real.")]) -> None:
    """Tell how much of what could be said on real music is said."""
    with errors_shown():
        rows = read_table(out)
        print(table(rows, read_captions(out / CAPTIONS, rows)), end="")


if __name__ == "__main__":
    typer.run(main)
