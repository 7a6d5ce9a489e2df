"""What is outside of the app: the user's editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from textual.app import App, SuspendNotSupported

from j2a.errors import J2AError
from j2a.printable import one_paragraph

_FALLBACKS = ("nano", "vim", "vi")


_BELOW = "# What is known of the clip. Lines with # from here on are left out of the caption."


def edit(app: App[None], text: str, known: Sequence[str] = ()) -> str:
    """The text as the user's editor left it; the app waits meanwhile. Raises ``J2AError`` where that cannot be done.

    ``known``: lines about the clip, which stand under the text as comments.
    """
    command = _command()
    handle, name = tempfile.mkstemp(prefix="j2a-", suffix=".txt")
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(commented(text, known))
        with app.suspend():
            done = subprocess.run([*command, name], check=False)
        if done.returncode:
            raise J2AError(f"{command[0]} ended with exit code {done.returncode}.", "The caption is as it was.",
                           title="Not edited")
        return uncommented(path.read_text(encoding="utf-8", errors="replace"), known)
    except SuspendNotSupported as error:
        raise J2AError("This terminal cannot be lent to an editor.", "Edit in place with e.",
                       title="Not edited") from error
    except OSError as error:
        raise J2AError(f"{command[0]}: {error.strerror}.", "Set EDITOR to an editor that is installed, or edit with e.",
                       title="Not edited") from error
    finally:
        path.unlink(missing_ok=True)


def commented(text: str, known: Sequence[str]) -> str:
    """A text with lines about its clip under it."""
    return "\n".join([text, *(["", _BELOW, *_comments(known)] if known else []), ""])


def uncommented(text: str, known: Sequence[str]) -> str:
    """The inverse. Above our comments a line may begin with #, as "#1 hit" does; other lines under them are text."""
    ours = {_BELOW, *_comments(known)} if known else set()
    lines, below = [], False
    for line in text.splitlines():
        below = below or (bool(known) and line.rstrip() == _BELOW)
        if not (line.rstrip() in ours or (below and line.startswith("#"))):
            lines.append(line)
    return "\n".join(lines).strip()


def _comments(known: Sequence[str]) -> list[str]:
    return [f"# {one_paragraph(line)}".rstrip() for line in known]


def _command() -> list[str]:
    wanted = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if wanted:
        return shlex.split(wanted)
    for name in _FALLBACKS:
        if shutil.which(name):
            return [name]
    raise J2AError("No editor was found.", "Set EDITOR, or edit in place with e.", title="Not edited")
