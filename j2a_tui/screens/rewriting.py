"""Rewriting: what is done to the words of the whole folder."""

from __future__ import annotations

from j2a import affixes
from j2a.affixes import Affix
from j2a.errors import StoreError
from j2a.store.opinions import agreements
from j2a_tui.display import clean, home_relative
from j2a_tui.jobs import Change
from j2a_tui.screens.judging import Judging

_EXAMPLE = "A steady piece in A minor at 120 BPM."


class Rewriting(Judging):
    """The desk with its whole folder in hand."""

    annotator = ""  # who was chosen here to go on

    def action_annotators(self) -> None:
        """Who has made what of this window, and who goes on."""
        from j2a_tui.screens.annotators import AnnotatorScreen

        self.close_editor()
        self.settle()
        ledger = self.session.ledger
        try:
            opinions = ledger.store.opinions(self.folder)
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
            self.say("A caption is being written: esc stops it.")
            return
        rows = self._rows()
        if not rows:
            self.say("There are no captions to replace anything in yet.")
            return

        def make(found: list[Replacement] | None) -> None:
            if not found:
                return
            count = self.session.ledger.rewrite([(one.clip, one.before, one.after) for one in found])
            self.session.reread()
            self.show_change(Change.EVERYTHING)
            if count:
                self.say(f"{count:,} caption{'' if count == 1 else 's'} changed; u takes it all back.")

        self.app.push_screen(ReplaceScreen(rows, self.folder), make)
