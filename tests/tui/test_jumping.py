"""Letters on what can be gone to."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from j2a_tui.screens.jump import LETTERS, WIDTH, JumpScreen, labels
from j2a_tui.widgets.claims_table import ClaimsTable
from tests.tui.fakes import CONTRADICTED, MEASURED
from tests.tui.harness import Desk, running, write_wave


def letters_at(desk: Desk, x: int, y: int) -> str:
    """What is to be typed to go to a cell."""
    screen = desk.app.screen
    assert isinstance(screen, JumpScreen)
    return next(letters for letters, target in screen._targets.items() if (target.x, target.y) == (x, y))


@pytest.mark.parametrize("count", [0, 1, len(LETTERS), len(LETTERS) + 1, 51, 52, 200, len(LETTERS) ** 2])
def test_no_label_is_the_beginning_of_another_one(count: int) -> None:
    made = list(labels(count))
    assert len(made) == len(set(made)) == count
    ones, twos = {one for one in made if len(one) == 1}, {two for two in made if len(two) == 2}
    assert len(ones) + len(twos) == count
    assert not ones & {two[0] for two in twos}


async def test_a_file_is_gone_to_by_its_letter(desk: Desk) -> None:
    await desk.opened("song 1.wav")
    left, top = desk.app.desk.tracks.content_region.offset
    await desk.press("J")
    row = next(y for y, index in desk.app.desk.tracks.rows_shown if index == 2)
    await desk.press(*letters_at(desk, left, top + row))
    await desk.opened("song 10.wav")
    assert desk.app.screen is desk.app.desk


async def test_the_heading_of_a_folder_folds_it(desk: Desk) -> None:
    await desk.opened("song 1.wav")
    tracks = desk.app.desk.tracks
    heading = next(y for y, index in tracks.rows_shown if index == "sub/")
    await desk.press("J")
    await desk.press(*letters_at(desk, tracks.content_region.x, tracks.content_region.y + heading))
    assert tracks.listing.folded == {"sub/"}


async def test_a_claim_lights_its_words_and_the_caption_is_edited(desk: Desk) -> None:
    await desk.opened("song 1.wav")
    await desk.describe(CONTRADICTED)
    claims = desk.app.desk.query_one(ClaimsTable)
    await desk.until(lambda: len(list(claims.places)) > 1)
    number, x, y = list(claims.places)[1]
    await desk.press("J")
    await desk.press(*letters_at(desk, claims.content_region.x + x, claims.content_region.y + y))
    assert claims.has_focus and claims.chosen == claims._found[number]
    await desk.press("escape", "J")
    await desk.press(*letters_at(desk, desk.app.desk.caption.region.x + 1, desk.app.desk.caption.region.y))
    assert desk.app.desk.caption.editor is not None


@pytest.mark.parametrize("size", [(80, 24), (100, 32), (120, 40)])
async def test_every_target_is_told_from_its_neighbours_and_leads_where_it_stands(
    music: Path, size: tuple[int, int]
) -> None:
    for number in range(40):  # two letters for some
        write_wave(music / f"track {number}.wav", 1.0)
    async with running(music, size=size) as desk:
        await desk.opened("song 1.wav")
        await desk.press("enter")
        desk.engine.simulate_described("In C major at 120 BPM, over one chord, C. A bass, a sax, an oboe: calm, sad.",
                                       replace(MEASURED, key="C major"))
        claims = desk.app.desk.query_one(ClaimsTable)
        await desk.until(lambda: len(list(claims.places)) > 3)
        lines = desk.screen_text().split("\n")
        for number, x, y in claims.places:
            line = lines[claims.content_region.y + y][claims.content_region.x + x:]
            assert line[0] in "✓✗?," and line[2:].startswith(claims._found[number].text), line
        await desk.press("J")
        await desk.until(lambda: isinstance(desk.app.screen, JumpScreen))
        screen = desk.app.screen
        assert isinstance(screen, JumpScreen)
        places = sorted((target.y, target.x, len(letters)) for letters, target in screen._targets.items())
        assert any(length == 2 for _, _, length in places)
        for (y, x, _), (below, right, _) in pairwise(places):
            assert y < below or x + WIDTH < right
        await desk.settle()
        lines = desk.screen_text().split("\n")
        for letters, target in screen._targets.items():  # nothing that is no label stands right behind one letter
            assert lines[target.y][target.x:].startswith(f"{letters} "[:WIDTH])


async def test_esc_stays_where_it_was_and_other_keys_do_nothing(desk: Desk) -> None:
    await desk.opened("song 1.wav")
    before = desk.app.desk.tracks.cursor
    await desk.press("J", "1", "space", "A")
    assert isinstance(desk.app.screen, JumpScreen)
    await desk.press("escape")
    assert desk.app.screen is desk.app.desk and desk.app.desk.tracks.cursor == before
    assert not desk.player.playing


async def test_the_second_of_two_letters_goes_there_and_the_first_can_be_taken_back(desk: Desk) -> None:
    await desk.opened("song 1.wav")
    gone: list[int] = []
    from j2a_tui.screens.jump import Target

    targets = [Target(number % 100, number // 100, lambda number=number: gone.append(number)) for number in range(60)]
    desk.app.push_screen(JumpScreen(targets), lambda target: target.go() if target else None)
    await desk.settle()
    two = next(letters for letters in labels(60) if len(letters) == 2)
    other = next(letters for letters in labels(60) if letters[0] not in two and len(letters) == 2)
    await desk.press(two[0], "backspace", *other)
    assert gone == [list(labels(60)).index(other)]
