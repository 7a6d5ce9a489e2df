"""What is said of a wrong command line: plain words that say what to give, in all three commands."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from j2a import cli as j2a
from j2a_tui import cli as j2a_tui
from training import cli as j2a_train


@pytest.mark.parametrize(("typed", "said"), [
    (["describe", "a.wav", "--start", "abc"], "'abc' is not a number. Give one such as 2 or 2.5."),
    (["describe", "a.wav", "--end", "x"], "'x' is not a number."),
    (["describe", "a.wav", "--start", "-3"], "-3.0 is too little. Give 0 or more."),
    (["describe", "a.wav", "--seed", "1.5"], "'1.5' is not a whole number. Give one such as 2."),
    (["describe", "a.wav", "--temperature", "1000"], "1000.0 is out of bounds. Give a number from 0 to 100."),
    (["caption", "a", "--out", "b.csv", "--workers", "0"], "0 is out of bounds. Give a number from 1 to 256."),
    (["caption", "a", "--out", "b.csv", "--limit", "many"], "'many' is not a whole number."),
    (["describe", "a.wav", "--seed"], "--seed needs a value behind it."),
    (["describe", "a", "song.wav"], "More was given than this command takes: song.wav."),
])  # fmt: skip
def test_j2a(typed: list[str], said: str) -> None:
    assert said in told(CliRunner().invoke(j2a.app, typed))


@pytest.mark.parametrize(("typed", "said"), [
    (["convert-mwmae", "a", "b", "--heads", "x"], "'x' is not a whole number."),
    (["convert-mwmae", "a", "b", "--heads", "0"], "0 is too little. Give 1 or more."),
    (["fit", "a", "--steps", "x"], "'x' is not a whole number."),
])  # fmt: skip
def test_j2a_train(typed: list[str], said: str) -> None:
    assert said in told(CliRunner().invoke(j2a_train.app, typed))


@pytest.mark.parametrize(("typed", "said"), [
    (["--nosuch"], "There is no option --nosuch."),
    (["a", "b"], "More was given than it takes: b."),
    (["--llm-url"], "--llm-url needs a value behind it."),
    (["a\x1b[31m", "b\x1b[31m"], "More was given than it takes: b"),
])  # fmt: skip
def test_j2a_tui(typed: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        j2a_tui.run(typed)
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert said in error and "\x1b" not in error and len(error.splitlines()) == 1


def told(ran) -> str:  # type: ignore[no-untyped-def]
    """What stands in the box, in one line."""
    assert ran.exit_code == 2
    return " ".join(ran.stderr.replace("│", " ").split())
