"""An engine can always be asked, also one that cannot be started or is leaving."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from j2a.engine.client import EngineClient
from j2a.engine.messages import Event, Failed, Load
from j2a.errors import EngineError
from j2a_tui.engine_door import EngineDoor

QUIET = [sys.executable, "-c", "import sys; sys.stdin.read()"]


def test_after_the_end_nobody_is_asked_and_nobody_fails(tmp_path: Path) -> None:
    heard: list[Event] = []
    client = EngineClient(heard.append, command=QUIET, log_path=tmp_path / "log")
    door = EngineDoor(client, heard.append)
    door.start()
    first = door.submit(Load("3.0", "mini"))
    door.close()
    with pytest.raises(RuntimeError):
        client.submit(Load("3.0", "mini"))
    told = [event for event in heard if event.request_id != first]
    late = [door.submit(Load("3.0", "mini")) for _ in range(2)]
    door.start()
    for request_id in [first, *late]:
        door.cancel(request_id)
    assert len({first, *late}) == 3 and max(late) < 0
    assert [event for event in heard if event.request_id != first] == told


def test_a_request_to_an_engine_that_cannot_be_started_fails_in_words(tmp_path: Path) -> None:
    heard: list[Event] = []
    client = EngineClient(heard.append, command=[str(tmp_path / "none")], log_path=tmp_path / "log")
    door = EngineDoor(client, heard.append)
    with pytest.raises(EngineError):
        client.start()
    door.start()
    asked = [door.submit(Load("3.0", "mini")) for _ in range(2)]
    assert [event.request_id for event in heard] == asked and len(set(asked)) == 2
    assert all(isinstance(event, Failed) and "cannot be started" in event.message for event in heard)
    door.close()
