"""The built-in model against the score cards that are kept of it, on twenty clips in a soundfont it never heard.

The clips are the first of the six hundred of docs/scorecard.md. They are written anew, which is only right
after other weights, by ``python -m tests.models.training.evaluation.test_scorecard``.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import pytest

from tests.places import DATA
from training.evaluation.run import CARD, evaluate
from training.evaluation.scorecard import SHUFFLED
from training.evaluation.settings import EvaluateSettings

HEARD = DATA / "heard"
VERSIONS = ("1.0", "2.0", "2.1", "3.0")
TOLERANCE = 0.05  # two of the forty-odd claims: another processor may round a token the other way


def card_of(version: str, out: Path) -> dict:
    evaluate(HEARD, out, EvaluateSettings(version=version, features=True, resamples=100), [])
    return json.loads((out / CARD).read_text(encoding="utf-8"))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_built_in_model_is_as_true_as_its_card(version, tmp_path):
    card = card_of(version, tmp_path / "out")
    kept = json.loads((HEARD / f"scorecard-{version}.json").read_text(encoding="utf-8"))
    name = f"J2A-{version} mini"
    assert card["weights"] == kept["weights"] and card["table"] == kept["table"]
    for block in ("against the labels", "against the features"):
        ours, wanted = card["systems"][name][block], kept["systems"][name][block]
        assert ours.keys() == wanted.keys()
        for measure in ("claims true", "contradicted", "claims a caption"):
            if wanted[measure][0] is not None:
                assert ours[measure][0] == pytest.approx(wanted[measure][0], abs=TOLERANCE), measure
    shuffled = card["systems"][SHUFFLED]["against the labels"]["claims true"][0]
    assert card["systems"][name]["against the labels"]["claims true"][0] > shuffled + 0.2


if __name__ == "__main__":
    for one in sys.argv[1:] or VERSIONS:
        with tempfile.TemporaryDirectory() as scratch:
            text = json.dumps(card_of(one, Path(scratch) / "out"), indent=1, sort_keys=True, ensure_ascii=False)
        (HEARD / f"scorecard-{one}.json").write_text(text + "\n", encoding="utf-8")
