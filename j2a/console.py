"""How the commands speak: results on stdout, narration and errors on stderr, exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer

from j2a.errors import ExitCode, J2AError


def print_json(data: Any) -> None:
    """One value as JSON on stdout."""
    json.dump(data, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def narrate(text: str) -> None:
    """One line on stderr."""
    sys.stderr.write(text + "\n")
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


def _leave(text: str, code: ExitCode) -> NoReturn:
    narrate(text)
    raise typer.Exit(int(code))
