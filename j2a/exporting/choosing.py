"""Which rows of a session are exported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from j2a import affixes
from j2a.store import Row, Status

Only = Literal["accepted", "captioned", "all"]
ONLY: tuple[Only, ...] = get_args(Only)


def chosen(rows: Sequence[Row], only: Only) -> list[Row]:
    """Accepted captions; or every caption, drafts too; or all rows, also of what was skipped without a caption.

    Their texts have what is to stand before and behind every caption of their folder (:mod:`j2a.affixes`).
    """
    affix_of = affixes.finder()
    return [row.with_affix(affix_of(row.clip.path.parent)) for row in rows if _is(row, only)]


def _is(row: Row, only: Only) -> bool:
    match only:
        case "accepted":
            return row.status is Status.ACCEPTED
        case "captioned":
            return bool(row.text.strip())
        case "all":
            return True
