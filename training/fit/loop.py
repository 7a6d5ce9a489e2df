"""The training itself: steps of AdamW, validations, saving, stopping."""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from j2a.console import narrate
from j2a.errors import J2AError, UsageError
from j2a.models.audio.projector import CARD_FILE
from j2a.models.files.weights import weights_hash
from j2a.models.language.llm import LoadedLLM, load_llm
from training.datasets.lessons import Course, Lesson, described, exam
from training.datasets.shards import Encoded, Measured
from training.datasets.table import TABLE, Row, read_table
from training.fit.loss import Answers, answers, cross_entropy, divergence
from training.fit.parallel import World, shard_layers, world
from training.fit.settings import FREE, FitSettings
from training.fit.students import Student, checkpoint_layers, heard_student
from training.fit.teacher import refuse_untold, taught
from training.ground.log import RunLog, progress, require_tensorboard
from training.ground.optimizer import decayed, quick_bfloat16, use_processor
from training.ground.run_folder import BEST, RunFolder, State
from training.ground.settings import settings_text
from training.ground.signals import on_stop

_FLOOR = 0.1  # the learning rate ends at this share of its highest
_BETAS = (0.9, 0.98)
_VALIDATION_BATCH = 32


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended."""

    state: State
    interrupted: bool
    first: bool  # whether this is the process that tells


def fit(table: Path, out: Path, settings: FitSettings, *, resume: bool = False) -> Result:
    """Train on the table's train split in the run folder ``out``; see ``folder.py`` for what is in it.

    Raises ``J2AError`` for anything that does not fit together, for a loss that is not a number, and for a disk or a
    memory that is full. SIGINT and SIGTERM end it after the step, saved.
    """
    with world(settings.device) as here:
        threads = settings.threads or os.cpu_count() or 1
        (use_processor if here.device == "cpu" else torch.set_num_threads)(threads)
        try:
            return _Run(table, out, settings, here, resume).run()
        except torch.OutOfMemoryError as error:
            raise J2AError(
                f"{here.device} has not enough memory.",
                "Try a higher --accumulate, --checkpointing, --precision 8bit or 4bit, or a smaller --batch-size.",
                title="Out of memory",
            ) from error


class _Run:
    """One process of a run."""

    def __init__(self, table: Path, out: Path, settings: FitSettings, here: World, resume: bool) -> None:
        if settings.batch_size % (here.size * settings.accumulate):
            raise UsageError(
                f"a batch of {settings.batch_size} cannot be shared by {here.size} processes in {settings.accumulate} "
                "parts each.",
                "Choose a --batch-size that can.",
            )
        if settings.tensorboard:
            require_tensorboard()
        self.settings, self.here = settings, here
        assert settings.encoded is not None
        store = (Measured if settings.version == "1.0" else Encoded)(settings.encoded, verify=here.first)
        stores = [store, *([Measured(settings.encoded, verify=here.first)] if settings.version == "3.0" else [])]
        listed = read_table(table)
        rows = [row for row in listed if all(row.id in one for one in stores)]
        self.left_out = len(listed) - len(rows)
        if listed and not rows:
            raise UsageError(
                f"none of the {len(listed):,} clips of {table} is in {settings.encoded}.",
                "Encode this table: j2a-train encode TABLE OUT, or give the folder that was made of it.",
            )
        for one in stores if here.first else []:
            one.refuse_other_audio(table, rows)
        self.course = Course([row for row in rows if row.split == "train"], settings.batch_size, settings.seed)
        self.exam = exam([row for row in rows if row.split == "valid"], settings.validate_clips)
        self.steps = settings.steps or math.ceil(settings.epochs * self.course.steps_per_epoch)

        llm = load_llm(settings.llm, precision=settings.precision, device=here.device)
        llm.model.requires_grad_(False)
        self.tokenizer = llm.tokenizer
        self.student = _student(settings, llm, store, self.course.rows)
        self.start_weights = weights_hash(settings.start) if settings.start else ""
        if settings.checkpointing:
            checkpoint_layers(self.student.model)
        self.trained = self.student.trained()
        if settings.fsdp and here.size > 1:
            shard_layers(self.student.model, self.trained.values(), here)
            del self.exam[len(self.exam) // here.size * here.size :]  # all must use the layers equally often
        self.optimizer = _optimizer(self.trained, settings)

        self.folder = RunFolder(out)
        if here.first:
            record = _record(table, settings, llm, store)
            record |= {"start_weights": self.start_weights} if settings.start else {}
            self.folder.begin(record, settings_text(settings), resume=resume)
        here.wait()
        self.state = self.folder.load_last(self.student, self.trained, self.optimizer) if resume else State()
        self._stop_asked = False

    def run(self) -> Result:
        """All steps that are left."""
        if not self.here.first:
            return self._train(None)
        narrate(settings_text(self.settings))
        settings, clips = self.settings, len(self.course.rows)
        if self.left_out:
            narrate(f"{self.left_out:,} clips of the table were not encoded and are left out.")
        narrate(f"Training on {clips:,} clips, validating on {len(self.exam):,}, {self.steps:,} steps.")
        with RunLog(self.folder.path, keep_steps=self.state.step, tensorboard=settings.tensorboard) as log:
            if not self.state.step:
                log.write(settings=settings_text(settings), processes=self.here.size, clips=clips, steps=self.steps)
            return self._train(log)

    def _train(self, log: RunLog | None) -> Result:
        state, stopped = self.state, False
        todo: Iterable[int] = range(state.step, self.steps) if not state.finished else ()
        if log is not None:
            todo = progress(todo, self.steps, "Training", done=state.step)
        with on_stop(self._ask_to_stop):
            for step in todo:
                numbers, stopped = self._step(step)
                state.step = step + 1
                validated = state.step % self.settings.validate_every == 0 or state.step == self.steps
                if validated:
                    numbers |= self._validate()
                if log is not None:
                    log.write(step=state.step, **numbers)
                    if validated or stopped:
                        self.folder.save_last(self.student, self.trained, self.optimizer, state)
                if stopped or state.finished:
                    break
        return Result(state, stopped and not state.finished, self.here.first)

    def _step(self, step: int) -> tuple[dict[str, float], bool]:
        """One step of the optimizer. Its numbers, and whether a process was asked to stop."""
        started = time.perf_counter()
        settings = self.settings
        torch.manual_seed(settings.seed * 1_000_003 + step * self.here.size + self.here.rank)  # for dropout
        rate = learning_rate(step, self.steps, settings)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        mine = self.here.share(self.course.batch(step))
        loss_sum, tokens, positions = 0.0, 0, 0
        size = len(mine) // settings.accumulate
        self.student.learning(True)
        for start in range(0, len(mine), size):
            loss, given = self._loss(mine[start : start + size], settings.distil)
            loss.backward()
            loss_sum, tokens, positions = (
                loss_sum + loss.item(),
                tokens + len(given.tokens),
                positions + given.positions,
            )
        loss_sum, all_tokens, all_positions, stops = self.here.total(loss_sum, tokens, positions, self._stop_asked)
        self.here.sum_gradients(self.trained.values())
        for parameter in self.trained.values():
            if parameter.grad is not None:
                parameter.grad /= all_tokens  # each caption token of the whole batch counts the same
        norm = float(torch.nn.utils.clip_grad_norm_(self.trained.values(), settings.clip))
        if not math.isfinite(norm) or not math.isfinite(loss_sum):
            raise J2AError(
                f"at step {step + 1} the loss is {loss_sum / all_tokens:g} and the gradient's norm {norm:g}.",
                "Go on from what was saved last, or start anew, with a smaller --learning-rate.",
                title="The training went astray",
            )
        self.optimizer.step()
        numbers = {
            "loss": loss_sum / all_tokens,
            "learning_rate": rate,
            "gradient_norm": norm,
            "tokens": all_tokens,
            "positions_per_s": round(all_positions / (time.perf_counter() - started), 1),
            "epoch": step // self.course.steps_per_epoch,
        }
        return numbers, stops > 0

    def _loss(self, lessons: Sequence[Lesson], distil: float) -> tuple[torch.Tensor, Answers]:
        """The loss summed over the caption tokens; ``distil`` is the share of the teacher's part."""
        most, model = self.settings.max_caption_tokens, self.student.model
        quick = self.settings.autocast and quick_bfloat16(self.here.device)
        with torch.autocast(self.here.device.partition(":")[0], torch.bfloat16, enabled=quick):
            given = answers(model, self.student.sequences(lessons), most)
            teacher = taught(model, self.tokenizer, lessons, most) if distil else None
        loss = cross_entropy(given)
        return loss if teacher is None else (1 - distil) * loss + distil * divergence(given, teacher), given

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
        """Look at the exam, keep the best, and see whether it is time to stop early."""
        state, loss_sum, tokens = self.state, 0.0, 0.0
        mine = self.here.share(self.exam)
        self.student.learning(False)
        for start in range(0, len(mine), _VALIDATION_BATCH):
            loss, given = self._loss(mine[start : start + _VALIDATION_BATCH], 0.0)
            loss_sum, tokens = loss_sum + loss.item(), tokens + len(given.tokens)
        loss_sum, tokens = self.here.total(loss_sum, tokens)
        mean = loss_sum / tokens if tokens else None
        if mean is None or state.best_loss is None or mean < state.best_loss:
            state.best_loss, state.best_step, state.worse = mean, state.step, 0
            if self.here.first:
                self.folder.replace(BEST, self._save_best)
        else:
            state.worse += 1
        if state.step == self.steps:
            state.finished = "all steps are done"
        elif self.settings.patience and state.worse >= self.settings.patience:
            state.finished = f"{state.worse} validations in a row were no better"
        return {} if mean is None else {"valid_loss": mean}

    def _save_best(self, folder: Path) -> None:
        self.student.save(folder, whole=True)
        with (folder / CARD_FILE).open("a", encoding="utf-8") as file:
            clips = len(self.course.rows), len(self.exam)
            file.write(training_card(self.settings, self.state, *clips, self.start_weights))

    def _ask_to_stop(self) -> None:
        self._stop_asked = True


