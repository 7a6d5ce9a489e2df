"""The typed settings of a step: one dataclass a step, filled from a TOML file and the command line.

What is typed on the command line comes before what the file says, and that before the dataclass's defaults. A field is
``int``, ``float``, ``bool``, ``str``, ``Path``, a ``Literal`` of texts, or one of these ``| None``; ``setting()`` gives
it its help. A class that inherits a field may give it another default alone: the help stays. The dataclass checks
ranges in ``__post_init__`` and raises ``ValueError``.
"""

from __future__ import annotations

import functools
import inspect
import json
import tomllib
from collections.abc import Callable
from dataclasses import field, fields
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional, TypeVar, get_args, get_origin, get_type_hints

import typer

from j2a.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Settings = TypeVar("Settings", bound=DataclassInstance)

_CONFIG_HELP = "TOML file of settings, named as the options with _ for -; what is typed comes before it."


def setting(default: Any, text: str) -> Any:
    """A dataclass field with a default and a help text, which ``--help`` shows."""
    return field(default=default, metadata={"help": text})


def load_settings(cls: type[Settings], file: Path | None, overrides: dict[str, object]) -> Settings:
    """Defaults, then what the TOML ``file`` says, then the ``overrides`` that are not ``None``.

    Raises ``UsageError`` that names the file and the setting: a file that cannot be read, an unknown setting, a value
    of the wrong type or out of its range.
    """
    values = {} if file is None else _read(file)
    values |= {name: value for name, value in overrides.items() if value is not None}
    kinds, where = _kinds(cls), "" if file is None else f" (settings of {file} and the command line)"
    if unknown := sorted(values.keys() - kinds.keys()):
        raise UsageError(
            f"there is no setting {', '.join(unknown)}{where}.", f"Settings here: {', '.join(sorted(kinds))}."
        )
    try:
        return cls(**{name: _typed(name, value, kinds[name]) for name, value in values.items()})
    except (ValueError, TypeError) as error:
        raise UsageError(f"{error}{where}.", "Mend the setting; --help says what each one is.") from error


def settings_text(settings: DataclassInstance) -> str:
    """The settings as TOML, one a line, as ``--help`` has them; :func:`load_settings` reads them back."""
    values = {name: getattr(settings, name) for name in _kinds(type(settings))}
    return "".join(f"{name} = {_toml(value)}\n" for name, value in values.items() if value is not None)


def with_options(cls: type[DataclassInstance]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a typer command ``--config FILE`` and an option for each field of ``cls``.

    The command takes them as two arguments: ``config: Path | None`` and ``given: dict[str, object]``, where what was
    not typed is ``None``: what :func:`load_settings` wants.
    """
    kinds = _kinds(cls)

    def wrap(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(*, config: Path | None, **typed: Any) -> None:
            given = {name: typed.pop(name) for name in kinds}
            command(config=config, given=given, **typed)

        own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "given"]
        defaults = {item.name: item.default for item in fields(cls)}
        options = [_option(name, kind, defaults[name], _help(cls, name)) for name, kind in kinds.items()]
        parameters = [p.replace(kind=p.KEYWORD_ONLY) for p in own if p.name != "config"]
        annotation = Annotated[Path | None, typer.Option(help=_CONFIG_HELP)]
        file = inspect.Parameter("config", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        signature = inspect.Signature([*parameters, file, *options])
        run.__signature__ = signature  # type: ignore[attr-defined]
        run.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
        return run

    return wrap


def _kinds(cls: type[DataclassInstance]) -> dict[str, Any]:
    """Type of each field: first those that the class itself names, then those of its bases."""
    kinds = get_type_hints(cls)
    return {name: kinds[name] for part in cls.__mro__ for name in inspect.get_annotations(part)}


def _help(cls: type[DataclassInstance], name: str) -> str:
    """What the class, or the nearest of its bases that has a word about it, says of a field."""
    found = (part.__dict__.get("__dataclass_fields__", {}).get(name) for part in cls.__mro__)
    return next(str(item.metadata["help"]) for item in found if item is not None and "help" in item.metadata)


def _option(name: str, kind: Any, default: Any, text: str) -> inspect.Parameter:
    plain = _without_none(kind)
    if get_origin(plain) is Literal:
        plain, text = str, f"{text} One of: {', '.join(get_args(plain))}."
    # In round brackets: help texts are Rich markup, to which square ones are a style.
    shown = "" if default is None or default == "" else f" (default: {_shown(default)})"
    annotation: Any = Annotated[Optional[plain], typer.Option(help=text + shown, show_default=False)]  # noqa: UP045
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _shown(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read: {error.strerror or error}.", "Give a TOML file of settings."
        ) from error
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8
        raise UsageError(f"{file} is not TOML: {error}.", "Settings look like this: learning_rate = 1e-3") from error


def _without_none(kind: Any) -> Any:
    """``X`` for ``X | None``."""
    rest = [part for part in get_args(kind) if part is not NoneType]
    return rest[0] if NoneType in get_args(kind) else kind


def _typed(name: str, value: object, kind: Any) -> object:
    plain = _without_none(kind)
    if value is None and plain is not kind:
        return None
    if get_origin(plain) is Literal:
        if value not in get_args(plain):
            raise ValueError(f"{name} is {value!r}, not one of {', '.join(map(str, get_args(plain)))}")
        return value
    if plain is float and type(value) is int:
        return _float(name, value)
    if plain is Path and isinstance(value, str | Path):
        return _path(name, value)
    if type(value) is not plain:
        raise ValueError(f"{name} is {value!r}, which is not of type {plain.__name__}")
    return value


def _float(name: str, value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} is larger than any number here can be") from None


def _path(name: str, value: str | Path) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise ValueError(f"{name} is {str(value)!r}, and there is no such user") from None


def _toml(value: object) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
