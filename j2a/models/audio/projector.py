"""The projectors of J2A-2.x: what the encoder heard, as soft tokens for a language model. The only part that learns.

2.0 averages over time and makes one soft token; 2.1 pools over time and makes 250, or as many as its card says. Both:
pool -> LayerNorm -> Linear without bias. That of 3.0 is built as that of 2.1, and learns beside measured features.

B batch, T time steps, E width of the encoder's features, N soft tokens, W width of the language model's embeddings.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from j2a.errors import ModelError, ModelMissingError
from j2a.models.audio.projector_config import (
    BLOCK_STEPS,
    HELD_STEPS,
    MEND,
    MODEL_TYPE,
    SOFT_TOKENS,
    Part,
    ProjectorConfig,
)
from j2a.models.files import saved, tensors

CARD_FILE = "README.md"
LLM_2024 = "Open-Orca/Mistral-7B-OpenOrca"

_NAMES_2024 = {"ln1.weight": "norm.weight", "ln1.bias": "norm.bias", "proj.weight": "linear.weight"}


class Projector(nn.Module):
    """Pool, LayerNorm, Linear. Random until trained or loaded: see :meth:`match_scale` and :func:`load_projector`."""

    def __init__(self, config: ProjectorConfig) -> None:
        super().__init__()
        self.config = config
        self.norm = nn.LayerNorm(config.encoder_width)
        self.linear = nn.Linear(config.encoder_width, config.llm_width, bias=False)

    def forward(self, features: Tensor, steps: Sequence[int] | None = None) -> Tensor:
        """(B, T, E) features, of which the first ``steps`` of each row count, to soft tokens (B, N, W).

        Raises ``ValueError`` for a row without a step.
        """
        return self.project(pool(features, self.config.soft_tokens, steps))

    def project(self, pooled: Tensor) -> Tensor:
        """(B, N, E) features that are pooled already (see :func:`pool_long`) to (B, N, W)."""
        out: Tensor = self.linear(self.norm(pooled))
        return out

    @torch.inference_mode()
    def pooled(self, sections: Iterable[Tensor]) -> Tensor:
        """Sections (steps, E) to (1, N, E); see :func:`pool_long`."""
        return pool_long(sections, self.config.soft_tokens)

    @torch.inference_mode()
    def soft_tokens(self, pooled: Tensor) -> Tensor:
        """(1, N, E) that are pooled to (N, W), for captioning."""
        return self.project(pooled)[0]

    @torch.no_grad()
    def match_scale(self, embeddings: Tensor, generator: torch.Generator | None = None) -> None:
        """Initialise anew, so that soft tokens are as large as token embeddings (V, W): what a frozen LLM is used to.

        The LayerNorm gives vectors of length sqrt(E), so that is what the spread of the weights is divided by.
        """
        self.norm.reset_parameters()
        spread = embeddings.float().square().mean().sqrt() / self.config.encoder_width**0.5
        self.linear.weight.normal_(0.0, float(spread), generator=generator)

    def save(self, folder: Path) -> None:
        """Write weights, config and card into a new or empty folder: what was trained, and nothing else."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors.write(folder, MODEL_TYPE, self.config, self.state_dict())
        (folder / CARD_FILE).write_text(_card(self.config), encoding="utf-8")


def pool(features: Tensor, tokens: int, steps: Sequence[int] | None = None) -> Tensor:
    """(B, T, E) to (B, tokens, E): means of ``tokens`` even stretches of each row's first ``steps``.

    Stretches overlap where they do not divide the steps, and repeat where there are fewer steps than tokens.
    Raises ``ValueError`` for a row without a step.
    """
    counts = [features.shape[1]] * len(features) if steps is None else list(steps)
    if not counts or min(counts) < 1 or max(counts) > features.shape[1] or len(counts) != len(features):
        raise ValueError(f"steps {counts} do not fit features {tuple(features.shape)}")
    by_time = features.transpose(1, 2)  # (B, E, T)
    if len(set(counts)) == 1:
        return functional.adaptive_avg_pool1d(by_time[..., : counts[0]], tokens).transpose(1, 2)
    rows = [
        functional.adaptive_avg_pool1d(row[None, :, :count], tokens) for row, count in zip(by_time, counts, strict=True)
    ]
    return torch.cat(rows).transpose(1, 2)


