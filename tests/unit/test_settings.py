"""The settings file: what it says holds, what is wrong in it is said and costs nothing else; its page is true."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from j2a import settings
from j2a.attention import BELL, signal_for
from j2a.console import tell_the_end
from j2a.settings import Settings
from scripts.settings_page import page

GOOD = 'theme = "nord"\nwhen_done = "off"\nlong_run_s = 60\n[keys]\naccept = "ctrl+a"\n[colours]\nprimary = "#88c0d0"\n'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("J2A_HOME", str(tmp_path))
    settings.settings_path().parent.mkdir()
    return settings.settings_path()


def test_without_a_file_everything_is_as_it_is_declared(file: Path) -> None:
    assert settings.read() == (Settings(), [])


def test_what_the_file_says_holds(file: Path) -> None:
    file.write_text(GOOD)
    asked, problems = settings.read()
    assert problems == []
    assert asked == Settings("nord", "off", 60.0, {"accept": "ctrl+a"}, {"primary": "#88c0d0"})


@pytest.mark.parametrize(("line", "told"), [
    ("theme = 7", "theme is 7, not a text"), ('when_done = "song"', "not one of bell, desktop, off"),
    ("long_run_s = -1", "not a number of seconds"), ("long_run_s = true", "not a number of seconds"),
    ("long_run_s = nan", "not a number of seconds"), ('keys = "a"', "not a table"), ("keys.accept = 1", "keys.accept"),
    ('colours.primary = "teal"', "not a colour"), ('colours.sky = "#123456"', "colours.sky is none of"),
    ("volume = 3", "there is no setting 'volume'"), ('"a\\u001b[2J" = 1', "there is no setting"),
])
def test_what_is_wrong_is_said_in_a_sentence_and_the_rest_holds(file: Path, line: str, told: str) -> None:
    file.write_text(f'{line}\n' if line.startswith("theme") else f'{line}\ntheme = "nord"\n')
    asked, problems = settings.read()
    assert len(problems) == 1
    assert told in problems[0]
    assert str(file) in problems[0]
    assert problems[0].isprintable()
    assert asked == (Settings() if line.startswith("theme") else Settings(theme="nord"))


@given(st.binary(max_size=200))
def test_no_file_makes_it_fail(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("J2A_HOME", str(tmp_path_factory.mktemp("home")))
        settings.settings_path().parent.mkdir()
        settings.settings_path().write_bytes(content)
        _, problems = settings.read()
        assert all(problem.isprintable() for problem in problems)


def test_every_setting_is_explained_by_an_example_that_holds(file: Path) -> None:
    for one in fields(Settings):
        file.write_text(one.metadata["example"])
        asked, problems = settings.read()
        assert problems == []
        assert getattr(asked, one.name) != getattr(Settings(), one.name)
    assert tomllib.loads(settings.template()) == {}


def test_the_page_is_true() -> None:
    assert (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize(("when_done", "environment", "told"), [
    ("bell", {"TERM": "xterm-kitty"}, BELL), ("off", {}, ""), ("desktop", {"TERM": "xterm-256color"}, BELL),
    ("desktop", {"TERM": "xterm-kitty"}, "\x1b]9;Done, all\a"), ("desktop", {"TERM": "xterm-kitty", "TMUX": "1"}, BELL),
    ("desktop", {"TERM_PROGRAM": "WezTerm"}, "\x1b]9;Done, all\a"), ("desktop", {"TERM": "linux"}, BELL),
    ("desktop", {"TERM": "foot"}, "\x1b]777;notify;J2A;Done, all\a"),
])
def test_the_end_of_a_long_run_is_told(when_done: str, environment: dict[str, str], told: str) -> None:
    asked = Settings(when_done=when_done)
    assert signal_for(asked, 11.0, "Done; all", environment) == told
    assert signal_for(asked, 9.0, "Done; all", environment) == ""


def test_a_notification_cannot_be_broken_out_of() -> None:
    told = signal_for(Settings(when_done="desktop"), 99.0, "a\x1b]0;x\a\nb", {"TERM": "foot"})
    assert told.count("\x1b") == told.count("\a") == 1


def test_nothing_is_told_where_there_is_no_terminal(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file.write_text("volume = 1\n")
    tell_the_end(99.0, "Done.")
    out, err = capfd.readouterr()
    assert BELL not in out + err
    assert "there is no setting 'volume'" in err
