"""A few kills of the real programs at random moments; ``python bench/kills`` does two hundred."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.kills.__main__ import shares, table
from bench.kills.kinds import KINDS, run

pytestmark = [
    pytest.mark.long,
    pytest.mark.endurance,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="asks Linux which programs run"),
]


@pytest.mark.parametrize(
    ("kind", "kills"), [("app", 2), ("engine", 1), ("caption", 1), ("export", 3), ("prepare", 2), ("import", 2)]
)
def test_kills_lose_nothing(kind: str, kills: int, tmp_path: Path) -> None:
    tally = run(kind, kills, 7, tmp_path / kind)
    assert tally.kills == kills
    assert not tally.bad, table([tally]) + "\n" + "\n".join(tally.faults)


def test_every_kill_has_a_kind() -> None:
    assert shares(200) == {kind: share for kind, (share, _) in KINDS.items()}
    assert sum(shares(17).values()) == 17
