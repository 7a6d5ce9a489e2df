"""What is looked at before anything is fetched: the settings, and the tools that they need."""

from __future__ import annotations

from pathlib import Path

import pytest

from j2a.errors import ModelMissingError, UsageError
from training.download import fetch
from training.download.settings import DownloadSettings
from training.ground.settings import load_settings


def test_a_runtime_is_asked_for_before_anything_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Deno or Node.js, or one that is too old: said at once, and how to mend it."""
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))  # yt-dlp looks beside Python, too
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v18.0.0\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelMissingError, match=r"JavaScript runtime.*pip install deno"):
        fetch.require_tools(DownloadSettings())
    old.write_text("#!/bin/sh\necho v22.1.0\n")
    assert fetch.runtimes() == {"node": {"path": str(old)}}
    fetch.require_tools(DownloadSettings(url="http://127.0.0.1/{id}"))


def test_cookies_that_are_not_there_are_refused(tmp_path: Path) -> None:
    settings = DownloadSettings(url="http://127.0.0.1:9/{id}", cookies=tmp_path / "cookies.txt")
    with pytest.raises(UsageError, match=r"no cookie file .*cookies\.txt"):
        fetch.require_tools(settings)


@pytest.mark.parametrize(
    "given",
    [{"workers": 0}, {"url": "file:///etc/{id}"}, {"url": "http://127.0.0.1/"}, {"limit": 0}, {"pause_s": -1.0}],
)
def test_settings_that_make_no_sense(given: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        load_settings(DownloadSettings, None, given)
