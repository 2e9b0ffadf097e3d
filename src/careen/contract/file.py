"""Reads the contract: `[tool.careen.contract]` joined with the file that it names."""

from __future__ import annotations

import re
import tomllib
from datetime import date, time
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from careen.config.contract import ContractSettings
from careen.config.keys import known_keys
from careen.config.lines import Location, lines_of
from careen.contract.json_path import parse_path
from careen.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from careen.config.model import Settings

_HINT = "docs/validate.md lists every key of a contract"
_AT = re.compile(r"\(at line (\d+), column \d+\)")
_IN_PROJECT: Location = ("tool", "careen", "contract")


class _Fault(NamedTuple):
    location: Location
    problem: str


def load_contract(settings: Settings) -> ContractSettings:
    """Give the whole contract of a project.

    Raises:
        ConfigError: a key is unknown or stands in both places, a value is not of its form, a
            regular expression or a JSON path is none, a variant is unknown, a file of
            container-structure-test is missing; all of them at once, each with its line.
    """
    own = settings.contract
    path = settings.root / own.file if own.file else None
    text, table = _read(path) if path else ("", {})
    project = own.model_dump(by_alias=True, exclude_unset=True)
    faults = [
        _Fault(location, f"it stands in pyproject.toml, [tool.careen.contract] {key}, as well")
        for location in _twice(table, project)
        if (key := _written(location))
    ]
    joined = _joined(project, table)
    faults += _wrong_texts(joined, settings)
    for _, probe in _requests(joined):
        if named := _named_files(probe):
            probe["files"] |= {field: str(settings.root / file) for field, file in named}
    try:
        contract = ContractSettings.model_validate(joined)
    except ValidationError as error:
        faults += _wrong_forms(error)
    told = {fault.location for fault in faults}
    faults += [fault for fault in _underscores(table) if fault.location not in told]
    if faults:
        raise ConfigError("\n".join(_messages(faults, settings, path, text)), hint=_HINT)
    return contract


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_bytes().decode()
        return text, tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(
            f"[tool.careen.contract] file: there is no {path}", hint="create it, or mend the path"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: it is no UTF-8 text: {error}") from None
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        line = at[1] if at else text.count("\n") + 1  # it ends too early
        raise ConfigError(f"{path}:{line}: {error}", hint="mend the TOML at that line") from None


def _twice(table: dict[str, Any], project: dict[str, Any]) -> Iterator[Location]:
    """Give the keys that two tables both have; tables below them are joined."""
    for key in table.keys() & project.keys():
        if isinstance(table[key], dict) and isinstance(project[key], dict):
            yield from ((key, *below) for below in _twice(table[key], project[key]))
        else:
            yield (key,)


def _joined(project: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    joined = {**project, **table}
    for key in table.keys() & project.keys():
        if isinstance(table[key], dict) and isinstance(project[key], dict):
            joined[key] = _joined(project[key], table[key])
    return joined


def _wrong_forms(error: ValidationError) -> Iterator[_Fault]:
    for fault in error.errors():
        location = tuple(part for part in fault["loc"] if part != "[key]")
        if fault["type"] == "extra_forbidden":
            known = known_keys(ContractSettings, location[:-1])
            yield _Fault(location, f"unknown key; {nearest(str(location[-1]), known)}")
        elif fault["type"] == "missing":
            yield _Fault(location, "it is missing")
        else:
            yield _Fault(location, f"{fault['msg']}, not {fault['input']!r}")


def _underscores(value: Any, at: Location = ()) -> Iterator[_Fault]:
    """Find keys that are written as the models' fields: what else looks at the file passes them by.

    Tables whose keys are the user's own, such as the environment, have no known keys.
    """
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from _underscores(one, (*at, place))
    if isinstance(value, dict):
        known = known_keys(ContractSettings, at)
        for key, one in value.items():
            if "_" in key and known and key not in known:
                yield _Fault((*at, key), f"unknown key; {nearest(key.replace('_', '-'), known)}")
            yield from _underscores(one, (*at, key))


def _wrong_texts(table: dict[str, Any], settings: Settings) -> Iterator[_Fault]:
    """Look at what only the checks would read: expressions, paths, variants, files.

    What is not of its form is passed by: that is told already.
    """
    for at, probe in _requests(table):
        yield from _wrong_probe(at, probe)
        for field, file in _named_files(probe):
            if not (settings.root / file).is_file():
                yield _Fault((*at, "files", field), f"there is no {settings.root / file}")
    for at, command in _tables(table, "commands"):
        yield from _expressions(at, command, "output")
        yield from _variants((*at, "variants"), command.get("variants"), settings)
    labels = table.get("labels")
    if isinstance(labels, dict):
        yield from _expressions(("labels",), labels, *labels)
    yield from _variants(("no-shell",), table.get("no-shell"), settings)
    own = table.get("variants")
    for name in own if isinstance(own, dict) else ():
        if name not in settings.variants:
            yield _Fault(("variants", name), _unknown_variant(name, settings))
    for place, file in _texts(table.get("structure-tests")):
        if not (settings.root / file).is_file():
            yield _Fault(("structure-tests", place), f"there is no {settings.root / file}")


def _requests(table: dict[str, Any]) -> list[tuple[Location, dict[str, Any]]]:
    return [*_tables(table, "http"), *_tables(table, "load", "requests")]


def _named_files(probe: dict[str, Any]) -> list[tuple[str, str | Path]]:
    files = probe.get("files")
    named = files.items() if isinstance(files, dict) else ()
    return [(field, file) for field, file in named if isinstance(file, (str, Path))]


def _tables(table: dict[str, Any], *keys: str) -> Iterator[tuple[Location, dict[str, Any]]]:
    """Give the tables of an array, each with its location."""
    found: Any = table
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    for place, one in enumerate(found if isinstance(found, (list, tuple)) else ()):
        if isinstance(one, dict):
            yield (*keys, place), one


def _texts(value: Any) -> Iterator[tuple[int, str]]:
    for place, one in enumerate(value if isinstance(value, (list, tuple)) else ()):
        if isinstance(one, str):
            yield place, one


def _wrong_probe(at: Location, probe: dict[str, Any]) -> Iterator[_Fault]:
    bodies = [key for key in ("body", "json-body", "files") if key in probe and probe[key] != ""]
    for key in bodies[1:]:
        yield _Fault((*at, key), "the request has a body already")
    yield from _expressions(at, probe, "text")
    headers, paths = probe.get("header"), probe.get("json")
    if isinstance(headers, dict):
        yield from _expressions((*at, "header"), headers, *headers)
    for path, wanted in paths.items() if isinstance(paths, dict) else ():
        try:
            parse_path(path)
        except ValueError as error:
            yield _Fault((*at, "json", path), f"{path!r} is no path in JSON: {error}")
        yield from _no_json(wanted, (*at, "json", path))
    yield from _no_json(probe.get("json-body"), (*at, "json-body"))


def _no_json(value: Any, at: Location) -> Iterator[_Fault]:
    """Find what TOML has and JSON has not."""
    if isinstance(value, (date, time)):
        yield _Fault(at, f"JSON has no dates and times; write it as text: '{value}'")
    if isinstance(value, float) and not isfinite(value):
        yield _Fault(at, f"JSON has no {value}")
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _no_json(one, (*at, name))
    if isinstance(value, (list, tuple)):
        for place, one in enumerate(value):
            yield from _no_json(one, (*at, place))


def _expressions(at: Location, table: dict[str, Any], *keys: str) -> Iterator[_Fault]:
    for key in keys:
        expression = table.get(key)
        try:
            re.compile(expression if isinstance(expression, str) else "")
        except (re.error, OverflowError, RecursionError) as error:
            yield _Fault((*at, key), f"{expression!r} is no regular expression: {error}")


def _variants(at: Location, names: Any, settings: Settings) -> Iterator[_Fault]:
    for place, name in _texts(names):
        if name not in settings.variants:
            yield _Fault((*at, place), _unknown_variant(name, settings))


def _unknown_variant(name: str, settings: Settings) -> str:
    return f"unknown variant {name}; {nearest(name, settings.variants)}"


def _messages(
    faults: Iterable[_Fault], settings: Settings, path: Path | None, text: str
) -> list[str]:
    """Write the faults in the order of their lines, those of the file first."""
    project = settings.root / "pyproject.toml"
    project_text = project.read_text(encoding="utf-8") if project.is_file() else ""
    found = list(faults)
    in_file = lines_of(text, [fault.location for fault in found])
    in_project = lines_of(project_text, [(*_IN_PROJECT, *fault.location) for fault in found])
    messages = []
    for fault in found:
        key = _written(fault.location)
        if line := in_file.get(fault.location):
            messages.append((0, line, f"{path}:{line}: {key}: {fault.problem}"))
        else:
            line = in_project.get((*_IN_PROJECT, *fault.location), 0)
            where = f"{project}:{line}" if line else f"{project}"
            messages.append((1, line, f"{where}: [tool.careen.contract] {key}: {fault.problem}"))
    return [message for *_, message in sorted(messages)]


def _written(location: Location) -> str:
    """Write a location as a person would.

    >>> _written(("http", 0, "json", "a b"))
    'http[0].json."a b"'
    """
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]+", part)
            text += ("." if text else "") + (part if bare else f'"{part}"')
    return text
