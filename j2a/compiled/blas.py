"""NumPy's matrix products on one thread, while small ones are many.

OpenBLAS shares every product out among all processors and waits for the slowest: where others use them too, a small
product takes 8 ms instead of 0.01. Environment variables are read only when NumPy is loaded, which is too late for a
library.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib.util
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

_lock = threading.Lock()
_inside = 0  # how many callers are within ``one_thread``
_before = 1  # threads before the first of them came


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Within it products of the whole process take one thread; afterwards as many as before.

    Does nothing where NumPy has another library than the OpenBLAS of its wheels.
    """
    global _inside, _before
    found = _controls()
    if found is None:
        yield
        return
    get, put = found
    with _lock:
        if _inside == 0:
            _before = get()
            put(1)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                put(_before)


@functools.cache
def _controls() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """What tells and sets the number of threads, in the library that NumPy has loaded."""
    for path in _libraries():
        with contextlib.suppress(OSError):
            library = ctypes.CDLL(str(path))
            for form in ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads"):
                get, put = (getattr(library, form.format(word), None) for word in ("get", "set"))
                if get and put:
                    get.argtypes, get.restype, put.argtypes, put.restype = [], ctypes.c_int, [ctypes.c_int], None
                    return get, put
    return None


def _libraries() -> list[Path]:
    """Where NumPy's wheels keep their OpenBLAS on Linux, Windows and macOS."""
    spec = importlib.util.find_spec("numpy")
    if spec is None or spec.origin is None:
        return []
    package = Path(spec.origin).parent
    return sorted([*package.parent.glob("numpy.libs/*openblas*"), *package.glob(".dylibs/*openblas*")])
