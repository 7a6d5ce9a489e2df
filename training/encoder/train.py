"""Trains the small encoder on a corpus with facts. Resumable; saves at every evaluation.

Patches are left out at random while it learns (Koutini et al., "Efficient Training of Audio Transformers with
Patchout", Interspeech 2022, https://arxiv.org/abs/2110.05069): faster, and it leans less on any one of them.

B batch, T mel frames, F mel bins, P patches, D width, E features.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from j2a.console import narrate
from j2a.errors import J2AError
from j2a.models.mwmae import MWMAE, MWMAEConfig, into_chunks, standardise
from training.encoder.heads import CLASSES, YES_NO, Heads, loss, targets
from training.encoder.mels import mel_table, overlay, vary
from training.encoder.settings import EncoderSettings
from training.facts import FAMILIES
from training.runlog import RunLog
from training.settings import settings_text
from training.table import Row, read_table

SETTINGS = "settings.toml"


def train(train_table: Path, valid_table: Path, out: Path, settings: EncoderSettings) -> None:
    """Train on the train split of one table, evaluate on the valid split of another (of a soundfont not trained on).

    ``out`` gets ``encoder/`` (as ``load_encoder`` reads it), ``heads.safetensors``, ``log.jsonl`` and the state to go
    on from. Raises ``J2AError`` for tables without such rows, and a folder of another run.
    """
    _claim(out, settings)
    torch.set_num_threads(settings.threads)
    config = small_config(settings)
    data = _Data(train_table, read_table(train_table, "train"), config, out / "cache", settings)
    held_back = _Data(valid_table, read_table(valid_table, "valid"), config, out / "cache", settings)
    torch.manual_seed(settings.seed)
    encoder, heads = MWMAE(config), Heads(config.features)
    optimizer = torch.optim.AdamW(
        _groups([encoder, heads], settings.weight_decay), lr=settings.learning_rate, betas=(0.9, 0.98)
    )
    first = _resume(out, encoder, heads, optimizer)
    narrate(f"{sum(p.numel() for p in encoder.parameters()):,} parameters, {len(data.rows)} clips, from step {first}.")
    with RunLog(out, keep_steps=first) as log:
        total = 0.0
        for step in range(first + 1, settings.steps + 1):
            for group in optimizer.param_groups:
                group["lr"] = settings.learning_rate * _schedule(step, settings)
            mels, wanted, weight = data.batch(step)
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16):
                features = _masked_mean(encoder, mels, settings.keep, _generator(settings, step, 1))
            value = loss(heads(features), wanted, weight)
            value.backward()
            torch.nn.utils.clip_grad_norm_([*encoder.parameters(), *heads.parameters()], 1.0)
            optimizer.step()
            total += value.item()
            if step % settings.evaluate_every == 0 or step == settings.steps:
                record = evaluate(encoder, heads, held_back)
                log.write(step=step, loss=round(total / settings.evaluate_every, 4), **record)
                narrate(f"step {step}: {json.dumps(record)}")
                _save(out, encoder, heads, optimizer, step)
                total = 0.0


def small_config(settings: EncoderSettings) -> MWMAEConfig:
    """One chunk of ten seconds, so that a slow beat is heard several times; patches of 160 ms x 16 bins."""
    return MWMAEConfig(
        width=settings.width, depth=settings.depth, heads=settings.width // 32, mlp_width=4 * settings.width,
        chunk_frames=1008, patch_frames=16, patch_bins=16, stem=settings.stem,
    )  # fmt: skip


def _masked_mean(encoder: MWMAE, mels: Tensor, keep: float, generator: torch.Generator) -> Tensor:
    """(B, T, F) log-mels to (B, E): the mean over time of each mel patch's outputs, over the patches that are kept."""
    config = encoder.config
    embedded = encoder.embed_patches(into_chunks(standardise(mels), config.chunk_frames)[:, 0])
    # The same number of time steps of each mel band, so that every band has its mean.
    kept = max(1, round(keep * config.chunk_steps))
    drawn = torch.rand(len(mels), config.chunk_steps, config.mel_patches, generator=generator)
    chosen = drawn.argsort(dim=1)[:, :kept]
    chosen = chosen.sort(dim=1).values
    by_time = embedded.unflatten(1, (config.chunk_steps, config.mel_patches))  # (B, K, M, D)
    hidden = by_time.gather(1, chosen[..., None].expand(-1, -1, -1, config.width)).flatten(1, 2)
    for block in encoder.blocks:
        hidden = block(hidden)
    out: Tensor = encoder.norm(hidden).float().unflatten(1, (kept, config.mel_patches)).mean(1).flatten(1)
    return out


@torch.no_grad()
def predict(encoder: MWMAE, heads: Heads, mels: NDArray[np.float16], batch: int = 64) -> dict[str, Tensor]:
    """Probabilities by fact of every log-mel (rows, T, F), as the whole encoder hears them."""
    found: list[dict[str, Tensor]] = []
    for start in range(0, len(mels), batch):
        some = torch.from_numpy(mels[start : start + batch].astype(np.float32))
        logits = heads(encoder.encode_chunks(into_chunks(standardise(some), encoder.config.chunk_frames)[:, 0]).mean(1))
        found.append({n: x.sigmoid() if n == "yes_no" else x.softmax(-1) for n, x in logits.items()})
    return {name: torch.cat([one[name] for one in found]) for name in found[0]}


