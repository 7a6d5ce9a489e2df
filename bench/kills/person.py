"""Somebody at the app in a terminal: types, asks, accepts, and knows when they did so and what the screen showed."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pexpect

from bench.kills.machine import patient
from bench.kills.world import World
from tests.e2e.test_tui_terminal import Terminal

WORDS = ["slow", "warm", "piano", "over", "soft", "brushes", "then", "brass", "enters", "loud", "and", "rain", "falls"]
ENGINE = "j2a.engine.worker"


class Killed(Exception):  # noqa: N818 - what ends what the person does, no error
    """The app is gone."""


class Person:
    """One start of the app. ``doing`` is for the table: what was going on."""

    def __init__(self, world: World, music: Path) -> None:
        self._world = world
        self.music = music
        self._terminal = Terminal([str(music)], world.env)
        self._timer: threading.Timer | None = None
        self.pid: int = self._terminal.child.pid
        self.doing = "starting"
        self.killed_at: float | None = None

    def kill_after(self, seconds: float) -> None:
        """SIGKILL, whatever the person does then. A later call replaces an earlier one."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(seconds, self._kill)
        self._timer.start()

    def _kill(self) -> None:
        self.killed_at = time.monotonic()
        os.kill(self.pid, signal.SIGKILL)

    def alive(self) -> bool:
        """Whether the app still runs."""
        return bool(self._terminal.child.isalive())

    def screen(self) -> str:
        """What is seen now. Raises ``Killed``."""
        text = self._terminal.text()
        if self.killed_at is not None:
            raise Killed
        return text

    def see(self, condition: Callable[[str], bool] | str, timeout_s: float = 60.0) -> str:
        """Wait for something on the screen. Raises ``Killed``, or ``AssertionError`` when it never comes."""
        deadline = time.monotonic() + patient(timeout_s)
        while True:
            text = self.screen()
            if condition in text if isinstance(condition, str) else condition(text):
                return text
            if time.monotonic() > deadline or not self.alive():
                if self.killed_at is not None:
                    raise Killed
                raise AssertionError(f"never seen: {condition}\n{text}")

    def press(self, keys: str) -> float:
        """Type; when that was. Raises ``Killed``."""
        if self.killed_at is not None:
            raise Killed
        now = time.monotonic()
        with suppress(OSError):  # it is killed just now
            self._terminal.send(keys)
        return now

    def caption(self) -> tuple[str, str]:
        """Title and text of the caption's panel."""
        screen = self.screen()
        return title_on(screen), caption_on(screen)

    def engine(self) -> int:
        """The process of the engine; waits for it, up to ten seconds."""
        deadline = time.monotonic() + patient(10)
        while not (found := self._world.processes(ENGINE)):
            if time.monotonic() > deadline:
                raise AssertionError("the app has no engine")
            time.sleep(0.02)
        return found[0]

    def leave(self) -> None:
        """By the key. Raises ``AssertionError`` when the app does not end."""
        self.press("q")
        try:
            self._terminal.child.expect(pexpect.EOF, timeout=patient(15))
        except pexpect.TIMEOUT as error:
            raise AssertionError(f"it does not leave\n{self._terminal.text()}") from error

    def close(self) -> None:
        """Whatever is left of it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        self._terminal.close()


class Slowly:
    """An engine that gets a hundredth of a second now and then, as a large model on a machine that is short of memory.

    ``seed`` says how long it waits each time: mostly for a moment, sometimes for seconds.
    """

    def __init__(self, pid: int, seed: float) -> None:
        self._pid, self._random = pid, random.Random(seed)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with suppress(ProcessLookupError):
            while not self._over.is_set():
                os.kill(self._pid, signal.SIGSTOP)
                self._over.wait(self._random.choice((0.05, 0.1, 0.2, 0.3, 2.5)))
                os.kill(self._pid, signal.SIGCONT)
                time.sleep(self._random.choice((0.01, 0.02, 0.04)))

    def __enter__(self) -> Slowly:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def caption_on(screen: str) -> str:
    """The text in the caption's panel of a picture of the app, up to its first empty line."""
    lines = screen.split("\n")
    for row, line in enumerate(lines):
        if (column := line.find("╭─ Caption")) < 0:
            continue
        found = []
        for below in lines[row + 1 :]:
            inside = below[column + 1 : -1].strip()
            if not inside or below[column : column + 1] != "│":
                break
            found.append(inside)
        return " ".join(" ".join(found).removesuffix("▌").split())
    return ""


def title_on(screen: str) -> str:
    """What stands in the panel's border: "draft", "writing …"."""
    _, found, after = screen.partition("╭─ Caption")
    return after.split("─")[0].strip() if found else ""
