"""Heads that J2A-3.0 captions with, on a frozen encoder, and thresholds set on music that they never heard.

B clips, N stretches of time, E width of the encoder's features.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from j2a.console import narrate
from j2a.errors import J2AError, UsageError
from j2a.models.audio.heads import Heads, probabilities
from j2a.models.audio.heads_config import METERS, NEVER, STATEMENTS, YES_NO, HeadsConfig
from j2a.models.heard import ENERGIES, FAMILIES
from training.datasets.lessons import described
from training.datasets.pooled import pooled
from training.datasets.shards import Encoded
from training.datasets.table import Row, Split, read_table
from training.encoder.calibration import calibrated
from training.encoder.heads import loss, tempo_bin
from training.encoder.settings import BelieveSettings
from training.ground.optimizer import decayed, use_processor
from training.ground.parts import part_name

Facts = dict[str, Any]
_UNKNOWN = -1
_LEAST_PART = 10  # what is trained on besides is repeated until it is at least one in so many
_STRETCHES = 16  # of time, where all of it was kept; only their mean counts
_SAME_TEMPO = 0.04  # as tempo estimates are judged: Gouyon et al., IEEE Trans. ASLP 14(5), 2006
# Meter and tempo are no statements but votes: they are told where madmom measured the same, and doubt it where not.
_VOTES_FROM = dict.fromkeys((*METERS, "bpm"), 0.5)
_NEVER_TOLD = ("choir",)  # close to singers, who must not be made up
_FEWEST, _FEWEST_OF_MANY = 12, 4  # statements that a threshold must be judged by, alone and together with others
# Statements with a share of their own that must be true: what is not there says least.
_SHARES_TRUE = {"no bass": 0.95, "alone": 0.9, "calm": 0.9, "energetic": 0.9}
FAMILIES_TRUE = 0.82  # of the names of instruments, which say most, all together
_SHARE = {"yes_no": 6.0, "energy": 0.5, "meter": 0.5, "tempo": 0.5}  # of the loss


@dataclass(frozen=True, slots=True)
class Clips:
    """Clips of a table that were encoded, and what is known of them."""

    rows: list[Row]
    outputs: Tensor  # float16 (B, N, E)
    encoder: str
    encoder_weights: str


def clips_of(table: Path, encoded: Path, split: Split | None = None) -> Clips:
    """Those of one split, or all. Raises ``J2AError`` where there are none with facts."""
    heard = Encoded(encoded)
    rows = [row for row in read_table(table, split) if row.facts and row.id in heard]
    if not rows:
        raise J2AError(f"no clip of {table} has facts and was encoded in {encoded}.", "Encode this table.")
    heard.refuse_other_audio(table, rows)
    about = heard.about
    outputs = torch.stack([pooled(heard, row.id, about["pool"] or _STRETCHES).half() for row in rows])
    return Clips(rows, outputs, str(about["encoder"]), str(about["encoder_weights"]))


def together(clips: Clips, more: Sequence[Clips]) -> Clips:
    """One set of several; each of ``more`` is repeated until it is at least a tenth of the first."""
    rows, outputs = list(clips.rows), [clips.outputs]
    for one in more:
        times = max(1, -(-len(clips.rows) // (_LEAST_PART * len(one.rows))))
        rows += one.rows * times
        outputs += [one.outputs] * times
    return Clips(rows, torch.cat(outputs), clips.encoder, clips.encoder_weights)


def train(
    first: Clips, more: Sequence[Clips], held_back: Sequence[Clips], out: Path, settings: BelieveSettings
) -> dict[str, float]:
    """Train heads on ``first`` and ``more``, set their thresholds on ``held_back``, and write both to ``out``.

    Returns the thresholds.
    Raises ``J2AError`` where the sets were not encoded by one encoder.
    """
    if any(other.encoder_weights != first.encoder_weights for other in (*more, *held_back)):
        raise UsageError("the tables were encoded with several encoders.", "Encode all of them with one.")
    clips = together(first, more)
    use_processor(settings.threads)
    torch.manual_seed(settings.seed)
    data, licence = described(clips.rows)
    config = HeadsConfig(
        part_name(clips.encoder), clips.encoder_weights, clips.outputs.shape[-1],
        dict.fromkeys(STATEMENTS, NEVER), data, licence, settings.hidden,
    )  # fmt: skip
    heads = Heads(config, settings.dropout)
    narrate(f"Training on {len(clips.rows):,} clips.")
    _epochs(heads, clips, settings)
    heads.eval()
    found = thresholds(heads, held_back, settings.precision)
    heads.config = replace(config, thresholds=found)
    try:
        heads.save(out)
    except OSError as error:
        raise J2AError(f"{out} cannot be written: {error}.", "Make room there.") from error
    return found


def thresholds(heads: Heads, held_back: Sequence[Clips], precision: float) -> dict[str, float]:
    """For each statement the lowest probability from which on a share ``precision`` of what is said is true.

    Votes have thresholds of their own, and ``_SHARES_TRUE`` other shares. The names of instruments are calibrated, and
    told from one common probability on: thresholds of their own fit the few clips that each of them plays in. Of the
    others one more of each kind is counted than was seen (Laplace's rule). What would be said too few times is never
    said: nobody knows how true it is.
    """
    every = [statements(heads, one.outputs, [row.facts for row in one.rows]) for one in held_back]
    both = {name: (_joined(every, name, 0), _joined(every, name, 1)) for name in STATEMENTS}
    alone = {name: both[name] for name in STATEMENTS if name not in (*_VOTES_FROM, *FAMILIES)}
    return (
        _VOTES_FROM
        | {name: _threshold(*known, _SHARES_TRUE.get(name, precision)) for name, known in alone.items()}
        | _common_thresholds({name: both[name] for name in FAMILIES if name not in _NEVER_TOLD}, FAMILIES_TRUE)
        | dict.fromkeys(_NEVER_TOLD, NEVER)
    )


def _joined(every: Sequence[dict[str, tuple[Tensor, Tensor]]], name: str, part: int) -> Tensor:
    return torch.cat([one[name][part] for one in every])


def _common_thresholds(known: dict[str, tuple[Tensor, Tensor]], precision: float) -> dict[str, float]:
    """For each name the probability from which on a share ``precision`` of what all of them say is true."""
    found = dict.fromkeys(known, NEVER)
    known = {name: both for name, both in known.items() if len(both[0])}
    if not known:
        return found
    chances = {name: calibrated(probability, true) for name, (probability, true) in known.items()}
    chance, true = torch.cat(list(chances.values())), torch.cat([true for _, true in known.values()])
    order = chance.argsort(descending=True)
    enough = (true[order].float().cumsum(0) / torch.arange(1, len(order) + 1) >= precision).nonzero()[:, 0]
    margin = float(chance[order[enough[-1]]]) if len(enough) else NEVER
    for name, (probability, _) in known.items():
        told = probability[chances[name] >= margin]
        if len(told) >= _FEWEST_OF_MANY:
            found[name] = float(told.min())
    return found


@torch.inference_mode()
def statements(heads: Heads, outputs: Tensor, facts: Sequence[Facts]) -> dict[str, tuple[Tensor, Tensor]]:
    """Name -> (probability, truth) of each statement, of the clips of which the truth is known."""
    said, bpm = probabilities(heads(outputs.float()))
    found = {}
    for name in STATEMENTS:
        truth = [_truth(name, known, float(tempo)) for known, tempo in zip(facts, bpm, strict=True)]
        known = torch.tensor([one is not None for one in truth])
        found[name] = said[name][known], torch.tensor([one for one in truth if one is not None], dtype=torch.bool)
    return found


def _truth(name: str, known: Facts, bpm: float) -> bool | None:
    if name in FAMILIES:
        return name in known["instruments"] if "instruments" in known else None
    if name == "no drums":
        return not known["drums"] if "drums" in known else None
    if name == "no bass":
        return "bass" not in known["instruments"] if "instruments" in known else None
    if name == "alone":
        known_all = "instruments" in known and "drums" in known
        return len(known["instruments"]) == 1 and not known["drums"] if known_all else None
    if name == "bpm":
        return abs(bpm / known["bpm"] - 1) <= _SAME_TEMPO if "bpm" in known else None
    if name in METERS:
        return bool(known["meter"] == name) if "meter" in known else None
    if name in ENERGIES:
        return bool(known["energy"] == name) if "energy" in known else None
    return bool(known[name]) if name in known else None


def _threshold(probability: Tensor, true: Tensor, precision: float) -> float:
    order = probability.argsort(descending=True)
    said = torch.arange(1, len(order) + 1)
    share = (true[order].float().cumsum(0) + 1) / (said + 2)
    enough = ((share >= precision) & (said >= _FEWEST)).nonzero()[:, 0]
    return float(probability[order[enough[-1]]]) if len(enough) else NEVER


def _epochs(heads: Heads, clips: Clips, settings: BelieveSettings) -> None:
    facts = [row.facts for row in clips.rows]
    wanted = {
        "yes_no": torch.tensor([[_as_float(_truth(name, known, 0.0)) for name in YES_NO] for known in facts]),
        "energy": torch.tensor([_place(ENERGIES, known.get("energy")) for known in facts]),
        "meter": torch.tensor([_place(METERS, known.get("meter")) for known in facts]),
        "tempo": torch.tensor([tempo_bin(known.get("bpm")) for known in facts]),
    }
    outputs = clips.outputs.float().mean(1, keepdim=True)
    optimizer = torch.optim.AdamW(decayed(heads.parameters(), settings.weight_decay), lr=settings.learning_rate)
    steps = -(-len(outputs) // settings.batch_size) * settings.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / settings.warmup) * (1 - step / steps)
    )
    for epoch in range(settings.epochs):
        total = 0.0
        for places in torch.randperm(len(outputs)).split(settings.batch_size):
            known = {name: values[places] for name, values in wanted.items()}
            value = loss(heads(outputs[places]), known, torch.ones(len(places)), _SHARE)
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            optimizer.step()
            schedule.step()
            total += value.item() * len(places)
        if (epoch + 1) % 10 == 0 or epoch + 1 == settings.epochs:
            narrate(f"epoch {epoch + 1}: loss {total / len(outputs):.4f}")


def _as_float(truth: bool | None) -> float:
    return math.nan if truth is None else float(truth)


def _place(classes: Sequence[str], name: str | None) -> int:
    return classes.index(name) if name in classes else _UNKNOWN
