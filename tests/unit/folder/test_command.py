"""What ``j2a caption`` says before it begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from j2a import networks
from j2a.cli import app
from j2a.folder import command
from j2a.folder.books import Tally


@pytest.mark.parametrize(("there", "told"), [(("madmom",), True), (("madmom", "musicnn"), False)])
def test_networks_that_are_missing_are_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], *, told: bool
) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(800), 8000)
    monkeypatch.setattr(networks, "folder", lambda name: tmp_path if name in there else None)
    monkeypatch.setattr(command, "captioned", lambda *_: Tally())
    ran = CliRunner().invoke(app, ["caption", str(tmp_path), "--out", str(tmp_path / "out.csv")])
    assert ran.exit_code == 0, ran.output
    assert ran.stderr.count("j2a models fetch networks") == told
    assert ("The networks of musicnn are not on this machine" in ran.stderr) == told
