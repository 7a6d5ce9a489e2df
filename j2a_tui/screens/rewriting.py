"""Rewriting: what is done to the words of the whole folder."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from j2a import affixes
from j2a.affixes import Affix
from j2a.errors import StoreError
from j2a.store.opinions import agreements
from j2a_tui import contents, plans
from j2a_tui.bindings import key_of, with_keys
from j2a_tui.display import clean, home_relative
from j2a_tui.jobs import Change
from j2a_tui.messages import FoundAgain, Scanned
from j2a_tui.reading import finding_again
from j2a_tui.screens.judging import Judging

LEARN_S = 3.0
SHOWN = 8  # renamed files that are named
_EXAMPLE = "A steady piece in A minor at 120 BPM."


class Rewriting(Judging):
    """The desk with its whole folder in hand."""

    annotator = ""  # who was chosen here to go on
    _learned: frozenset[Path] | None = None  # captioned files whose content is known; None before the folder is

    # Files that were renamed or moved

    def on_mount(self) -> None:
        """What is captioned from now on is known again, too."""
        self.set_interval(LEARN_S, self._learn)

    def on_scanned(self, message: Scanned) -> None:
        """The files are known: look for those that were captioned under another name."""
        statuses = self.session.ledger.statuses
        new = [track for track in message.tracks if track.path not in statuses]
        self._learned = frozenset(statuses)
        self._library.submit("contents", finding_again(list(statuses), new, self.post_message))

    def _learn(self) -> None:
        if self._learned is None:
            return
        new = [path for path in self.session.ledger.statuses if path not in self._learned]
        if new:
            self._learned |= frozenset(new)
            self._library.submit("learn", contents.learn(new))

    def on_found_again(self, message: FoundAgain) -> None:
        """Ask whether their captions shall go with them."""
        from j2a_tui.screens.choose import ConfirmScreen

        ledger = self.session.ledger
        moves = [(old, new) for old, new in message.moves if ledger.rows_of(old)]
        if not moves:
            return
        shown = "\n".join(f"{old.name} is {new.name} now" if old.parent == new.parent
                          else f"{home_relative(old)} is {home_relative(new)} now" for old, new in moves[:SHOWN])
        more = f"\nand {len(moves) - SHOWN:,} more" if len(moves) > SHOWN else ""
        what = "A captioned file was renamed or moved" if len(moves) == 1 else (
            f"{len(moves):,} captioned files were renamed or moved")
        asked = with_keys("Shall the captions go with it? {undo} takes it back.")
        question = f"{what}, told by what is in it. {asked}\n\n{shown}{more}"
        self.app.push_screen(ConfirmScreen(clean(question, multiline=True), "Take them along"),
                             lambda yes: self._take_along(moves) if yes else None)

    def _take_along(self, moves: Sequence[tuple[Path, Path]]) -> None:
        count = self.session.ledger.move(moves)
        for old, new in moves:
            if planned := plans.read(old):
                with contextlib.suppress(StoreError):  # they are worth less than the captions
                    plans.write(new, planned)
        self._learned = (self._learned or frozenset()) - {new for _, new in moves}
        track = self.tracks.track
        self._path = None  # opened anew, with the window that was worked on last
        self.open(track)
        self.show_change(Change.EVERYTHING)
        self.say(f"{count:,} caption{'' if count == 1 else 's'} found again; {key_of('undo')} takes it back.")

    # Annotators

    def action_annotators(self) -> None:
        """Who has made what of this window, and who goes on."""
        from j2a_tui.screens.annotators import AnnotatorScreen

        self.close_editor()
        self.settle()
        ledger = self.session.ledger
        try:
            opinions = ledger.saved.opinions(self.folder)
        except StoreError as error:
            self.tell(error)
            return
        here = [opinion for opinion in opinions if opinion.clip == self.session.clip]
        names = sorted({opinion.annotator for opinion in opinions})
        screen = AnnotatorScreen(ledger.store.annotator, names, here, agreements(opinions))
        self.app.push_screen(screen, self._work_as)

    def _work_as(self, name: str | None) -> None:
        if name is None or name == self.session.ledger.store.annotator:
            return
        self.session.stop()
        self.session.ledger.work_as(name)
        self.annotator = name
        self.say(f"From here on it is {clean(name) or 'somebody without a name'} who decides.")

    def action_affix(self) -> None:
        """Before and behind every caption of the folder, when it is exported."""
        from j2a_tui.screens.affix import AffixScreen

        self.settle()
        example = self.session.text.strip() or _EXAMPLE
        screen = AffixScreen(home_relative(self.folder), affixes.of_folder(self.folder), example)
        self.app.push_screen(screen, self._keep_affix)

    def _keep_affix(self, affix: Affix | None) -> None:
        if affix is None:
            return
        try:
            affixes.write(self.folder, affix)
        except StoreError as error:
            self.tell(error)
        self.caption.take_affixes()
        self.show_change(Change.EVERYTHING)

    def action_replace(self) -> None:
        """Words of many captions by others."""
        from j2a_tui.replacing import Replacement
        from j2a_tui.screens.replace import ReplaceScreen

        self.close_editor()
        self.settle()
        if self.session.writing:
            self.refuse(with_keys("A caption is being written: {stop} stops it."))
            return
        rows = self._rows()
        if not rows:
            self.refuse("There are no captions to replace anything in yet.")
            return

        def make(found: list[Replacement] | None) -> None:
            if not found:
                return
            count = self.session.ledger.rewrite([(one.clip, one.before, one.after) for one in found])
            self.session.reread()
            self.show_change(Change.EVERYTHING)
            if count:
                self.say(f"{count:,} caption{'' if count == 1 else 's'} changed; {key_of('undo')} takes it all back.")

        self.app.push_screen(ReplaceScreen(rows, self.folder), make)
