"""A cluster of two nodes on this machine, the command over it, and one node killed when a few rows are there.

``python two_machines.py FOLDER OUT J2A`` prints a JSON object. Everything that it starts it ends, by its number.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

os.environ |= {
    "RAY_USAGE_STATS_ENABLED": "0",
    # A lost node is known as one after a second or two, not after fourteen; a busy one is not taken for lost.
    "RAY_health_check_period_ms": "500", "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "5", "RAY_health_check_initial_delay_ms": "0",
}  # fmt: skip

from ray.cluster_utils import Cluster

_SMALL = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False}
_ROWS_BEFORE = 3


def children(pid: int) -> list[int]:
    """Of a process, theirs too."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    return [one for child in map(int, found) for one in (child, *children(child))]


def rows(out: Path) -> int:
    return max(0, out.read_bytes().count(b"\n") - 1) if out.exists() else 0


def end(pids: list[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def main(folder: str, out: Path, j2a: str) -> None:
    cluster = Cluster(initialize_head=True, head_node_args=_SMALL)
    try:
        second = cluster.add_node(num_cpus=1, object_store_memory=80 << 20)
        raylet = second.all_processes["raylet"][0].process.pid
        command = subprocess.Popen(
            [j2a, "caption", folder, "--out", str(out), "--window", "5", "--ray", cluster.address, "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        while command.poll() is None and rows(out) < _ROWS_BEFORE:
            time.sleep(0.05)
        before = rows(out)
        end([raylet, *children(raylet)])
        said, told = command.communicate(timeout=400)
        print(json.dumps({"code": command.returncode, "before": before, "said": said, "told": told}))
    finally:
        left = children(os.getpid())
        cluster.shutdown()
        end(left)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
