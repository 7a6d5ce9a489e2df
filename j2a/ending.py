"""How a program ends that is told to: TERM and HUP as ctrl+c does, everything closed, the exit code 128 + the signal's.

And what is done where standard streams are closed or cannot be written, so that no traceback says so.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TextIO

SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

_BEFORE: list[TextIO] = []  # streams that nobody uses any more: one that is forgotten would close its descriptor


def on_signals(told: Callable[[int], None], *, interrupt: bool = False) -> None:
    """Call ``told`` with the number of a signal that wants this program to end. What was ignored (nohup) stays so.

    ``interrupt``: of ctrl+c, too, which else is Python's ``KeyboardInterrupt``.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        told(number)

    for one in [*SIGNALS, signal.SIGINT] if interrupt else SIGNALS:
        if signal.getsignal(one) not in (signal.SIG_IGN, None):
            signal.signal(one, handle)


def _leave(number: int) -> None:
    for one in SIGNALS:
        signal.signal(one, signal.SIG_DFL)  # a second one ends it at once
    raise SystemExit(128 + number)


@contextlib.contextmanager
def ended_in_words() -> Iterator[None]:
    """Around a whole command: signals close what is open; a stream that cannot be written is one line, exit code 1."""
    open_streams()
    on_signals(_leave)
    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        _say("Interrupted.")
        raise SystemExit(128 + signal.SIGINT) from None
    except BrokenPipeError:
        _quiet()
        raise SystemExit(0) from None  # the reader of our lines (head, less) has seen enough
    except MemoryError:
        _say("Not enough memory: the machine has no more to give. Close other programs, and try again.")
        raise SystemExit(1) from None
    except RuntimeError as error:
        if "home directory" not in str(error):  # pathlib's, of "~somebody"
            raise
        _say("A path begins with ~ and a name that has no home on this machine. Write the path out.")
        raise SystemExit(2) from None
    except OSError as error:
        _say(f"Cannot write the result: {error.strerror or error}. Send it to a place with room.")
        raise SystemExit(1) from None
    except SystemExit as leaving:
        _flush_or_say(told=bool(leaving.code))
        raise
    finally:
        _drop_unsaid()


def native_noise_unheard() -> None:
    """From here on what native libraries write by themselves, of damaged files for example, leads nowhere.

    They write to the file descriptors 1 and 2. What we say, and Python's tracebacks, go where they went, by others.
    It is never taken back: what C has not written yet, it writes when the process ends.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        with contextlib.suppress(OSError):  # a full disk: told when it is written to
            stream.flush()
        ours = os.fdopen(os.dup(number), "w", encoding=stream.encoding, errors=stream.errors)
        ours.reconfigure(line_buffering=stream.line_buffering, write_through=stream.write_through)
        os.dup2(nowhere, number)
        _BEFORE.append(stream)
        setattr(sys, name, ours)
        setattr(sys, f"__{name}__", ours)
    os.close(nowhere)


def open_streams() -> None:
    """Standard streams that were closed (``<&-``) stand for nothing to read and nobody to read."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_RDONLY if mode == "r" else os.O_WRONLY)
            if handle != number:  # else a file that is opened later would take its place
                os.dup2(handle, number)
                os.close(handle)
            stream = os.fdopen(number, mode, encoding="utf-8", errors="replace")
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def _flush_or_say(*, told: bool) -> None:
    """``told``: something was said already."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _quiet()
    except (OSError, ValueError) as error:
        if told:
            _quiet()
            return
        _say(f"Cannot write the result: {getattr(error, 'strerror', error)}. Send it to a place with room.")
        raise SystemExit(1) from None


def _say(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    _quiet()


def _drop_unsaid() -> None:
    """What cannot be said on standard error shall not decide about the exit code."""
    try:
        sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    except ValueError:  # closed
        pass


def _quiet() -> None:
    """Python would try to write at its end what could not be written now."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
