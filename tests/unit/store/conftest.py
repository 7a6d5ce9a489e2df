"""What the tests of damaged files begin with."""

from __future__ import annotations

import pytest

from j2a.store import Status, Store
from tests.unit.store.damage import (
    COUNT,
    TEXTS,
    clip,
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file with 60 captions, half of them written twice, three of them decided about, and one that was taken back."""
    path = tmp_path_factory.mktemp("sound") / "s.sqlite"
    with Store(path, annotator="Jörg") as store:
        for number in range(0, COUNT, 2):
            store.edit(clip(number), "An earlier text. " * (300 if number == 8 else 1))  # on pages of its own
        for number in range(COUNT):
            store.edit(clip(number), TEXTS[number])
        for number in range(3):
            store.set_status(clip(number), Status.ACCEPTED)
        store.edit(clip(999), "Taken back.")
        store.undo()
    return path.read_bytes()
