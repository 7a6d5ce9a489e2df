"""Trains the built-in mini J2A-LLM: a small Mistral that writes captions from measured features and from soft tokens.

The learning rate warms up, stays, and decays over the last part of the steps. OUT/last is where the run stands,
OUT/model the model as captioning loads it, written at every evaluation, and OUT/projector, with real sound, the
projector that was trained along; OUT/log.jsonl tells how it went.
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
import random
import statistics
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch.nn import Module, Parameter
from transformers import MistralConfig, MistralForCausalLM

from j2a.caption import Sampling
from j2a.console import narrate
from j2a.models.audio.projector import Projector
from j2a.models.files.weights import weights_hash
from j2a.models.language.chat import prompt_ids
from j2a.models.language.generation import stream_text
from j2a.models.language.llm import load_llm, resources
from j2a.models.prompts import build_prompt
from training.captions.agreement import STATED_BY, score
from training.captions.believed_prior import random_beliefs
from training.captions.heard_prior import SoftTags
from training.datasets.musiccaps import MusicCapsRow, read_musiccaps
from training.ground.log import RunLog
from training.ground.optimizer import decayed, use_processor
from training.ground.parts import part_name
from training.ground.run_folder import RunFolder
from training.ground.settings import settings_text
from training.ground.signals import on_stop
from training.mini.batches import batches, embed, loss
from training.mini.pairs import pairs, train_tokenizer
from training.mini.settings import FREE, MiniSettings
from training.mini.sound import Sound

MODEL, PROJECTOR = "model", "projector"  # in the run's folder
_WEIGHTS = "weights.safetensors"  # in RUN/last


class Learner:
    """The model and what makes its soft tokens, as :class:`training.ground.run_folder.RunFolder` keeps them."""

    def __init__(self, model: MistralForCausalLM, projector: Projector | None = None) -> None:
        self.model, self.soft_tags, self.projector = model, SoftTags(model.config.hidden_size), projector
        if projector is not None:
            projector.requires_grad_(True).train()

    def trained(self) -> dict[str, Parameter]:
        """Every parameter, by name."""
        parts: dict[str, Module] = {"model": self.model, "soft": self.soft_tags}
        if self.projector is not None:
            parts["projector"] = self.projector
        return {f"{part}.{name}": p for part, module in parts.items() for name, p in module.named_parameters()}

    def save(self, folder: Path, *, whole: bool = True) -> None:
        """Write everything in float32."""
        save_file({name: p.detach().cpu().contiguous() for name, p in self.trained().items()}, folder / _WEIGHTS)

    @torch.no_grad()
    def restore(self, folder: Path) -> None:
        """Take what :meth:`save` wrote."""
        weights = load_file(folder / _WEIGHTS)
        for name, parameter in self.trained().items():
            parameter.copy_(weights[name])

    def to(self, device: str) -> Learner:
        """All parts on a device."""
        parts: tuple[Module | None, ...] = (self.model, self.soft_tags, self.projector)
        for part in parts:
            if part is not None:
                part.to(device)
        return self


def train(out: Path, settings: MiniSettings, *, resume: bool = False) -> bool:
    """Train from nothing, or from the model in ``settings.start``. Returns whether it came to its end.

    SIGINT and SIGTERM save and stop; ``resume`` goes on, and sees what the run would have seen. Without captions of
    MusicCaps the model learns from our own grammar alone. Raises ``J2AError`` for files that cannot be read or written,
    and for a folder of another run.
    """
    rows = read_musiccaps(settings.captions, "train") if settings.captions else []
    run = RunFolder(out)
    record = {name: value for name, value in asdict(settings).items() if name not in FREE}
    record |= {"start": str(settings.start or ""), "musiccaps": _digest(rows)}
    device, _ = resources(device=None if settings.device == "auto" else settings.device)
    loaded = load_llm(str(settings.start), device="cpu") if settings.start else None
    sound = None
    if settings.sound and settings.encoded and settings.projector:
        width = loaded.model.config.hidden_size if loaded else settings.width
        sound = Sound(settings.sound, settings.encoded, settings.projector, width)
        record |= {
            "sound": sound.digest,
            "encoder_weights": sound.encoder_weights,
            "projector": weights_hash(settings.projector),
        }
    else:
        del record["sound_share"]
    run.begin(record, settings_text(settings), resume=resume)
    torch.manual_seed(settings.seed)
    use_processor(settings.threads)
    if loaded:
        tokenizer, model = loaded.tokenizer, resized(loaded.model.float(), settings.mlp_width)
        model.requires_grad_(True).train()
    else:
        tokenizer = train_tokenizer(rows, settings.vocabulary_size, settings.seed)
        model = build_model(settings, tokenizer)
    learner = Learner(model, sound.projector if sound else None).to(device)
    return _Training(run, learner, tokenizer, rows, settings, sound).run()


class _Training:
    def __init__(
        self, folder: RunFolder, learner: Learner, tokenizer: Any, rows: list[MusicCapsRow],
        settings: MiniSettings, sound: Sound | None = None,
    ) -> None:  # fmt: skip
        self.folder, self.tokenizer, self.settings, self.sound = folder, tokenizer, settings, sound
        self.learner = learner
        self.trained = learner.trained()
        groups = [
            *decayed(learner.model.parameters(), settings.weight_decay),
            *decayed(learner.soft_tags.parameters(), 0.0),
        ]
        if learner.projector is not None:
            groups += decayed(learner.projector.parameters(), 0.0)
        self.optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98))
        source = pairs(rows, settings.tags_share, settings.heard_share, settings.seed, sound, settings.sound_share)
        self.batches: Iterator[Any] = batches(tokenizer, source, settings.batch_size, tokenizer.pad_token_id)
        self.stopping = False

    def run(self) -> bool:
        settings, state = self.settings, self.folder.load_last(self.learner, self.trained, self.optimizer)
        narrate(f"{sum(p.numel() for p in self.learner.model.parameters()):,} parameters, from step {state.step}.")
        self.batches = islice(self.batches, state.step, None)  # those were seen
        losses: list[float] = []
        with RunLog(self.folder.path, keep_steps=state.step) as log, on_stop(self._stop):
            for step in range(state.step + 1, settings.steps + 1):
                losses.append(self._step(step))
                last = step == settings.steps
                if step % settings.evaluate_every == 0 or last or self.stopping:
                    found = evaluate(self.learner.model, self.tokenizer, settings.final_captions if last else 32)
                    log.write(step=step, loss=round(statistics.fmean(losses), 4), **found)
                    narrate(f"step {step}: {json.dumps(found)}")
                    state.step, losses = step, []
                    self.folder.replace(MODEL, self._save_model)
                    if self.learner.projector is not None:
                        self.folder.replace(PROJECTOR, self._save_projector)
                    self.folder.save_last(self.learner, self.trained, self.optimizer, state)
                if self.stopping:
                    break
        return state.step == settings.steps

    def _step(self, step: int) -> float:
        settings, model = self.settings, self.learner.model
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate * _schedule(step, settings)
        ids, mask, labels, soft = next(self.batches)
        noise = torch.Generator().manual_seed(settings.seed * 1_000_003 + step)
        embedded = embed(model, self.learner.soft_tags, ids, soft, noise, self.learner.projector)
        value = loss(model, embedded, mask, labels)
        self.optimizer.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        self.optimizer.step()
        return value.item()

    def _save_model(self, folder: Path) -> None:
        save(self.learner.model, folder)
        self.tokenizer.save_pretrained(folder)

    def _save_projector(self, folder: Path) -> None:
        """With the names of what it was trained beside."""
        projector, sound = self.learner.projector, self.sound
        assert projector is not None and sound is not None
        projector.config = replace(
            projector.config,
            encoder=part_name(sound.encoder),
            encoder_weights=sound.encoder_weights,
            llm=MODEL,
            llm_weights=weights_hash(self.folder.path / MODEL),
        )
        projector.save(folder)

    def _stop(self) -> None:
        self.stopping = True


def build_model(settings: MiniSettings, tokenizer: Any) -> MistralForCausalLM:
    """A randomly initialised Mistral of the configured size, embeddings tied."""
    return MistralForCausalLM(
        MistralConfig(
            vocab_size=len(tokenizer),
            hidden_size=settings.width,
            num_hidden_layers=settings.depth,
            num_attention_heads=settings.heads,
            num_key_value_heads=settings.key_value_heads,
            intermediate_size=settings.mlp_width,
            max_position_embeddings=1024,
            sliding_window=None,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def resized(model: MistralForCausalLM, mlp_width: int) -> MistralForCausalLM:
    """A model with ``mlp_width`` units in each MLP, as near to this one as can be.

    More: the same function, for new units are heard by nobody until they have learned (Chen et al., "Net2Net", ICLR
    2016). Fewer: the units whose weights are largest stay (Li et al., "Pruning Filters for Efficient ConvNets", ICLR
    2017).
    """
    if mlp_width == model.config.intermediate_size:
        return model
    config = copy.deepcopy(model.config)
    config.intermediate_size = mlp_width
    other = MistralForCausalLM(config)
    weights = other.state_dict()
    for name, value in _largest_units(model, mlp_width).items():
        if name.endswith("down_proj.weight"):
            weights[name].zero_()
        weights[name][tuple(slice(0, size) for size in value.shape)] = value
    other.load_state_dict(weights)
    return other


def _largest_units(model: MistralForCausalLM, count: int) -> dict[str, torch.Tensor]:
    """The weights, with at most ``count`` units of each MLP, in their order."""
    weights = dict(model.state_dict())
    for layer in range(model.config.num_hidden_layers):
        gate, up, down = (f"model.layers.{layer}.mlp.{name}_proj.weight" for name in ("gate", "up", "down"))
        size = weights[gate].norm(dim=1) * weights[up].norm(dim=1) * weights[down].norm(dim=0)
        kept = size.topk(min(count, len(size))).indices.sort().values
        weights |= {gate: weights[gate][kept], up: weights[up][kept], down: weights[down][:, kept]}
    return weights


def save(model: MistralForCausalLM, out: Path) -> None:
    """Write the weights as bfloat16 safetensors, leaving the model in training as it is."""
    copy.deepcopy(model).bfloat16().save_pretrained(out)


def evaluate(model: MistralForCausalLM, tokenizer: Any, count: int = 32) -> dict[str, float]:
    """Greedy captions of held-back features: shares of agreeing claims by kind, and of captions without a false one."""
    rng = random.Random("held back")
    beliefs = [random_beliefs(rng) for _ in range(count)]
    asked = [build_prompt(features, heard=heard).text for features, heard in beliefs]
    prompts = [prompt_ids(tokenizer, text) for text in asked]
    captions = ["".join(stream_text(model, tokenizer, prompt, sampling=Sampling())) for prompt in prompts]
    result = score(captions, [features for features, _ in beliefs])
    return {"clean": round(result.clean, 4), **{kind: round(result.agreed(kind), 4) for kind in STATED_BY}}


def _schedule(step: int, settings: MiniSettings) -> float:
    warm = min(1.0, step / max(1, settings.warmup))
    left = (1.0 - step / settings.steps) / settings.decay_share
    return warm * (1.0 if left >= 1.0 else 0.5 - 0.5 * math.cos(math.pi * left))


def _digest(rows: list[MusicCapsRow]) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:12] if rows else ""
