"""madmom is imported on today's Python without changing anything that others use."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import numpy as np

SNAPSHOT = """
import json, sys, collections, doctest, warnings
import numpy as np, scipy.ndimage, scipy.signal, scipy.fftpack, scipy.sparse, mido  # what madmom loads anyway
def snapshot():
    return {"numpy": sorted(set(vars(np)) - {"fft", "random"}), "collections": sorted(vars(collections)),
            "doctest": {k: repr(v) for k, v in vars(doctest).items() if k != "__builtins__"},
            "flags": dict(doctest.OPTIONFLAGS_BY_NAME), "filters": len(warnings.filters),
            "pkg_resources": "pkg_resources" in sys.modules, "errors": np.geterr(), "print": np.get_printoptions()}
before = snapshot()
from j2a.features.madmom_door import madmom
package = madmom()
after = snapshot()
foreign = [n for n in sys.modules if n.split(".")[0] in ("pkg_resources", "torch", "librosa")]
print(json.dumps({"same": {k: before[k] == after[k] for k in before}, "foreign": foreign,
                  "version": package.__version__, "again": madmom() is package}))
"""


def in_a_fresh_process(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_everything_is_left_as_it_was_found() -> None:
    report = json.loads(in_a_fresh_process(SNAPSHOT))
    assert report["same"] == dict.fromkeys(report["same"], True)
    assert report["foreign"] == []
    assert report["version"] == "0.16.1"
    assert report["again"]


def test_a_failing_import_also_gives_everything_back() -> None:
    code = """
import sys, collections, numpy as np
sys.modules["mido"] = None   # madmom imports it
from j2a.features.madmom_door import madmom
try:
    madmom()
except ImportError:
    print(hasattr(collections, "MutableSequence"), "float" in vars(np), "pkg_resources" in sys.modules)
"""
    assert in_a_fresh_process(code).split() == ["False", "False", "False"]


def test_the_package_imports_without_madmom_or_torch() -> None:
    code = ("import sys, j2a.features, j2a.features.record; "
            "print([m for m in ('torch', 'transformers', 'madmom', 'librosa', 'scipy') if m in sys.modules])")
    assert in_a_fresh_process(code).strip() == "[]"


def test_each_thread_has_its_own_processor() -> None:
    from j2a.features.madmom_door import processor

    made: list[object] = []

    def make(_: object) -> object:
        made.append(object())
        return made[-1]

    def ask() -> None:
        seen.append(processor("test", make))

    seen: list[object] = []
    here = processor("test", make)
    assert processor("test", make) is here
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert seen[0] is not here
    assert len(made) == 2


def test_mended_functions_run() -> None:
    """Places where 0.16.1 stops on NumPy 2: the decoder's ragged array, np.float and np.int at run time."""
    from j2a.features.madmom_door import FPS, madmom

    features = madmom().features
    activations = np.full((1000, 2), 0.01, np.float32)
    activations[::50, 0] = 0.9
    activations[::200, 1] = 0.95
    found = features.downbeats.DBNDownBeatTrackingProcessor(beats_per_bar=[3, 4], fps=FPS)(activations)
    np.testing.assert_allclose(np.diff(found[:, 0]), 0.5, atol=0.011)
    assert set(found[:, 1]) == {1, 2, 3, 4}
    tempi = features.tempo.TempoEstimationProcessor(fps=FPS)(activations.max(axis=1))
    assert 120 in np.round(tempi[:, 0])
