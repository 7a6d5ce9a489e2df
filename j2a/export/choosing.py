"""Which rows of a session are exported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from j2a.store import Row, Status

Only = Literal["accepted", "captioned", "all"]
ONLY: tuple[Only, ...] = get_args(Only)


def chosen(rows: Sequence[Row], only: Only) -> list[Row]:
    """Accepted captions; or every caption, drafts too; or all rows, also of what was skipped without a caption."""
    match only:
        case "accepted":
            return [row for row in rows if row.status is Status.ACCEPTED]
        case "captioned":
            return [row for row in rows if row.text.strip()]
        case "all":
            return list(rows)
