"""What is saved when the session's file is gone, full or shared; and that one undo takes back one action."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from j2a.caption import Caption, Sampling
from j2a.clip import Clip
from j2a.errors import J2AError, StoreError
from j2a.features.corrections import NONE
from j2a.features.record import Features
from j2a.store import Row, Status, Store
from j2a_tui.ledger import Ledger


@dataclass
class Desk:
    """A ledger, what it has told, and what is on the disk."""

    ledger: Ledger
    problems: list[J2AError] = field(default_factory=list)

    def clip(self, start_s: float = 0.0) -> Clip:
        return Clip(self.ledger.folder / "song.wav", start_s, start_s + 10)

    def write(self, clip: Clip, text: str) -> None:
        self.ledger.save(clip, lambda store: store.edit(clip, text))
        self.ledger.end_action()

    def generate(self, clip: Clip, text: str, seed: int = 0) -> None:
        caption = Caption(text, "3.0", "mini", "", "", "", seed, Sampling(), Features())
        self.ledger.save(clip, lambda store: store.save_generated(clip, caption))
        self.ledger.end_action()

    def on_disk(self, clip: Clip) -> Row | None:
        with Store(self.ledger.store.path) as store:
            return store.get(clip)

    def text(self, clip: Clip) -> str:
        row = self.on_disk(clip)
        return row.text if row else ""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "data").mkdir()
    problems: list[J2AError] = []
    store = Store(tmp_path / "data" / "session.db", annotator="me")
    return Desk(Ledger(store, tmp_path / "music", problems.append), problems)


def remove(desk: Desk) -> Path:
    data = desk.ledger.store.path.parent
    shutil.rmtree(data)
    return data


def test_a_choice_and_a_decision_outlive_the_folder_that_they_are_kept_in(desk: Desk) -> None:
    clip, other = desk.clip(), desk.clip(20.0)
    desk.generate(clip, "One.", 0)
    desk.generate(clip, "Two.", 1)
    data = remove(desk)
    desk.ledger.save(clip, lambda store: store.choose(clip, 0))
    desk.ledger.save(clip, lambda store: store.set_status(clip, Status.ACCEPTED))
    data.mkdir()
    desk.write(other, "By hand.")  # what comes after them is saved, too
    row = desk.on_disk(clip)
    assert row is not None
    assert (row.text, row.status, [one.text for one in row.variants]) == ("One.", Status.ACCEPTED, ["One.", "Two."])
    assert desk.text(other) == "By hand."
    assert not desk.ledger.unsaved.changes


def test_a_decision_after_the_file_was_removed_keeps_its_caption(desk: Desk) -> None:
    clip = desk.clip()
    desk.generate(clip, "One.")
    remove(desk).mkdir()
    desk.ledger.save(clip, lambda store: store.set_status(clip, Status.ACCEPTED))
    desk.ledger.end_action()
    row = desk.on_disk(clip)
    assert row is not None
    assert (row.text, row.status) == ("One.", Status.ACCEPTED)
    desk.ledger.undo()
    row = desk.on_disk(clip)
    assert row is not None
    assert (row.text, row.status) == ("One.", Status.DRAFT)


def test_what_another_has_accepted_meanwhile_holds_up_nothing(desk: Desk, tmp_path: Path) -> None:
    clip, other = desk.clip(), desk.clip(20.0)
    data = desk.ledger.store.path.parent
    data.rename(tmp_path / "away")
    desk.generate(clip, "Ours.")
    with Store(tmp_path / "away" / "session.db", annotator="you") as store:
        store.edit(clip, "Theirs.")
    (tmp_path / "away").rename(data)
    desk.write(other, "By hand.")
    assert (desk.text(clip), desk.text(other)) == ("Theirs.", "By hand.")
    assert "The caption of this window stays" in [error.title for error in desk.problems]


def test_what_could_not_even_be_kept_hides_nothing_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = desk.clip()

    def full(*args: object, **options: object) -> Row:
        raise StoreError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(desk.ledger.store, "choose", full)
        assert desk.ledger.save(clip, lambda store: store.choose(clip, 5)) is None
    desk.write(clip, "Later.")
    row = desk.ledger.get(clip)
    assert row is not None
    assert row.text == "Later."


def test_nothing_is_taken_back_in_a_file_that_is_gone(desk: Desk) -> None:
    clip = desk.clip()
    desk.write(clip, "One.")
    data = remove(desk)
    assert desk.ledger.undo() is None
    assert desk.ledger.step_failed
    assert "is gone" in str(desk.problems[-1])
    data.mkdir()
    assert desk.ledger.undo() is None
    assert not desk.ledger.step_failed  # in the new file there is nothing


def correct_with_drafts(desk: Desk) -> tuple[Clip, Clip, Clip]:
    """Three windows; an action in the third, then a correction that the first two follow."""
    clips = desk.clip(), desk.clip(10.0), desk.clip(40.0)
    for clip in clips:
        desk.write(clip, "At 100 BPM.")
    desk.write(clips[2], "Mine.")
    path = clips[0].path
    desk.ledger.correct(path, NONE, replace(NONE, bpm=50.0))
    for clip in clips[:2]:
        desk.ledger.save(clip, lambda store, clip=clip: store.follow(clip, "At 50 BPM."))  # type: ignore[misc]
    desk.ledger.end_action()
    return clips


def test_one_undo_is_one_action_where_another_has_changed_part_of_it(desk: Desk) -> None:
    first, second, third = correct_with_drafts(desk)
    with Store(desk.ledger.store.path, annotator="you") as store:
        store.edit(second, "Theirs.")
    desk.ledger.undo()
    assert desk.ledger.corrections(first.path) == NONE
    assert [desk.text(clip) for clip in (first, second, third)] == ["At 100 BPM.", "Theirs.", "Mine."]
    assert "Another J2A has changed it since. Its change stays" in str(desk.problems[-1])
    desk.ledger.undo()
    assert [desk.text(clip) for clip in (first, second, third)] == ["At 100 BPM.", "Theirs.", "At 100 BPM."]
    desk.ledger.redo()
    desk.ledger.redo()
    assert [desk.text(clip) for clip in (first, second, third)] == ["At 50 BPM.", "Theirs.", "Mine."]
    assert desk.ledger.corrections(first.path).bpm == 50.0


def test_what_two_say_of_a_file_at_once_is_kept_of_both(desk: Desk) -> None:
    path = desk.clip().path
    desk.ledger.correct(path, NONE, replace(NONE, meter="3/4"))
    before = desk.ledger.corrections(path)
    with Store(desk.ledger.store.path, annotator="you") as store:
        store.correct(path, replace(before, key="A minor"))
    desk.ledger.correct(path, before, replace(before, bpm=50.0, meter=None))
    assert desk.ledger.corrections(path) == replace(NONE, bpm=50.0, key="A minor")


def test_an_undo_that_a_full_disk_stops_is_for_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = correct_with_drafts(desk)

    def refused(count: int) -> list[Row]:
        raise StoreError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(desk.ledger.store, "undo_together", refused)
        assert desk.ledger.undo() is None
    assert desk.ledger.step_failed
    assert "The disk is full." in str(desk.problems[-1])
    assert [desk.text(clip) for clip in (first, second, third)] == ["At 50 BPM.", "At 50 BPM.", "Mine."]
    desk.ledger.undo()
    assert desk.ledger.corrections(first.path) == NONE
    assert [desk.text(clip) for clip in (first, second, third)] == ["At 100 BPM.", "At 100 BPM.", "Mine."]


def test_what_was_put_off_is_saved_a_moment_later_as_one_action(desk: Desk) -> None:
    first, second = desk.clip(), desk.clip(10.0)
    desk.generate(first, "One.")
    with desk.ledger.put_off():
        row = desk.ledger.save(first, lambda store: store.set_status(first, Status.ACCEPTED))
        desk.ledger.end_action()
        desk.generate(second, "Two.")
    assert row is not None and row.status is Status.ACCEPTED
    assert desk.ledger.statuses[first.path] is Status.ACCEPTED
    kept = desk.on_disk(first)
    assert kept is not None and kept.status is Status.DRAFT and desk.on_disk(second) is None
    assert desk.ledger.catch_up() == []
    kept = desk.on_disk(first)
    assert kept is not None and (kept.text, kept.status) == ("One.", Status.ACCEPTED)
    assert desk.text(second) == "Two."
    desk.ledger.undo()
    kept = desk.on_disk(first)
    assert kept is not None and kept.status is Status.DRAFT and not desk.text(second)
    assert desk.problems == []


def test_whatever_is_saved_next_comes_after_what_was_put_off(desk: Desk) -> None:
    clip = desk.clip()
    desk.generate(clip, "One.")
    with desk.ledger.put_off():
        desk.ledger.save(clip, lambda store: store.set_status(clip, Status.ACCEPTED))
    desk.write(clip, "By hand.")
    kept = desk.on_disk(clip)
    assert kept is not None and kept.text == "By hand."
    assert desk.ledger.undo() is not None
    kept = desk.on_disk(clip)
    assert kept is not None and (kept.text, kept.status) == ("One.", Status.ACCEPTED)


def test_a_decision_that_was_put_off_is_not_taken_for_words_that_another_j2a_wrote_meanwhile(desk: Desk) -> None:
    clip = desk.clip()
    desk.generate(clip, "One.")
    with desk.ledger.put_off():
        desk.ledger.save(clip, lambda store: store.set_status(clip, Status.ACCEPTED))
    with Store(desk.ledger.store.path, annotator="other") as other:
        other.edit(clip, "Other words.")
    assert desk.ledger.catch_up() == [clip]
    kept = desk.on_disk(clip)
    assert kept is not None and (kept.text, kept.status) == ("Other words.", Status.DRAFT)
    assert desk.ledger.statuses[clip.path] is Status.DRAFT
    assert [problem.title for problem in desk.problems] == ["Another J2A has changed this caption"]
    assert not desk.ledger.unsaved.changes


def test_what_was_put_off_and_cannot_be_saved_then_is_told_and_kept(desk: Desk) -> None:
    clip = desk.clip()
    desk.generate(clip, "One.")
    with desk.ledger.put_off():
        desk.ledger.save(clip, lambda store: store.set_status(clip, Status.ACCEPTED))
        data = remove(desk)
    desk.ledger.catch_up()
    assert desk.ledger.problem is not None and len(desk.problems) == 1
    data.mkdir()
    assert desk.ledger.retry()
    kept = desk.on_disk(clip)
    assert kept is not None and (kept.text, kept.status) == ("One.", Status.ACCEPTED)


def test_whoever_reads_sees_what_was_put_off(desk: Desk) -> None:
    first, second = desk.clip(), desk.clip(10.0)
    desk.generate(first, "One.")
    desk.generate(second, "Two.")
    with desk.ledger.put_off():
        desk.ledger.save(first, lambda store: store.set_status(first, Status.ACCEPTED))
        latest = desk.ledger.latest(first.path)
        assert latest is not None and latest.clip == first
        stands = {row.clip: row.status for row in desk.ledger.rows_of(first.path)}
        assert stands == {first: Status.ACCEPTED, second: Status.DRAFT}
        desk.ledger.saved.rows(desk.ledger.folder)
        kept = desk.on_disk(first)
        assert kept is not None and kept.status is Status.DRAFT  # not before it is drawn
    [own] = [row for row in desk.ledger.saved.rows(desk.ledger.folder) if row.clip == first]
    assert own.status is Status.ACCEPTED


def test_what_another_has_changed_meanwhile_is_told_whoever_saves(desk: Desk) -> None:
    clip = desk.clip()
    desk.generate(clip, "One.")
    with desk.ledger.put_off():
        desk.ledger.save(clip, lambda store: store.set_status(clip, Status.ACCEPTED))
    with Store(desk.ledger.store.path, annotator="other") as other:
        other.edit(clip, "Other words.")
    assert desk.ledger.retry() and not desk.ledger.unsaved.changes
    kept = desk.on_disk(clip)
    assert kept is not None and (kept.text, kept.status) == ("Other words.", Status.DRAFT)
    assert desk.ledger.catch_up() == [clip] and desk.ledger.catch_up() == []
