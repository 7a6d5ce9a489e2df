"""Trains the small encoder on a corpus with facts. Resumable; saves at every evaluation.

Patches are left out at random while it learns (Koutini et al., "Efficient Training of Audio Transformers with
Patchout", Interspeech 2022, https://arxiv.org/abs/2110.05069): faster, and it leans less on any one of them.

B batch, T mel frames, F mel bins, P patches, D width, E features.
"""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Parameter
from torch.nn.attention import SDPBackend, sdpa_kernel

from j2a.console import narrate
from j2a.errors import J2AError
from j2a.models.mwmae import MWMAE, MWMAEConfig, into_chunks, load_encoder, standardise
from training.encoder.bins import ScaledPatches, scale_patches
from training.encoder.heads import CLASSES, YES_NO, Heads, load_heads, loss, targets
from training.encoder.mels import mel_table, overlay, vary
from training.encoder.settings import FREE, EncoderSettings
from training.facts import FAMILIES
from training.fit.folder import RunFolder
from training.optimizer import decayed
from training.runlog import RunLog
from training.settings import settings_text
from training.table import Row, Split, line_of, read_table

ENCODER, HEADS = "encoder", "heads.safetensors"  # in RUN/last
_PATCHES = "patch_embed"


class Learner:
    """An encoder and its heads, as :class:`training.fit.folder.RunFolder` keeps them."""

    def __init__(self, encoder: MWMAE, heads: Heads, patches: ScaledPatches) -> None:
        self.encoder, self.heads, self.patches = encoder, heads, patches

    def trained(self) -> dict[str, Parameter]:
        """Every parameter, by name."""
        parts = {"encoder": self.encoder, "heads": self.heads}
        return {f"{part}.{name}": p for part, module in parts.items() for name, p in module.named_parameters()}

    def save(self, folder: Path, *, whole: bool = True) -> None:
        """Write both; there is nothing else that captioning needs."""
        (folder / ENCODER).mkdir()
        plain = MWMAE(self.encoder.config)
        plain.load_state_dict(self._others() | {f"{_PATCHES}.{n}": x for n, x in self.patches.plain().items()})
        plain.save(folder / ENCODER)
        self.heads.save(folder / HEADS)

    def restore(self, folder: Path) -> None:
        """Take what :meth:`save` wrote."""
        saved = load_encoder(folder / ENCODER)
        self.encoder.load_state_dict({name: saved.state_dict()[name] for name in self._others()}, strict=False)
        self.patches.take(saved.patch_embed.state_dict())
        self.heads.load_state_dict(load_heads(folder / HEADS).state_dict())

    def _others(self) -> dict[str, Tensor]:
        """The encoder's weights but for those of the patches."""
        return {name: x for name, x in self.encoder.state_dict().items() if not name.startswith(_PATCHES)}


def train(train_table: Path, valid_table: Path, out: Path, settings: EncoderSettings, *, resume: bool = False) -> None:
    """Train on the train split of one table, evaluate on the valid split of another (of a soundfont not trained on).

    ``out`` gets ``last/``, with an encoder as ``load_encoder`` reads it, and ``log.jsonl``; ``resume`` goes on with the
    run that is there. Raises ``J2AError`` for tables without such rows, a folder of another run, and a full disk.
    """
    rows = [_known(train_table, "train"), _known(valid_table, "valid")]
    run = RunFolder(out)
    record = {name: value for name, value in asdict(settings).items() if name not in FREE}
    digests = {name: _digest(some) for name, some in zip(("train", "valid"), rows, strict=True)}
    run.begin({**record, **digests}, settings_text(settings), resume=resume)
    torch.set_num_threads(settings.threads)
    config = small_config(settings)
    data = _Data(train_table, rows[0], config, out / "cache", settings)
    held_back = _Data(valid_table, rows[1], config, out / "cache", settings)
    torch.manual_seed(settings.seed)
    encoder = MWMAE(config)
    learner = Learner(encoder, Heads(config.features), scale_patches(encoder, data.mels))
    trained = learner.trained()
    optimizer = torch.optim.AdamW(
        decayed(trained.values(), settings.weight_decay), lr=settings.learning_rate, betas=(0.9, 0.98)
    )
    state = run.load_last(learner, trained, optimizer)
    narrate(f"{sum(p.numel() for p in trained.values()):,} parameters, {len(rows[0]):,} clips, from step {state.step}.")
    with RunLog(out, keep_steps=state.step) as log:
        losses: list[float] = []
        for step in range(state.step + 1, settings.steps + 1):
            losses.append(_step(learner, optimizer, data, step, settings))
            if step % settings.evaluate_every == 0 or step == settings.steps:
                found = evaluate(learner.encoder, learner.heads, held_back)
                log.write(step=step, loss=round(statistics.fmean(losses), 4), **found)
                state.step = step
                run.save_last(learner, trained, optimizer, state)
                narrate(f"step {step}: {json.dumps(found)}")
                losses = []


def _step(
    learner: Learner, optimizer: torch.optim.Optimizer, data: _Data, step: int, settings: EncoderSettings
) -> float:
    for group in optimizer.param_groups:
        group["lr"] = settings.learning_rate * _schedule(step, settings)
    mels, wanted, weight = data.batch(step)
    optimizer.zero_grad(set_to_none=True)
    # The fused attention's backward pass takes half of a step on a CPU, where there are so few patches.
    with torch.autocast("cpu", torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
        features = _masked_mean(learner.encoder, mels, settings.keep, _generator(settings, step, 1))
    value = loss(learner.heads(features), wanted, weight)
    value.backward()
    torch.nn.utils.clip_grad_norm_(learner.trained().values(), 1.0)
    optimizer.step()
    return value.item()


def _known(folder: Path, split: Split) -> list[Row]:
    known = [row for row in read_table(folder, split) if row.facts]
    if not known:
        raise J2AError(f"{folder} has no rows with facts in its {split} split.", "j2a-train synth makes some.")
    return known


def _digest(rows: list[Row]) -> str:
    return hashlib.sha256("".join(map(line_of, rows)).encode()).hexdigest()[:12]


def small_config(settings: EncoderSettings) -> MWMAEConfig:
    """One chunk of ten seconds, so that a slow beat is heard several times; patches of 160 ms, and of all bins."""
    return MWMAEConfig(
        width=settings.width, depth=settings.depth, heads=settings.width // 32, mlp_width=4 * settings.width,
        chunk_frames=1008, patch_frames=16, patch_bins=MWMAEConfig().mel_bins // settings.bands,
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
        self.rows = rows
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


def _schedule(step: int, settings: EncoderSettings) -> float:
    done = max(0.0, (step - settings.warmup) / max(1, settings.steps - settings.warmup))
    return min(1.0, step / max(1, settings.warmup)) * (0.5 + 0.5 * math.cos(math.pi * done))
