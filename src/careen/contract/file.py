"""Loads the contract: `[tool.careen.contract]` and the file that it names; all faults at once."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from careen.config.contract import ContractSettings, Limits
from careen.config.values import Model
from careen.contract.json_path import parse_path
from careen.contract.toml_lines import line_of
from careen.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from careen.config.contract import HttpProbe

_AT = re.compile(r"\(at line (\d+), column \d+\)")
Fault = tuple[tuple[str | int, ...], str]


def load_contract(
    settings: ContractSettings, root: Path, variants: Collection[str]
) -> ContractSettings:
    """Join the settings with their file.

    Args:
        settings: `[tool.careen.contract]`.
        root: the project's folder, which paths are relative to.
        variants: the names of the project's variants.

    Raises:
        ConfigError: the file cannot be read, or something in it or in the settings is wrong; a
            line for each fault, with the line of the file.
    """
    if not settings.file:
        _raise_if([(path, said) for path, said in _faults(settings, variants)], None, "")
        return settings
    path = root / settings.file
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error}", hint="see [tool.careen.contract] file"
        ) from None
    table = _table(text, path)
    own = settings.model_dump(by_alias=True, exclude_unset=True, exclude={"file"})
    twice = [((key,), f"{key} stands in [tool.careen.contract] too") for key in table if key in own]
    try:
        joined = ContractSettings.model_validate(own | table)
    except ValidationError as error:
        _raise_if([*twice, *_listed(error)], path, text)
        raise AssertionError from error  # a validation error has faults
    _raise_if([*twice, *_faults(joined, variants)], path, text)
    return joined.model_copy(update={"file": settings.file})


def _table(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        line = at[1] if at else text.count("\n") + 1
        raise ConfigError(f"{path}:{line}: {error}", hint="mend the TOML at that line") from None


def _listed(error: ValidationError) -> Iterator[Fault]:
    for fault in error.errors():
        location = tuple(fault["loc"])
        key = ".".join(str(part) for part in location)
        if fault["type"] == "extra_forbidden":
            known = _known(location[:-1])
            yield location, f"unknown key {key}; {nearest(str(location[-1]), known)}"
        elif fault["type"] == "missing":
            yield location, f"{key} is missing"
        else:
            yield location, f"{key}: {fault['msg']}, not {fault['input']!r}"


def _known(location: Sequence[str | int]) -> list[str]:
    """Give the keys of the table at a location."""
    model: Any = ContractSettings
    for part in location:
        if isinstance(part, int) or not (isinstance(model, type) and issubclass(model, Model)):
            continue
        named = {_key(name, field.alias): field for name, field in model.model_fields.items()}
        field = named.get(part)
        model = _inner(field.annotation) if field else None
    if not (isinstance(model, type) and issubclass(model, Model)):
        return []
    return [_key(name, field.alias) for name, field in model.model_fields.items()]


def _key(name: str, alias: str | None) -> str:
    return alias or name.replace("_", "-")


def _inner(annotation: Any) -> Any:
    """Give the model in `Model | None` or `tuple[Model, ...]`."""
    from typing import get_args  # noqa: PLC0415 - of a fault alone

    if isinstance(annotation, type) and not get_args(annotation):
        return annotation
    found = [_inner(one) for one in get_args(annotation)]
    return next((one for one in found if isinstance(one, type) and issubclass(one, Model)), None)


def _faults(settings: ContractSettings, variants: Collection[str]) -> list[Fault]:
    """Give what the models cannot see: patterns, paths in JSON, names of variants."""
    found: list[Fault] = []
    for at, probe in enumerate(settings.http):
        found += _of_http(("http", at), probe)
    for at, command in enumerate(settings.commands):
        found += _patterns({("commands", at, "output"): command.output})
        found += _unknown(("commands", at, "variants"), command.variants, variants)
    found += [
        one
        for at, probe in enumerate(settings.load.requests)
        for one in _of_http(("load", "requests", at), probe)
    ]
    found += _patterns({("labels", name): text for name, text in settings.labels.items()})
    found += _unknown(("no-shell",), settings.no_shell, variants)
    found += _unknown(("variants",), settings.variants, variants)
    for name, own in settings.variants.items():
        try:
            Limits.model_validate(own.limits)
        except ValidationError as error:
            for fault in error.errors():
                where = ("variants", name, "limits", *fault["loc"])
                found.append((where, f"{'.'.join(map(str, where))}: {fault['msg']}"))
    return found


def _of_http(path: tuple[str | int, ...], probe: HttpProbe) -> list[Fault]:
    found = _patterns({(*path, "text"): probe.text})
    found += _patterns({(*path, "header", name): text for name, text in probe.header.items()})
    for text in probe.json_path:
        try:
            parse_path(text)
        except ValueError as error:
            found.append(((*path, "json", text), f"{text!r} is no path in JSON: {error}"))
    return found


def _patterns(texts: Mapping[tuple[str | int, ...], str]) -> list[Fault]:
    found: list[Fault] = []
    for path, text in texts.items():
        try:
            re.compile(text)
        except re.error as error:
            found.append((path, f"{text!r} is no regular expression: {error}"))
    return found


def _unknown(
    path: tuple[str | int, ...], names: Collection[str], variants: Collection[str]
) -> list[Fault]:
    return [
        (path, f"there is no variant {name}; {nearest(name, variants)}")
        for name in names
        if name not in variants
    ]


def _raise_if(faults: Sequence[Fault], path: Path | None, text: str) -> None:
    if not faults:
        return
    if path is None:
        listed = [f"[tool.careen.contract] {said}" for _, said in faults]
    else:
        numbered = sorted((line_of(text, where), said) for where, said in faults)
        listed = [f"{path}:{line}: {said}" for line, said in numbered]
    raise ConfigError("\n".join(listed), hint="docs/validate.md lists every key")
