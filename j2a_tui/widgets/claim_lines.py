"""The claims of a caption as text, a line each or one behind the other, and where the words of each stand in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from textual.content import Content

from j2a.records import dataclass
from j2a_tui.claims import Checked
from j2a_tui.display import VERDICT_MARKS, clean, fit

CLAIM_WIDTH, KIND_WIDTH = 20, 10
BETWEEN = "  "  # claims of one line
BEFORE = 2  # characters before the words of a claim
_MARK_STYLES = {"agreed": "$success", "contradicted": "bold $error", "unmeasured": "$warning"}


class ClaimLines(NamedTuple):
    """What is drawn, and for each claim the first character of its words and the one behind them."""

    content: Content
    places: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is drawn of one claim: a mark or a comma, ``words`` characters of the claim, and what was measured."""

    number: int  # of the claim
    content: Content
    words: int
    between: str = "\n"  # this and the piece before


def rows(found: Sequence[Checked], width: int) -> ClaimLines:
    """``✗ 120 BPM          tempo       90.1 BPM``; several that nobody can check share the last line."""
    pieces, unmeasured = [], []
    for number, one in enumerate(found):
        style = _MARK_STYLES[one.verdict]
        if one.verdict == "unmeasured" and not one.measured:
            unmeasured.append(_Piece(number, Content.styled(f", {one.text}", style), len(one.text), ""))
            continue
        words = fit(one.text, CLAIM_WIDTH)
        line = f"{VERDICT_MARKS[one.verdict]} {words} {fit(one.kind, KIND_WIDTH)} "
        rest = fit(clean(one.measured), max(0, width - len(line))).rstrip()
        pieces.append(_Piece(number, Content.assemble((line, style), (rest, "$foreground")), len(words.rstrip())))
    if unmeasured:
        first = found[unmeasured[0].number]
        unmeasured[0] = _Piece(unmeasured[0].number, _in_short(first), len(first.text))
    return _joined([*pieces, *unmeasured])


def filled(found: Sequence[Checked], width: int) -> ClaimLines:
    """One behind the other, in lines that break between them; one that is too long breaks where it must."""
    pieces: list[_Piece] = []
    room = 0
    for number, one in enumerate(found):
        content = _in_short(one)
        fits = bool(pieces) and room >= content.cell_length + len(BETWEEN)
        room = room - len(BETWEEN) if fits else width
        room -= content.cell_length
        pieces.append(_Piece(number, content, len(one.text), BETWEEN if fits else "\n"))
    return _joined(pieces)


def _joined(pieces: Iterable[_Piece]) -> ClaimLines:
    drawn: list[Content | str] = []
    places: dict[int, tuple[int, int]] = {}
    at = 0
    for piece in pieces:
        between = piece.between if drawn else ""
        drawn += [between, piece.content]
        words = at + len(between) + BEFORE
        places[piece.number] = words, words + piece.words
        at += len(between) + len(piece.content.plain)
    return ClaimLines(Content.assemble(*drawn), [places[number] for number in sorted(places)])


def _in_short(one: Checked) -> Content:
    """``✗ 120 BPM (90.1 BPM)``: what was measured stands beside what is not so."""
    against = f" ({clean(one.measured)})" if one.verdict == "contradicted" and one.measured else ""
    return Content.styled(f"{VERDICT_MARKS[one.verdict]} {one.text}{against}", _MARK_STYLES[one.verdict])
