"""Which J2A versions and backbones there are, which of them are on this machine, and how to load one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from j2a import paths
from j2a.backbone import BUILT_IN, LISTENING, is_server, version_of
from j2a.errors import ModelError, ModelMissingError, UsageError
from j2a.extras import require_torch
from j2a.models.audio.projector_config import MEND, MODEL_TYPE, Part, ProjectorConfig
from j2a.models.files import saved
from j2a.models.files.built_in import refuse_damaged
from j2a.models.files.weights import download_command, find_folder, size_bytes, weights_hash
from j2a.records import dataclass

if TYPE_CHECKING:
    from j2a.models.captioner import Captioner
    from j2a.models.j2a_1 import J2A1
    from j2a.models.j2a_2 import J2A2
    from j2a.models.language.llm import LoadedLLM
    from j2a.models.light.llm import LightLLM
    from j2a.models.listening import Listening
    from j2a.models.parts import Encoder, Heads, Projector

VERSIONS = ("1.0", "2.0", "2.1", "3.0")
BASE_7B = "mistralai/Mistral-7B-v0.1"
ENCODER_FOLDER, LLM_FOLDER, HEADS_FOLDER = "encoder", "llm", "heads"  # inside the folder of a projector
BUILT_IN_LLM = f"{BUILT_IN}/llm"  # reads facts as text: 1.0 and 3.0; the one of 2.x reads soft tokens
TUNED_7B = "j2a-1.0-7b"  # a fine-tuned model or a LoRA adapter of this name in the models folder comes first


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One version with one backbone: whether it is here, what it is, and the command that gets it."""

    version: str
    backbone: str
    present: bool
    detail: str
    licence: str
    get: str = ""


def models(server: str = "") -> list[ModelRow]:
    """What can be loaded, and what could be. ``server``: the address of one that may write, where somebody named it."""
    here = [*map(_mini_row, VERSIONS), _7b_row(), *map(_no_projector_row, VERSIONS[1:]), *_folder_rows()]
    return [*here, *_server_rows(server)]


def load(
    version: str = "", backbone: str = BUILT_IN, cancelled: Callable[[], bool] = lambda: False
) -> Captioner:
    """Load a captioner into this process.

    ``backbone`` is "mini", "7b", a model folder, a name in the models folder, a hub id that is in the cache, or for 1.0
    and "listen" the address of a server (``j2a.models.language.server``). For the others it is the folder of a
    projector. Without a ``version`` it is the most truthful one of the backbone. ``cancelled`` is asked while a server
    is waited for.
    Raises ``UsageError`` for an unknown version, ``ModelMissingError`` or ``ModelError`` for the weights.
    """
    version = version_of(version, backbone)
    if version == LISTENING:
        return _load_listening(backbone, cancelled)
    if version not in VERSIONS:
        known = ", ".join((*VERSIONS, LISTENING))
        raise UsageError(f"there is no J2A-{version} in this release.", f"Versions: {known}.")
    return _load_1(backbone, cancelled) if version == "1.0" else _load_2(version, backbone)


def _load_1(backbone: str, cancelled: Callable[[], bool]) -> J2A1:
    from j2a.models.j2a_1 import J2A1

    if is_server(backbone):
        from j2a.models.language.server import ServerLLM

        return J2A1(ServerLLM(backbone, cancelled), backbone)
    if backbone == "7b":  # before its 14 GB are asked for
        require_torch("7b")
    return J2A1(load_llm(source_of(backbone)), backbone)


def load_llm(source: str) -> LightLLM | LoadedLLM:
    """A language model for captioning, from a folder, a name in the models folder, or a hub id that is in the cache.

    Raises ``ModelMissingError`` or ``ModelError`` as :func:`load`.
    """
    return _light_llm(find_folder(source)) or _torch_llm(source)


def _light_llm(folder: Path) -> LightLLM | None:
    """Without torch; None where that does not do."""
    from j2a.models.light import llm

    return llm.load(folder) if llm.is_wanted() else None


def _torch_llm(source: str) -> LoadedLLM:
    require_torch(f"the language model {source}")
    from j2a.models.language import llm

    return llm.load_llm(source)


def _load_listening(backbone: str, cancelled: Callable[[], bool]) -> Listening:
    from j2a.models.language.hearing import HearingLLM
    from j2a.models.listening import Listening

    return Listening(HearingLLM(backbone, cancelled), backbone)


def _load_2(version: str, backbone: str) -> J2A2:
    """The projector's folder may hold its encoder and its language model; else they are found by the names it gives."""
    from j2a.models.j2a_2 import J2A2, J2A3

    if backbone == "7b":
        raise ModelMissingError(
            f"J2A-{version} has no 7b weights: nobody has published a projector.",
            "Train one (j2a-train fit) and give its folder as --backbone, or use --backbone mini.",
        )
    folder = _built_in(version) if backbone == BUILT_IN else find_folder(backbone)
    config = saved.read_config(folder, MODEL_TYPE, ProjectorConfig, MEND)
    if config.version != version:
        raise UsageError(f"{folder} holds a projector of J2A-{config.version}.", f"Say --version {config.version}.")
    own_encoder, own_llm = folder / ENCODER_FOLDER, folder / LLM_FOLDER
    encoder_folder = own_encoder if own_encoder.is_dir() else find_folder(config.encoder)
    llm_source = str(own_llm) if own_llm.is_dir() else config.llm
    heads_folder = folder / HEADS_FOLDER if version == "3.0" and (folder / HEADS_FOLDER).is_dir() else None
    if heads_folder is not None:
        refuse_damaged(heads_folder)
    parts = _light_parts(folder, encoder_folder, llm_source, heads_folder) or _torch_parts(
        folder, encoder_folder, llm_source, heads_folder
    )
    encoder, projector, llm, heads = parts
    encoder_part = Part(encoder_folder.name, weights_hash(encoder_folder), encoder.config.features)
    config.refuse_others(encoder_part, Part(llm.folder.name, llm.weights, llm.width))
    weights = "+".join((encoder_part.weights, weights_hash(folder), llm.weights))
    if version != "3.0":
        return J2A2(encoder, projector, llm, backbone, weights)
    if heads is not None and heads_folder is not None:
        heads.refuse_others(encoder_part)
        weights += f"+{weights_hash(heads_folder)}"
    return J2A3(encoder, projector, llm, backbone, weights, heads)


