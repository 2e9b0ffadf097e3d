"""Loads the settings: defaults.toml, then pyproject.toml, then the environment, then flags."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.errors import ConfigError, UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import ValidationError

    from careen.config.model import Settings

Table = dict[str, Any]
PREFIX = "CAREEN_"
# Variables with the prefix that are not settings.
NOT_SETTINGS = frozenset({"CAREEN_CACHE_HOME"})


@dataclass(frozen=True)
class Loaded:
    """Settings and where each value came from.

    Attributes:
        settings: the validated settings.
        origin: by dotted key (`engine.kind`): `defaults`, `pyproject.toml`, the name of the
            environment variable, or `flag`.
    """

    settings: Settings
    origin: dict[str, str]


def find_root(start: Path) -> Path:
    """Give the nearest folder at or above *start* whose pyproject.toml has `[tool.careen]`.

    Raises:
        ConfigError: there is none.
    """
    if root := _root(start):
        return root
    raise ConfigError(
        f"no pyproject.toml with a [tool.careen] table at or above {start}",
        hint="add [tool.careen.variants.NAME] with a dockerfile to the project's pyproject.toml",
    )


def load(
    start: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Loaded:
    """Load the settings of the project around *start* (the working folder).

    Args:
        start: a folder in the project.
        environment: variables; CAREEN_ENGINE_KIND sets engine.kind, and so on.
        flags: dotted keys from a command line, such as {"benchmark.rounds": 3}.

    Raises:
        ConfigError: a key is unknown or a value is not of its form; all of them at once.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - a tenth of a second

    from careen.config.model import Settings  # noqa: PLC0415

    root = find_root((start or Path.cwd()).absolute())
    merged = _defaults()
    origin = dict.fromkeys(_keys(merged), "defaults")
    pyproject = root / "pyproject.toml"
    project = _table(pyproject, _read(pyproject)["tool"], "careen", "tool.")
    layers = [("pyproject.toml", project)]
    layers += _from_environment(environment if environment is not None else os.environ, merged)
    layers += [("flag", _nested(key, value)) for key, value in (flags or {}).items()]
    for name, table in layers:
        _merge(merged, table)
        origin |= dict.fromkeys(_keys(table), name)
    try:
        settings = Settings.model_validate(merged | {"root": root})
    except ValidationError as error:
        raise _config_error(pyproject, error, origin) from None
    return Loaded(settings, origin)


def load_if_any(start: Path | None = None) -> Settings | None:
    """Load the settings of the project around *start*, None where there is no project.

    Raises:
        ConfigError: there is one, and its configuration is wrong.
    """
    folder = (start or Path.cwd()).absolute()
    if _root(folder) is None:
        return None
    return load(folder).settings


def image_names(names: Iterable[str], start: Path | None = None) -> list[str]:
    """Give the images that names mean: a variant's name means the image that was built of it.

    Reads no more of the project around *start* than the names: whoever looks at images need not
    wait for the models of all settings, nor have a project at all.

    Raises:
        UsageError: none was named.
    """
    variants = _built_images((start or Path.cwd()).absolute())
    found = [variants.get(name, name) for name in dict.fromkeys(names)]
    if not found:
        raise UsageError(
            "no image is named",
            hint="name a variant, an image of the engine, an archive's path or registry:REFERENCE",
        )
    return found


def records_folder(start: Path | None = None) -> Path | None:
    """Give the folder of the build records of the project around *start*, None without one."""
    project = _project_table((start or Path.cwd()).absolute())
    if project is None:
        return None
    root, own = project
    configured = _table(root / "pyproject.toml", own, "build", "tool.careen.").get("records")
    return root / str(configured or _defaults()["build"]["records"])


def built_variants(settings: Settings) -> tuple[str, ...]:
    """Give the variants that have a build record, in the order of the settings."""
    folder = settings.root / settings.build.records
    return tuple(name for name in settings.variants if (folder / f"{name}.json").is_file())


def choose(settings: Settings, names: Iterable[str]) -> list[str]:
    """Give the variants that were named, or all of them where none was.

    Raises:
        UsageError: a name is unknown; the hint has the nearest one.
    """
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in settings.variants:
            raise UsageError(f"unknown variant: {name}", hint=nearest(name, settings.variants))
    if not settings.variants:
        raise ConfigError(
            f"{settings.root / 'pyproject.toml'}: no variant is configured",
            hint="add a [tool.careen.variants.NAME] table with a dockerfile",
        )
    return wanted or list(settings.variants)


