"""The engine of a running app is killed: the app says so, goes on, loses nothing, and the next request works."""

from __future__ import annotations

import os
import signal
import time

from bench.kills.machine import patient
from bench.kills.person import ENGINE, WORDS, Person, caption_on, title_on
from bench.kills.world import DEMO, Tally, World
from j2a.store import Row, Store

SAYS = "The engine stopped"
REQUEST_S = 6.0  # from the start of an engine to its caption
KILLS_A_START = 5  # of the app
TYPED, ASKED = "000.ogg", "001.ogg"  # the file that somebody writes about, and the one that the model describes


def run(kills: int, world: World) -> Tally:
    """So many kills, of the engines of a few starts of the app."""
    tally = Tally("engine")
    while tally.kills < kills:
        music = world.make(f"music-{tally.kills}")
        for number, name in enumerate((TYPED, ASKED)):
            (music / name).write_bytes(DEMO[number].read_bytes())
        evening = Evening(world, Person(world, music), tally)
        evening.go_on(min(KILLS_A_START, kills - tally.kills))
    return tally


def _says_it_stopped(screen: str) -> bool:
    """In a notice, which goes by itself, or in the line above everything, where it stays until the next request."""
    return SAYS in screen or screen.partition("\n")[0].rstrip().endswith("stopped")


class Evening:
    """One start of the app."""

    def __init__(self, world: World, person: Person, tally: Tally) -> None:
        self._world, self._person, self._tally = world, person, tally
        self._random = world.random
        self._typed = ""

    def go_on(self, kills: int) -> None:
        """So many kills, and the end of the app."""
        person = self._person
        try:
            person.see(ASKED)
            for _ in range(kills):
                if self._random.random() < 0.65:
                    self._killed_while_asked()
                else:
                    self._killed_while_typing()
                self._world.look_at_store(self._tally)
            person.leave()
        except AssertionError as error:
            self._tally.fault("stuck", str(error))
        finally:
            person.close()
        self._world.look_for_orphans(self._tally)

    def _killed_while_asked(self) -> None:
        self._go_to("G", ASKED)
        before = self._row(ASKED)
        kill_at = self._person.press("r" if before else "\r") + self._random.uniform(0.0, REQUEST_S)
        while time.monotonic() < kill_at:
            self._person.screen()
        self._kill(title_on(self._person.screen()))
        after = self._row(ASKED)
        if before and not (after and after.text.strip()):
            self._tally.fault("lost", f"{before.text!r} is gone")
        self._next_request_works()

    def _killed_while_typing(self) -> None:
        person = self._person
        self._go_to("g", TYPED)
        person.press("e")
        person.see("Caption editing")
        added = " ".join(self._random.choices(WORDS, k=6)) + " "
        kill_at = self._random.randrange(len(added))
        for number, key in enumerate(added):
            person.press(key)
            person.screen()
            if number == kill_at:
                self._kill("typing", seen=False)
        self._typed += added
        person.press("\x1b")
        person.see(_says_it_stopped)
        person.see(lambda screen: title_on(screen) == "draft")
        row = self._row(TYPED)
        if row is None or row.text != self._typed:
            self._tally.fault("lost", f"{self._typed!r} was typed, {row and row.text!r} is kept")
        self._next_request_works()

    def _kill(self, phase: str, *, seen: bool = True) -> None:
        os.kill(self._person.engine(), signal.SIGKILL)
        self._tally.killed(phase)
        if seen:
            self._person.see(_says_it_stopped)

    def _next_request_works(self) -> None:
        """A caption comes, of a new engine, and is in the store."""
        self._go_to("G", ASKED, quiet=False)
        asked_at = self._row(ASKED)
        self._person.press("r")
        deadline = time.monotonic() + patient(90)
        while (row := self._row(ASKED)) is None or row == asked_at or row.caption is None or not row.caption.weights:
            self._person.screen()
            if time.monotonic() > deadline:
                raise AssertionError(f"no caption after the engine was killed\n{self._person.screen()}")
        self._person.see(lambda screen: " ".join(row.text.split()) in caption_on(screen))
        if len(self._world.processes(ENGINE)) != 1:
            self._tally.fault("orphans", f"engines: {self._world.processes(ENGINE)}")

    def _go_to(self, key: str, name: str, *, quiet: bool = True) -> None:
        """Have a file on the desk; ``quiet``: what was said of the kill before is not shown any more."""
        self._person.press(key)
        self._person.see(lambda screen: f"╭─ {name}" in screen and not (quiet and SAYS in screen))

    def _row(self, name: str) -> Row | None:
        with Store(self._world.store_path) as store:
            found = [row for row in store.rows(self._person.music) if row.clip.path.name == name]
        if len(found) > 1:
            self._tally.fault("doubles", f"{[row.clip for row in found]}")
        return found[0] if found else None
