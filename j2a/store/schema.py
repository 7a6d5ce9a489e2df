"""The tables, how they are made and brought up to date, and what SQLite's errors mean to the user."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from j2a import paths
from j2a.errors import StoreError
from j2a.store import checksums, doubts
from j2a.store.records import Key

APPLICATION_ID = 0x4A324143  # "J2AC": tells our file from another program's
BUSY_TIMEOUT_S = 2.0
_WRITTEN_BY, _NEWEST_WRITER = 18, 2  # where in the file the number stands of who may write it
DAMAGED_HINT = "It is damaged: move it away to begin a new one, and keep it to recover captions from."

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    # 0 -> 1. "state" is the JSON of j2a.store.records.state_of; "status" repeats one field of it to be quick to read.
    (
        """CREATE TABLE caption (
            path BLOB NOT NULL,
            start_ms INTEGER NOT NULL,
            end_ms INTEGER NOT NULL,
            status TEXT NOT NULL,
            state TEXT NOT NULL,
            change INTEGER NOT NULL,
            PRIMARY KEY (path, start_ms, end_ms)
        )""",
        "CREATE INDEX caption_status ON caption (path, status)",
        """CREATE TABLE journal (
            change INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            action TEXT NOT NULL,
            annotator TEXT NOT NULL,
            path BLOB NOT NULL,
            start_ms INTEGER NOT NULL,
            end_ms INTEGER NOT NULL,
            before TEXT,
            after TEXT
        )""",
        f"PRAGMA application_id = {APPLICATION_ID}",
    ),
    # 1 -> 2. What was there before is taken as it is.
    (
        "ALTER TABLE caption ADD COLUMN checksum INTEGER",
        "ALTER TABLE journal ADD COLUMN checksum INTEGER",
        f"UPDATE caption SET checksum = {checksums.as_sql(checksums.ROW)}",
        f"UPDATE journal SET checksum = {checksums.as_sql(checksums.ENTRY)}",
    ),
)
"""Entry n holds the statements that bring schema n to n + 1. Never change one that was released: add the next, which
changes the tables, so that a version tells itself by them where the header is damaged."""

_WITHOUT_CHECKSUMS = 1  # the version
_HIGHEST = 1000  # version that a newer J2A can have


def connect(path: Path, *, to_read: bool = False) -> tuple[sqlite3.Connection, list[Key]]:
    """Open the file, make it where it is not there, and bring its tables up to date. Only this user may read it.

    Gives the windows, too, whose texts were found to be in doubt by that (:mod:`j2a.store.doubts`).
    With ``to_read`` a file that cannot be written, as on a disk that is read-only, is opened all the same.
    Raises ``StoreError`` when the file is not ours, is newer than this program, or cannot be used.
    """
    try:
        with explained(path):
            paths.private_database(path)
            connection = opened(path)
            try:
                doubtful = migrate(connection, path)
                _use_wal(connection)
                connection.execute("PRAGMA synchronous = FULL")
            except BaseException:
                connection.close()
                raise
        return connection, doubtful
    except StoreError as error:
        if not to_read:
            raise
        try:
            with explained(path):
                return _copied(path)
        except DamagedError:
            raise
        except StoreError:
            raise error from None


def opened(path: Path) -> sqlite3.Connection:
    """The file as it is, ours or not."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    # A text that is not UTF-8 any more must not stop the query: its row is told from others as damaged.
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    checksums.teach(connection)
    return connection


def _copied(path: Path) -> tuple[sqlite3.Connection, list[Key]]:
    """What the file holds, in memory. SQLite cannot read one in WAL mode where it may not write beside it."""
    connection = opened(Path(":memory:"))
    with tempfile.TemporaryDirectory(prefix="j2a-") as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(path.with_name(path.name + "-wal"), copy.with_name(copy.name + "-wal"))
        source = opened(copy)
        try:
            doubtful = migrate(source, path)
            source.backup(connection)
        finally:
            source.close()
    return connection, doubtful


