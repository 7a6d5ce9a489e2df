"""The open file: questions to it, transactions in it, and what is done when it shows to be damaged."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from j2a.errors import StoreError
from j2a.store import schema

if TYPE_CHECKING:
    from j2a.store import rescue
    from j2a.store.records import Key

T = TypeVar("T")
Told = Callable[["rescue.MendedError"], None]


class Database:
    """One connection for all threads. ``to_read``: a file that cannot be written will do.

    A file that shows to be damaged is mended (:mod:`j2a.store.rescue`), once. What to tell of that goes to
    ``on_mended``; without it the call raises it, and the next one finds the file mended.
    """

    def __init__(self, path: Path, *, to_read: bool, on_mended: Told | None) -> None:
        self.path = path
        self.on_mended = on_mended
        self.lock = threading.RLock()
        self._to_read = to_read
        self._mended = self._rows_looked_at = False
        try:
            self.connection, doubtful = schema.connect(path, to_read=to_read)
            told = self._doubted(doubtful) if doubtful else None
        except schema.DamagedError as error:
            self.connection, told = self._repaired(error)
        try:
            self._tell(told)
        except StoreError:
            self.connection.close()
            raise

    def query(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of an answer."""

        def ask() -> list[tuple[Any, ...]]:
            with schema.explained(self.path):
                return self.connection.execute(statement, values).fetchall()

        return self.mending(ask)

    def transaction(self, work: Callable[[], T]) -> T:
        """Do ``work`` wholly or not at all; it is on the disk then."""

        def do() -> T:
            with schema.transaction(self.connection, self.path):
                return work()

        return self.mending(do)

    def mending(self, work: Callable[[], T]) -> T:
        """What ``work`` gives; where it finds the file damaged, it is done again when that is mended."""
        with self.lock:
            try:
                return work()
            except schema.DamagedError as error:
                if self.connection.in_transaction:  # whoever began it begins anew
                    raise
                told = self._mend(error)
            self._tell(told)
            return work()

    def mend_rows(self) -> bool:
        """Put what the journal holds in the place of rows that cannot be read; whether there were some. Done once."""
        with self.lock:
            if self._rows_looked_at or self._mended:
                return False
            self._rows_looked_at = True
            with schema.explained(self.path):
                if not self._why_mend():
                    return False
            told = self._mend(schema.DamagedError(f"{self.path}: rows cannot be read.", schema.DAMAGED_HINT))
        self._tell(told)
        return True

    def check(self) -> None:
        """Look for damage that reading might not notice, such as a row that its index lacks, and mend it."""

        def look() -> None:
            with schema.explained(self.path):
                if why := self._why_mend(quick=True):
                    raise schema.DamagedError(f"{self.path}: {why}.", schema.DAMAGED_HINT)

        self.mending(look)

    def _why_mend(self, *, quick: bool = False) -> str:
        """What of the file is not as it was written, although that is known; "" where there is nothing to mend."""
        [(found,), *_] = self.connection.execute("PRAGMA integrity_check(1)").fetchall()
        if found != "ok":
            return str(found)
        from j2a.store import salvage  # what mends is loaded when it is needed

        return "it holds what was not written there" if salvage.can_mend(self.connection, quick=quick) else ""

    def close(self) -> None:
        """Let go of the file. Nothing waits to be written."""
        with self.lock, schema.explained(self.path):
            self.connection.close()

    def _mend(self, error: schema.DamagedError) -> rescue.MendedError | None:
        """Go on with the mended file; what to tell of it."""
        fresh, told = self._repaired(error)
        self.connection.close()
        self.connection = fresh
        return told

    def _doubted(self, doubtful: list[Key]) -> rescue.MendedError:
        from j2a.store import rescue

        return rescue.doubted(self.path, doubtful)

    def _repaired(self, error: schema.DamagedError) -> rescue.Mended:
        if self._mended:  # a disk that goes on to fail
            raise error
        self._mended = True
        from j2a.store import rescue

        try:
            told = rescue.mend(self.path)
            return schema.connect(self.path)[0], told
        except StoreError:
            if not self._to_read:
                raise
            return rescue.in_memory(self.path)

    def _tell(self, told: rescue.MendedError | None) -> None:
        if told and self.on_mended:
            self.on_mended(told)
        elif told:
            raise told
