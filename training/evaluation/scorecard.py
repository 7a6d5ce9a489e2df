"""The score card: every measure of the captions, of their floors and of what stands beside them, with intervals."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from j2a.features.record import Features
from training.datasets.table import Row
from training.evaluation import extras, language
from training.evaluation.extractors import extractor_scores
from training.evaluation.floors import LEAST_CLAIMS, best_constant, drawn, shuffled
from training.evaluation.measures import Measure, Values, difference, interval, resamples
from training.evaluation.settings import EvaluateSettings
from training.evaluation.truth import against_features, against_labels

SHUFFLED, RANDOM, CONSTANT = "shuffled audio", "random caption", "constant caption"
FLOORS = (SHUFFLED, RANDOM, CONSTANT)
_DIGITS = 4
Block = dict[str, Measure]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The clips and what is known of them."""

    rows: list[Row]
    pool: list[str]  # captions that the floors are made of
    features: list[Features] | None  # what was measured; None: it was not
    settings: EvaluateSettings


def scorecard(name: str, captions: list[str], beside: dict[str, list[str]], data: Evaluated) -> dict[str, Any]:
    """JSON values: the same for the same captions, with nothing of the time, the machine or its folders in them."""
    seed = data.settings.seed
    systems = {name: captions, SHUFFLED: shuffled(captions, seed), RANDOM: drawn(data.pool, len(captions), seed)}
    systems[CONSTANT] = [_constant(data)] * len(captions)
    systems |= beside
    drawn_ = resamples(len(captions), data.settings.resamples, seed)
    blocks = {system: _blocks(texts, data) for system, texts in systems.items()}
    card: dict[str, Any] = {"clips": len(captions), "systems": {}}
    references = [row.captions for row in data.rows]
    if any(references):
        card["bleu"] = language.bleu_signature(references)
    for system, texts in systems.items():
        card["systems"][system] = {
            **{block: _with_intervals(measures, drawn_) for block, measures in blocks[system].items()},
            "diversity": {name: _rounded(value) for name, value in language.diversity(texts).items()},
        }
    card["ahead of"] = {
        other: {
            block: {
                measure: [_rounded(value) for value in difference(found, blocks[other][block][measure], drawn_)]
                for measure, found in measures.items()
                if measure in blocks[other].get(block, {})
            }
            for block, measures in blocks[name].items()
        }
        for other in systems
        if other != name
    }
    if data.features is not None:
        facts = [row.facts for row in data.rows]
        card["extractors"] = _with_intervals(extractor_scores(data.features, facts), drawn_)
    return card


def as_bytes(card: dict[str, Any]) -> bytes:
    """``scorecard.json``."""
    return (json.dumps(card, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def as_table(card: dict[str, Any]) -> str:
    """``scorecard.md``: one table a block, a column a system; per cent, with the interval's half width."""
    systems = {_in_table(name): found for name, found in card["systems"].items()}
    bleu = f"; BLEU is sacrebleu's {card['bleu']}" if "bleu" in card else ""
    lines = [f"{card['clips']} clips{bleu}. Plus-minus: 95 % by bootstrap."]
    blocks = {block: None for found in systems.values() for block in found}
    for block in blocks:
        names = {name: None for found in systems.values() for name in found.get(block, {})}
        lines += ["", f"| {block} | {' | '.join(systems)} |", "|---" * (len(systems) + 1) + "|"]
        for name in names:
            cells = [_cell(name, found.get(block, {}).get(name)) for found in systems.values()]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    if card.get("extractors"):
        lines += ["", "| extractors | score |", "|---|---|"]
        lines += [f"| {name} | {_cell(name, value)} |" for name, value in card["extractors"].items()]
    return "\n".join(lines) + "\n"


def _in_table(name: str) -> str:
    """A file may be called anything, but a bar ends a cell."""
    return name.replace("|", "\\|")


def _blocks(captions: list[str], data: Evaluated) -> dict[str, Block]:
    references = [row.captions for row in data.rows]
    blocks: dict[str, Block] = {}
    if any(row.facts for row in data.rows):
        blocks["against the labels"] = against_labels(captions, [row.facts for row in data.rows])
    if data.features is not None:
        blocks["against the features"] = against_features(captions, data.features)
    if any(references):
        block = language.against_references(captions, references)
        if data.settings.meteor:
            block["METEOR"] = extras.meteor(captions, references)
        if data.settings.bertscore:
            block["BERTScore"] = extras.bertscore(captions, references)
        blocks["against the references"] = block
    blocks["the captions alone"] = language.of_captions(captions)
    return blocks


def _constant(data: Evaluated) -> str:
    """The caption that, standing at every clip, has most of its claims true; the most alike one without labels."""
    count = len(data.rows)
    facts: Sequence[dict[str, Any]] = [row.facts for row in data.rows]
    references = [row.captions for row in data.rows]

    def worth(text: str) -> float:
        if any(facts):
            measures = against_labels([text] * count, facts)
            enough = measures["claims a caption"]() >= LEAST_CLAIMS
            return measures["claims true"]() if enough else 0.0
        return language.against_references([text] * count, references)["CIDEr-D"]() if any(references) else 0.0

    return best_constant(data.pool, worth, data.settings.seed)


def _with_intervals(measures: Block, drawn_: Values) -> dict[str, list[float | None]]:
    return {name: [_rounded(value) for value in (one(), *interval(one, drawn_))] for name, one in measures.items()}


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, _DIGITS) + 0.0


def _cell(name: str, value: list[float | None] | float | None) -> str:
    """Per cent but for what is a number; "-" where it is not defined."""
    if not isinstance(value, list):
        value = [value]
    scale = 1.0 if name in ("claims a caption", "words", "CIDEr-D") else 100.0
    if value[0] is None:
        return "-"
    if len(value) < 3 or value[1] is None or value[2] is None:
        return f"{scale * value[0]:.1f}"
    digits = 2 if name in ("claims a caption", "CIDEr-D") else 1
    return f"{scale * value[0]:.{digits}f} ± {scale * (value[2] - value[1]) / 2:.{digits}f}"
