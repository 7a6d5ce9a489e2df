"""The one door to madmom: imports it on today's Python and NumPy, and keeps its processors.

madmom 0.16.1 (2018) predates Python 3.10 and NumPy 1.24. Nothing of it is patched on disk: what it misses is lent
to it while it is imported, and ``numpy``, ``collections``, ``doctest``, ``warnings`` and ``sys.modules`` are left as
they were found. Afterwards each of its modules looks names up in its own stand-in for ``numpy`` that knows the old
spellings.

Its code is BSD-licensed, its trained models are CC BY-NC-SA 4.0 (not for commercial use).
"""

from __future__ import annotations

import collections
import collections.abc
import contextlib
import importlib
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

SAMPLE_RATE = 44_100  # every network was trained on 44.1 kHz mono
FPS = 100  # beat and downbeat activations a second

# Spellings that NumPy 1.24 removed and madmom still uses.
_OLD_NUMPY_NAMES: dict[str, type] = {"float": float, "int": int, "bool": bool, "object": object}
# What is used here; importing them all at once means that every module is mended at once.
_SUBMODULES = ("features.downbeats", "features.beats", "features.tempo", "features.key", "features.chords")

_lock = threading.Lock()
_per_thread = threading.local()
_Processor = TypeVar("_Processor")


def madmom() -> types.ModuleType:
    """The mended ``madmom`` package, imported on first use (about a second). Thread-safe."""
    with _lock:
        package = sys.modules.get("madmom")
        if package is None or not hasattr(package, "_j2a_mended"):
            with _lent_to_the_import(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # invalid escapes and scipy's deprecations inside madmom
                package = importlib.import_module("madmom")
                for name in _SUBMODULES:
                    importlib.import_module(f"madmom.{name}")
            _mend(package)
        return package


def processor(name: str, make: Callable[[types.ModuleType], _Processor]) -> _Processor:
    """The processor ``name`` of the calling thread, built by ``make(madmom)`` on first use.

    Processors keep state (the LSTM layers, the FFT window of the first dtype they saw), so each thread has its own,
    and all of them are only ever given float32 samples.
    """
    kept: dict[str, Any] = _per_thread.__dict__.setdefault("processors", {})
    if name not in kept:
        kept[name] = make(madmom())
    found: _Processor = kept[name]
    return found


@contextlib.contextmanager
def _lent_to_the_import() -> Iterator[None]:
    """Give the interpreter what madmom's import statements expect, and take all of it back."""
    import doctest  # here, because others take no more than a number from this module
    import importlib.metadata

    packages = types.ModuleType("pkg_resources")
    packages.get_distribution = lambda name: types.SimpleNamespace(  # type: ignore[attr-defined]
        version=importlib.metadata.version(name)
    )
    numpy_names = {name: value for name, value in _OLD_NUMPY_NAMES.items() if name not in np.__dict__}
    found_packages = sys.modules.get("pkg_resources")
    found_doctest = dict(doctest.__dict__)
    found_doctest_all, found_flags = list(doctest.__all__), dict(doctest.OPTIONFLAGS_BY_NAME)
    sys.modules["pkg_resources"] = packages
    for name, value in numpy_names.items():
        setattr(np, name, value)
    lend_sequence = "MutableSequence" not in collections.__dict__
    if lend_sequence:
        collections.MutableSequence = collections.abc.MutableSequence  # type: ignore[attr-defined]
    try:
        yield
    finally:
        if lend_sequence:
            del collections.MutableSequence  # type: ignore[attr-defined]
        for name in numpy_names:
            delattr(np, name)
        if found_packages is None:
            del sys.modules["pkg_resources"]
        else:
            sys.modules["pkg_resources"] = found_packages
        for name in set(doctest.__dict__) - set(found_doctest):
            delattr(doctest, name)
        doctest.__dict__.update(found_doctest)
        doctest.__all__[:] = found_doctest_all
        doctest.OPTIONFLAGS_BY_NAME.clear()
        doctest.OPTIONFLAGS_BY_NAME.update(found_flags)


class _OldNumpy(types.ModuleType):
    """``numpy`` with the spellings it had in 2018."""

    def __init__(self) -> None:
        super().__init__("numpy")
        self.__dict__.update(_OLD_NUMPY_NAMES)

    def __getattr__(self, name: str) -> Any:
        value = getattr(np, name)
        self.__dict__[name] = value  # look each name up once
        return value


def _mend(package: types.ModuleType) -> None:
    old_numpy = _OldNumpy()
    for name, module in list(sys.modules.items()):
        if (name == "madmom" or name.startswith("madmom.")) and getattr(module, "np", None) is np:
            module.np = old_numpy  # type: ignore[attr-defined]
    downbeats = package.features.downbeats
    decode = downbeats._process_dbn

    def decode_as_object_row(hmm_and_activations: tuple[Any, Any]) -> np.ndarray[Any, np.dtype[np.object_]]:
        # The caller stacks (path, log probability) pairs with np.asarray and takes a column: NumPy 2 refuses to
        # make that ragged array unless each row says that it holds objects.
        row = np.empty(2, dtype=object)
        row[0], row[1] = decode(hmm_and_activations)
        return row

    downbeats._process_dbn = decode_as_object_row
    package._j2a_mended = True  # type: ignore[attr-defined]
