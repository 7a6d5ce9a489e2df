"""What was corrected in the app, for commands that measure."""

from __future__ import annotations

from pathlib import Path

from j2a import paths
from j2a.console import narrate
from j2a.errors import StoreError
from j2a.features.corrections import NONE, Corrections
from j2a.printable import printable


def said_of(path: Path) -> Corrections:
    """What a person says of a file. Captions that cannot be read are told, and in the way of nothing."""
    if not paths.store_path().exists():  # where nobody has said anything nothing is loaded, and none is made
        return NONE
    from j2a.store import corrections_of

    try:
        return corrections_of(path)
    except StoreError as error:
        narrate(printable(str(error)))
        return NONE