def evaluate(encoder: MWMAE, heads: Heads, data: _Data) -> dict[str, float]:
    """Shares that are right: micro F1 of the families at 0.5, and the accuracy of everything else."""
    encoder.precision = torch.bfloat16
    said, wanted = predict(encoder, heads, data.mels), targets([row.facts for row in data.rows])
    encoder.precision = torch.float32
    families = slice(0, len(FAMILIES))
    yes, true = said["yes_no"][:, families] > 0.5, wanted["yes_no"][:, families] > 0.5
    right = {"families_f1": float(2 * (yes & true).sum() / (yes.sum() + true.sum()).clamp(min=1))}
    for name in YES_NO[len(FAMILIES) :]:
        place = YES_NO.index(name)
        right[name] = float(((said["yes_no"][:, place] > 0.5) == (wanted["yes_no"][:, place] > 0.5)).float().mean())
    for name in CLASSES:
        right[name] = float((said[name].argmax(-1) == wanted[name]).float().mean())
    return {name: round(value, 4) for name, value in right.items()}


class _Data:
    """Log-mels and targets of some rows, and the batches made of them, which depend on the step alone."""

    def __init__(
        self, folder: Path, rows: list[Row], config: MWMAEConfig, cache: Path, settings: EncoderSettings
    ) -> None:
        self.rows = [row for row in rows if row.facts]
        if not self.rows:
            raise J2AError(f"{folder} has no rows with facts in the wanted split.", "j2a-train synth makes some.")
        self.mels = mel_table(folder, self.rows, config, cache, settings.threads)
        self.targets = targets([row.facts for row in self.rows])
        self.settings = settings

    def batch(self, step: int) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """Log-mels (B, T, F), targets, and 1 for each row whose every fact is known."""
        settings = self.settings
        generator = _generator(settings, step, 0)
        per_round = max(1, len(self.rows) // settings.batch_size)
        round_, place = divmod(step - 1, per_round)
        order = np.random.default_rng([settings.seed, round_]).permutation(len(self.rows))
        chosen = order[place * settings.batch_size : (place + 1) * settings.batch_size]
        mels = torch.from_numpy(self.mels[np.sort(chosen)].astype(np.float32))
        wanted = {name: values[np.sort(chosen)] for name, values in self.targets.items()}
        weight = torch.ones(len(chosen))
        count = int(len(chosen) * settings.overlaid)
        if count:  # the first ones play along with the last ones
            level = torch.rand(count, generator=generator) * 3.0 - 1.5
            mels = torch.cat([overlay(mels[:count], mels[-count:], level), mels[count:]])
            yes_no = wanted["yes_no"].clone()
            yes_no[:count] = torch.maximum(yes_no[:count], yes_no[-count:])
            wanted["yes_no"], weight[:count] = yes_no, 0.0
        return vary(mels, generator), wanted, weight


def _generator(settings: EncoderSettings, step: int, use: int) -> torch.Generator:
    """Chance that depends on the step alone: a run that goes on sees what it would have seen."""
    return torch.Generator().manual_seed(2 * (settings.seed * 1_000_003 + step) + use)


def _groups(modules: list[torch.nn.Module], decay: float) -> list[dict[str, Any]]:
    parameters = [p for module in modules for p in module.parameters()]
    return [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]


def _schedule(step: int, settings: EncoderSettings) -> float:
    done = max(0.0, (step - settings.warmup) / max(1, settings.steps - settings.warmup))
    return min(1.0, step / max(1, settings.warmup)) * (0.5 + 0.5 * math.cos(math.pi * done))


def _claim(out: Path, settings: EncoderSettings) -> None:
    path, text = out / SETTINGS, settings_text(settings)
    narrate(text.rstrip())
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise J2AError(f"{out} holds a run with other settings.", "Choose a new folder, or the settings in it.")
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _save(out: Path, encoder: MWMAE, heads: Heads, optimizer: torch.optim.Optimizer, step: int) -> None:
    (out / "encoder").mkdir(exist_ok=True)
    encoder.save(out / "encoder")
    heads.save(out / "heads.safetensors")
    state = {f"{place}.{name}": value.contiguous() for place, slot in _slots(optimizer) for name, value in slot.items()}
    part = out / "state.part"
    save_file({**state, "step": torch.tensor(step), **_prefixed(encoder, "encoder"), **_prefixed(heads, "heads")}, part)
    part.replace(out / "state.safetensors")


def _resume(out: Path, encoder: MWMAE, heads: Heads, optimizer: torch.optim.Optimizer) -> int:
    path = out / "state.safetensors"
    if not path.exists():
        return 0
    state = load_file(path)
    encoder.load_state_dict({n.removeprefix("encoder/"): v for n, v in state.items() if n.startswith("encoder/")})
    heads.load_state_dict({n.removeprefix("heads/"): v for n, v in state.items() if n.startswith("heads/")})
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in state.items():
        place, dot, slot = name.partition(".")
        if dot and place.isdigit():
            slots.setdefault(int(place), {})[slot] = value
    optimizer.load_state_dict({"state": slots, "param_groups": optimizer.state_dict()["param_groups"]})
    return int(state["step"])


def _prefixed(module: torch.nn.Module, prefix: str) -> dict[str, Tensor]:
    return {f"{prefix}/{name}": value.contiguous() for name, value in module.state_dict().items()}


def _slots(optimizer: torch.optim.Optimizer) -> Iterator[tuple[int, dict[str, Tensor]]]:
    yield from optimizer.state_dict()["state"].items()
