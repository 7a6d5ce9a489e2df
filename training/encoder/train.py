"""Trains the small encoder on a corpus with facts. Resumable; saves at every evaluation.

B batch, T mel frames, F mel bins.
"""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
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
from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.mwmae import MWMAE, into_chunks, load_encoder, standardise
from j2a.models.language.llm import resources
from training.captions.facts import FAMILIES
from training.datasets.table import Row, Split, line_of, read_table
from training.encoder.heads import CLASSES, HEADS, TEMPO_BINS, YES_NO, Heads, load_heads, loss, targets
from training.encoder.mels import mel_table, overlay, vary
from training.encoder.settings import FREE, EncoderSettings
from training.ground.log import RunLog
from training.ground.optimizer import decayed, quick_bfloat16, use_processor
from training.ground.run_folder import RunFolder
from training.ground.settings import settings_text

ENCODER = "encoder"  # in RUN/last, with the heads beside it; and alone, in 16 bits, in RUN
_PATCHES = "patch_embed"


class Learner:
    """An encoder and its heads, as :class:`training.ground.run_folder.RunFolder` keeps them."""

    def __init__(self, encoder: MWMAE, heads: Heads) -> None:
        self.encoder, self.heads = encoder, heads

    def trained(self) -> dict[str, Parameter]:
        """Every parameter, by name."""
        parts = {"encoder": self.encoder, "heads": self.heads}
        return {f"{part}.{name}": p for part, module in parts.items() for name, p in module.named_parameters()}

    def logits(self, mels: Tensor) -> dict[str, Tensor]:
        """(B, T, F) log-mels to what the heads say of the encoder's outputs."""
        out: dict[str, Tensor] = self.heads(heard(self.encoder, mels))
        return out

    def save(self, folder: Path, *, whole: bool = True) -> None:
        """Write both; there is nothing else that captioning needs."""
        (folder / ENCODER).mkdir()
        self.encoder.save(folder / ENCODER)
        self.heads.save(folder / HEADS)

    def restore(self, folder: Path) -> None:
        """Take what :meth:`save` wrote."""
        self.encoder.load_state_dict(load_encoder(folder / ENCODER).state_dict())
        self.heads.load_state_dict(load_heads(folder / HEADS).state_dict())

    def to(self, device: str) -> Learner:
        """Both on a device."""
        self.encoder.to(device)
        self.heads.to(device)
        return self


def train(train_table: Path, valid_table: Path, out: Path, settings: EncoderSettings, *, resume: bool = False) -> None:
    """Train on the train split of one table, evaluate on the valid split of another (of a soundfont not trained on).

    ``out`` gets ``last/``, where the run stands, ``log.jsonl``, and at the end ``encoder/``, as ``load_encoder`` reads
    it; ``resume`` goes on with the run that is there. Raises ``J2AError`` for tables without such rows, a folder of
    another run, a full disk, and a GPU that is too small.
    """
    device, _ = resources(device=None if settings.device == "auto" else settings.device)
    try:
        _train(train_table, valid_table, out, settings, device, resume=resume)
    except torch.OutOfMemoryError as error:
        raise J2AError(
            f"{device} has not enough memory.", "Try a smaller --batch-size, fewer clips, or --device cpu.",
            title="Out of memory",
        ) from error  # fmt: skip


