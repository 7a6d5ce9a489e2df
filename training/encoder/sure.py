"""Captions that say only what the encoder can be sure of: facts above a threshold, set on a soundfont it never heard.

A projector that learns from captions of the whole truth learns to guess what cannot be heard; one that learns from
these learns to say what the encoder is sure of, and to leave out the rest. They are also the baseline to beat.
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from j2a.errors import J2AError, UsageError
from j2a.exporting import write_atomically
from j2a.features.record import Features
from j2a.models.audio.heads import tempo_of
from j2a.models.audio.mwmae import load_encoder
from j2a.models.files.weights import weights_hash
from j2a.models.language.llm import resources
from training.captions.believed import write_caption
from training.captions.facts import FAMILIES, named_bpm, tempo_class
from training.captions.heard import ASKED, as_heard, write_heard
from training.datasets.shards import Encoded, Measured
from training.datasets.table import Row, read_table, write_table
from training.encoder.calibration import calibrated
from training.encoder.heads import CLASSES, HEADS, YES_NO, load_heads
from training.encoder.mels import mel_table
from training.encoder.time_heads import load_time_heads, outputs_of
from training.encoder.train import ENCODER, all_heard, predict, training_dtype
from training.ground.run_folder import LAST

THRESHOLDS = "thresholds.json"
NEVER = 2.0  # a threshold that no probability reaches
FEWEST = 12  # claims that a threshold must be judged by
# Of the facts with several values, those that a caption has words for: a moderate energy has none.
SAID_CLASSES = {"tempo": CLASSES["tempo"], "meter": CLASSES["meter"], "energy": ("calm", "energetic")}
BPM_TOLERANCE = 0.04  # as tempo estimates are judged: Gouyon et al., IEEE Trans. ASLP 14(5), 2006
_NEEDED = {"instruments", "drums", "distortion", "bpm", *SAID_CLASSES}  # facts of a row
_FIGURES = ("bpm", "meter")  # a wrong figure misleads more than a wrong word:
FIGURES_FROM = 0.85  # the least calibrated probability with which one is said
# Not naming an instrument misses it, too. F1 is highest where a name is right half as often as F1 is high, 0.6 in the
# held-back soundfont: Lipton, Elkan and Naryanaswamy, "Optimal Thresholding of Classifiers to Maximize F1 Measure",
# ECML PKDD 2014. Captions are to be true, too, so this lies between that and WORDS_FROM.
FAMILIES_FROM = 0.4
WORDS_FROM = 0.6  # everything else: what is nearly as likely false is not said
_BATCH = 64  # clips that heads judge at once
_LEFT_OUT = ("choir",)  # close to vocals, which must not be invented


def set_thresholds(run: Path, table: Path, precision: float, heads: Path | None = None) -> dict[str, float]:
    """For each statement the probability from which on it is said, so that a share ``precision`` of all that is said
    is true.

    ``run`` is the folder of an encoder's training, ``table`` a corpus of another soundfont (valid split). Statements
    are the names in ``YES_NO``, "no drums", "bpm", and "tempo slow" and the like. ``heads`` is a folder of
    ``j2a-train heads``, which speak in place of those of the run. Written to ``thresholds.json`` there, or in ``run``.
    """
    rows = read_table(table, "valid")
    if not rows:
        raise J2AError(f"{table} has no valid split.", "j2a-train synth --split valid makes one.")
    found = thresholds(_statements(run, table, rows, heads, None)[0], precision)
    write_atomically((heads or run) / THRESHOLDS, (json.dumps(found, indent=1, sort_keys=True) + "\n").encode())
    return found


def thresholds(statements: dict[str, tuple[Tensor, Tensor]], precision: float) -> dict[str, float]:
    """The lowest probabilities with which a share ``precision`` of all statements together is true.

    They are calibrated first (Platt, "Probabilistic Outputs for Support Vector Machines", 1999), those of instruments
    all together, for how well one soundfont plays each says little about another; and all are said from the same
    calibrated probability on: no other choice says more at that precision. But nothing is said below the least one of
    its kind, ``FAMILIES_FROM``, ``WORDS_FROM`` or ``FIGURES_FROM``, nor what would be said fewer than ``FEWEST`` times:
    nobody knows how true it is.
    """
    kept = {name: statement for name, statement in statements.items() if name not in _LEFT_OUT}
    families = [name for name in kept if name in FAMILIES]
    chances = {name: calibrated(*kept[name]) for name in kept if name not in families}
    if families:
        together = calibrated(*(torch.cat([kept[name][part] for name in families]) for part in (0, 1)))
        chances |= dict(zip(families, together.split([len(kept[name][0]) for name in families]), strict=True))
    chance = torch.cat([chances[name] for name in kept])
    order = chance.argsort(descending=True)
    share = torch.cat([true for _, true in kept.values()])[order].float().cumsum(0) / torch.arange(1, len(order) + 1)
    enough = (share >= precision).nonzero()[:, 0]
    margin = float(chance[order[enough[-1]]]) if len(enough) else NEVER
    found = dict.fromkeys(statements, NEVER)
    for name, (probability, _) in kept.items():
        said = probability[chances[name] >= max(margin, _least(name))]
        if len(said) >= FEWEST:
            found[name] = float(said.min())
    return found


def _least(name: str) -> float:
    return FIGURES_FROM if name.split()[0] in _FIGURES else FAMILIES_FROM if name in FAMILIES else WORDS_FROM


def write_sure(
    run: Path, table: Path, out: Path, *, only_true: bool, heads: Path | None = None, encoded: Path | None = None,
    measured: bool = False, seed: int = 0,
) -> None:  # fmt: skip
    """Copy a table with captions of what the encoder is sure of; its audio is linked by a relative symbolic link.

    Without ``only_true`` the captions are the heads' own, mistakes and all: they follow from what the encoder hears,
    and a projector learns to say as much. ``only_true`` leaves out what is not true; then what is said depends on what
    cannot be heard, and a greedy caption says less than the encoder is sure of. ``heads`` is a folder of
    ``j2a-train heads``, which speak in place of those of the run. ``encoded`` is what ``j2a-train encode`` made of the
    table: its clips are not encoded once more, and those that are not in it are left out. With ``measured`` the
    captions say what was measured, too, as those of J2A-3.0 do; that takes ``encoded`` with features.
    """
    least = _read_thresholds(heads or run)
    if measured and encoded is None:
        raise UsageError("what was measured is nowhere.", "Give the folder of j2a-train encode --features, too.")
    features = Measured(encoded, verify=True) if encoded and measured else None
    outputs = Encoded(encoded, verify=True) if encoded else None
    rows = [row for row in read_table(table) if all(store is None or row.id in store for store in (features, outputs))]
    if not rows:
        raise J2AError(f"{table} has no clips, or none that is in {encoded}.", "Encode this table.")
    statements, tempi = _statements(run, table, rows, heads, outputs)
    written = []
    for index, row in enumerate(rows):
        rng = random.Random(f"sure {seed} {row.id}")
        said = _said(index, statements, tempi, least, only_true=only_true)
        captions, facts = _captions(said, rng, features[row.id] if features else None)
        written.append(dataclasses.replace(row, captions=tuple(captions), facts=row.facts | facts))
    out.mkdir(parents=True, exist_ok=True)
    for name in {Path(row.audio).parts[0] for row in rows}:
        link = out / name
        if not link.is_symlink():
            link.symlink_to(os.path.relpath((table / name).resolve(), out.resolve()))
    write_table(out, written)


def _captions(said: dict[str, Any], rng: random.Random, features: Features | None) -> tuple[list[str], dict[str, Any]]:
    """A caption for each way of asking; with ``features`` of 3.0, and the facts that its prompt holds besides."""
    if features is None:
        return [write_heard(said, asked, rng) for asked in ASKED], {}
    heard = as_heard(said)
    return [write_caption(features, asked, rng, heard) for asked in ASKED], {"heard": dataclasses.asdict(heard)}


def _said(
    index: int, statements: dict[str, tuple[Tensor, Tensor]], tempi: list[int], least: dict[str, float], *,
    only_true: bool,
) -> dict[str, Any]:  # fmt: skip
    def sure(name: str) -> bool:
        probability, true = statements[name]
        return bool(probability[index] >= least[name]) and (bool(true[index]) or not only_true)

    said: dict[str, Any] = {"instruments": [name for name in FAMILIES if name not in _LEFT_OUT and sure(name)]}
    drums = bool(statements["drums"][0][index] >= statements["no drums"][0][index])
    if sure("drums" if drums else "no drums"):  # never the less probable of the two
        said["drums"] = drums
    for name, classes in SAID_CLASSES.items():
        values = [value for value in classes if sure(f"{name} {value}")]
        if len(values) == 1:
            said[name] = values[0]
    if sure("bpm") and tempo_class(tempi[index]) == said.get("tempo", tempo_class(tempi[index])):
        said["bpm"] = tempi[index]
    said["distortion"] = "guitar" in said["instruments"] and sure("distortion")
    return said


def _statements(
    run: Path, table: Path, rows: list[Row], heads: Path | None, encoded: Encoded | None
) -> tuple[dict[str, tuple[Tensor, Tensor]], list[int]]:
    """Name -> probability and truth of the statement for every row; and the tempo that the statement "bpm" names."""
    if bare := next((row.id for row in rows if not row.facts.keys() >= _NEEDED), None):
        raise J2AError(f"the row {bare} of {table} does not know its facts.", "Use a corpus of j2a-train synth.")
    if not (run / LAST / HEADS).is_file():
        raise J2AError(f"{run} holds no trained encoder.", "j2a-train encoder makes one.", title="No encoder")
    device, _ = resources()
    weights = weights_hash(run / ENCODER)
    speaking = load_time_heads(heads, weights) if heads else load_heads(run / LAST / HEADS)
    if encoded is None:
        encoder = load_encoder(run / LAST / ENCODER, device=device, precision=training_dtype(device))
        outputs = all_heard(encoder, mel_table(table, rows, encoder.config, run / "cache"))
    else:
        outputs = _kept(encoded, table, rows, weights, device)
    said = predict(speaking.to(device), outputs)
    facts = [row.facts for row in rows]

    def true(name: str) -> Tensor:
        return torch.tensor([name in f["instruments"] if name in FAMILIES else bool(f[name]) for f in facts])

    found = {name: (said["yes_no"][:, place], true(name)) for place, name in enumerate(YES_NO)}
    drums, playing = found["drums"]
    found["no drums"] = (1 - drums, ~playing)
    for name, values in SAID_CLASSES.items():
        for value in values:
            probability = said[name][:, CLASSES[name].index(value)]
            found[f"{name} {value}"] = (probability, torch.tensor([f[name] == value for f in facts]))
    heard, sure = tempo_of(said["bpm"])
    tempi = [named_bpm(bpm) for bpm in heard.tolist()]
    near = [abs(bpm / f["bpm"] - 1) <= BPM_TOLERANCE for bpm, f in zip(tempi, facts, strict=True)]
    found["bpm"] = (sure, torch.tensor(near))
    return found, tempi


def _kept(encoded: Encoded, table: Path, rows: list[Row], weights: str, device: str) -> Iterator[Tensor]:
    """What the encoder with these weights heard in these rows, (B, K, E) each."""
    if encoded.about["encoder_weights"] != weights:
        raise UsageError(
            f"{encoded.folder} was encoded with the weights {encoded.about['encoder_weights']}, not {weights}.",
            "Encode the table with the encoder of this run.",
        )
    return (some.to(device).float() for some in outputs_of(encoded, table, rows).split(_BATCH))


def _read_thresholds(run: Path) -> dict[str, float]:
    path = run / THRESHOLDS
    try:
        found: dict[str, float] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise J2AError(f"{path} cannot be read.", "Say --held-back CORPUS to set thresholds.") from error
    return found
