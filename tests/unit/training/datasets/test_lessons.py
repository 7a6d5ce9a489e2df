"""Which captions are learned when, for which instruction."""

from __future__ import annotations

import pytest

from j2a.errors import J2AError
from training.datasets.lessons import Course, exam, lessons_of
from training.datasets.table import Row


def test_every_epoch_has_every_row_once_with_a_caption_drawn_anew():
    rows = [Row(f"r{n}", f"{n}.wav", "train", tuple(f"{n} {'x' * c}" for c in range(1, 5))) for n in range(30)]
    course = Course([*rows, Row("mute", "m.wav", "train", (" ",))], 8, seed=3)
    assert course.steps_per_epoch == 4
    epochs = []
    for epoch in range(2):
        lessons = [lesson for at in range(4) for lesson in course.batch(4 * epoch + at)]
        assert len(lessons) == 32, "all batches are full"
        assert {lesson.row.id for lesson in lessons} == {row.id for row in rows}
        epochs.append({lesson.row.id: lesson.caption for lesson in lessons})
    assert epochs[0] != epochs[1]
    again = Course([*rows, Row("mute", "m.wav", "train", (" ",))], 8, seed=3)
    assert again.batch(6) == course.batch(6)
    assert Course(rows, 8, seed=4).batch(6) != course.batch(6)
    spread = [max(map(len, texts)) - min(map(len, texts)) for texts in
              ([lesson.caption for lesson in course.batch(at)] for at in range(4))]  # fmt: skip
    assert max(spread) <= 3, "captions of one batch are about as long"


def test_a_caption_can_be_tied_to_an_instruction():
    row = Row("a", "a.wav", "train", ("Long.", "Short.", ""), facts={"asked": ["detailed", "short", "describe"]})
    assert [(one.caption, one.asked) for one in lessons_of(row)] == [("Long.", "detailed"), ("Short.", "short")]
    assert lessons_of(Row("a", "a.wav", "train", ("x",), facts={"instruction": "short"}))[0].asked == "short"
    assert lessons_of(Row("a", "a.wav", "train", ("x",)))[0].asked == "describe"
    for asked in ("short", ["short"], ["short", 3, "x"], None):
        with pytest.raises(J2AError, match='the row a: facts\\["asked"\\]'):
            lessons_of(Row("a", "a.wav", "train", ("x", "y", "z"), facts={"asked": asked}))


def test_the_exam_is_spread_over_the_split():
    rows = [Row(f"r{n}", "a.wav", "valid", ("x" * (100 - n),)) for n in range(100)]
    taken = exam(rows, 10)
    assert sorted(int(lesson.row.id[1:]) for lesson in taken) == list(range(0, 100, 10))
    assert len(exam(rows, 1000)) == 100
