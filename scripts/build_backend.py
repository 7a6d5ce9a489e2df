"""How pip and uv build J2A: setuptools, after the networks were brought (j2a/networks) and the compiler was looked for.

``J2A_BUILD_WITHOUT_NETWORKS=1`` builds a wheel to be given to others, without the networks, whose licence is another;
who installs that gets them by ``j2a models fetch networks``.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable", "build_sdist", "build_wheel", "get_requires_for_build_editable", "get_requires_for_build_sdist",
    "get_requires_for_build_wheel", "prepare_metadata_for_build_editable", "prepare_metadata_for_build_wheel",
]  # fmt: skip


def build_wheel(directory: str, settings: Any = None, metadata: Any = None) -> str:
    """A wheel, compiled for this kind of machine."""
    _prepare()
    return build_meta.build_wheel(directory, settings, metadata)


def build_editable(directory: str, settings: Any = None, metadata: Any = None) -> str:
    """The same for a checkout: networks and compiled part lie in it."""
    _prepare()
    return build_meta.build_editable(directory, settings, metadata)


def _prepare() -> None:
    _refuse_without_compiler()
    if os.environ.get("J2A_BUILD_WITHOUT_NETWORKS"):
        return
    networks = _networks()
    try:
        networks.bring()
    except networks.NotBroughtError as error:  # what needs none of them works, and the rest says how to get them
        print(f"J2A is built without its networks. {error}", file=sys.stderr)


def _networks() -> ModuleType:
    """``j2a.networks``, without J2A around it, which needs NumPy."""
    path = Path(__file__).parents[1] / "j2a" / "networks" / "__init__.py"
    spec = importlib.util.spec_from_file_location("j2a_networks", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _refuse_without_compiler() -> None:
    named = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    compiler = any(map(shutil.which, (named, "cc", "gcc", "clang")))
    header = Path(sysconfig.get_path("include"), "Python.h").exists()
    if compiler and header:
        return
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if shutil.which("apt-get"):
        how = f"sudo apt-get install gcc {python}-dev"
    elif shutil.which("dnf"):
        how = f"sudo dnf install gcc {python}-devel"
    elif sys.platform == "darwin":
        how = "xcode-select --install"
    else:
        how = f"install gcc and the development files of {python} from your system's packages"
    missing = " and ".join(["a C compiler"] * (not compiler) + ["the headers of Python"] * (not header))
    raise SystemExit(f"\nJ2A has a part in C; {missing} cannot be found. Get that and install J2A again:\n    {how}\n")
