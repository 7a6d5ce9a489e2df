"""What this machine can run, what is missing, and the command that mends it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from j2a import networks, paths
from j2a.errors import J2AError
from j2a.extras import has_torch, install
from j2a.records import dataclass

_LOW_DISK_BYTES = 200 << 20
_MINI_BYTES, _7B_BYTES = 11 << 20, 14_500_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report. "missing" limits J2A but does not stop it; "broken" does."""

    name: str
    state: Literal["ok", "missing", "broken"]
    detail: str
    mend: str = ""


def checks() -> list[Check]:
    """Every check, in the order a reader would ask."""
    probes: tuple[Callable[[], Check], ...] = (
        _python,
        _features,
        _torch,
        _precision,
        _builtin_model,
        _sound,
        _formats,
        _quantisation,
        _adapters,
        _machines,
        _genre,
        _tags,
        _disk,
    )
    return [probe() for probe in probes]


def _python() -> Check:
    return Check(
        "python",
        "ok",
        f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} processors",
    )


def _features() -> Check:
    if networks.folder("madmom") is None:
        missing = "the networks of madmom (BPM, beats, key, chords) are not on this machine"
        return Check("features", "broken", missing, networks.FETCH)
    release = networks.PACKAGES["madmom"].version
    return Check("features", "ok", f"networks of madmom {release} (CC BY-NC-SA 4.0, non-commercial)")


def _torch() -> Check:
    if not has_torch():
        detail = "torch is not installed: 7b, other models than mini and its kind, genre and training need it"
        return Check("torch", "missing", detail, install("torch"))
    import torch

    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        where = f"{torch.cuda.get_device_name()}, {free / 2**30:.0f} of {total / 2**30:.0f} GiB free"
    elif torch.backends.mps.is_available():
        where = "Apple GPU"
    else:
        where = f"no GPU, {os.cpu_count()} processors: 7b runs slowly"
    return Check("torch", "ok", f"{torch.__version__} for 7b, genre and training (mini needs none), {where}")


def _precision() -> Check:
    """Where a model would run and in which precision, as things stand now."""
    from j2a.models.light import llm as light

    mini = "mini in float32 on cpu" if light.is_wanted() else ""
    if not has_torch():
        if mini:
            return Check("precision", "ok", mini)
        asked_for = "J2A_DEVICE or J2A_PRECISION asks for what only torch can do"
        return Check("precision", "broken", asked_for, f"unset it, or {install('torch')}")
    from j2a.models.language.llm import pick_precision, resources

    try:
        device, asked = resources()
        large = f"7b in {pick_precision(asked, _7B_BYTES, device)} on {device}"
        mini = mini or f"mini in {pick_precision(asked, _MINI_BYTES, device)} on {device}"
    except J2AError as error:
        return Check("precision", "broken", error.message, error.hint)
    return Check("precision", "ok", f"{mini}, {large} (J2A_DEVICE, J2A_PRECISION override)")


def _builtin_model() -> Check:
    from j2a.models.registry import BUILT_IN_LLM, load_llm

    try:
        llm = load_llm(BUILT_IN_LLM)
    except J2AError as error:
        return Check("built-in model", "broken", error.message, error.hint)
    size = f"{llm.parameters / 1e6:.1f} M parameters"
    return Check("built-in model", "ok", f"mini of J2A-1.0 and 3.0, {size}, weights {llm.weights}")


def _sound() -> Check:
    try:
        import sounddevice
    except (OSError, ImportError):
        detail = "the sound library PortAudio is not installed: the app runs silently"
        return Check("sound", "missing", detail, portaudio_command())
    try:
        device = sounddevice.query_devices(kind="output")
    except (sounddevice.PortAudioError, ValueError):
        return Check("sound", "missing", "there is no sound device: the app runs silently")
    return Check("sound", "ok", str(device["name"]))


def portaudio_command() -> str:
    """The command that installs PortAudio on this system."""
    for manager, command in (
        ("apt-get", "sudo apt-get install libportaudio2"),
        ("dnf", "sudo dnf install portaudio"),
        ("pacman", "sudo pacman -S portaudio"),
        ("brew", "brew install portaudio"),
    ):
        if shutil.which(manager):
            return command
    return "install PortAudio with your system's packages"


def _extra(name: str, package: str, extra: str, what: str, without: str) -> Check:
    if importlib.util.find_spec(package) is not None:
        return Check(name, "ok", f"{package} {version(package)}: {what}")
    return Check(name, "missing", without, install(extra))


def _machines() -> Check:
    return _extra("machines", "ray", "ray", "j2a caption --ray", "j2a caption uses this machine alone")


def _formats() -> Check:
    return _extra(
        "more formats", "av", "av", "m4a, aac, wma, wv, Ogg FLAC", "m4a, aac, wma, wv and Ogg FLAC cannot be read"
    )


def _quantisation() -> Check:
    return _extra("8 and 4 bit", "bitsandbytes", "llm", "large models in less memory", "7b needs 15 GB of memory")


def _adapters() -> Check:
    return _extra("LoRA adapters", "peft", "llm", "fine-tuned adapters load", "fine-tuned adapters cannot be loaded")


def _genre() -> Check:
    from j2a.features import genre
    from j2a.models.files.weights import download_command

    folder = genre.find_weights()
    if not has_torch():
        return Check("genre", "missing", "without torch genre is the likeliest style of the tags", install("torch"))
    if folder is None:
        missing = "the genre model's weights are not here: genre is the likeliest style of the tags"
        return Check("genre", "missing", missing, download_command("genre"))
    return Check("genre", "ok", str(folder))


def _tags() -> Check:
    from j2a.features.tags import wheel

    origin = (
        "musicnn 0.1.0 by the Music Technology Group, UPF: the package says ISC, the group's model pages say "
        "CC BY-NC-SA 4.0"
    )
    if networks.folder("musicnn") is None:
        missing = f"the networks of musicnn (voice, style, instruments) are not on this machine ({origin})"
        return Check("tags", "missing", missing, networks.FETCH)
    try:
        wheel.load()
    except wheel.WheelError as error:
        return Check("tags", "missing", f"{error} ({origin})", networks.FETCH)
    return Check("tags", "ok", origin)


def _disk() -> Check:
    folder = paths.data_dir()
    if why := paths.why_unwritable(folder):
        return Check("captions", "broken", f"cannot be kept in {folder}: {why}", "set J2A_HOME to a folder you own")
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    state: Literal["ok", "broken"] = "ok" if free > _LOW_DISK_BYTES else "broken"
    return Check(
        "captions",
        state,
        f"kept in {Path(folder)}, {free / 2**30:.0f} GiB free",
        "" if state == "ok" else "free some disk space, or set J2A_HOME to a folder on another disk",
    )
