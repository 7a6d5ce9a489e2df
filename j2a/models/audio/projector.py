"""The projectors of J2A-2.x: what the encoder heard, as soft tokens for a language model. The only part that learns.

2.0 averages over time and makes one soft token; 2.1 pools over time and makes 250, or as many as its card says. Both:
pool -> LayerNorm -> Linear without bias. That of 3.0 is built as that of 2.1, and learns beside measured features.

B batch, T time steps, E width of the encoder's features, N soft tokens, W width of the language model's embeddings.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_type_hints

import torch
from torch import Tensor, nn
from torch.nn import functional

from j2a.errors import ModelError, ModelMissingError
from j2a.models.files import saved

MODEL_TYPE = "j2a-projector"
CARD_FILE = "README.md"
SOFT_TOKENS = {"2.0": 1, "2.1": 250, "3.0": 250}  # by version; but for 2.0 a default
LLM_2024 = "Open-Orca/Mistral-7B-OpenOrca"

MOST_SOFT_TOKENS = 4096
_WIDEST = 65_536
_HELD_STEPS = 16_384  # eleven minutes: longer sound is held more coarsely until it is pooled
_BLOCK_STEPS = 1024  # merged together; a power of two
_MEND = "Train the projector again (j2a-train fit), or copy the folder again."
_NAMES_2024 = {"ln1.weight": "norm.weight", "ln1.bias": "norm.bias", "proj.weight": "linear.weight"}


@dataclass(frozen=True, slots=True)
class Part:
    """An encoder or a language model, as far as a projector depends on it."""

    name: str
    weights: str  # see weights_hash; "" where it is not known
    width: int

    def __str__(self) -> str:
        return f"{self.name or 'unnamed'} (weights {self.weights or 'unknown'}, width {self.width})"


@dataclass(frozen=True, slots=True)
class ProjectorConfig:
    """What a projector is and what it was trained for. Raises ``ValueError`` for what cannot be."""

    version: str  # "2.0", "2.1" or "3.0"
    soft_tokens: int  # N
    encoder: str
    encoder_weights: str  # see weights_hash; "" where it is not known
    encoder_width: int  # E
    llm: str
    llm_weights: str
    llm_width: int  # W
    resampled: bool = True  # False: trained on sound at its own rate, taken for 16 kHz, as in 2024
    data: str = ""  # what it was trained on
    licence: str = ""

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self)).items():
            if type(getattr(self, name)) is not kind:
                raise ValueError(f"{name} is {getattr(self, name)!r}, not of type {kind.__name__}")
        if self.version not in SOFT_TOKENS:
            raise ValueError(f"there is no version {self.version!r}, only {', '.join(SOFT_TOKENS)}")
        if not 1 <= self.soft_tokens <= MOST_SOFT_TOKENS or (self.version == "2.0" and self.soft_tokens != 1):
            raise ValueError(f"{self.soft_tokens} soft tokens cannot be in version {self.version}")
        if not (1 <= self.encoder_width <= _WIDEST and 1 <= self.llm_width <= _WIDEST):
            raise ValueError(f"widths are {self.encoder_width} and {self.llm_width}, not from 1 to {_WIDEST}")

    def refuse_others(self, encoder: Part, llm: Part) -> None:
        """Raise ``ModelError`` unless the projector was trained for this encoder and this language model.

        Where the hash of weights is not known (2024), their width must do.
        """
        for role, wanted, given in (
            ("encoder", Part(self.encoder, self.encoder_weights, self.encoder_width), encoder),
            ("language model", Part(self.llm, self.llm_weights, self.llm_width), llm),
        ):
            known = bool(wanted.weights and given.weights)
            if wanted.width != given.width or (known and wanted.weights != given.weights):
                raise ModelError(
                    f"this J2A-{self.version} projector was trained for the {role} {wanted}, not for {given}.",
                    f"Choose a backbone with that {role}, or train a projector for this one: j2a-train fit.",
                )


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
        saved.write(folder, MODEL_TYPE, self.config, self.state_dict())
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
        if sum(map(len, fresh)) < _BLOCK_STEPS:
            continue
        joined = torch.cat(fresh)
        whole = len(joined) // _BLOCK_STEPS * _BLOCK_STEPS
        held.append(_merge(joined[:whole], merged))
        fresh = [joined[whole:]]
        while sum(map(len, held)) > _HELD_STEPS:
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
    config = saved.read_config(folder, MODEL_TYPE, ProjectorConfig, _MEND)
    saved.refuse_larger(folder, config.encoder_width * config.llm_width, _MEND)
    projector = Projector(config)
    projector.load_state_dict(saved.read_weights(folder, projector.state_dict(), _MEND), assign=True)
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
