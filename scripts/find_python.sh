# Which Python J2A is set up with; sourced by setup.sh and by its test.
#
# find_python sets FOUND: what PYTHON= names, or the newest of 3.13, 3.12 and 3.11 that can compile madmom and make an
# environment; where none can, the newest that is there, so that what it lacks is told. 3.14 is taken where it is named
# or the only one: all that J2A needs has wheels for it, and nobody has tried it.

PYTHONS="python3.13 python3.12 python3.11 python3 python"

is_supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1; }

is_complete() {
    "$1" -c 'import ensurepip, os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' >/dev/null 2>&1
}

# "3.12", say.
version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

find_python() {
    if [ -n "${J2A_MAKE_PYTHON:-}" ]; then
        is_supported "$J2A_MAKE_PYTHON" && FOUND=$J2A_MAKE_PYTHON && return
        say "PYTHON=$J2A_MAKE_PYTHON is not a Python that J2A runs on: give 3.11, 3.12 or 3.13."
        exit 1
    fi
    for FOUND in $PYTHONS; do
        is_supported "$FOUND" && is_complete "$FOUND" && return
    done
    for FOUND in $PYTHONS; do
        is_supported "$FOUND" && return
    done
    say "J2A needs Python 3.11, 3.12 or 3.13: install one (e.g. \`apt install python3 python3-venv python3-dev\`), or say where it is: \`make run PYTHON=/path/to/python3.12\`."
    exit 1
}