def _root(start: Path) -> Path | None:
    return next((folder for folder in (start, *start.parents) if _is_project(folder)), None)


def _is_project(folder: Path) -> bool:
    path = folder / "pyproject.toml"
    return path.is_file() and "careen" in _table(path, _read(path), "tool")


def _built_images(start: Path) -> dict[str, str]:
    """Give the tag of each variant of the project around a folder, {} where there is none."""
    project = _project_table(start)
    if project is None:
        return {}
    root, own = project
    path = root / "pyproject.toml"
    image = os.environ.get("CAREEN_IMAGE") or own.get("image") or _defaults()["image"]
    return {name: f"{image}:{name}" for name in _table(path, own, "variants", "tool.careen.")}


def _project_table(start: Path) -> tuple[Path, Table] | None:
    """Give the folder of the project around another one, and its table as it is written."""
    root = _root(start)
    if root is None:
        return None
    path = root / "pyproject.toml"
    return root, _table(path, _read(path)["tool"], "careen", "tool.")


def _defaults() -> Table:
    return tomllib.loads(files("careen.config").joinpath("defaults.toml").read_text())


def _read(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}", hint="mend the TOML at that line") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: it is no UTF-8 text: {error}") from None


def _table(path: Path, document: Table, key: str, before: str = "") -> Table:
    value = document.get(key, {})
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: {before}{key} is no table", hint="write [tool.careen]")
    return value


def _from_environment(environment: Mapping[str, str], defaults: Table) -> list[tuple[str, Table]]:
    known = {
        PREFIX + key.upper().replace(".", "_").replace("-", "_"): key for key in _keys(defaults)
    }
    layers: list[tuple[str, Table]] = []
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        if name not in known:
            raise ConfigError(f"unknown environment variable {name}", hint=nearest(name, known))
        layers.append(
            (name, _nested(known[name], _typed(environment[name], known[name], defaults)))
        )
    return layers


def _typed(text: str, key: str, defaults: Table) -> object:
    default: Any = defaults
    for part in key.split("."):
        default = default[part]
    if isinstance(default, bool):
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if isinstance(default, list):
        return [item.strip() for item in text.split(",") if item.strip()]
    return text


def _nested(key: str, value: object) -> Table:
    for part in reversed(key.split(".")):
        value = {part: value}
    assert isinstance(value, dict)  # noqa: S101 - a key has at least one part
    return value


def _keys(table: Table, before: str = "") -> list[str]:
    keys: list[str] = []
    for key, value in table.items():
        keys += _keys(value, f"{before}{key}.") if isinstance(value, dict) else [before + key]
    return keys


def _merge(into: Table, table: Table) -> None:
    for key, value in table.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _config_error(path: Path, error: ValidationError, origin: dict[str, str]) -> ConfigError:
    from careen.config.keys import known_keys  # noqa: PLC0415 - pydantic
    from careen.config.model import Settings  # noqa: PLC0415

    lines = []
    for fault in error.errors():
        key = ".".join(str(part) for part in fault["loc"])
        where = f"{path}: [tool.careen] {key}"
        source = _origin(fault["loc"], origin)
        if source.startswith(PREFIX):
            where = f"environment variable {source}"
        elif source == "flag":
            where = f"flag {key}"
        if fault["type"] == "extra_forbidden":
            known = known_keys(Settings, fault["loc"][:-1])
            lines.append(f"{where}: unknown key; {nearest(str(fault['loc'][-1]), known)}")
        elif fault["type"] == "missing":
            lines.append(f"{where}: it is missing")
        else:
            lines.append(f"{where}: {fault['msg']}, not {fault['input']!r}")
    return ConfigError("\n".join(lines), hint="docs/configuration.md lists every key")


def _origin(location: tuple[int | str, ...], origin: dict[str, str]) -> str:
    """Give the origin of a value, or of the list that it stands in."""
    parts = [str(part) for part in location]
    keys = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((origin[key] for key in keys if key in origin), "")
