"""u in the app takes back all that `j2a import` took in, and brings back what was there."""

from __future__ import annotations

from pathlib import Path

from j2a.clip import Clip
from j2a.errors import J2AError
from j2a.features.corrections import Corrections
from j2a.store import Incoming, Status, Store
from j2a_tui.ledger import Ledger


def test_one_undo_takes_back_an_import_and_redo_makes_it_again(tmp_path: Path) -> None:
    songs = [tmp_path / f"{number}.wav" for number in range(3)]
    with Store() as store:
        store.edit(Clip(songs[0]), "Mine.")
        store.take_in([Incoming(Clip(song), "Theirs.", Status.ACCEPTED) for song in songs],
                      {songs[1]: Corrections(bpm=120.0)})  # fmt: skip
    problems: list[J2AError] = []
    with Store() as store:
        ledger = Ledger(store, tmp_path, problems.append)
        assert ledger.statuses == dict.fromkeys(songs, Status.ACCEPTED)
        ledger.undo()
        assert [row.text for row in store.rows(tmp_path)] == ["Mine."]
        assert ledger.statuses == {songs[0]: Status.DRAFT}
        assert not store.corrections(songs[1])
        ledger.redo()
        assert [row.text for row in store.rows(tmp_path)] == ["Theirs."] * 3
        assert store.corrections(songs[1]).bpm == 120.0
    assert not problems


def test_a_row_that_another_program_has_changed_since_stays(tmp_path: Path) -> None:
    songs = [tmp_path / f"{number}.wav" for number in range(3)]
    problems: list[J2AError] = []
    with Store(annotator="ada") as store, Store(annotator="bob") as other:
        store.take_in([Incoming(Clip(song), "Theirs.") for song in songs], {})
        ledger = Ledger(store, tmp_path, problems.append)
        other.edit(Clip(songs[1]), "Bob's.")
        ledger.undo()
        assert [row.text for row in store.rows(tmp_path)] == ["Bob's."]
    assert "Another J2A has changed it since" in problems[0].message
