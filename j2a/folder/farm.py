"""One run over a folder on several machines: work is given out file by file, and rows are appended here, in order.

Machines may come and go. What was with an engine that is lost is given to another one; the first answer for a file is
the one that counts.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import field
from pathlib import Path
from typing import Any

from j2a.clip import Clip
from j2a.engine.client import STOPPED
from j2a.features.corrections import NONE, Corrections
from j2a.folder.books import TOLD_AFTER_S, Books, Tally
from j2a.folder.crew import Crew, Member
from j2a.folder.hand import Task, captions_of, error_of
from j2a.folder.plan import Broken, Planned, section_of
from j2a.records import dataclass

_AHEAD = 4  # pieces of work an engine that are given out or wait to be written
_SECTIONS = 8  # of a file that one engine is given at a time: 16 minutes in windows of ten seconds
_LOSSES = 3  # engines that may be lost with one file


@dataclass(slots=True, eq=False)
class _Piece:
    """Clips of one file on their way."""

    items: list[Planned]
    found: list[bool]  # of each, whether its row is there
    copied: bool  # from the rows of a file that sounds the same: no engine knows of it
    losses: int = 0
    missing_at: dict[str, str] = field(default_factory=dict)  # machines that lack the file, and why
    answer: dict[str, Any] | None = None

    @property
    def path(self) -> Path:
        return self.items[0].clip.path


class FarmRun:
    """Captions what is planned with a :class:`~j2a.folder.crew.Crew`, and enters it in ``books``.

    ``tell`` gets a line where a machine is lost, or not used. ``said_of`` knows what a person says of a file.
    """

    def __init__(
        self,
        planned: Iterator[Planned | Broken],
        books: Books,
        crew: Crew,
        said_of: Callable[[Path], Corrections] = lambda path: NONE,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._planned: Iterator[tuple[object, Iterator[Planned | Broken]]] | None
        self._planned = itertools.groupby(planned, _piece_of)
        self._books = books
        self._crew = crew
        self._said_of = said_of
        self._tell = tell
        self._order: deque[_Piece] = deque()  # in the order of the plan, not written yet
        self._todo: deque[_Piece] = deque()  # those of them that no engine has

    def run(self) -> Tally:
        """Go on until everything is written. Raises ``J2AError`` when that is not possible."""
        while True:
            self._books.tell_in_time()
            self._take()
            self._write()
            if self._planned is None and not self._order:
                return self._books.tally
            self._fail_what_is_nowhere()
            self._crew.hire(sum(piece.answer is None and not piece.copied for piece in self._order))
            self._give()
            for member, piece, answer in self._crew.answers(TOLD_AFTER_S):
                self._answered(member, piece, answer)

    def _take(self) -> None:
        while self._planned is not None and len(self._order) < _AHEAD * self._crew.most:
            key, items = next(self._planned, (None, iter(())))
            if key is None:
                self._planned = None
                return
            self._take_piece(list(items))

    def _take_piece(self, items: list[Planned | Broken]) -> None:
        kept: list[tuple[Planned, bool]] = []
        for _, section in itertools.groupby(items, section_of):
            slots = []
            for item in section:
                if isinstance(item, Broken):
                    self._books.fail(item.path, item.reason)
                elif item.clip.path not in self._books.given_up:
                    slots.append((item, self._books.rows.has(item.clip)))
            self._books.tally.found += sum(found for _, found in slots)
            if not all(found for _, found in slots):
                kept += slots
        if kept:
            piece = _Piece([item for item, _ in kept], [found for _, found in kept], kept[0][0].like is not None)
            self._order.append(piece)
            if not piece.copied:
                self._todo.append(piece)

    def _give(self) -> None:
        for member in self._crew.idle():
            piece = next((one for one in self._todo if member.machine not in one.missing_at), None)
            if piece is not None:
                self._todo.remove(piece)
                self._crew.give(member, piece, self._task(piece).to_json())

    def _task(self, piece: _Piece) -> Task:
        clips = [(item.clip.start_s, item.clip.end_s, item.section, found)
                 for item, found in zip(piece.items, piece.found, strict=True)]
        try:
            size = piece.path.stat().st_size
        except OSError:
            size = -1  # gone since: nobody has it
        return Task(piece.path, size, clips, self._said_of(piece.path).to_json())

    def _answered(self, member: Member, piece: Any, answer: dict[str, Any] | None) -> None:
        """``None`` for an engine that was lost with it."""
        if piece.answer is not None:
            return
        if answer is None:
            self._tell(f"An engine on {member.machine} was lost; {piece.path.name} is given to another one.")
            self._lost(piece, f"{_LOSSES} engines were lost with it, the last one on {member.machine}.")
        elif "missing" in answer:
            piece.missing_at[member.machine] = answer["missing"]
            self._todo.appendleft(piece)
        elif "error" in answer:
            error = error_of(answer["error"])
            if error.title != STOPPED:
                raise error
            self._lost(piece, str(error))
        else:
            piece.answer = answer

    def _lost(self, piece: _Piece, why: str) -> None:
        piece.losses += 1
        if piece.losses < _LOSSES:
            self._todo.appendleft(piece)
        else:
            piece.answer = _failure(f"{piece.path}: {why}")

    def _fail_what_is_nowhere(self) -> None:
        machines = self._crew.machines()
        for piece in [one for one in self._todo if one.missing_at and machines <= one.missing_at.keys()]:
            self._todo.remove(piece)
            where = "; ".join(f"{machine}: {why}" for machine, why in piece.missing_at.items())
            piece.answer = _failure(f"{piece.path}: It is not the same file on the other machines ({where}). "
                                    "The folder has to be the same, under the same path, on all of them.")

    def _write(self) -> None:
        """Enter what is answered, as far as nothing before it is missing."""
        while self._order:
            piece = self._order[0]
            if piece.path in self._books.given_up:
                self._drop(piece)
            elif piece.copied:
                self._copy(piece)
            elif piece.answer is None:
                return
            else:
                self._order.popleft()
                self._enter(piece, piece.answer)

    def _enter(self, piece: _Piece, answer: dict[str, Any]) -> None:
        self._books.measured(piece.path, answer["measured"])
        both = list(captions_of(piece.path, answer))
        self._books.written(piece.items[0].file, [clip for clip, _ in both], [caption for _, caption in both])
        if answer["failed"]:
            self._books.fail(piece.path, answer["failed"])
        if answer["left_out"]:
            self._books.give_up(piece.path, answer["left_out"])

    def _copy(self, piece: _Piece) -> None:
        """It gets the rows of the file that sounds the same; where some are missing it is work as any other."""
        pairs = [(item.clip, Clip(item.like, item.clip.start_s, item.clip.end_s))
                 for item, found in zip(piece.items, piece.found, strict=True) if item.like and not found]
        if all(self._books.rows.can_copy(original) for _, original in pairs):
            self._order.popleft()
            self._books.copied(piece.items[0].file, pairs)
        else:
            piece.copied = False
            self._todo.appendleft(piece)

    def _drop(self, piece: _Piece) -> None:
        self._order.popleft()
        piece.answer = _failure("")  # whoever has it may answer: it is not heard
        if piece in self._todo:
            self._todo.remove(piece)


def _piece_of(item: Planned | Broken) -> tuple[int, int]:
    file, section = section_of(item)
    return file, section // _SECTIONS


def _failure(reason: str) -> dict[str, Any]:
    return {"captions": [], "measured": 0, "failed": reason, "left_out": None}
