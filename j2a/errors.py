"""One tree of errors. Each says what happened and what to do next; one place renders them."""

from __future__ import annotations

import os
import re
from enum import IntEnum

_KEY_VARIABLE = "J2A_LLM_KEY"
_SHORTEST_KEY = 6  # characters: a shorter one, such as "none", is a word like others
_PASSWORD = re.compile(r"(?<=//)[^/@\s]+@")  # "user:password@" of an address


class ExitCode(IntEnum):
    """What a J2A command returns to the shell."""

    OK = 0
    FAILED = 1
    USAGE = 2
    MODEL_MISSING = 3
    SOME_FILES_FAILED = 4
    INTERRUPTED = 130


class J2AError(Exception):
    """Something the user should read: a short title, what happened, and what to do about it."""

    title = "Something went wrong"
    exit_code = ExitCode.FAILED

    def __init__(self, message: str, hint: str = "", *, title: str | None = None) -> None:
        message = without_secrets(message)
        super().__init__(message)
        self.message = message
        self.hint = hint
        if title is not None:
            self.title = title

    def __str__(self) -> str:
        """One paragraph: title, message, hint."""
        text = f"{self.title}: {self.message}"
        return f"{text} {self.hint}" if self.hint else text


def without_secrets(text: str) -> str:
    """``text`` without passwords in addresses and without the key of the language model's server."""
    key = os.environ.get(_KEY_VARIABLE, "")
    return _PASSWORD.sub("***@", text.replace(key, "***") if len(key) >= _SHORTEST_KEY else text)


class AudioError(J2AError):
    """A file that cannot be opened, decoded or sought in."""

    title = "Cannot read the audio"


class ModelMissingError(J2AError):
    """Weights, a tokenizer or an optional package that is not there."""

    title = "Model not available"
    exit_code = ExitCode.MODEL_MISSING


class ModelError(J2AError):
    """Weights that are there but cannot be used: corrupt, of the wrong shape, too large for memory."""

    title = "Model cannot be used"


class EngineError(J2AError):
    """The engine process stopped or did not answer."""

    title = "The engine stopped"


class StoreError(J2AError):
    """The captioning session cannot be read or written."""

    title = "Cannot save captions"


class ExportError(J2AError):
    """An export that could not be written."""

    title = "Cannot export"


class UsageError(J2AError):
    """A command line that cannot be carried out."""

    title = "Cannot do that"
    exit_code = ExitCode.USAGE
