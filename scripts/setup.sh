#!/bin/sh
# Sets up .venv; called by make. `setup.sh` installs what the app needs, `setup.sh dev` the test tools too.
#
# Each step leaves a stamp that says what it was done for, and is left out while that is still so: a second run takes
# a fraction of a second. scripts/venv_check.py takes the stamps away when files are missing, so a broken .venv is mended.
#
# Reads J2A_MAKE_PYTHON (which Python) and J2A_MAKE_TORCH_INDEX (an index address that pytorch.org gives), both may be empty.
set -eu
cd "$(dirname "$0")/.."

VENV=.venv
STAMPS=$VENV/.j2a
LOG=$STAMPS/setup.log
WHEELS=$VENV/.wheels
PY=$VENV/bin/python
TORCH=2.13.0
MADMOM=0.16.1
MUSICNN=0.1.0

say() { printf '%s\n' "$*" >&2; }

# "step NAME MADE_FOR WHAT command ...": run the command unless it was done for the same before.
step() {
    name=$1 made_for=$2 what=$3
    shift 3
    [ "$(cat "$STAMPS/$name" 2>/dev/null || true)" = "$made_for" ] && return
    rm -f "$STAMPS/$name"
    printf '==> %s ... ' "$what" >&2
    began=$(date +%s)
    if "$@" >"$LOG" 2>&1; then
        say "$(($(date +%s) - began)) s"
        printf '%s\n' "$made_for" >"$STAMPS/$name"
        CHANGED=1
    else
        say "failed:"
        tail -n 25 "$LOG" >&2
        say "The whole output is in $LOG. Mend what it names and run the same command again: it goes on from here."
        exit 1
    fi
}

. scripts/find_python.sh

make_venv() {
    find_python
    printf '==> Making .venv with %s ... ' "$("$FOUND" --version 2>&1)" >&2
    if ! message=$("$FOUND" -m venv --clear "$VENV" 2>&1); then
        say "failed:"
        say "$message"
        exit 1
    fi
    say "done"
    mkdir -p "$STAMPS"
}

check_compiler() {
    "$PY" - <<'PYTHON' && return
import shutil, sys, sysconfig
from pathlib import Path
compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
header = Path(sysconfig.get_path("include"), "Python.h")
sys.exit(not ((shutil.which(compiler) or shutil.which("cc") or shutil.which("gcc")) and header.exists()))
PYTHON
    python=python$(version_of "$PY")
    say "madmom is compiled here and needs a C compiler and the Python headers. Install them, then run the same command again:"
    if command -v apt-get >/dev/null; then say "    sudo apt-get install gcc $python-dev"
    elif command -v dnf >/dev/null; then say "    sudo dnf install gcc $python-devel"
    elif [ "$(uname)" = Darwin ]; then say "    xcode-select --install"
    else say "    gcc and the development files of $python, from your system's packages"
    fi
    exit 1
}

# Byte code is made when a module is first imported: most of what is installed never is, and making it all takes longer
# than unpacking it.
pip() { "$PY" -m pip install -q --disable-pip-version-check --no-compile "$@"; }

build_tools() { pip "setuptools>=75" wheel "Cython>=3.2,<4" "numpy>=2,<2.5"; }

# madmom is compiled while the rest is downloaded. Only a wheel is made meanwhile, so that the two cannot meet.
start_madmom() {
    [ "$(cat "$STAMPS/madmom" 2>/dev/null || true)" = "$MADMOM" ] && return
    rm -rf "$WHEELS"
    (exec "$PY" -m pip wheel -q --disable-pip-version-check --no-build-isolation --no-deps -w "$WHEELS" \
        "madmom==$MADMOM") >"$STAMPS/madmom.log" 2>&1 &
    MADMOM_PID=$!
    trap 'kill "$MADMOM_PID" 2>/dev/null || true' EXIT
    trap 'exit 130' INT TERM
}

madmom() {
    wait "$MADMOM_PID" || { cat "$STAMPS/madmom.log"; return 1; }
    pip "$WHEELS"/madmom-*.whl && rm -rf "$WHEELS" "$STAMPS/madmom.log"
}

torch() {
    # Another build of the same version counts as installed for pip.
    [ "$TORCH_WAS" = none ] || "$PY" -m pip uninstall -q -y torch
    if [ -n "${J2A_MAKE_TORCH_INDEX:-}" ]; then pip --index-url "$J2A_MAKE_TORCH_INDEX" "torch==$TORCH"
    else pip "torch==$TORCH"
    fi
}

install_torch() {
    TORCH_WAS=$(cat "$STAMPS/torch" 2>/dev/null || echo none)
    wanted="$TORCH ${J2A_MAKE_TORCH_INDEX:-}"
    # The address is given once: without one, whatever build of this version is there stays.
    case $TORCH_WAS in "$TORCH "*) [ -n "${J2A_MAKE_TORCH_INDEX:-}" ] || return 0 ;; esac
    step torch "$wanted" "torch $TORCH (the largest download; some minutes)" torch
}

