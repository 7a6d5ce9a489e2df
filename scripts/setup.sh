#!/bin/sh
# Sets up .venv; called by make. `setup.sh` installs what the app needs, `setup.sh dev` torch and the test tools too.
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
PY=$VENV/bin/python

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

# Byte code is made when a module is first imported: most of what is installed never is, and making it all takes longer
# than unpacking it.
pip() { "$PY" -m pip install -q --disable-pip-version-check --no-compile -c constraints.txt "$@"; }

project() {
    pip -e ".[speed,tag]" || return
    # Makes the byte code of what is used, so that no start is slow: also where programs are told not to write any
    # (PYTHONDONTWRITEBYTECODE), which installers heed no more than this does.
    unset PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX
    "$PY" -c "import j2a_tui.app, j2a.folder.command" || return
    J2A_HOME=$PWD/$VENV/.first "$VENV/bin/j2a" describe "j2a_tui/demo/Harbour Waltz.ogg" || return
    rm -rf "$VENV/.first"
}

# What sees setuptools and Cython is built with --no-build-isolation: madmom's setup.py says of neither that it wants it.
test_tools() {
    [ -z "${J2A_MAKE_TORCH_INDEX:-}" ] || "$PY" -m pip install -q --index-url "$J2A_MAKE_TORCH_INDEX" torch==2.13.0 || return
    pip setuptools wheel "Cython>=3.2,<4" || return
    pip --no-build-isolation -e ".[dev,madmom,av,speed,tag,llm,evaluate,download]" || return
    # It asks for pyaudio, which has to be compiled against PortAudio and only serves playing live; rendering needs none.
    pip --no-deps "tinysoundfont>=0.3"
}

# The build brings them; where it could not, or they were removed since, it is tried again, without waiting long.
networks() {
    [ -d j2a/networks/madmom ] && [ -d j2a/networks/musicnn ] && return
    printf '==> The networks that measure ... ' >&2
    if PIP_RETRIES=0 "$PY" -c "from j2a import networks; networks.bring()" >"$LOG" 2>&1; then
        say "done"
    else
        say "could not be had (see $LOG)."
        say "    J2A measures no BPM, key, chords and tags without them. This gets them: $VENV/bin/j2a models fetch networks"
    fi
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
    if [ "$(uname)" != Linux ] || [ -e "$STAMPS/portaudio" ]; then return 0; fi
    has_portaudio || system_packages "Sound (J2A runs without it, silently)" libportaudio2
    if has_portaudio; then : >"$STAMPS/portaudio"; fi
}

can_test_sound() { [ "$(uname)" != Linux ] || { command -v pulseaudio && command -v parec; } >/dev/null; }

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
made_of=$(cat pyproject.toml constraints.txt j2a/compiled/*.[ch] j2a/networks/__init__.py | cksum)

step project "$made_of" "J2A and its libraries, and a first clip described" project
networks
[ "${1:-}" != dev ] || step dev "$made_of ${J2A_MAKE_TORCH_INDEX:-}" "torch and the test tools (some minutes)" test_tools
[ -z "$CHANGED" ] || "$PY" scripts/venv_check.py record "$STAMPS"
sound
[ "${1:-}" != dev ] || can_test_sound ||
    system_packages "The playback tests" libportaudio2 pulseaudio pulseaudio-utils libasound2-plugins
