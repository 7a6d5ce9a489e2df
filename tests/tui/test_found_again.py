"""Files that were renamed or moved are known again by what is in them."""

from __future__ import annotations

from pathlib import Path

from j2a.store import Status, Store
from j2a_tui import contents
from tests.tui.harness import Desk, running, write_wave


def captioned(folder: Path, count: int, first: float = 5.0) -> list[Path]:
    """Files of one length, so of one size, with different sound, and captions of them."""
    files = [write_wave(folder / f"old {number}.wav", first, pulses_hz=1 + number / 10) for number in range(count)]
    with Store() as store:
        for number, file in enumerate(files):
            clip = Desk.clip(Desk(None, None, None, None, folder), file.name, 0.0, first)  # type: ignore[arg-type]
            store.edit(clip, f"Caption {number}.")
            store.set_status(clip, Status.ACCEPTED)
    for _ in contents.learn(files):
        pass
    return files


def captions(folder: Path) -> dict[str, str]:
    with Store() as store:
        return {row.clip.path.name: row.text for row in store.rows(folder)}


async def test_fifty_files_renamed_at_once_have_their_captions_again(tmp_path: Path) -> None:
    folder = tmp_path / "music"
    files = captioned(folder, 50)
    before = captions(folder)
    (folder / "sub").mkdir()
    for number, file in enumerate(files):
        file.rename(folder / (f"sub/{49 - number} sub.wav" if number % 2 else f"{number} new.wav"))
    async with running(folder) as desk:
        await desk.shows("50 captioned files were renamed or moved")
        await desk.press("y")
        await desk.told("50 captions found again")
        expected = {f"{49 - n} sub.wav" if n % 2 else f"{n} new.wav": f"Caption {n}." for n in range(50)}
        assert captions(folder) == expected
        await desk.shows("50 accepted")
        await desk.press("u")
        assert captions(folder) == before
        await desk.press("ctrl+r")
        assert captions(folder) == expected


async def test_nothing_else_is_taken_for_a_file_that_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "music"
    files = captioned(folder, 4)
    copy = files[0].read_bytes()
    files[0].rename(folder / "one.wav")
    (folder / "two.wav").write_bytes(copy)  # which of the two is it?
    files[1].unlink()
    write_wave(folder / "other.wav", 5.0, pulses_hz=7.7)  # as long, another sound
    (folder / "copy.wav").write_bytes(files[2].read_bytes())  # the first one is still there
    before = captions(folder)
    found: list[contents.Move] = []
    async with running(folder) as desk:
        await desk.until(lambda: desk.app.desk._learned is not None)
        from j2a.library import scan

        new = [track for track in scan(folder) if track.path not in desk.app.session.ledger.statuses]
        assert len(new) == 4
        for _ in contents.moved(new, found):
            pass
        assert found == []
        assert desk.app.screen is desk.app.desk
    assert captions(folder) == before


async def test_what_is_captioned_in_the_app_is_known_again_in_another_folder(music: Path, tmp_path: Path) -> None:
    async with running(music) as first:
        await first.opened("song 1.wav")
        await first.describe()
        await first.until(contents.kept_in().exists)
        await first.until(lambda: (music / "song 1.wav") in (first.app.desk._learned or ()))
        await first.press("q")
    other = tmp_path / "other"
    other.mkdir()
    (music / "song 1.wav").rename(other / "renamed.wav")
    async with running(other) as again:
        await again.shows("A captioned file was renamed or moved")
        await again.press("n")
        assert captions(other) == {}
        await again.press("q")
    async with running(other) as last:
        await last.shows("A captioned file was renamed or moved")
        await last.press("y")
        await last.until(lambda: "renamed.wav" in captions(other))


def test_a_damaged_memory_of_contents_is_as_none(tmp_path: Path) -> None:
    files = captioned(tmp_path / "music", 1)
    contents.kept_in().write_bytes(b"no database" * 200)
    for _ in contents.learn(files):
        pass
    assert list(contents.learn(files)) == [None], "it was begun anew"
