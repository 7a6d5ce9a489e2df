"""The head that hears voices: logistic regression on the values before the last layers of the two tag networks.

``python -m training.encoder.voice BEDS VOICES OUT [--rendered CLIPS]`` mixes voices, mono files of ten seconds, over
instrumental music at random levels, and prints how the head does where files and voices are held back in turn.
j2a/weights/voice/README.md says what the one that comes with J2A learned from, and where it was made otherwise.

N windows, K values of both networks (400).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from numpy.typing import NDArray

from j2a import audio
from j2a.clip import Clip
from j2a.console import errors_shown, narrate
from j2a.errors import AudioError, UsageError
from j2a.features.tags import wheel
from j2a.features.tags.front_end import SAMPLE_RATE
from j2a.features.tags.heard import NothingHeardError, hear
from training.datasets.mixing import frame_levels_db, over

Values = NDArray[np.float32]
WINDOW = 10 * SAMPLE_RATE
_WINDOWS, _MIXES, _LEVELS_DB = 10, 2, (-8.0, 8.0)  # of a file; of a window; of a voice over its bed
_WEAKEST = 0.01  # weight decay: half as much and twice as much are no better
_RENDERED = 0.3  # of the weight of all that is instrumental
_LEAST_SPREAD = 0.1  # of the mean: in a few files a value may not vary at all
_FOLDS = 5
_AUDIBLE_DB, _MOSTLY = -50.0, 0.8  # of full scale; of half seconds that are


@dataclass(frozen=True, slots=True)
class Windows:
    """What the networks make of windows, and what they are made of."""

    values: Values  # (N, K)
    beds: list[str]  # files; "" for none
    voices: list[str]  # "" for none
    rendered: NDArray[np.bool_]  # (N,)


def windows(beds: list[Path], voices: list[Path], seed: int, rendered: Sequence[Path] = ()) -> Windows:
    """Windows of every bed, alone and with voices in turn, the voices alone, and the beginning of each rendered clip,
    in which nobody sings. Files that cannot be read are told and left out."""
    rng, networks = np.random.default_rng(seed), wheel.load()
    sung = {path.name: _fitted(audio.load(Clip(path), SAMPLE_RATE)) for path in voices}
    names, turn = list(rng.permutation(list(sung))), 0
    values, of_bed, of_voice = [], [], []

    def add(sound: Values, bed: str, voice: str) -> None:
        try:
            values.append(hear(sound, networks).hidden.ravel())
        except NothingHeardError:
            return
        of_bed.append(bed)
        of_voice.append(voice)

    for path in beds:
        try:
            parts = list(_parts(audio.load(Clip(path), SAMPLE_RATE), rng))
        except AudioError as error:
            narrate(f"{path.name} is left out: {error.message}")
            continue
        for part in parts:
            add(part, path.name, "")
            for _ in range(_MIXES):
                name = names[turn % len(names)]
                turn += 1
                add(over(sung[name], part, rng.uniform(*_LEVELS_DB), SAMPLE_RATE), path.name, name)
    for name in names:
        add(sung[name], "", name)
    before = len(values)
    for path in rendered:
        add(_fitted(audio.load(Clip(path), SAMPLE_RATE)), path.name, "")
    return Windows(np.array(values, np.float32), of_bed, of_voice, np.arange(len(values)) >= before)


def fitted(values: Values, voiced: NDArray[np.bool_], rendered: NDArray[np.bool_]) -> tuple[Values, float]:
    """(weights (K,), bias) of a logistic regression in which both kinds of windows, (N,) ``voiced`` and others, count
    alike, and among the others those ``rendered`` (N,) for their share."""
    played = ~voiced & ~rendered
    mean, spread = values[played].mean(0), values[played].std(0)
    spread = np.maximum(spread, _LEAST_SPREAD * spread.mean())
    inputs = torch.from_numpy((values - mean) / spread)
    truth = torch.from_numpy(voiced.astype(np.float32))
    share = _RENDERED if rendered.any() else 0.0
    instrumental = np.where(rendered, share / max(1, rendered.sum()), (1 - share) / played.sum())
    counts = torch.from_numpy(np.where(voiced, 1 / voiced.sum(), instrumental).astype(np.float32)) * (len(truth) / 2)
    weights, bias = torch.zeros(inputs.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=300, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(inputs @ weights + bias, truth, weight=counts)
        loss = loss + _WEAKEST * weights.square().sum()
        loss.backward()
        return loss.item()

    optimizer.step(closure)
    plain = weights.detach().numpy() / spread
    return plain.astype(np.float32), float(bias.detach()[0]) - float(plain @ mean)


def held_back(found: Windows, seed: int) -> NDArray[np.float64]:
    """(N,) the logit of each window by a head that heard neither its file nor its voice."""
    rng = np.random.default_rng(seed)
    bed, voice = (_folds(names, rng) for names in (found.beds, found.voices))
    voiced = np.array([bool(name) for name in found.voices])
    logits = np.zeros(len(voiced))
    for one in range(_FOLDS):
        for other in range(_FOLDS):
            asked = (bed == one) & (voice == other)
            known = (bed != one) & ((voice != other) | ~voiced)
            if asked.any():
                weights, bias = fitted(found.values[known], voiced[known], found.rendered[known])
                logits[asked] = found.values[asked] @ weights + bias
    return logits


def _folds(names: list[str], rng: np.random.Generator) -> NDArray[np.int64]:
    place = {name: index % _FOLDS for index, name in enumerate(rng.permutation(sorted(set(names))))}
    return np.array([place[name] for name in names])


def _parts(sound: Values, rng: np.random.Generator) -> Iterator[Values]:
    """Some windows that sound for most of their length."""
    starts = [
        start
        for start in range(0, len(sound) - WINDOW + 1, WINDOW // 2)
        if (frame_levels_db(sound[start : start + WINDOW], SAMPLE_RATE) > _AUDIBLE_DB).mean() >= _MOSTLY
    ]
    for start in rng.permutation(starts)[:_WINDOWS]:
        yield sound[start : start + WINDOW]


def _fitted(sound: Values) -> Values:
    return np.pad(sound[:WINDOW], (0, max(0, WINDOW - len(sound))))


def main(
    beds: Annotated[Path, typer.Argument(help="Folder of music in which nobody sings or speaks.")],
    voices: Annotated[Path, typer.Argument(help="Folder of voices alone, ten seconds each.")],
    out: Annotated[Path, typer.Argument(help="The file of the head.")],
    rendered: Annotated[Path | None, typer.Option(help="Folder of rendered clips without voices.")] = None,
    seed: Annotated[int, typer.Option(help="Of windows, levels and folds.")] = 0,
    data: Annotated[str, typer.Option(help="What it learns from, in words.")] = "",
    licence: Annotated[str, typer.Option(help="The head's.")] = "",
) -> None:
    """Train the head for voices."""
    with errors_shown():
        music, sung = (sorted(path for path in folder.iterdir() if path.is_file()) for folder in (beds, voices))
        if not music or not sung:
            raise UsageError("There is no music, or there are no voices.", "Give two folders of sound files.")
        clips = sorted(path for path in rendered.iterdir() if path.is_file()) if rendered else []
        found = windows(music, sung, seed, clips)
        voiced = np.array([bool(name) for name in found.voices])
        logits = held_back(found, seed)
        for share in (0.0, 0.002, 0.01):
            least = float(np.quantile(logits[~voiced & ~found.rendered], 1 - share))
            said = (logits[voiced] >= least).mean()
            narrate(f"From {least:.2f} on: {share:.1%} of the music, {said:.1%} of the voices.")
        weights, bias = fitted(found.values, voiced, found.rendered)
        known = {
            "bias": round(bias, 6), "weights": [round(float(one), 6) for one in weights], "data": data,
            "licence": licence,
        }  # fmt: skip
        out.write_text(json.dumps(known) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