def learning_rate(step: int, steps: int, settings: FitSettings) -> float:
    """At a step counted from 0: a straight line up, then a cosine down to a tenth."""
    if step < settings.warmup_steps:
        return settings.learning_rate * (step + 1) / settings.warmup_steps
    share = (step - settings.warmup_steps) / max(1, steps - settings.warmup_steps)
    return settings.learning_rate * (_FLOOR + (1 - _FLOOR) * (0.5 + 0.5 * math.cos(math.pi * share)))


def training_card(settings: FitSettings, state: State, clips: int, validated: int, start_weights: str) -> str:
    """What a card says of the training. ``start_weights``: of the projector that it began as, or ""."""
    began = f"* **Began** as another projector (weights {start_weights})\n" if start_weights else ""
    lines = settings_text(settings).splitlines(keepends=True)
    decisive = "".join(line for line in lines if line.split(" = ")[0] not in FREE)  # no paths of one machine
    loss = f"{state.best_loss:.4f} on {validated:,} clips" if state.best_loss is not None else "not measured"
    return f"""
## Training

* **Clips**: {clips:,}, seen for {state.step:,} steps of {settings.batch_size}
* **Validation loss** (nats a caption token): {loss}
{began}
```toml
{decisive}```
"""


def _student(settings: FitSettings, llm: LoadedLLM, store: Encoded | Measured, rows: Sequence[Row]) -> Student:
    if isinstance(store, Measured):
        from training.fit.adapter import FactsStudent

        return FactsStudent(llm, store, settings, *described(rows))
    if settings.distil:
        refuse_untold(rows)
    return heard_student(settings, llm, store, *described(rows))


def _optimizer(trained: dict[str, torch.nn.Parameter], settings: FitSettings) -> torch.optim.AdamW:
    groups = decayed(trained.values(), settings.weight_decay)
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=_BETAS)


def _record(table: Path, settings: FitSettings, llm: LoadedLLM, store: Encoded | Measured) -> dict[str, Any]:
    """What a run is: settings that change what is learned, and what it learns from, by content."""
    decisive = {name: value for name, value in asdict(settings).items() if name not in FREE}
    return {
        **decisive,
        "precision": llm.precision,
        "llm_weights": llm.weights,
        **store.about,
        "table": hashlib.sha256((table / TABLE).read_bytes()).hexdigest(),
    }
