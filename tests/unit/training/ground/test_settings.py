"""Settings of training steps: defaults, a TOML file, the command line, and what is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
import typer
from hypothesis import given, strategies
from typer.testing import CliRunner

from j2a.console import errors_shown
from j2a.errors import UsageError
from training.encoder.settings import EncoderSettings, TimeHeadsSettings
from training.ground.settings import load_settings, setting, settings_text, with_options
from training.mini.settings import MiniSettings


@dataclass(frozen=True)
class Cooking:
    """For the tests."""

    minutes: float = setting(3.5, "How long.")
    eggs: int = setting(2, "How many.")
    style: Literal["soft", "hard"] = setting("soft", "Which way.")
    salt: bool = setting(True, "Whether to add salt.")
    note: str = setting("", "Anything else.")
    pan: Path | None = setting(None, "Which pan.")

    def __post_init__(self) -> None:
        if self.eggs < 1:
            raise ValueError(f"eggs is {self.eggs}, not at least 1")


def test_the_command_line_comes_before_the_file_and_that_before_the_defaults(tmp_path):
    file = tmp_path / "s.toml"
    file.write_text('minutes = 4\neggs = 3\npan = "a/b"\n')
    found = load_settings(Cooking, file, {"eggs": 5, "note": None})
    assert found == Cooking(minutes=4.0, eggs=5, pan=Path("a/b"))
    assert type(found.minutes) is float


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("egs = 3", "no setting egs"),
        ("eggs = 2.5", "eggs is 2.5, which is not of type int"),
        ("eggs = true", "not of type int"),
        ('minutes = "4"', "not of type float"),
        ('style = "raw"', "not one of soft, hard"),
        ("eggs = 0", "not at least 1"),
        ("eggs = ", "not TOML"),
        ("[eggs]\nx = 1", "not of type int"),
        ("eggs = " + "[" * 100_000 + "]" * 100_000, "not TOML"),
        ("minutes = " + "9" * 400, "larger than any number"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(tmp_path, text, why):
    file = tmp_path / "s.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=re.escape(why)) as refused:
        load_settings(Cooking, file, {})
    assert str(file) in str(refused.value)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"none\.toml cannot be read"):
        load_settings(Cooking, tmp_path / "none.toml", {})
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not TOML"):
        load_settings(Cooking, tmp_path / "x.toml", {})


@given(strategies.builds(Cooking, minutes=strategies.floats(allow_nan=False), eggs=strategies.integers(1, 2**40)))
def test_what_is_printed_is_read_back(tmp_path_factory, settings):
    file = tmp_path_factory.mktemp("settings") / "s.toml"
    file.write_text(settings_text(settings), encoding="utf-8")
    assert load_settings(Cooking, file, {}) == settings


def test_a_command_gets_an_option_for_each_field(tmp_path):
    app = typer.Typer()

    @app.command()
    @with_options(Cooking)
    def cook(who: str, config: Path | None, given: dict[str, object]) -> None:
        with errors_shown():
            typer.echo(who + "\n" + settings_text(load_settings(Cooking, config, given)))

    file = tmp_path / "s.toml"
    file.write_text("eggs = 3\nsalt = true\n")
    run = CliRunner().invoke(app, ["me", "--config", str(file), "--no-salt", "--style", "hard", "--pan", "p"])
    assert run.exit_code == 0, run.output
    assert run.output.splitlines()[0] == "me"
    assert {"eggs = 3", "salt = false", 'style = "hard"', 'pan = "p"'} <= set(run.output.splitlines())
    refused = CliRunner().invoke(app, ["me", "--style", "raw"])
    assert refused.exit_code == 2
    assert "not one of soft, hard" in refused.output
    told = re.sub(r"[│\s]+", " ", CliRunner().invoke(app, ["--help"]).output)
    assert "One of: soft, hard. (default: soft)" in told
    assert "How many. (default: 2)" in told
    assert "add salt. (default: true)" in told


def test_a_home_folder_in_a_setting_is_found(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings(Cooking, None, {"pan": Path("~/x.csv")}).pan == tmp_path / "x.csv"


@dataclass(frozen=True)
class Frying(Cooking):
    """Inherits; one default is another, one help too."""

    oil: int = setting(1, "Spoons of it.")
    eggs: int = 4
    salt: bool = setting(False, "Salt, when it is done.")


def test_inherited_settings_keep_their_help_and_come_behind_the_own(tmp_path):
    app = typer.Typer()

    @app.command()
    @with_options(Frying)
    def fry(config: Path | None, given: dict[str, object]) -> None:
        typer.echo(settings_text(load_settings(Frying, config, given)))

    told = re.sub(r"[│\s]+", " ", CliRunner().invoke(app, ["--help"]).output)
    assert "How many. (default: 4)" in told
    assert "Salt, when it is done. (default: false)" in told
    lines = CliRunner().invoke(app, ["--minutes", "2"]).output.split("\n")
    assert [line.partition(" ")[0] for line in lines if line] == ["oil", "eggs", "salt", "minutes", "style", "note"]
    assert "minutes = 2.0" in lines
    with pytest.raises(UsageError, match="eggs is 0, not at least 1"):
        load_settings(Frying, None, {"eggs": 0})


@pytest.mark.parametrize("settings", [EncoderSettings, MiniSettings, TimeHeadsSettings])
@pytest.mark.parametrize(
    ("name", "value"),
    [("batch_size", 0), ("threads", 0), ("warmup", -1), ("learning_rate", 0.0), ("weight_decay", float("nan"))],
)
def test_what_all_trainings_share_is_checked(settings, name, value):
    with pytest.raises(UsageError, match=f"{name} is {value}, not"):
        load_settings(settings, None, {name: value})
