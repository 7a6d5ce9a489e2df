"""What learns: the projector of J2A-2.x and 3.0, or a LoRA adapter for J2A-1.0. The rest is frozen.

N soft tokens, E width of the encoder's features, S positions, W embedding width.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from torch.nn import Parameter

from j2a.errors import UsageError
from j2a.models.audio.projector import Projector, load_projector
from j2a.models.audio.projector_config import MOST_SOFT_TOKENS, SOFT_TOKENS, ProjectorConfig
from j2a.models.files.weights import find_folder, weights_hash
from j2a.models.language.llm import LoadedLLM
from j2a.models.language.sequence import Sequence as Embedded
from j2a.models.language.sequence import embedding_of, sequence
from j2a.models.prompts import Wish, build_both_prompt, build_heard_prompt
from j2a.models.registry import ENCODER_FOLDER, LLM_FOLDER
from training.captions.heard import heard_of
from training.datasets.lessons import Lesson
from training.datasets.pooled import pooled, refuse_pooled
from training.datasets.shards import Encoded, Measured
from training.fit.settings import FitSettings
from training.ground.parts import copy_model, is_small, part_name, projector_between


class Student(Protocol):
    """What the training loop needs of one."""

    model: Any  # the causal language model that answers

    def trained(self) -> dict[str, Parameter]:
        """The parameters that learn, in float32, by name."""

    def sequences(self, lessons: Sequence[Lesson]) -> list[Embedded]:
        """Each lesson as embeddings (S, W) and labels (S,)."""

    def learning(self, on: bool) -> None:
        """Called before it learns, and before it is validated."""

    def save(self, folder: Path, *, whole: bool) -> None:
        """Write what was trained into an empty folder; ``whole``: with what is needed to caption with it."""

    def restore(self, folder: Path) -> None:
        """Take what :meth:`save` wrote. Raises ``J2AError``."""


class HeardStudent:
    """J2A-2.x and 3.0: the projector learns to say in soft tokens what a frozen language model needs to hear."""

    def __init__(
        self, projector: Projector, llm: LoadedLLM, encoded: Encoded, parts: dict[str, Path], measured: Measured | None
    ) -> None:
        """``parts``: the folders of encoder and language model, by the name they have inside a projector's folder.

        ``measured``: the features that stand in the prompt of 3.0.
        """
        self.model, self._measured = llm.model, measured
        self.projector = projector.to(llm.device)
        self._tokenizer, self._encoded, self._parts = llm.tokenizer, encoded, parts

    def trained(self) -> dict[str, Parameter]:
        """Norm and matrix of the projector."""
        return dict(self.projector.named_parameters())

    def learning(self, on: bool) -> None:
        """Nothing differs."""

    def sequences(self, lessons: Sequence[Lesson]) -> list[Embedded]:
        """As in captioning: instruction, soft tokens, and here the caption."""
        tokens = self.projector.config.soft_tokens
        heard = torch.stack([pooled(self._encoded, lesson.row.id, tokens) for lesson in lessons])
        soft = self.projector.project(heard.to(self.projector.linear.weight.device))  # (B, N, W)
        return [
            sequence(self.model, self._tokenizer, self._asked(lesson), one, lesson.caption)
            for lesson, one in zip(lessons, soft, strict=True)
        ]

    def _asked(self, lesson: Lesson) -> str:
        if self._measured is None:
            return build_heard_prompt(Wish(lesson.asked)).text
        return build_both_prompt(self._measured[lesson.row.id], Wish(lesson.asked), heard_of(lesson.row.facts)).text

    def save(self, folder: Path, *, whole: bool) -> None:
        """A projector's folder; ``whole``: with encoder and language model in it, where they are small."""
        self.projector.save(folder)
        for name, part in self._parts.items():
            if whole and part.is_dir():
                copy_model(part, folder / name)

    def restore(self, folder: Path) -> None:
        """Weights of a projector for the same encoder and language model."""
        self.projector.load_state_dict(load_projector(folder).state_dict())


def heard_student(settings: FitSettings, llm: LoadedLLM, encoded: Encoded, data: str, licence: str) -> HeardStudent:
    """A new projector for the encoder that the clips were encoded with.

    Raises ``J2AError`` when clips, encoder and settings do not fit each other.
    """
    encoder = find_folder(settings.encoder)
    encoder_weights = weights_hash(encoder)
    if encoded.about["encoder_weights"] != encoder_weights:
        raise UsageError(
            f"{settings.encoded} was encoded with {encoded.about['encoder']} (weights "
            f"{encoded.about['encoder_weights']}), not with {encoder} (weights {encoder_weights}).",
            "Give that encoder, or encode the table anew.",
        )
    config = ProjectorConfig(
        settings.version,
        _soft_tokens(settings, encoded.about["pool"]),
        encoder=part_name(settings.encoder),
        encoder_weights=encoder_weights,
        encoder_width=encoded.about["width"],
        llm=part_name(settings.llm),
        llm_weights=llm.weights,
        llm_width=embedding_of(llm.model).weight.shape[1],
        data=data,
        licence=licence,
    )
    projector = Projector(config)
    embeddings = embedding_of(llm.model).weight.detach().cpu()
    projector.match_scale(embeddings, torch.Generator().manual_seed(settings.seed))
    if settings.start:
        _start_from(settings.start, projector)
    parts = {ENCODER_FOLDER: encoder, LLM_FOLDER: llm.folder}
    small = {name: part for name, part in parts.items() if is_small(part)}
    measured = Measured(encoded.folder.parent) if settings.version == "3.0" else None
    return HeardStudent(projector, llm, encoded, small, measured)


def _start_from(folder: Path, projector: Projector) -> None:
    """Take another projector's weights, which are of the same shapes in every version."""
    config = projector.config
    projector.load_state_dict(projector_between(folder, config.encoder_width, config.llm_width).state_dict())


def _soft_tokens(settings: FitSettings, pooled: int) -> int:
    tokens = 1 if settings.version == "2.0" else settings.soft_tokens or pooled or SOFT_TOKENS[settings.version]
    refuse_pooled(settings.encoded, pooled, tokens)
    if tokens > MOST_SOFT_TOKENS:
        raise UsageError(f"{tokens} soft tokens are too many.", f"Choose --soft-tokens up to {MOST_SOFT_TOKENS}.")
    return tokens


def checkpoint_layers(model: Any) -> None:
    """Let the layers forget their activations and work them out again on the way back.

    The layers think that they train, which is what switches it on; their parts do not, so that nothing drops out.
    """
    from transformers.modeling_layers import GradientCheckpointingLayer

    model.activation_checkpointing_enable({"use_reentrant": False})
    for module in model.modules():
        if isinstance(module, GradientCheckpointingLayer):
            module.training = True