def pool_long(sections: Iterable[Tensor], tokens: int) -> Tensor:
    """Sections (steps, E), as ``MWMAE.encode_long`` gives them, to (1, tokens, E), in bounded memory.

    Equal to :func:`pool` up to eleven minutes. Of longer sound, neighbouring steps are averaged two by two until it
    fits, so that stretches begin and end a little elsewhere. Raises ``ValueError`` where there is no step.
    """
    held: list[Tensor] = []
    merged = 1  # steps in each of the held ones, a power of two
    fresh: list[Tensor] = []
    for section in sections:
        fresh.append(section)
        if sum(map(len, fresh)) < BLOCK_STEPS:
            continue
        joined = torch.cat(fresh)
        whole = len(joined) // BLOCK_STEPS * BLOCK_STEPS
        held.append(_merge(joined[:whole], merged))
        fresh = [joined[whole:]]
        while sum(map(len, held)) > HELD_STEPS:
            held, merged = [_merge(torch.cat(held), 2)], 2 * merged
    if not held and not fresh:
        raise ValueError("there is no sound to pool")
    held += [few.mean(dim=0, keepdim=True) for few in torch.cat(fresh).split(merged) if len(few)]
    return pool(torch.cat(held)[None], tokens)


def _merge(steps: Tensor, count: int) -> Tensor:
    """(T, E) to (T / count, E)."""
    return steps.unflatten(0, (-1, count)).mean(dim=1)  # type: ignore[no-any-return]


def load_projector(path: str | Path, *, device: str | torch.device = "cpu") -> Projector:
    """A trained projector from the folder that :meth:`Projector.save` wrote, frozen.

    Raises ``ModelMissingError`` when there is none, and ``ModelError`` that names the file when one is missing,
    damaged, or does not fit the other.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise ModelMissingError(f"there is no folder {folder} with a projector.", "Train one: j2a-train fit")
    config = saved.read_config(folder, MODEL_TYPE, ProjectorConfig, MEND)
    saved.refuse_larger(folder, config.encoder_width * config.llm_width, MEND)
    projector = Projector(config)
    projector.load_state_dict(tensors.read_weights(folder, projector.state_dict(), MEND), assign=True)
    return projector.to(device).requires_grad_(False).eval()


def load_projector_2024(path: str | Path, version: str, *, device: str | torch.device = "cpu") -> Projector:
    """A ``.pth`` projector of the 2024 project, frozen; the file does not tell its ``version``, "2.0" or "2.1".

    Its config says that the sound was not resampled: encode it as it was trained. Save it as a folder of today.
    Raises ``ModelMissingError`` when there is no such file, ``ModelError`` when it is anything else, ``ValueError`` for
    another version.
    """
    path = Path(path).expanduser()
    mend = "Give a projector file of the 2024 project: tensors ln1.weight, ln1.bias and proj.weight."
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelMissingError(f"There is no file {path}.", mend) from None
    except pickle.UnpicklingError as error:
        raise ModelError(f"{path} holds something other than weights, which J2A never runs.", mend) from error
    except (OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise ModelError(f"{path} is not a file of weights, or it is damaged.", mend) from error
    if (
        not isinstance(stored, dict)
        or stored.keys() != _NAMES_2024.keys()
        or not all(isinstance(weight, Tensor) and weight.is_floating_point() for weight in stored.values())
    ):
        raise ModelError(f"{path} holds other weights than a projector's.", mend)
    shapes = [tuple(stored[name].shape) for name in _NAMES_2024]
    llm_width, encoder_width = shapes[2] if len(shapes[2]) == 2 else (0, 0)
    if shapes != [(encoder_width,), (encoder_width,), (llm_width, encoder_width)] or not llm_width or not encoder_width:
        raise ModelError(f"{path} holds weights of shapes that do not fit: {shapes}.", mend)
    config = ProjectorConfig(
        version,
        SOFT_TOKENS.get(version, 0),
        encoder="MW-MAE",
        encoder_weights="",
        encoder_width=encoder_width,
        llm=LLM_2024,
        llm_weights="",
        llm_width=llm_width,
        resampled=False,
    )
    projector = Projector(config)
    projector.load_state_dict({ours: stored[theirs].float() for theirs, ours in _NAMES_2024.items()})
    return projector.to(device).requires_grad_(False).eval()


def _card(config: ProjectorConfig) -> str:
    encoder = Part(config.encoder, config.encoder_weights, config.encoder_width)
    llm = Part(config.llm, config.llm_weights, config.llm_width)
    heard = "resampled to the encoder's rate" if config.resampled else "at its own rate, **not resampled** (as in 2024)"
    return f"""# Projector of J2A-{config.version}

What the audio encoder hears, as {config.soft_tokens} soft token(s) in the language model's prompt. Only the projector
was trained; it works with no other encoder and no other language model than these.

* **Encoder**: {encoder}
* **Language model**: {llm}
* **Sound**: {heard}
* **Trained on**: {config.data or "unknown"}
* **Licence**: {config.licence or "unknown"}
"""