# All that J2A needs but madmom, as pyproject.toml says.
libraries() {
    "$PY" - >"$STAMPS/libraries.txt" <<'PYTHON' || return
import tomllib
with open("pyproject.toml", "rb") as file:
    needed = tomllib.load(file)["project"]["dependencies"]
print(*(name for name in needed if not name.startswith("madmom")), sep="\n")
PYTHON
    pip -r "$STAMPS/libraries.txt"
}

# Two networks that hear voices, styles and instruments. It asks for TensorFlow and the NumPy of 2019; only its files are read.
tags() { pip --no-deps "musicnn==$MUSICNN"; }

project() {
    pip --no-build-isolation -e ".[speed,tag]" || return
    # Makes the byte code of what is used and fills numba's cache, so that neither the first start nor the first clip is slow.
    "$PY" -c "import j2a_tui.app" || return
    J2A_HOME=$PWD/$VENV/.first "$VENV/bin/j2a" describe "j2a_tui/demo/Harbour Waltz.ogg" || return
    rm -rf "$VENV/.first"
}

test_tools() {
    pip --no-build-isolation -e ".[dev,av,speed,tag,llm,evaluate,download]" || return
    # It asks for pyaudio, which has to be compiled against PortAudio and only serves playing live; rendering needs none.
    pip --no-deps "tinysoundfont>=0.3"
}

# System packages: installed where that needs no password, otherwise the command is shown. Never an error.
system_packages() {
    what=$1
    shift
    as_root=
    if [ "$(id -u)" != 0 ]; then as_root="sudo -n"; fi
    if command -v apt-get >/dev/null && { [ -z "$as_root" ] || sudo -n true 2>/dev/null; }; then
        printf '==> %s: %s ... ' "$what" "$*" >&2
        get="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=60 -o Dpkg::Use-Pty=0"
        if { $get install --no-install-recommends "$@" || { $get update && $get install --no-install-recommends "$@"; }; } >"$LOG" 2>&1 </dev/null; then
            say "done"
            return 0
        fi
        say "could not be installed (see $LOG)."
    fi
    if command -v apt-get >/dev/null; then hint="sudo apt-get install $*"
    elif command -v dnf >/dev/null; then hint="sudo dnf install portaudio"
    else hint="PortAudio, from your system's packages"
    fi
    say "    $what needs: $hint"
}

has_portaudio() { "$PY" -c 'import ctypes.util, sys; sys.exit(ctypes.util.find_library("portaudio") is None)'; }

sound() {
    # Elsewhere PortAudio comes with the sounddevice package.
    [ "$(uname)" = Linux ] || return 0
    [ -e "$STAMPS/portaudio" ] && return 0
    has_portaudio || system_packages "Sound (J2A runs without it, silently)" libportaudio2
    if has_portaudio; then : >"$STAMPS/portaudio"; fi
}

sound_tests() {
    [ "$(uname)" = Linux ] || return 0
    [ -e "$STAMPS/sound-tests" ] && return 0
    if ! command -v pulseaudio >/dev/null || ! command -v parec >/dev/null; then
        system_packages "The playback tests" libportaudio2 pulseaudio pulseaudio-utils libasound2-plugins
    fi
    if command -v pulseaudio >/dev/null && command -v parec >/dev/null; then : >"$STAMPS/sound-tests"; fi
}

CHANGED=
is_supported "$PY" || make_venv
# Another Python than the one of .venv is asked for.
if [ -n "${J2A_MAKE_PYTHON:-}" ]; then
    find_python
    [ "$(version_of "$FOUND")" = "$(version_of "$PY")" ] || make_venv
fi
# uv makes environments without pip.
"$PY" -c "import pip" 2>/dev/null || "$PY" -m ensurepip >/dev/null 2>&1 || make_venv
mkdir -p "$STAMPS"
"$PY" scripts/venv_check.py check "$STAMPS"
pyproject=$(cat pyproject.toml j2a/compiled/*.[ch] | cksum)

[ -e "$STAMPS/madmom" ] || check_compiler
step build "1" "Build tools: setuptools, Cython, NumPy" build_tools
start_madmom
install_torch
step libraries "$pyproject" "The other libraries" libraries
step madmom "$MADMOM" "madmom $MADMOM (compiled here since the beginning)" madmom
step tags "$MUSICNN" "musicnn $MUSICNN (tag networks)" tags
step project "$pyproject" "J2A, and a first clip described" project
[ "${1:-}" != dev ] || step dev "$pyproject" "Test tools" test_tools
[ -z "$CHANGED" ] || "$PY" scripts/venv_check.py record "$STAMPS"
sound
[ "${1:-}" != dev ] || sound_tests
