"""Settings, keys of one's own, themes, help for what has the focus, notices, logs, claims that light their words."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import ColorSystem
from textual.screen import ModalScreen

from j2a import paths, settings
from j2a.store import Status
from j2a_tui import bindings
from j2a_tui.bindings import BindingClashError
from j2a_tui.cli import run
from j2a_tui.key_table import KEYS
from j2a_tui.theme import OWN, THEME
from j2a_tui.widgets.claims_table import LIT, ClaimsTable
from tests.tui.fakes import CONTRADICTED
from tests.tui.harness import Desk, running


def wish(text: str) -> None:
    paths.private_folder(settings.settings_path().parent)
    settings.settings_path().write_text(text)


async def test_keys_of_ones_own_work_and_are_shown(music: Path) -> None:
    wish('[keys]\naccept = "x, ctrl+a"\nreject = "a"\nflag = "?"\nhelp = "f9"\n')
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        await desk.shows("x ctrl+a Accept")
        await desk.describe()
        await desk.press("a")
        await desk.until(lambda: (row := desk.row("song 1.wav")) is not None and row.status is Status.REJECTED)
        await desk.press("x")
        await desk.until(lambda: (row := desk.row("song 1.wav")) is not None and row.status is Status.ACCEPTED)
        await desk.opened("song 2.wav")
        await desk.press("f9")
        await desk.shows("Keys and marks")
    async with running(music):
        pass
    wish("")
    async with running(music) as again:
        await again.shows(" a Accept")


async def test_whatever_names_a_key_names_the_one_that_it_has(music: Path) -> None:
    wish('[keys]\ndescribe = "f8"\nedit = "ctrl+e"\ncorrect = "C"\ncorrect_leave = "ctrl+x"\ncorrect_undo = "U"\n'
         'correct_double = "2"\ncorrect_two_thirds = "D"\neditor_accept = "ctrl+y"\naccept = "Y"\nstop = "f12"\n')
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        await desk.shows("No caption yet: f8 writes one, ctrl+e lets you write it.")
        await desk.shows("C corrects")
        await desk.press("Y")
        await desk.told("There is no caption to accept yet: f8 writes one, ctrl+e lets you write it.")
        await desk.press("C")
        await desk.shows("U undoes · space plays · ctrl+x closes")
        await desk.shows("2 ×2 h ÷2 3 ×3/2 D ×2/3")
        await desk.press("ctrl+x", "ctrl+e", *"words", "ctrl+y")
        await desk.opened("song 2.wav")
        row = desk.row("song 1.wav")
        assert row is not None and (row.text, row.status) == ("words", Status.ACCEPTED)
        await desk.press("f8", "Y")
        await desk.shows("accepted when it is whole, f12 stops")


def test_two_actions_on_one_key_end_the_start_and_are_both_named(
    music: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wish('[keys]\nskip = "a"\n')
    monkeypatch.setattr("j2a_tui.cli._why_no_app", lambda: "")
    monkeypatch.setattr("j2a_tui.cli._end_with_the_terminal", lambda terminal: None)  # there is none
    with Path("/dev/null").open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        assert run([str(music)]) == 2
    told = capsys.readouterr().err
    assert "'accept'" in told
    assert "'skip'" in told


@pytest.mark.parametrize(("asked", "told"), [
    ({"acept": "b"}, "no action 'acept'"), ({"skip": "hyperspace"}, "no key that is known"),
    ({"skip": ""}, "no key"), ({"skip": "ctrl+"}, "no key"),
    ({"editor_play": "p"}, "is text where it would be pressed"),
])
def test_keys_that_cannot_be_are_told_and_stay_as_they_were(asked: dict[str, str], told: str) -> None:
    changed, problems = bindings.use(asked)
    assert changed == {}
    assert told in problems[0]
    assert bindings.in_use() == KEYS


def test_keys_are_known_by_their_characters_and_by_their_names() -> None:
    changed, problems = bindings.use({"skip": "%,f12,ctrl+k", "flag": "pgdn", "page_down": "ctrl+n"})
    assert problems == []
    assert changed == {"skip": "percent_sign,f12,ctrl+k", "flag": "pagedown", "page_down": "ctrl+n"}
    with pytest.raises(BindingClashError, match="'louder'"):
        bindings.use({"undo": "+"})
    bindings.use({})


async def test_what_is_wrong_in_the_settings_is_said_and_the_app_goes_on(music: Path) -> None:
    wish('theme = "sky"\nvolume = 1\n[keys]\nnothing = "x"\n')
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        for told in ("There is no theme 'sky'", "no setting 'volume'", "no action 'nothing'"):
            await desk.told(told)
        assert desk.app.theme == THEME.name


async def test_a_theme_is_seen_before_it_is_chosen_and_stays(music: Path) -> None:
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        await desk.press("f7", "down")
        assert desk.app.theme != THEME.name
        await desk.press("escape")
        assert desk.app.theme == THEME.name
        await desk.press("f7", "down", "down", "enter")
        chosen = desk.app.theme
        await desk.press("q")
    async with running(music) as again:
        assert again.app.theme == chosen != THEME.name


async def test_every_theme_has_every_colour_of_ours(desk: Desk) -> None:
    for name in desk.app.available_themes:
        desk.app.theme = name
        await desk.settle()
        assert {"quiet", "faint", "line"} <= desk.app.theme_variables.keys()
    await desk.shows("song 1")


async def test_colours_of_ones_own_are_a_theme(music: Path) -> None:
    wish('[colours]\nbackground = "#ffffff"\nforeground = "#000000"\nquiet = "#555555"\n')
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        assert desk.app.theme == OWN
        assert not desk.app.current_theme.dark
        assert desk.app.theme_variables["quiet"] == "#555555"


async def test_words_differ_from_their_ground_in_16_colours(desk: Desk) -> None:
    await desk.describe(CONTRADICTED)
    await desk.shows("contradicted")
    unreadable = set()
    for line in desk.app.screen._compositor.render_strips():
        for segment in line:
            style = segment.style
            if style is None or style.color is None or style.bgcolor is None or not any(map(str.isalnum, segment.text)):
                continue
            if style.color.downgrade(ColorSystem.STANDARD) == style.bgcolor.downgrade(ColorSystem.STANDARD):
                unreadable.add((segment.text, str(style)))
    assert not unreadable


@pytest.mark.parametrize("key", ["R", "T", "p", "v", "W", "question_mark", "f7", "S"])
async def test_notices_do_not_cover_a_dialog_and_its_keys(music: Path, key: str) -> None:
    async with running(music, size=(80, 24)) as desk:
        await desk.opened("song 1.wav")
        await desk.describe("Slow.")
        await desk.press(key)
        await desk.until(lambda: isinstance(desk.app.screen, ModalScreen))
        for number in range(5):
            desk.app.notify(f"Notice {number}: " + "many words " * 12, title="Title")
        await desk.until(lambda: len(desk.app.screen.query("Toast")) >= 5)
        await desk.settle()
        dialog = next(iter(desk.app.screen.query(".dialog").results())).region
        rack = next(iter(desk.app.screen.query("ToastRack").results())).region
        assert all(not toast.region.intersection(rack).overlaps(dialog) for toast in desk.app.screen.query("Toast"))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_notices_do_not_cover_the_caption_and_can_be_read_again(music: Path, size: tuple[int, int]) -> None:
    async with running(music, size=size) as desk:
        await desk.opened("song 1.wav")
        for number in range(5):
            desk.app.notify(f"Notice {number}: " + "many words " * 12, title="Title")
        await desk.until(lambda: len(desk.app.screen.query("Toast")) >= 5)
        await desk.settle()
        caption = desk.app.desk.caption.region
        for toast in desk.app.screen.query("Toast"):
            assert not toast.region.overlaps(caption)
        desk.app.desk.say("A remark.")
        await desk.press("exclamation_mark")
        await desk.shows("Notices since the start")
        await desk.shows("A remark.")
        await desk.shows("Title: Notice 4: many words")
        await desk.press("escape")


async def test_a_log_is_shown_and_followed_and_cannot_draw(desk: Desk) -> None:
    log = paths.engine_log_path()
    paths.private_folder(log.parent)
    log.write_text("".join(f"line {number}\n" for number in range(20_000)) + "the end\x1b[31m\n")
    await desk.press("f6")
    await desk.shows("Log of the engine")
    await desk.shows("the end")
    assert "\x1b" not in desk.screen_text()
    with log.open("a") as file:
        file.write("one more line\n")
    await desk.shows("one more line")
    await desk.press("tab")
    await desk.shows("Log of the app")
    await desk.press("f6")
    await desk.until(lambda: desk.app.screen is desk.app.desk)


async def test_help_is_about_what_has_the_focus(desk: Desk) -> None:
    await desk.press("f1")
    await desk.shows("Sort by name")
    assert "Volume up" not in desk.screen_text()
    await desk.press("escape", "slash", "f1")
    await desk.shows("the measurement contradicts")
    assert "Volume up" not in desk.screen_text()
    await desk.press("escape", "escape")
    await desk.press("e", "f1")
    await desk.shows("Save, accept and go on")
    await desk.press("escape", "escape", "c", "f1")
    await desk.shows("Twice the tempo")
    await desk.press("escape", "escape")
    await desk.until(lambda: desk.app.screen is desk.app.desk)


@pytest.mark.parametrize("field", ["e", "slash"])
@pytest.mark.parametrize("key", ["f1", "f6", "f7", "ctrl+p"])
async def test_the_keys_of_the_program_are_heard_while_typing(desk: Desk, field: str, key: str) -> None:
    await desk.press(field, "o", "n", "e", key)
    await desk.until(lambda: desk.app.screen is not desk.app.desk)
    await desk.press("escape")
    await desk.until(lambda: desk.app.screen is desk.app.desk)
    await desk.press("s")
    editor = desk.app.desk.caption.editor
    assert (editor.text if editor is not None else desk.app.desk.words) == "ones"
    assert desk.app.session.status is None or editor is not None


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_claim_lights_its_words(music: Path, size: tuple[int, int]) -> None:
    async with running(music, size=size) as desk:
        await desk.opened("song 1.wav")
        await desk.press("tab")
        await desk.told("There are no claims to go through")
        await desk.press("enter")
        desk.engine.simulate_described(CONTRADICTED)
        await desk.shows("✓ A minor")
        table = desk.app.desk.query_one(ClaimsTable)

        def lit() -> list[str]:
            content = desk.app.desk.query_one("#words").content  # type: ignore[attr-defined]
            return [content.plain[span.start:span.end] for span in content.spans if span.style == LIT]

        assert lit() == []
        await desk.press("tab")
        await desk.until(lambda: table.chosen is not None and lit() == [table.chosen.text])
        first = lit()
        await desk.press("down")
        await desk.until(lambda: lit() and lit() != first)
        marked = [span for span in table.content.spans if span.style == LIT]  # type: ignore[union-attr]
        assert len(marked) == 1
        await desk.press("escape")
        await desk.until(lambda: lit() == [] and desk.app.focused is desk.app.desk.tracks)
        place = desk.screen_text().split("\n")
        y = next(y for y, line in enumerate(place) if "✓ A minor" in line)
        await desk.pilot.click(offset=(place[y].index("✓ A minor") + 3, y))
        await desk.until(lambda: lit() == ["A minor"])