_Parts = tuple["Encoder", "Projector", "LightLLM | LoadedLLM", "Heads | None"]


def _light_parts(folder: Path, encoder: Path, llm_source: str, heads: Path | None) -> _Parts | None:
    """Without torch; None where one of them needs it."""
    llm = _light_llm(find_folder(llm_source))
    if llm is None:
        return None
    from j2a.models.light import encoder as light_encoder
    from j2a.models.light import heads as light_heads
    from j2a.models.light import projector as light_projector

    found = light_encoder.load(encoder)
    if found is None:
        return None
    return found, light_projector.load(folder), llm, light_heads.load(heads) if heads else None


def _torch_parts(folder: Path, encoder: Path, llm_source: str, heads: Path | None) -> _Parts:
    require_torch(f"the encoder {encoder.name} with the language model {llm_source}")
    from j2a.models.audio.heads import load_heads
    from j2a.models.audio.mwmae import load_encoder
    from j2a.models.audio.projector import load_projector

    llm = _torch_llm(llm_source)
    return (
        load_encoder(encoder, device=llm.device),
        load_projector(folder, device=llm.device),
        llm,
        load_heads(heads, device=llm.device) if heads else None,
    )


def source_of(backbone: str) -> str:
    """Where the language model of a backbone is: a folder, a name or a hub id."""
    if backbone == BUILT_IN:
        return BUILT_IN_LLM
    if backbone == "7b":
        return TUNED_7B if paths.is_folder(paths.models_dir() / TUNED_7B) else BASE_7B
    return backbone


def _built_in(version: str) -> Path:
    """The folder of a built-in projector. Raises ``ModelMissingError``."""
    folder = paths.builtin_model_dir() / f"projector-{version}"
    if not folder.is_dir():
        raise ModelMissingError(f"the built-in J2A-{version} is missing from this installation.", "Install J2A again.")
    refuse_damaged(folder)
    return folder


def _mini_row(version: str) -> ModelRow:
    root = paths.builtin_model_dir()
    llm = root / LLM_FOLDER if version in ("1.0", "3.0") else root
    folders = [llm] if version == "1.0" else [llm, root / ENCODER_FOLDER, root / f"projector-{version}"]
    present = all((folder / "model.safetensors").is_file() for folder in folders)
    detail = "missing from this installation"
    if present:
        detail = f"built in, {sum(map(size_bytes, folders)) / 1e6:.0f} MB, runs on any CPU"
    return ModelRow(version, BUILT_IN, present, detail, "CC BY-SA 4.0", "" if present else "install J2A again")


def _7b_row() -> ModelRow:
    try:
        folder = find_folder(source_of("7b"))
    except ModelMissingError:
        detail = "Mistral-7B, 14.5 GB; wants torch and a GPU"
        return ModelRow("1.0", "7b", False, detail, "Apache 2.0", download_command("7b"))
    tuned = folder.name == TUNED_7B
    detail = f"{'fine-tuned' if tuned else 'base'} Mistral-7B in {folder}"
    return ModelRow("1.0", "7b", True, detail, "see its card" if tuned else "Apache 2.0")


def _no_projector_row(version: str) -> ModelRow:
    detail = "MW-MAE and Mistral-7B; nobody has published a projector, but you can train one"
    return ModelRow(version, "7b", False, detail, "that of its data", f"j2a-train fit --version {version}")


def _server_rows(server: str) -> Iterator[ModelRow]:
    """A server is not asked before it is chosen: it may be slow, or down."""
    hears = "a server's model hears the clip and is told what was measured"
    if server:
        yield ModelRow("1.0", server, True, "a server's model writes from what was measured", "that of the model")
        yield ModelRow(LISTENING, server, True, hears, "that of the model")
    else:
        get = "start J2A with --llm-url URL --llm-model NAME --listen"
        yield ModelRow(LISTENING, "a server", False, hears, "that of the model", get)


def _folder_rows() -> Iterator[ModelRow]:
    """What else is in the models folder: language models and LoRA adapters for 1.0, projectors for 2.x."""
    if not paths.is_folder(paths.models_dir()):
        return
    for folder in sorted(paths.models_dir().iterdir()):
        version = _version_of(folder)
        if version and folder.name not in (TUNED_7B, BASE_7B.rpartition("/")[2]):
            detail = f"{size_bytes(folder) / 1e6:.0f} MB in {folder}"
            yield ModelRow(version, folder.name, True, detail, "see its card")


def _version_of(folder: Path) -> str:
    """The version that a folder can be the backbone of, or ""."""
    if (folder / "adapter_config.json").is_file():
        return "1.0"
    try:
        config = json.loads((folder / "config.json").read_bytes())
        if config.get("model_type") == MODEL_TYPE:
            return str(config["version"])
        return "1.0" if any("ForCausalLM" in name for name in config.get("architectures") or ()) else ""
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return ""


__all__ = ["VERSIONS", "ModelError", "ModelRow", "load", "models", "source_of"]
