"""The TOML settings of the training's steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.fuzz.target import Target, as_choice, told
from j2a.errors import UsageError
from training.download.settings import DownloadSettings
from training.encoder.settings import EncoderSettings
from training.evaluation.settings import EvaluateSettings
from training.fit.settings import FitSettings
from training.ground.settings import load_settings, settings_text
from training.mini.settings import MiniSettings
from training.prepare.settings import PrepareSettings

STEPS: tuple[type[Any], ...] = (
    FitSettings, PrepareSettings, DownloadSettings, EvaluateSettings, MiniSettings, EncoderSettings,
)  # fmt: skip


def attempt(data: bytes, folder: Path) -> None:
    """What is read is written as TOML and read again the same."""
    step = STEPS[data[0] % len(STEPS) if data else 0]
    file = folder / "settings.toml"
    file.write_bytes(data[1:])
    try:
        settings = load_settings(step, file, {})
    except UsageError as error:
        told(error)
        return
    text = settings_text(settings)
    file.write_text(text, encoding="utf-8")
    assert settings_text(load_settings(step, file, {})) == text, "settings change by being written"


def seeds(folder: Path) -> list[bytes]:
    """The defaults of each step, and a few values of other forms."""
    needed = {FitSettings: {"encoded": folder, "llm": "mini", "encoder": "e"}}
    defaults = [settings_text(step(**needed.get(step, {}))) for step in STEPS]
    return [*(as_choice(number, text.encode()) for number, text in enumerate(defaults)),
            as_choice(0, b'version = "2.0"\nepochs = 2\nencoded = "~/x"\n# why\n')]  # fmt: skip


TARGET = Target(attempt, seeds, (
    b"learning_rate", b"= 1e-3", b"inf", b"nan", b"[[", b"'''", b'"""', b"\\u0000", b"9" * 400, b'"~x"', b"= [1]",
    b"{}", b"true", b"1979-05-27",
))  # fmt: skip
