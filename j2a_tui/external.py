"""What is outside of the app: the user's editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from textual.app import App, SuspendNotSupported

from j2a.errors import J2AError

_FALLBACKS = ("nano", "vim", "vi")


def edit(app: App[None], text: str) -> str:
    """The text as the user's editor left it; the app waits meanwhile. Raises ``J2AError`` where that cannot be done."""
    command = _command()
    handle, name = tempfile.mkstemp(prefix="j2a-", suffix=".txt")
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text + "\n")
        with app.suspend():
            done = subprocess.run([*command, name], check=False)
        if done.returncode:
            raise J2AError(f"{command[0]} ended with exit code {done.returncode}.", "The caption is as it was.",
                           title="Not edited")
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except SuspendNotSupported as error:
        raise J2AError("This terminal cannot be lent to an editor.", "Edit in place with e.",
                       title="Not edited") from error
    except OSError as error:
        raise J2AError(f"{command[0]}: {error.strerror}.", "Set EDITOR to an editor that is installed, or edit with e.",
                       title="Not edited") from error
    finally:
        path.unlink(missing_ok=True)


def _command() -> list[str]:
    wanted = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if wanted:
        return shlex.split(wanted)
    for name in _FALLBACKS:
        if shutil.which(name):
            return [name]
    raise J2AError("No editor was found.", "Set EDITOR, or edit in place with e.", title="Not edited")