def _train(
    train_table: Path, valid_table: Path, out: Path, settings: EncoderSettings, device: str, *, resume: bool
) -> None:
    rows = [_known(train_table, "train"), _known(valid_table, "valid")]
    run = RunFolder(out)
    record = {name: value for name, value in asdict(settings).items() if name not in FREE}
    digests = {name: _digest(some) for name, some in zip(("train", "valid"), rows, strict=True)}
    record |= {"start": str(settings.start or ""), "tempo_bins": TEMPO_BINS, **digests}
    run.begin(record, settings_text(settings), resume=resume)
    use_processor(settings.threads)
    config = small_config(settings)
    data = _Data(train_table, rows[0], config, out / "cache", settings, device)
    held_back = _Data(valid_table, rows[1], config, out / "cache", settings, "cpu")
    torch.manual_seed(settings.seed)
    learner = Learner(_untrained(config, device), Heads(config.features)).to(device)
    trained = learner.trained()
    optimizer = torch.optim.AdamW(
        decayed(trained.values(), settings.weight_decay), lr=settings.learning_rate, betas=(0.9, 0.98)
    )
    state = run.load_last(learner, trained, optimizer)
    if settings.start and not state.step:  # a run that goes on has its own weights
        _start_from(settings.start, learner)
    narrate(f"{sum(p.numel() for p in trained.values()):,} parameters, {len(rows[0]):,} clips, from step {state.step}.")
    with RunLog(out, keep_steps=state.step) as log:
        losses: list[float] = []
        for step in range(state.step + 1, settings.steps + 1):
            losses.append(_step(learner, optimizer, data, step, settings))
            if step % settings.evaluate_every == 0 or step == settings.steps:
                found = evaluate(learner, held_back)
                log.write(step=step, loss=round(statistics.fmean(losses), 4), **found)
                state.step = step
                run.save_last(learner, trained, optimizer, state)
                narrate(f"step {step}: {json.dumps(found)}")
                losses = []
    run.replace(ENCODER, lambda folder: learner.encoder.save(folder, half=True))


def _start_from(folder: Path, learner: Learner) -> None:
    """Take an encoder's weights, and the heads that its training left beside it.

    Where there are none, the heads are new, and say nothing at first, so that they do not disturb it.
    """
    try:
        learner.encoder.load_state_dict(load_encoder(folder).state_dict())
    except RuntimeError as error:
        raise J2AError(
            f"the encoder in {folder} has other sizes.", "Give the width, the depth and the channels of its run."
        ) from error
    heads = folder.resolve().parent / HEADS
    if heads.is_file():
        try:
            learner.heads.load_state_dict(load_heads(heads).state_dict())
        except J2AError as error:
            raise J2AError(error.message, f"Move {heads} away to begin with new heads.") from error
        narrate(f"It begins with {folder} and the heads beside it.")
        return
    for weight in learner.heads.heads.parameters():
        torch.nn.init.zeros_(weight)
    narrate(f"It begins with {folder} and new heads.")


def _step(
    learner: Learner, optimizer: torch.optim.Optimizer, data: _Data, step: int, settings: EncoderSettings
) -> float:
    for group in optimizer.param_groups:
        group["lr"] = settings.learning_rate * _schedule(step, settings)
    mels, wanted, weight = data.batch(step)
    optimizer.zero_grad(set_to_none=True)
    # The backward pass of the fused attention is slow on a CPU, where steps are few.
    with sdpa_kernel(SDPBackend.MATH) if mels.device.type == "cpu" else nullcontext():
        value = loss(learner.logits(mels), wanted, weight)
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
    """One chunk of ten seconds, so that a slow beat is heard several times, and 16 time steps of all mel bins in it."""
    return MWMAEConfig(
        width=settings.width, depth=settings.depth, heads=settings.width // 32, mlp_width=4 * settings.width,
        chunk_frames=1024, patch_frames=64, patch_bins=MWMAEConfig().mel_bins, stem=settings.channels,
    )  # fmt: skip


def training_dtype(device: str) -> torch.dtype:
    """Of the encoder's matrix products in training."""
    return torch.bfloat16 if quick_bfloat16(device) else torch.float32


def _untrained(config: MWMAEConfig, device: str) -> MWMAE:
    """Blocks that pass on what the stem heard until they have learned better: it learns first, and undisturbed."""
    encoder = MWMAE(config, training_dtype(device))
    for name, parameter in encoder.blocks.named_parameters():
        if name.endswith(("proj.weight", "fc2.weight")):
            torch.nn.init.zeros_(parameter)
    return encoder


