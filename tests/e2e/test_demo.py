"""``j2a-tui --demo``: the clips that come with J2A, from the sources and from an installed wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from j2a import networks
from tests.places import DEMO, ROOT

CLIPS = sorted(clip.name for clip in DEMO.glob("*.ogg"))


def demo(home: Path, *more: str, at: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Without a terminal: a line for each clip, by the J2A that lies in ``at``."""
    return subprocess.run(
        [sys.executable, "-m", "j2a_tui.cli", "--demo", *more], cwd=home, capture_output=True, text=True, timeout=110,
        env=os.environ | {"J2A_HOME": str(home), "PYTHONPATH": str(at)}, check=False,
    )  # fmt: skip


SOURCES = ("j2a", "training/", "pyproject", "README", "LICENSE", "MANIFEST", "scripts/build")


@pytest.mark.long
def test_an_installed_wheel_opens_its_own_clips(tmp_path: Path) -> None:
    # Built from a copy: setuptools leaves a build folder and an egg-info in the sources.
    source, at = tmp_path / "source", tmp_path / "installed"
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if name.startswith(SOURCES) and (ROOT / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    for file in (file for name in networks.PACKAGES for file in (networks.HERE / name).rglob("*") if file.is_file()):
        (source / file.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        (source / file.relative_to(ROOT)).write_bytes(file.read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    built = subprocess.run([*build, "-w", tmp_path, source], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("j2a-*.whl")
    zipfile.ZipFile(wheel).extractall(at)
    home = tmp_path / "home"
    home.mkdir()
    run = demo(home, at=at)
    assert run.returncode == 0, run.stderr
    assert [name for name in CLIPS if name not in run.stdout] == []
    assert sorted(file.name for file in (home / "data" / "demo").iterdir()) == CLIPS
    assert " BPM" in run.stdout, "the networks came along"


def test_a_folder_beside_the_demo_is_refused(tmp_path: Path) -> None:
    refused = demo(tmp_path, str(tmp_path))
    assert refused.returncode == 2
    assert "Leave out one of the two" in refused.stderr


def test_what_the_user_has_in_the_demo_folder_stays(j2a_home: Path) -> None:
    from j2a_tui.demo import unpacked

    folder = unpacked()
    (folder / "captions.csv").write_text("mine")
    (folder / CLIPS[0]).write_bytes(b"cut short")
    assert unpacked() == folder
    assert (folder / "captions.csv").read_text() == "mine"
    assert (folder / CLIPS[0]).stat().st_size == (DEMO / CLIPS[0]).stat().st_size


def test_no_room_for_the_demo_is_told_in_one_paragraph(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    failed = demo(tmp_path)
    assert failed.returncode == 1
    assert "the demo clips cannot be copied to" in failed.stderr and "Traceback" not in failed.stderr
