"""What is ours on the standard streams, and what is not."""

from __future__ import annotations

import subprocess
import sys

import pytest

NOISY = """
import ctypes, os, sys, warnings
from j2a.ending import ended_in_words, native_noise_unheard
with ended_in_words():
    native_noise_unheard()
    ctypes.CDLL(None).printf(b"noise that C keeps until the end")
    os.write(1, b"noise")
    os.write(2, b"noise")
    sys.stderr.write("ours\\n")
    warnings.warn("a warning")
    print("a result")
    {end}
"""


@pytest.mark.skipif(sys.platform == "win32", reason="C's library is found by another name")
@pytest.mark.parametrize(("end", "says", "code"), [
    ("pass", "", 0),
    ("1 / 0", "ZeroDivisionError", 1),
    ("sys.exit(3)", "", 3),
    ("raise KeyboardInterrupt", "Interrupted.", 130),
    ("raise BrokenPipeError", "", 0),
    ("sys.stderr.close()", "", 0),
])  # fmt: skip
def test_native_writes_lead_nowhere_and_ours_arrive(end: str, says: str, code: int) -> None:
    done = subprocess.run([sys.executable, "-c", NOISY.format(end=end)], capture_output=True, text=True, timeout=60)
    assert done.returncode == code
    assert done.stderr.startswith("ours\n")
    assert "a warning" in done.stderr
    assert says in done.stderr
    assert "noise" not in done.stderr
    assert done.stdout == ("" if "raise" in end else "a result\n")  # it was not written yet


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
@pytest.mark.parametrize(("where", "code", "result"), [
    ("2>&-", 0, "a result\n"), ("2>/dev/full", 0, "a result\n"),
    (">/dev/full", 1, ""), (">&-", 0, ""), ("| true", 0, ""),
])  # fmt: skip
def test_streams_that_nobody_can_write_end_in_no_traceback(where: str, code: int, result: str) -> None:
    """One line says so, where it can be said."""
    shell = f'"$0" -c "$1" {where}'
    done = subprocess.run(["/bin/sh", "-c", shell, sys.executable, NOISY.format(end="pass")], capture_output=True,
                          text=True, timeout=60)  # fmt: skip
    assert (done.returncode, done.stdout) == (code, result)
    assert "Traceback" not in done.stderr
    assert "noise" not in done.stderr
    assert ("Cannot write the result" in done.stderr) == (where == ">/dev/full")
