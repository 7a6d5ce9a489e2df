"""What is ours on standard error, and what is not."""

from __future__ import annotations

import subprocess
import sys

import pytest

NOISY = """
import os, sys, warnings
from j2a.ending import ended_in_words, native_noise_unheard
with ended_in_words(), native_noise_unheard():
    os.write(2, b"noise")
    sys.stderr.write("ours\\n")
    warnings.warn("a warning")
    os.write(2, b"noise")
    {end}
os.write(2, b"after it\\n")
"""


@pytest.mark.parametrize(("end", "says", "code"), [
    ("pass", "after it", 0),
    ("1 / 0", "ZeroDivisionError", 1),
    ("sys.exit(3)", "", 3),
    ("raise KeyboardInterrupt", "Interrupted.", 130),
    ("sys.stderr.close()", "after it", 0),
])  # fmt: skip
def test_native_writes_lead_nowhere_and_ours_arrive(end: str, says: str, code: int) -> None:
    done = subprocess.run([sys.executable, "-c", NOISY.format(end=end)], capture_output=True, text=True, timeout=60)
    assert done.returncode == code
    assert done.stderr.startswith("ours\n")
    assert "a warning" in done.stderr
    assert says in done.stderr
    assert "noise" not in done.stderr.replace('b"noise"', "")


@pytest.mark.parametrize(("where", "code"), [("2>&-", 0), ("2>/dev/full", 1)])
def test_standard_error_that_nobody_can_write_ends_in_no_traceback(where: str, code: int) -> None:
    """What is ours cannot be said there."""
    shell = f'"$0" -c "$1" {where}'
    done = subprocess.run(["/bin/sh", "-c", shell, sys.executable, NOISY.format(end="print('done')")],
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout == ("done\n" if code == 0 else "")
