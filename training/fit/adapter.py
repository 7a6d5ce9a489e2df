"""The student of J2A-1.0: a LoRA adapter that learns to describe measured features (Hu et al., 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.nn import Parameter

from j2a.errors import UsageError
from j2a.models.language.llm import ADAPTER_CONFIG, LoadedLLM
from j2a.models.language.sequence import Sequence as Embedded
from j2a.models.prompts import Wish, build_prompt
from training.datasets.lessons import Lesson
from training.datasets.shards import Measured
from training.fit.settings import FitSettings
from training.fit.teacher import text_sequence

_WEIGHTS = "adapter_model.safetensors"


class FactsStudent:
    """J2A-1.0: matrices of low rank beside those of the language model, which stays as it is."""

    def __init__(self, llm: LoadedLLM, measured: Measured, settings: FitSettings, data: str, licence: str) -> None:
        """Raises ``UsageError`` for a language model that is an adapter itself."""
        from peft import LoraConfig, get_peft_model

        if (llm.folder / ADAPTER_CONFIG).is_file():
            raise UsageError(
                f"{llm.folder} is an adapter itself.", "Make a whole model of it first: j2a-train merge ADAPTER OUT"
            )
        config = LoraConfig(
            r=settings.lora_rank,
            lora_alpha=settings.lora_alpha,
            lora_dropout=settings.lora_dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        torch.manual_seed(settings.seed)
        self.model = get_peft_model(llm.model, config)
        self.model.peft_config["default"].base_model_name_or_path = _base_name(settings.llm)
        self._llm, self._measured = llm, measured
        self._card = _card(llm.folder.name, llm.weights, data, licence)

    def trained(self) -> dict[str, Parameter]:
        """The adapter's matrices."""
        return {name: one for name, one in self.model.named_parameters() if one.requires_grad}

    def learning(self, on: bool) -> None:
        """Dropout in the adapter while it learns; the language model never has any."""
        for name, module in self.model.named_modules():
            if "lora_dropout" in name:
                module.train(on)

    def sequences(self, lessons: Sequence[Lesson]) -> list[Embedded]:
        """As in captioning: measured features and instruction, and here the caption."""
        return [
            text_sequence(
                self.model,
                self._llm.tokenizer,
                build_prompt(self._measured[lesson.row.id], Wish(lesson.asked)).text,
                lesson.caption,
            )
            for lesson in lessons
        ]

    def save(self, folder: Path, *, whole: bool) -> None:
        """An adapter's folder; it names its base model and always needs it."""
        # Only what was trained is named: the rest may be spread over processes that know nothing of this call.
        weights = {name: one.detach() for name, one in self.trained().items()}
        self.model.save_pretrained(str(folder), state_dict=weights, save_embedding_layers=False)
        if whole:
            self._llm.tokenizer.save_pretrained(folder)
            (folder / "README.md").write_text(self._card, encoding="utf-8")

    def restore(self, folder: Path) -> None:
        """Weights of an adapter for the same language model."""
        from peft import set_peft_model_state_dict

        set_peft_model_state_dict(self.model, load_file(folder / _WEIGHTS))


def _base_name(source: str) -> str:
    """By which the base is found again: an adapter never holds it."""
    folder = Path(source).expanduser()
    return str(folder.resolve()) if folder.is_dir() else source


def _card(base: str, weights: str, data: str, licence: str) -> str:
    return f"""# LoRA adapter of J2A-1.0

Describes measured features: tempo, key, meter, chords, genre. Only the adapter was trained; it needs its base model,
or becomes a model of its own by `j2a-train merge`.

* **Language model**: {base} (weights {weights})
* **Trained on**: {data or "unknown"}
* **Licence**: {licence or "unknown"}
"""
