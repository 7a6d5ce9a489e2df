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
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FETCH = "j2a models fetch networks"


@dataclass(frozen=True, slots=True)
class Package:
    """What is kept of a published archive: ``files``, below ``inside`` of it, each with its SHA-256."""

    name: str
    version: str
    archive: str
    sha256: str
    inside: str
    files: Mapping[str, str]


PACKAGES = {
    "madmom": Package(
        "madmom",
        "0.16.1",
        "madmom-0.16.1.tar.gz",
        "64a86a29106e7c4e0c5f4ec96801c2d1a8492db710e4fe27e097da5517d68cb2",
        "madmom-0.16.1/madmom",
        {
            "models/LICENSE": "4ab453b7c3b87cfb097e6a1535b0660f2b5adf775be15651b70e3aa1cf7b1757",
            "models/downbeats/2016/downbeats_blstm_1.pkl": "b02c4b8aa963069449422fd5cc55bd4077105fe268b0d83036b7d68b5520f38d",
            "models/downbeats/2016/downbeats_blstm_2.pkl": "6fa9d138ed84bed14ab5ef6f81f3a7e1a125ff8c571a255f6ce91ccf93390eee",
            "models/downbeats/2016/downbeats_blstm_3.pkl": "adf6a3e3bf345a9172e8252a511dae28622afe26ee653354c0d4c9e37de8f89a",
            "models/downbeats/2016/downbeats_blstm_4.pkl": "a4f9a09b1588ca74b0157251364650d3fe81e383019b5986941415e08b37fcde",
            "models/downbeats/2016/downbeats_blstm_5.pkl": "e40aea9b8221babaf14a9211a48dccc3ebcecdf8bcd6d62d60f0949445de9bb6",
            "models/downbeats/2016/downbeats_blstm_6.pkl": "89b6854c5d6b2381687731aedc9bce6c84894021d1c2eeb60d161cefe997d68c",
            "models/downbeats/2016/downbeats_blstm_7.pkl": "371a319a66d32bee6ab8d4a15f6ae9e4ee22ff97b4276736bab93d9a994c06c1",
            "models/downbeats/2016/downbeats_blstm_8.pkl": "a0d20e1922872a3e5b74df451d8b5701de6ca88d9f5739f313fb2991d7a84c77",
            "models/beats/2015/beats_blstm_1.pkl": "bd6545fe694264491ee95e03508d318d164b7f2abac1f48edd0121389506bf5f",
            "models/beats/2015/beats_blstm_2.pkl": "89ab1defb1b34712bdd0c9f84a756178e809612720733ed7b3a5cc47420689d7",
            "models/beats/2015/beats_blstm_3.pkl": "4a3f63f1fe361a354cb5f646349522b87482f29baadacf2d20441d5c52c5282a",
            "models/beats/2015/beats_blstm_4.pkl": "4a4469fc00dc4c90b028866a9d268fd19429c6a3f298c70838571e90db248f18",
            "models/beats/2015/beats_blstm_5.pkl": "017fd2e6808f43b9cddb61ac115c8d899f6fcdd3801338c6f76b1b30c3c3dbfd",
            "models/beats/2015/beats_blstm_6.pkl": "055e8c8715ce4e71e9855e348ff1816fb7630a4d10117d8e4c11684770d64240",
            "models/beats/2015/beats_blstm_7.pkl": "35ba5622e6c8f6c24b7efee1dbb31a78468b3106a7e4a8e3bfa2761f326b51dc",
            "models/beats/2015/beats_blstm_8.pkl": "fc25b6890baaeecd2304e18078ee1ce6a0014a69fdba95590a4ebee6cd847f64",
            "models/key/2018/key_cnn.pkl": "c58ba553be1048877662a663a2670c0051b3c2c66d109b6042ba722ed0bfc7a6",
            "models/chords/2016/chords_cnnfeat.pkl": "59ac731a514880d7ec22ed9ee33935fc1683d2a03d8a7b4b81d26a3da944ce7d",
            "models/chords/2016/chords_cnncrf.pkl": "4b8a63b4bb5bea076cf1babc76d5cb0a3618e6125d9a3a998f441d61308676af",
        },
    ),
    "musicnn": Package(
        "musicnn",
        "0.1.0",
        "musicnn-0.1.0-py3-none-any.whl",
        "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
        "musicnn",
        {
            "MTT_musicnn/.index": "da2d7bb670b2b31e9bc441bb1bd75eca31b5b061f963cc1f9630c1aff3238f57",
            "MTT_musicnn/.data-00000-of-00001": "041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",
            "MSD_musicnn/.index": "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8",
            "MSD_musicnn/.data-00000-of-00001": "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
        },
    ),
}


