"""The score card of real music: how true captions are of what files prove, beside two floors, in Markdown.

Intervals are 95 % by bootstrap over files: windows of one song are no independent evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from j2a.features.record import Features
from training.evaluation.floors import best_constant, shuffled
from training.evaluation.measures import Measure, Values, interval, resamples
from training.evaluation.real.judge import count, judged
from training.evaluation.real.manifest import Facts
from training.evaluation.real.rows import MEANS, language_rows, measured_rows, rows_of
from training.evaluation.real.windows import Window

SHUFFLED, CONSTANT = "shuffled audio", "constant caption"
_LEAST_CLAIMS = 1.0  # judged ones a window: a caption that says nothing is never wrong


@dataclass(frozen=True, slots=True)
class Scored:
    """The windows and what was measured in them."""

    windows: list[Window]
    features: list[Features]
    seed: int
    resamples: int


def card(name: str, captions: list[str], data: Scored) -> str:
    """The whole card."""
    constant = _constant(captions, data)
    systems = {name: captions, SHUFFLED: shuffled(captions, data.seed), CONSTANT: [constant] * len(captions)}
    rows = {system: rows_of(texts, data.windows, data.features) for system, texts in systems.items()}
    drawn = _drawn(data)
    lines = [_about(data.windows), "", f"| per cent | {' | '.join(systems)} |", "|---|---|---|---|"]
    for row in rows[name]:
        lines.append(f"| {row} | {' | '.join(_cell(row, found[row], drawn) for found in rows.values())} |")
    columns = [language_rows(texts) for texts in systems.values()]
    lines += [f"| {row} | {' | '.join(column[row] for column in columns)} |" for row in columns[0]]
    lines += ["", f"The constant caption, chosen on these facts: {constant}", ""]
    lines += ["| what was measured, without captions | per cent |", "|---|---|"]
    measured = measured_rows(data.windows, data.features)
    lines += [f"| {row} | {_cell(row, one, drawn)} |" for row, one in measured.items()]
    return "\n".join([*lines, "", *wrong_claims(captions, data.windows)]) + "\n"


def wrong_claims(captions: Sequence[str], windows: Sequence[Window]) -> list[str]:
    """A line for every claim that a file proves wrong, and none left out."""
    lines = []
    for text, window in zip(captions, windows, strict=True):
        for claim in judged(text, window.row.facts):
            if claim.verdict == "false":
                said = f"{'no ' if claim.negated else ''}{claim.kind if claim.value == 'yes' else claim.value}"
                lines.append(f"* {window.row.id}: **{said}**, but {_in_words(window.row.facts)}. {text}")
    return [f"{len(lines)} wrong claims:", "", *lines]


def _about(windows: Sequence[Window]) -> str:
    files = len({window.file for window in windows})
    known = sum(bool(window.row.facts) for window in windows)
    return (
        f"{len(windows)} windows of {files} files and sounds; something is proved of {known}. In brackets: 95 % by "
        "bootstrap over files; how many of how many."
    )


def _in_words(facts: Facts) -> str:
    """ "instruments guitar, no drums, bpm 135"."""
    words = []
    for name, value in facts.items():
        if isinstance(value, bool):
            words.append(name if value else f"no {name}")
        elif value:
            words.append(f"{name} {' '.join(value) if isinstance(value, list) else value}")
    return ", ".join(words)


def _constant(captions: list[str], data: Scored) -> str:
    """The caption that, standing at every window, has most of its judged claims true."""

    def worth(text: str) -> float:
        found = [judged(text, window.row.facts) for window in data.windows]
        true, false = sum(count(one, "true") for one in found), sum(count(one, "false") for one in found)
        return true / (true + false) if true + false >= _LEAST_CLAIMS * len(data.windows) else 0.0

    return best_constant(captions, worth, data.seed)


def _drawn(data: Scored) -> Values:
    """(B, N) how often each window is drawn, where files are drawn."""
    files = list(dict.fromkeys(window.file for window in data.windows))
    place = [files.index(window.file) for window in data.windows]
    return resamples(len(files), data.resamples, data.seed)[:, place]


def _cell(row: str, measure: Measure, drawn: Values) -> str:
    top, bottom = measure.per_caption.sum(axis=0)
    if not bottom:
        return "-"
    scale, digits = (1, 2) if row in MEANS else (100, 1)
    value, low, high = (f"{scale * one:.{digits}f}" for one in (measure(), *interval(measure, drawn)))
    return f"{value} ({low} to {high}; {top:.0f} {'in' if row in MEANS else 'of'} {bottom:.0f})"
