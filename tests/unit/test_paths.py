"""Where files go: one variable moves them all, and asking makes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from j2a import paths

PLACES = [
    paths.data_dir, paths.cache_dir, paths.log_dir, paths.config_dir, paths.models_dir, paths.store_path,
    paths.engine_log_path, paths.app_log_path,
]


def test_j2a_home_holds_everything_and_nothing_is_made(j2a_home: Path) -> None:
    assert all(place().is_relative_to(j2a_home) for place in PLACES)
    assert len({place() for place in PLACES}) == len(PLACES)
    assert list(j2a_home.iterdir()) == []


def test_j2a_home_may_begin_with_a_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("J2A_HOME", "~/j2a")
    assert paths.store_path().is_relative_to(tmp_path / "j2a")


def test_without_j2a_home_the_platform_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("J2A_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert all(place().is_relative_to(tmp_path) for place in PLACES)
    assert list(tmp_path.iterdir()) == []


def test_the_built_in_model_is_beside_the_code() -> None:
    assert paths.builtin_model_dir().parent.parent == Path(paths.__file__).parent
