"""How the commands speak: results on stdout, narration and errors on stderr, exit codes.

Everything that a command writes goes through here: nothing in it, such as the name of a file, can steer a terminal.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn, TextIO

import typer
from typer.core import TyperGroup

from j2a import paths, settings
from j2a.attention import signal_for
from j2a.errors import ExitCode, J2AError, without_secrets
from j2a.printable import printable, printable_lines

# What JSON leaves to the writer: characters that a terminal acts on, and halves of surrogate pairs (a byte of a file's
# name that is not UTF-8).
_TO_ESCAPE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_END = r"(?:\.0)?\.?$"
_PLAINLY = tuple((re.compile(theirs), ours) for theirs, ours in (
    (r" is not a valid float(?: range)?\.$", " is not a number. Give one such as 2 or 2.5."),
    (r" is not a valid int(?: range)?\.$", " is not a whole number. Give one such as 2."),
    (r" is not in the range x>=(\S+?)" + _END, r" is too little. Give \1 or more."),
    (r" is not in the range x<=(\S+?)" + _END, r" is too much. Give \1 or less."),
    (r" is not in the range (\S+?)(?:\.0)?<=x<=(\S+?)" + _END, r" is out of bounds. Give a number from \1 to \2."),
    (r"^Got unexpected extra argument(?:s|\(s\))? \((.*)\)$",
     r"More was given than this command takes: \1. A name with spaces wants quotes around it."),
    (r"^Option '(.*)' requires an argument\.$", r"\1 needs a value behind it."),
))  # fmt: skip
_APART: list[TextIO] = []  # standard output, while libraries print elsewhere


class Commands(TyperGroup):
    """The commands of a program. What typer says of a wrong command line repeats what was typed, made printable.

    ctrl+c ends them as :func:`errors_shown` does, also before a command has come to that.

    Those named in ``first`` and ``last`` are imported when they are asked for: what one needs holds up no other.
    """

    first: ClassVar[Mapping[str, str]] = {}  # by the name of the command "module:function"
    last: ClassVar[Mapping[str, str]] = {}  # in lists of commands these stand behind the others

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, in the order of the help."""
        return [*self.first, *super().list_commands(ctx), *self.last]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """As typer does; one that is not imported yet, first."""
        where = {**self.first, **self.last}.get(cmd_name)
        if where is None:
            return super().get_command(ctx, cmd_name)
        module, _, function = where.partition(":")
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name)(getattr(importlib.import_module(module), function))
        return typer.main.get_command(alone)

    def make_context(self, *args: Any, **options: Any) -> Any:
        """As typer does."""
        with _told_printably():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        """As typer does."""
        with _told_printably():
            return super().invoke(ctx)


@contextmanager
def _told_printably() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        message = getattr(error, "message", None)
        if isinstance(message, str):
            error.message = printable_lines(_plainly(message))  # type: ignore[attr-defined]
        raise
    except KeyboardInterrupt:
        _leave("Interrupted.", ExitCode.INTERRUPTED)


def _plainly(message: str) -> str:
    """What typer says of a wrong command line, without the names of its types; what it does not know stays as it is."""
    for theirs, ours in _PLAINLY:
        message = theirs.sub(ours, message)
    return message


def print_json(data: Any) -> None:
    """One value as JSON on stdout, in UTF-8 whatever the terminal's encoding."""
    _print_json(json.dumps(data, indent=2, ensure_ascii=False))


def print_json_line(data: Any) -> None:
    """The same on one line, for programs that read while we go on."""
    _print_json(json.dumps(data, ensure_ascii=False))


def _print_json(text: str) -> None:
    text = _TO_ESCAPE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"
    stream = _results()
    stream.flush()
    stream.buffer.write(text.encode())
    stream.buffer.flush()


@contextmanager
def results_apart(others: TextIO) -> Iterator[None]:
    """What this module says goes where it went; what else is printed meanwhile, by libraries, goes to ``others``."""
    ours = sys.stdout
    _APART.append(ours)
    sys.stdout = others
    try:
        yield
    finally:
        sys.stdout = ours
        _APART.remove(ours)


def _results() -> TextIO:
    return _APART[-1] if _APART else sys.stdout


def say(text: str, end: str = "\n") -> None:
    """A result on stdout: one line, or several."""
    _write(_results(), printable_lines(text) + end)


def narrate(text: str) -> None:
    """One line on stderr, or several."""
    _write(sys.stderr, printable_lines(without_secrets(text)) + "\n")
    sys.stderr.flush()


def tell_if_nothing_is_kept() -> None:
    """Say that there is no cache and no log, where that is so: the command works all the same."""
    cached, logged = map(paths.why_unwritable, (paths.cache_dir(), paths.log_dir()))
    if why := cached or logged:
        what = "cached or logged" if cached and logged else "cached" if cached else "logged"
        narrate(f"Nothing is {what}: {printable(why)}. J2A_HOME names another place.")


def tell_the_end(seconds: float, text: str) -> None:
    """Ring, or tell the desktop, that a long run has ended: on a terminal only. Wrong settings are said."""
    asked, problems = settings.read()
    for problem in problems:
        narrate(problem)
    if sys.stderr.isatty():
        sys.stderr.write(signal_for(asked, seconds, text, os.environ))
        sys.stderr.flush()


@contextmanager
def errors_shown() -> Iterator[None]:
    """The one place that renders errors for this command."""
    try:
        yield
    except J2AError as error:
        _leave(str(error), error.exit_code)
    except KeyboardInterrupt:
        _leave("Interrupted.", ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough.
        sys.stderr.close()
        raise typer.Exit(ExitCode.OK) from None
    except OSError as error:
        _leave(str(of_the_system(error)), ExitCode.FAILED)


def of_the_system(error: OSError) -> J2AError:
    """An error of the file system that nobody has put into better words, as the user should read it."""
    where = f"{error.filename}: " if error.filename else ""
    return J2AError(
        f"{where}{error.strerror or error}.",
        "Check that it is there, that it is yours, and that its disk has room; `j2a paths` says where J2A's own files "
        "are, and J2A_HOME names another place for them.",
        title="Cannot do that",
    )


def _write(stream: TextIO, text: str) -> None:
    """Where the terminal's encoding lacks a character it is written as an escape."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _leave(text: str, code: ExitCode) -> NoReturn:
    narrate(printable(text))
    raise typer.Exit(int(code))
