"""How many engines measure at a time."""

from __future__ import annotations

import os
from pathlib import Path

_MEASURER_BYTES = 1 << 30  # memory of an engine that measures, with room to spare


def default_workers() -> int:
    """One engine a processor that this process may use, and no more than fit into the free memory."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(processors, _free_bytes() // _MEASURER_BYTES))


def _free_bytes() -> int:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):  # not Linux: assume a laptop
        return 8 << 30
