"""The networks are others': brought from a package index, checked, and found wherever they are."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from j2a import networks
from j2a.cli import app
from j2a.errors import ExitCode
from j2a.networks import PACKAGES, NotBroughtError, Package


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip looks into and nothing else, with two packages in it that are shaped as the published ones."""
    folder = tmp_path / "index"
    folder.mkdir()
    source = tmp_path / "madmom-0.16.1"
    for file in PACKAGES["madmom"].files:
        (source / "madmom" / file).parent.mkdir(parents=True, exist_ok=True)
        (source / "madmom" / file).write_text(f"what is in {file}")
    (source / "setup.py").write_text("raise SystemExit('what is downloaded is not run')\n")
    (source / "PKG-INFO").write_text("Metadata-Version: 1.1\nName: madmom\nVersion: 0.16.1\n")
    with tarfile.open(folder / PACKAGES["madmom"].archive, "w:gz") as tar:
        tar.add(source, source.name)
    with zipfile.ZipFile(folder / PACKAGES["musicnn"].archive, "w") as wheel:
        for file in PACKAGES["musicnn"].files:
            wheel.writestr(f"musicnn/{file}", file)
        wheel.writestr("musicnn-0.1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: musicnn\nVersion: 0.1.0\n")
        wheel.writestr("musicnn-0.1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("musicnn-0.1.0.dist-info/RECORD", "")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setattr(networks, "PACKAGES", {
        name: replace(package, sha256=hashlib.sha256((folder / package.archive).read_bytes()).hexdigest())
        for name, package in PACKAGES.items()
    })  # fmt: skip
    return folder


def test_what_is_needed_of_each_is_brought_and_no_more(tmp_path: Path, index: Path) -> None:
    networks.bring(tmp_path / "into")
    for package in PACKAGES.values():
        place = tmp_path / "into" / package.name
        assert networks.is_whole(place, package)
        assert sum(path.is_file() for path in place.rglob("*")) == len(package.files)
    assert (tmp_path / "into/madmom/models/LICENSE").read_text() == "what is in models/LICENSE"


def test_they_are_brought_while_pip_or_build_build_j2a(tmp_path: Path, index: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_PYPROJECT_HOOKS_BUILD_BACKEND", "build_backend")
    monkeypatch.setenv("_PYPROJECT_HOOKS_BACKEND_PATH", str(tmp_path))
    given: list[dict[str, str]] = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *args, **more: given.append(more["env"]) or run(*args, **more))
    networks.bring(tmp_path / "into")
    assert networks.is_whole(tmp_path / "into/madmom", PACKAGES["madmom"])
    assert given and not any(name.startswith("_PYPROJECT_HOOKS") for env in given for name in env)


def test_why_it_failed_is_told_without_pips_asides(tmp_path: Path, index: Path) -> None:
    (index / PACKAGES["madmom"].archive).write_bytes(b"no archive")
    with pytest.raises(NotBroughtError) as caught:
        networks.bring(tmp_path / "into")
    assert "hint:" not in str(caught.value) and "error" in str(caught.value).lower()


def test_what_is_there_is_not_brought_again(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    networks.bring(tmp_path / "into")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))
    networks.bring(tmp_path / "into")
    (tmp_path / "into/madmom/models/LICENSE").unlink()
    with pytest.raises(NotBroughtError, match="could not download madmom"):
        networks.bring(tmp_path / "into")


def test_another_file_than_the_published_one_is_refused(tmp_path: Path, index: Path,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "PACKAGES", PACKAGES)
    with pytest.raises(NotBroughtError, match="not the file that was published"):
        networks.bring(tmp_path / "into")
    assert not (tmp_path / "into" / "madmom").exists()


def test_a_command_brings_them_where_j2a_came_without(index: Path, tmp_path: Path,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "HERE", tmp_path / "none")
    monkeypatch.setattr(sys, "path", [*sys.path])
    ran = CliRunner().invoke(app, ["models", "fetch", "networks"])
    assert ran.exit_code == 0, ran.output
    assert networks.folder("madmom") == Path(ran.output.strip()) / "madmom"
    monkeypatch.setattr(networks, "PACKAGES", {"madmom": Package("madmom", "9.9", "x", "y", "z", {"models/new": ""})})
    ran = CliRunner().invoke(app, ["models", "fetch", "networks"])
    assert ran.exit_code == ExitCode.MODEL_MISSING
    assert "could not download madmom 9.9" in ran.output


def test_the_build_reads_them_before_j2a_or_any_library_is_there() -> None:
    """pip builds in an environment that has neither; ``-I -S`` is one."""
    subprocess.run([sys.executable, "-I", "-S", networks.__file__], check=True, cwd="/", capture_output=True)
