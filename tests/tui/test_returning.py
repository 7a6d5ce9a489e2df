"""The app opened again: it stands where it was left, and what was done can still be taken back."""

from __future__ import annotations

from pathlib import Path

from j2a.caption import PROMPTS
from j2a.store import Status
from j2a_tui.remembered import state_path
from j2a_tui.windows import Window
from tests.tui.fakes import TEXT
from tests.tui.harness import running


async def test_a_restart_begins_where_the_desk_was_left(music: Path) -> None:
    async with running(music, version="") as first:
        await first.opened("song 1.wav")
        await first.press("slash", *"song", "enter", "j", "p", "2", "F", "minus", "minus")
        await first.opened("song 2.wav")
        await first.press("right_square_bracket")
        first.app.session.choose("3.0", "mini")
        await first.press("q")
    async with running(music, version="") as desk:
        await desk.opened("song 2.wav")
        assert desk.app.transport.window == Window(10.0, 20.0)
        await desk.shows("Files /song 3")
        model = desk.app.session.model
        assert (model.version, model.backbone, model.prompt) == ("3.0", "mini", PROMPTS[1])
        assert desk.player.volume == 0.8 and model.figures is False
        await desk.press("escape")
        await desk.shows("short.wav")
    async with running(music, version="1.0") as typed:
        assert typed.app.session.model.version == "1.0", "what is typed on the command line counts"


async def test_a_search_for_what_captions_say_is_found_again(music: Path) -> None:
    async with running(music) as first:
        await first.opened("song 1.wav")
        await first.describe()
        await first.press("slash", *"caption:*steady*", "enter", "q")
    async with running(music) as desk:
        await desk.until(lambda: [track.name for track in desk.app.desk.tracks.tracks] == ["song 1.wav"])


async def test_a_file_that_is_named_is_the_first(music: Path) -> None:
    async with running(music, first=music / "song 10.wav") as desk:
        await desk.opened("song 10.wav")


async def test_a_damaged_memory_is_as_none(music: Path) -> None:
    state_path().parent.mkdir(parents=True, exist_ok=True)
    for text in ("{", "[]", '{"desk": 1, "folders": {"x": 2}}', '{"desk": {"prompt": "sing", "volume": "loud"}}'):
        state_path().write_text(text)
        async with running(music, version="") as desk:
            await desk.opened("song 1.wav")
            assert (desk.app.session.model.prompt, desk.player.volume) == (PROMPTS[0], 1.0)


async def test_what_was_done_before_a_restart_is_taken_back_action_by_action(music: Path) -> None:
    async with running(music) as first:
        await first.opened("song 1.wav")
        await first.describe()
        await first.press("e", *" Mine.", "escape", "a")
        await first.opened("song 2.wav")
        await first.press("s", "u", "q")
    async with running(music) as desk:
        await desk.opened("song 2.wav")
        for text, status in ((f"{TEXT} Mine.", Status.DRAFT), (TEXT, Status.DRAFT)):
            await desk.press("u")
            row = desk.row("song 1.wav")
            assert row is not None and (row.text, row.status) == (text, status)
        await desk.opened("song 1.wav")
        await desk.press("u")
        assert desk.row("song 1.wav") is None
        await desk.press("u")
        await desk.told("nothing to undo")
        for _ in range(3):
            await desk.press("ctrl+r")
        row = desk.row("song 1.wav")
        assert row is not None and (row.text, row.status) == (f"{TEXT} Mine.", Status.ACCEPTED)


async def test_what_was_taken_back_before_a_restart_is_made_again(music: Path) -> None:
    async with running(music) as first:
        await first.opened("song 1.wav")
        await first.describe()
        await first.press("x", "u", "q")
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        await desk.press("ctrl+r")
        row = desk.row("song 1.wav")
        assert row is not None and row.status is Status.REJECTED


async def test_each_edit_of_one_window_is_taken_back_by_itself_after_a_restart(music: Path) -> None:
    """However often the words were saved while they were typed."""
    texts = [TEXT]
    async with running(music) as first:
        await first.opened("song 1.wav")
        await first.describe()
        for words in (" One, two.", " Three."):
            await first.press("e")
            texts.append(texts[-1] + words)
            for part in (words[:4], words[4:]):
                await first.press(*part)
                first.app.desk.save_now()
            await first.press("escape")
        await first.press("q")
    async with running(music) as second:
        await second.opened("song 1.wav")
        await second.press("e", *" Four.", "escape")
        texts.append(texts[-1] + " Four.")
        await second.press("u", "u", "q")
        assert second.row("song 1.wav").text == texts[1]
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        for text in (*texts[2:], texts[-1]):  # nothing is left in the end
            await desk.press("ctrl+r")
            assert desk.row("song 1.wav").text == text
        for text in reversed(texts[:-1]):
            await desk.press("u")
            assert desk.row("song 1.wav").text == text


async def test_a_decision_and_the_caption_that_followed_are_taken_back_together_after_a_restart(music: Path) -> None:
    async with running(music) as first:
        await first.opened("song 1.wav")
        await first.describe()
        await first.press("a")
        await first.opened("song 2.wav")
        first.engine.simulate_described(TEXT)
        await first.until(lambda: first.row("song 2.wav") is not None and not first.app.session.writing)
        await first.press("q")
    async with running(music) as desk:
        await desk.opened("song 2.wav")
        await desk.press("u")
        row = desk.row("song 1.wav")
        assert row is not None and row.status is Status.DRAFT
        assert desk.row("song 2.wav") is None
