"""Memory that has run out: how it shows, and what the user reads."""

from __future__ import annotations

import errno

NO_MEMORY = "The machine has not enough free memory for this."
MEMORY_HINT = (
    "Close other programs, take shorter clips or the backbone mini, or fewer at a time (--workers 1, --batch 1), then "
    "try again."
)
# Of torch's RuntimeError for the processor's memory; of the system's loader that had no room for a library; of threads;
# of oneDNN; of OpenBLAS and the C++ library, which end the process.
_WORDS = (
    "can't allocate memory",
    "cannot allocate memory",
    "could not create a primitive",
    "failed to map segment",
    "can't start new thread",
    "memory allocation still failed",
    "std::bad_alloc",
)

LEAST_BYTES = 600_000 << 10
"""Of address space, for the built-in models: 3.0 takes 640 MB for ten seconds, on x86-64 with two processors."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, NumPy, torch or the system had no memory to give, by an error or by what caused it."""
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return False
        if isinstance(seen, MemoryError) or type(seen).__name__ == "OutOfMemoryError":
            return True
        if says_out_of_memory(str(seen)):
            return True
        if isinstance(seen, OSError) and seen.errno == errno.ENOMEM:
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def says_out_of_memory(text: str) -> bool:
    """Whether an error's text, or the last words of a process that ended, speak of memory that was not there."""
    return any(words in text.lower() for words in _WORDS)
