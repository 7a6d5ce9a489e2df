"""How much address space this process may have (``ulimit -v``), before something is loaded that needs more."""

from __future__ import annotations

from j2a.errors import EngineError

MEMORY_TITLE = "Not enough memory"


def refuse_less_than(least_bytes: int, what: str) -> None:
    """Raise ``EngineError`` where this process may not have so much, which ``what`` needs.

    Libraries that are refused memory while they load may say so, crash, or wait for themselves without an end.
    """
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < least_bytes:
        raise EngineError(
            f"The system gives a process {limit / 1e6:.0f} MB of address space; {what} needs {least_bytes / 1e6:.0f}.",
            "Raise the limit (ulimit -v unlimited), then try again.",
            title=MEMORY_TITLE,
        )