class DamagedError(StoreError):
    """The file has damaged pages: see :mod:`j2a.store.rescue`."""


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """All or nothing, written through to the disk at the end."""
    with explained(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            # After a full disk SQLite has rolled back by itself already.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the file system into a ``StoreError`` that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        kind = DamagedError if is_damage(error, path) else StoreError
        raise kind(f"{path}: {error}.", _hint(error)) from error
    except UnicodeDecodeError as error:  # SQLite's error would name what it found in the place of a table
        raise DamagedError(f"{path}: its list of tables is damaged.", DAMAGED_HINT) from error
    except OSError as error:
        hint = "Check the folder, or choose another by J2A_HOME."
        raise StoreError(f"{error.filename or path}: {error.strerror or error}.", hint) from error


def is_damage(error: sqlite3.Error, path: Path) -> bool:
    """Whether pages of the file are not what SQLite wrote there."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_READONLY"):
        return _forbids_writing(path)
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "unsupported file format" in str(error)


def _forbids_writing(path: Path) -> bool:
    """Whether a file's header tells of a version that alone may write it: there is none."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        return max(file.read(_WRITTEN_BY + 1)[_WRITTEN_BY:], default=0) > _NEWEST_WRITER
    return False


def _hint(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    for start, hint in (
        ("SQLITE_BUSY", "Another J2A is writing to it: try again, or close the other one."),
        ("SQLITE_LOCKED", "Another J2A is writing to it: try again, or close the other one."),
        ("SQLITE_FULL", "The disk is full: make room and try again."),
        ("SQLITE_READONLY", "It is read-only: make it writable, or choose another folder by J2A_HOME."),
        ("SQLITE_CANTOPEN", "Check that its folder exists and is yours, or choose another by J2A_HOME."),
        ("SQLITE_NOTADB", "It is damaged or not a J2A file: move it away to begin a new one."),
        ("SQLITE_CORRUPT", DAMAGED_HINT),
        ("SQLITE_IOERR", "The disk reported an error: check it, then try again."),
    ):
        if name.startswith(start):
            return hint
    return "Move the file away to begin a new one."


def migrate(connection: sqlite3.Connection, path: Path) -> list[Key]:
    """Bring the tables up to date; the windows whose texts are in doubt.

    Raises ``StoreError`` for a file that is not ours or newer than this program.
    """
    if version(connection, path) == len(MIGRATIONS):
        return []
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Asked again: another process may have been here between the first look and the lock.
        before = version(connection, path)
        for statements in MIGRATIONS[before:]:
            for statement in statements:
                connection.execute(statement)
        doubtful = doubts.settle(connection) if before == _WITHOUT_CHECKSUMS else []
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return doubtful


def version(connection: sqlite3.Connection, path: Path) -> int:
    """The file's schema version; 0 for an empty file.

    Raises ``StoreError`` for a file of another program or of a newer J2A, and :class:`DamagedError` where the header
    says so and the tables are ours.
    """
    told, owner, tables = _told(connection)
    if (owner, told) == (APPLICATION_ID if tables else owner, _version_of(tables)):
        return told
    if _version_of(tables) or (owner == APPLICATION_ID and not 0 < told <= _HIGHEST):
        raise DamagedError(f"{path}: its header is damaged.", DAMAGED_HINT)
    if owner != APPLICATION_ID:
        raise StoreError(f"{path} belongs to another program.", "Move it away, or choose another folder by J2A_HOME.")
    if told <= len(MIGRATIONS):
        raise DamagedError(f"{path}: its list of tables is damaged.", DAMAGED_HINT)
    raise StoreError(
        f"{path} was written by a newer J2A (format {told}, this one knows {len(MIGRATIONS)}).",
        "Update J2A, or choose another folder by J2A_HOME.",
    )


def _told(connection: sqlite3.Connection) -> tuple[int, int, frozenset[tuple[str, str]]]:
    """Version, owner and tables, all of one moment: another process may be making the file meanwhile."""
    alone = not connection.in_transaction
    if alone:
        connection.execute("BEGIN")
    try:
        version, owner = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("user_version", "application_id")
        )
        return version, owner, _tables(connection)
    finally:
        if alone:
            connection.rollback()


def _tables(connection: sqlite3.Connection) -> frozenset[tuple[str, str]]:
    """Tables and indexes with the statements that made them; without what SQLite makes for itself."""
    return frozenset(connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))


def _version_of(tables: frozenset[tuple[str, str]]) -> int:
    """The version that has these tables, 0 for none of ours. Each migration changes them: a header may be damaged."""
    return next((number for number, ours in enumerate(_known_tables(MIGRATIONS), 1) if ours == tables), 0)


@lru_cache(maxsize=4)
def _known_tables(migrations: tuple[tuple[str, ...], ...]) -> list[frozenset[tuple[str, str]]]:
    """Of each version from 1 on."""
    known = []
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        checksums.teach(connection)
        for statements in migrations:
            for statement in statements:
                connection.execute(statement)
            known.append(_tables(connection))
    return known


def _use_wal(connection: sqlite3.Connection) -> None:
    """Readers and a writer do not wait for each other. SQLite does not wait for the lock that the switch needs."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            busy = getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
