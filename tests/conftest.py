"""Isolation for every test: its own home, no network, one thread for the number crunching."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

# Before anything imports torch or NumPy. Engine processes that tests start inherit these too.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
for _name in ("J2A_ANNOTATOR", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
    os.environ.pop(_name, None)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as it is for what a shell runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # else the programs under test would ignore ctrl+c, too


@pytest.fixture(autouse=True)
def j2a_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh ``J2A_HOME`` a test: the developer's own captions and caches are never read or written."""
    home = tmp_path_factory.mktemp("j2a-home")
    monkeypatch.setenv("J2A_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to another machine fails at once; this machine and local sockets stay reachable."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0] if isinstance(address, tuple) else ""
            if host not in ("127.0.0.1", "::1", "localhost"):
                raise ConnectionRefusedError(f"tests use no network, and this one wanted {address!r}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With xdist on two processes: what runs programs or looks at the clock stays on one, other files go to either."""
    here = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(here)
        item.add_marker(pytest.mark.xdist_group("programs" if place.parts[0] in ("e2e", "tui") else place.as_posix()))
