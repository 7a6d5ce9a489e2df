"""Which files are listed, in which order and in which folders; what is found though it was written wrongly."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from j2a import paths
from j2a.clip import Clip
from j2a.library import Track
from j2a.store import Status
from j2a.tags import Tags
from j2a_tui import saved_views
from j2a_tui.catalogue import Catalogue, Entry
from j2a_tui.claims import disagree
from j2a_tui.finding import Index, Texts
from j2a_tui.folders import TOP_FOLDER
from j2a_tui.listing import Listing
from j2a_tui.saved_views import View

NAMES = ["one.wav", "a/beethoven 9.wav", "a/mozart 40.wav", "b/björk.wav", "b/zappa 12.wav"]
NOBODY: frozenset[str] = frozenset()


def listing(names: list[str] = NAMES, catalogue: Catalogue | None = None) -> Listing:
    made = Listing(catalogue or Catalogue())
    made.set_tracks([Track(Path("/m") / name, name, 1, 0.0) for name in names])
    *_, made.index = Index.build(made.texts)
    return made


def found(made: Listing) -> list[str]:
    return [made.tracks[place].name for place in made.found]


@pytest.mark.parametrize(("words", "names", "near"), [
    ("", NAMES, False),
    ("MOZART", ["a/mozart 40.wav"], False),
    ("b/ wav", ["b/björk.wav", "b/zappa 12.wav"], False),
    ("beetoven", ["a/beethoven 9.wav"], True),  # a letter too few
    ("beehtoven 9", ["a/beethoven 9.wav"], True),  # two swapped
    ("bethovne", ["a/beethoven 9.wav"], True),  # both
    ("mozzart", ["a/mozart 40.wav"], True),
    ("mozr", ["a/mozart 40.wav"], True),  # begun, and wrong already
    ("zapa 12", ["b/zappa 12.wav"], True),
    ("zapa 13", [], False),  # another number
    ("bjork", ["b/björk.wav"], True),
    ("chopin", [], False),
])
def test_words_are_found_as_they_are_written_or_nearly(words: str, names: list[str], near: bool) -> None:
    made = listing()
    made.search(words)
    assert (found(made), made.near) == (names, near)


words_of = st.text("abcdö", min_size=3, max_size=10)


@given(st.lists(words_of, min_size=1, max_size=12), words_of.filter(lambda word: len(word) >= 4))
def test_near_words_are_near_and_none_is_missed(texts: list[str], word: str) -> None:
    *_, index = Index.build(texts)
    assert index is not None
    allowed = 1 if len(word) < 8 else 2
    distances = index.near(Texts(texts), word).tolist()
    edits = {place: edits for place, edits in enumerate(distances) if edits >= 0}
    for place, text in enumerate(texts):
        nearest = min(OSA.distance(word, text[:length]) for length in range(len(text) + 1))
        whole = OSA.distance(word, text)
        if place in edits:
            assert nearest <= edits[place] <= allowed
            assert text[0] == word[0]
        else:
            assert whole > allowed or text[0] != word[0]


def test_tags_are_searched_once_they_are_read() -> None:
    made = listing()
    made.add_tags({Path("/m/one.wav"): Tags("Ode", "The Choir", "", 3.0), Path("/m/two.wav"): Tags("Ode", "", "", 1.0)})
    made.search("choir")
    assert found(made) == ["one.wav"]
    made.search("ode choir")
    assert found(made) == ["one.wav"]


names_of = st.lists(st.text("abß1 /İ\n\udc80", min_size=1, max_size=8), max_size=12, unique=True)


@given(names_of, st.text("abßi1 ss\udc80", max_size=7), st.booleans())
def test_typing_finds_what_each_of_its_words_stands_in_and_in_the_order_of_the_list(
    names: list[str], words: str, longest_first: bool
) -> None:
    made = Listing(Catalogue())
    made.set_tracks([Track(Path(f"/m/{place}"), name, 1, 0.0) for place, name in enumerate(names)])
    order = list(range(len(names)))
    if longest_first:
        made.add_tags({Path(f"/m/{place}"): Tags("", "", "", 9.0 - len(name)) for place, name in enumerate(names)})
        made.sort_by("duration")
        order.sort(key=lambda place: -len(names[place]))
    for count in range(len(words) + 1):
        typed = words[:count].casefold().split()
        made.search(words[:count])
        wanted = [place for place in order if all(word in names[place].casefold() for word in typed)]
        assert list(made.found) == wanted, words[:count]


@given(st.lists(st.sampled_from(["", "a/", "a/b/", "c/"]), max_size=9), st.sets(st.sampled_from(["", "a/", "c/"])),
       st.sampled_from(["", "x", "xy", "nothing"]))
def test_rows_headings_and_entries_belong_together(folders: list[str], folded: set[str], words: str) -> None:
    names = [f"{folder}{number} {'x' * (number % 2)}y" for number, folder in enumerate(folders)]
    made = listing(names)
    made.index, made.folded = None, folded
    made.search(words)
    rows: list[int | str] = []  # as one would write them down
    entries: list[int | str] = []
    for folder, run in groupby(made.found, key=lambda place: folders[place]):
        if made.has_folders and folder in folded:
            rows.append(len(entries))
            entries.append(folder)
            continue
        if made.has_folders and (folder or rows):
            rows.append(folder or TOP_FOLDER)
        for place in run:
            rows.append(len(entries))
            entries.append(place)
    assert (list(made.rows), list(made.entries)) == (rows, entries)
    assert [rows[row] for row in made.row_of] == list(range(len(entries)))
    for place, name in enumerate(names):
        at = made.entry_of(Path("/m") / name)
        assert at == (entries.index(place) if place in entries else None)


def test_folders_fold_and_open_for_a_file_that_is_gone_to() -> None:
    made = listing()
    assert list(made.rows) == [0, "a/", 1, 2, "b/", 3, 4]
    made.fold("a/")
    assert (made.entries, list(made.rows)) == ([0, "a/", 3, 4], [0, 1, "b/", 2, 3])
    assert made.counts == {"a/": 2}
    assert made.entry_of(Path("/m/a/mozart 40.wav")) is None
    assert made.unfold_for(Path("/m/a/mozart 40.wav"))
    assert made.entry_of(Path("/m/a/mozart 40.wav")) == 2
    made.fold_all()
    assert made.entries == ["", "a/", "b/"]
    made.search("zappa")
    assert (made.entries, made.counts) == (["b/"], {"b/": 1})
    made.search("")
    made.fold_all()
    assert len(made.entries) == 5


def of(name: str, status: Status | None = Status.DRAFT, bpm: float | None = None, key: str | None = None,
       contradicted: int = 0, at: str = "", disagree: bool = False, tempo_open: bool = False) -> Entry:
    return Entry(Clip(Path("/m") / name, 0, 10), status, "words", bpm, key, NOBODY, False, contradicted, "", at,
                 disagree, tempo_open)


def test_orders() -> None:
    catalogue = Catalogue()
    names = ["a.wav", "b.wav", "c.wav", "d.wav", "e.wav", "f.wav"]
    for entry in (
        of("a.wav", Status.ACCEPTED, 120.0, "D major", at="2026-11-30T10:00:00"),
        of("b.wav", Status.DRAFT, 90.0, "C minor", at="2026-11-29T10:00:00", tempo_open=True),
        of("c.wav", Status.ACCEPTED, 100.0, "C major", contradicted=1, at="2026-11-30T11:00:00"),
        of("d.wav", Status.DRAFT, None, None, disagree=True, at="2026-11-28T10:00:00"),
        of("f.wav", Status.DRAFT, None, None, at="2026-11-27T10:00:00"),
    ):
        catalogue.put(entry)
    made = listing(names, catalogue)
    made.add_tags({Path("/m/b.wav"): Tags("", "", "", 2.0), Path("/m/a.wav"): Tags("", "", "", 9.0)})

    def by(name: str) -> str:
        made.sort_by(name)
        made.search("")
        return "".join(name[0] for name in found(made))

    assert by("name") == "abcdef"
    assert by("duration") == "bacdef"
    assert by("bpm") == "bcadef"
    assert by("key") == "cbadef"
    assert by("edited") == "cabdfe"
    assert by("worth") == "cdbfea"
    assert [made.beside(Path("/m") / name) for name in ("b.wav", "c.wav", "d.wav")] == ["tempo?", "", "differ"]
    made.sort_by("bpm")
    assert [made.beside(Path("/m") / name) for name in ("b.wav", "d.wav", "e.wav")] == ["90 BPM", "", ""]
    assert by("nonsense") == "abcdef"


@pytest.mark.parametrize(("texts", "differ"), [
    (["A piece at 120 BPM.", "A piece at 120 bpm, in D major."], False),
    (["A piece at 120 BPM.", "A piece at 60 BPM."], True),
    (["In D major.", "In D minor."], True),
    (["In 3/4.", "In 4/4."], True),
    (["A calm piano piece.", "A fast metal piece."], False),  # taste, not a measurement
    (["In D major."], False), ([], False),
])
def test_captions_that_differ_in_what_can_be_measured(texts: list[str], differ: bool) -> None:
    assert disagree(texts) is differ


def test_views_are_kept_and_damage_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("J2A_HOME", str(tmp_path / "home"))
    assert saved_views.read() == {}
    saved_views.keep("mine", View("annotator:me", "worth"))
    saved_views.keep("slow", View("bpm:<80"))
    assert list(saved_views.read()) == ["mine", "slow"]
    saved_views.keep("mine", None)
    assert saved_views.read() == {"slow": View("bpm:<80", "name")}
    assert saved_views.views_path().parent == paths.config_dir()
    saved_views.views_path().write_text(json.dumps({"a": {"search": "x", "sort": "bpm"}, "b": 7, "c": {"search": 1}}))
    assert saved_views.read() == {"a": View("x", "bpm")}
    saved_views.views_path().write_bytes(b"\xff{")
    assert saved_views.read() == {}