class NotBroughtError(Exception):
    """They could not be had; the message says why."""


def folder(name: str) -> Path | None:
    """Where the files of "madmom" or "musicnn" are: with J2A, among the models, or in the installed package, which is
    not imported."""
    whole = next((place for place in _places(name) if is_whole(place, PACKAGES[name])), None)
    return whole or _installed(name)


def missing() -> str:
    """What is not on this machine and the command that gets it, in one sentence; "" where all of it is."""
    names = [name for name in PACKAGES if folder(name) is None]
    return f"The networks of {' and '.join(names)} are not on this machine; this gets them (50 MB): {FETCH}" if names else ""


def _places(name: str) -> Iterator[Path]:
    yield HERE / name
    yield _fetched() / name


def _installed(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) if places else None


def content(name: str, file: str) -> bytes:
    """A file of "madmom" or "musicnn", if it is the published one. Raises ``NotBroughtError``, which says what to do."""
    place = next((place for place in _places(name) if (place / file).is_file()), None) or _installed(name)
    if place is None:
        raise NotBroughtError(missing())
    path = place / file
    try:
        found, why = path.read_bytes(), "it is not the published file"
    except OSError as error:
        found, why = b"", str(error.strerror or error)
    if hashlib.sha256(found).hexdigest() != PACKAGES[name].files[file]:
        raise NotBroughtError(f"{path} cannot be used: {why}. Remove {place} and get it again: {FETCH}")
    return found


def is_whole(place: Path, package: Package) -> bool:
    """Whether all its files are there."""
    return all(os.path.isfile(f"{place}/{file}") for file in package.files)  # noqa: PTH113 - asked for each clip


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
    """The published file. pip wants a source package's name and version of setuptools, which would run its setup.py,
    wants wheel, Cython and NumPy for that, and may not be there itself: a stand-in for it says both."""
    stub = scratch / "stub"
    (stub / "setuptools").mkdir(parents=True)
    (stub / "setuptools" / "__init__.py").touch()
    (stub / "setuptools" / "build_meta.py").write_text(_BACKEND.format(name=package.name, version=package.version))
    # What builds J2A says where our build backend is; in a pip of its own that would be taken for madmom's.
    env = {name: value for name, value in os.environ.items() if not name.startswith(_HOOKS)}
    env |= {"PYTHONPATH": os.pathsep.join(filter(None, [str(stub), os.environ.get("PYTHONPATH")]))}
    options = ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--use-pep517", "--dest"]
    command = [*_pip(), *options, str(scratch), f"{package.name}=={package.version}"]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    found = scratch / package.archive
    if ran.returncode or not found.is_file():
        raise NotBroughtError(f"pip could not download {package.name} {package.version}: {_why(ran.stderr or ran.stdout)}")
    if hashlib.sha256(found.read_bytes()).hexdigest() != package.sha256:
        raise NotBroughtError(f"{package.archive} is not the file that was published: its SHA-256 is another.")
    return found


def _pip() -> list[str]:
    """Of this environment; one that uv made has none, but then uv is there."""
    uv = shutil.which("uv")
    return [uv, "tool", "run", "pip"] if uv and not importlib.util.find_spec("pip") else [sys.executable, "-m", "pip"]


def _why(said: str) -> str:
    """The end of what pip said, without its asides."""
    lines = [line.strip() for line in said.splitlines()]
    return "\n".join([line for line in lines if line and not line.lower().startswith(_ASIDES)][-6:])


_ASIDES = ("note:", "hint:", "warning:", "[notice]")
_HOOKS = ("_PYPROJECT_HOOKS_", "PEP517_")
_BACKEND = """
from pathlib import Path

class Backend:
    def prepare_metadata_for_build_wheel(self, directory, settings=None):
        folder = Path(directory, "{name}-{version}.dist-info")
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
        return folder.name

__legacy__ = Backend()
"""


def _unpack(archive: Path, package: Package, into: Path) -> None:
    """The files that are kept, and no other: their names are ours, not the archive's."""
    import tarfile  # these two take a moment, which nobody has who only reads
    import zipfile

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