def heard(encoder: MWMAE, mels: Tensor) -> Tensor:
    """(B, T, F) log-mels of one chunk each to the encoder's outputs (B, K, E)."""
    return encoder.encode_chunks(into_chunks(standardise(mels), encoder.config.chunk_frames)[:, 0])


@torch.no_grad()
def all_heard(encoder: MWMAE, mels: NDArray[np.float16], batch: int = 64) -> Iterator[Tensor]:
    """The encoder's outputs of log-mels (rows, T, F), in batches of (B, K, E)."""
    device = encoder.pos_embed.device
    for start in range(0, len(mels), batch):
        yield heard(encoder, torch.from_numpy(mels[start : start + batch]).to(device).float())


@torch.no_grad()
def predict(heads: Callable[[Tensor], dict[str, Tensor]], outputs: Iterable[Tensor]) -> dict[str, Tensor]:
    """Probabilities by fact of all clips, on the CPU. ``outputs`` are an encoder's, (B, K, E), where the heads are."""
    found: list[dict[str, Tensor]] = []
    for some in outputs:
        logits = heads(some)
        found.append({n: (x.sigmoid() if n == "yes_no" else x.softmax(-1)).cpu() for n, x in logits.items()})
    return {name: torch.cat([one[name] for one in found]) for name in found[0]}


def evaluate(learner: Learner, data: _Data) -> dict[str, float]:
    """Shares that are right: micro F1 of the families at 0.5, and the accuracy of everything else."""
    learner.encoder.eval()
    said = predict(learner.heads, all_heard(learner.encoder, data.mels.numpy()))
    wanted = targets([row.facts for row in data.rows])
    learner.encoder.train()
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
    """Log-mels and targets of some rows, and the batches made of them, which depend on the step alone.

    A GPU holds them all; with the CPU they stay on the disk, and in its cache.
    """

    def __init__(
        self, folder: Path, rows: list[Row], config: MWMAEConfig, cache: Path, settings: EncoderSettings, device: str
    ) -> None:
        self.rows, self.settings, self.device = rows, settings, device
        mels = mel_table(folder, self.rows, config, cache, settings.threads)
        self.mels = torch.from_numpy(mels).to(device)
        self.targets = {name: values.to(device) for name, values in targets([row.facts for row in rows]).items()}

    def batch(self, step: int) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """Log-mels (B, T, F), targets, and 1 for each row whose every fact is known."""
        settings = self.settings
        generator = _generator(settings, step, self.device)
        per_round = max(1, len(self.rows) // settings.batch_size)
        round_, place = divmod(step - 1, per_round)
        order = np.random.default_rng([settings.seed, round_]).permutation(len(self.rows))
        chosen = np.sort(order[place * settings.batch_size : (place + 1) * settings.batch_size])
        places = torch.from_numpy(chosen).to(self.device)
        mels = self.mels[places].float()
        wanted = {name: values[places] for name, values in self.targets.items()}
        weight = torch.ones(len(chosen), device=self.device)
        count = int(len(chosen) * settings.overlaid)
        if count:  # the first ones play along with the last ones
            level = torch.rand(count, generator=generator, device=self.device) * 3.0 - 1.5
            mels = torch.cat([overlay(mels[:count], mels[-count:], level), mels[count:]])
            yes_no = wanted["yes_no"].clone()
            yes_no[:count] = torch.maximum(yes_no[:count], yes_no[-count:])
            wanted["yes_no"], weight[:count] = yes_no, 0.0
        return vary(mels, generator), wanted, weight


def _generator(settings: EncoderSettings, step: int, device: str) -> torch.Generator:
    """Chance that depends on the step alone: a run that goes on sees what it would have seen."""
    return torch.Generator(device).manual_seed(settings.seed * 1_000_003 + step)


def _schedule(step: int, settings: EncoderSettings) -> float:
    done = max(0.0, (step - settings.warmup) / max(1, settings.steps - settings.warmup))
    return min(1.0, step / max(1, settings.warmup)) * (0.5 + 0.5 * math.cos(math.pi * done))
