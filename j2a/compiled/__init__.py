"""What NumPy is slow at, in C: compiled when J2A is installed, called by ctypes on NumPy's memory.

A call lets go of Python's lock. ``kernel`` gives a function by its name; who calls it says what it takes, beside the
reason. The C files say what each function does; they keep to C11 and to what GCC and Clang know.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
from collections.abc import Callable
from typing import Any

from j2a.errors import ModelError

POINTER = ctypes.c_void_p  # of an array: ``array.ctypes.data``, or ``None``
LONG, FLOAT, DOUBLE = ctypes.c_int64, ctypes.c_float, ctypes.c_double


def kernel(name: str, *takes: Any, gives: Any = None) -> Callable[..., Any]:
    """The compiled function of that name. Raises ``ModelError`` where J2A was installed without its compiled part."""
    found = getattr(_library(), name)
    found.argtypes, found.restype = takes, gives
    return found  # type: ignore[no-any-return]


@functools.cache
def _library() -> ctypes.CDLL:
    try:
        module = importlib.import_module("j2a.compiled._kernels")
        return ctypes.CDLL(module.__file__)
    except (ImportError, OSError) as error:
        raise ModelError(
            "the compiled part of J2A is missing from this installation.",
            "Install J2A again, with a C compiler and the headers of Python (README.md, Install).",
            title="J2A is not complete",
        ) from error
