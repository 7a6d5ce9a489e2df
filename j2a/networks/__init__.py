"""The networks that J2A reads and may not ship: brought from the package index when J2A is built, or by a command.

* madmom 0.16.1 (Böck et al., ACM Multimedia 2016): beats, downbeats, key and chords. Its code is BSD, its models are
  CC BY-NC-SA 4.0. Only the models are kept; nothing of it is compiled or run.
* musicnn 0.1.0 (Pons and Serra, 2019): voice, style and instruments. The package says ISC, the group's model pages CC
  BY-NC-SA 4.0. It asks for TensorFlow and the NumPy of 2019; only its two networks are kept.

Both are downloaded by pip, from wherever it is set to, and checked by SHA-256. Where the packages themselves are
installed their files are read there. The build imports this without J2A: standard library alone.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FETCH = "j2a models fetch networks"


@dataclass(frozen=True, slots=True)
class Package:
    """What is kept of a published file: ``files``, below ``inside`` of it."""

    name: str
    version: str
    archive: str
    sha256: str
    inside: str
    files: tuple[str, ...]


_ENSEMBLES = ("downbeats/2016/downbeats_blstm", "beats/2015/beats_blstm")  # eight networks each
_SINGLE = ("key/2018/key_cnn", "chords/2016/chords_cnnfeat", "chords/2016/chords_cnncrf")
PACKAGES = {
    "madmom": Package(
        "madmom",
        "0.16.1",
        "madmom-0.16.1.tar.gz",
        "64a86a29106e7c4e0c5f4ec96801c2d1a8492db710e4fe27e097da5517d68cb2",
        "madmom-0.16.1/madmom",
        (
            "models/LICENSE",
            *(f"models/{name}_{number}.pkl" for name in _ENSEMBLES for number in range(1, 9)),
            *(f"models/{name}.pkl" for name in _SINGLE),
        ),
    ),
    "musicnn": Package(
        "musicnn",
        "0.1.0",
        "musicnn-0.1.0-py3-none-any.whl",
        "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
        "musicnn",
        tuple(
            f"{network}/{file}"
            for network in ("MTT_musicnn", "MSD_musicnn")
            for file in (".index", ".data-00000-of-00001")
        ),
    ),
}


class NotBroughtError(Exception):
    """They could not be had; the message says why."""


def folder(name: str) -> Path | None:
    """Where the files of "madmom" or "musicnn" are: with J2A, among the models, or in the installed package, which is
    not imported."""
    for place in (HERE / name, _fetched() / name):
        if is_whole(place, PACKAGES[name]):
            return place
    spec = importlib.util.find_spec(name)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) if places else None


def is_whole(place: Path, package: Package) -> bool:
    """Whether all its files are there."""
    return all((place / file).is_file() for file in package.files)


def fetch() -> Path:
    """Bring what is not there to the models, for an installation that was built without; their folder.

    Raises ``NotBroughtError``.
    """
    _fetched().mkdir(parents=True, exist_ok=True)
    bring(_fetched())
    return _fetched()


def _fetched() -> Path:
    from j2a import paths

    return paths.models_dir() / "networks"


def bring(into: Path = HERE) -> None:
    """Download what is not there yet: 50 MB, some seconds. Raises ``NotBroughtError``; what was whole stays so."""
    for package in PACKAGES.values():
        if not is_whole(into / package.name, package):
            with tempfile.TemporaryDirectory() as scratch:
                _unpack(_downloaded(package, Path(scratch)), package, Path(scratch) / "new")
                shutil.rmtree(into / package.name, ignore_errors=True)
                shutil.move(Path(scratch) / "new", into / package.name)


def _downloaded(package: Package, scratch: Path) -> Path:
    """The published file. pip runs a source package's setup.py first, and madmom's asks for Cython: a stub will do."""
    stub = scratch / "stub"
    for module, text in _STUBS.items():
        (stub / module).parent.mkdir(parents=True, exist_ok=True)
        (stub / module).write_text(text)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(stub), os.environ.get("PYTHONPATH")]))}
    options = ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--dest"]
    command = [*_pip(), *options, str(scratch), f"{package.name}=={package.version}"]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    found = scratch / package.archive
    if ran.returncode or not found.is_file():
        why = "\n".join((ran.stderr or ran.stdout).strip().splitlines()[-3:])
        raise NotBroughtError(f"pip could not download {package.name} {package.version}: {why}")
    if hashlib.sha256(found.read_bytes()).hexdigest() != package.sha256:
        raise NotBroughtError(f"{package.archive} is not the file that was published: its SHA-256 is another.")
    return found


def _pip() -> list[str]:
    """Of this environment; one that uv made has none, but then uv is there."""
    uv = shutil.which("uv")
    return [uv, "tool", "run", "pip"] if uv and not importlib.util.find_spec("pip") else [sys.executable, "-m", "pip"]


_STUBS = {
    "Cython/__init__.py": "",
    "Cython/Build.py": "from setuptools.command.build_ext import build_ext\ndef cythonize(*_, **__): return []\n",
    "numpy/__init__.py": "def get_include(): return ''\n",
}


def _unpack(archive: Path, package: Package, into: Path) -> None:
    """The files that are kept, and no other: their names are ours, not the archive's."""
    names = {file: f"{package.inside}/{file}" for file in package.files}
    for file in names:
        (into / file).parent.mkdir(parents=True, exist_ok=True)
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as zipped:
            for file, name in names.items():
                (into / file).write_bytes(zipped.read(name))
    else:
        with tarfile.open(archive) as tar:
            for file, name in names.items():
                found = tar.extractfile(name)
                assert found is not None, name
                (into / file).write_bytes(found.read())
