"""Compares what two images' configurations say of the containers that run of them.

Source: the OCI image specification, config.md; Healthcheck is Docker's addition to it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from careen.image.redaction import redacted, redacted_arguments, redacted_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True)
class SettingChange:
    """One setting that differs; what looks secret is replaced in both values.

    Attributes:
        setting: one of env, label, user, entrypoint, cmd, workdir, exposed_ports, volumes,
            stop_signal, healthcheck, shell.
        name: the variable's or the label's; "" for all else.
        before: text, a list or an object as JSON has them; None where it is not set.
        after: likewise.
    """

    setting: str
    name: str
    before: Any
    after: Any


def compare_configurations(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[SettingChange, ...]:
    """Compare two configuration documents, whatever strangers wrote into them.

    >>> one, two = {"config": {"Env": ["A=1"]}}, {"config": {"Env": ["A=2"]}}
    >>> compare_configurations(one, two)
    (SettingChange(setting='env', name='A', before='1', after='2'),)
    """
    old, new = _table(before.get("config")), _table(after.get("config"))
    named = (
        ("env", _environment(old), _environment(new)),
        ("label", _table(old.get("Labels")), _table(new.get("Labels"))),
    )
    return (
        *(change for setting, *sides in named for change in _named(setting, *sides)),
        *_single(old, new),
    )


def _named(setting: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[SettingChange]:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            shown = (
                None if side.get(name) is None else redacted_value(name, _text(side[name]))
                for side in (old, new)
            )
            yield SettingChange(setting, name, *shown)


def _single(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[SettingChange]:
    for setting, (key, read) in _SETTINGS.items():
        if read(old.get(key)) != read(new.get(key)):
            yield SettingChange(
                setting, "", _hidden(read(old.get(key))), _hidden(read(new.get(key)))
            )


def _value(value: Any) -> Any:
    """Give what is set; what is empty is not set."""
    return value or None


def _names(value: Any) -> list[str] | None:
    """Read a set, which a configuration has as an object with empty values."""
    return sorted(map(str, value)) or None if isinstance(value, (dict, list)) else None


_SETTINGS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "user": ("User", _value),
    "entrypoint": ("Entrypoint", _value),
    "cmd": ("Cmd", _value),
    "workdir": ("WorkingDir", _value),
    "exposed_ports": ("ExposedPorts", _names),
    "volumes": ("Volumes", _names),
    "stop_signal": ("StopSignal", _value),
    "healthcheck": ("Healthcheck", _value),
    "shell": ("Shell", _value),
}


def _environment(config: Mapping[str, Any]) -> dict[str, str]:
    entries = config.get("Env")
    pairs = (_text(entry).partition("=") for entry in entries) if isinstance(entries, list) else ()
    return {name: value for name, _, value in pairs}


def _hidden(value: Any) -> Any:
    """Replace secrets; what is nested deeper than a healthcheck's list becomes text."""
    if isinstance(value, dict):
        return {str(key): _hidden_part(item) for key, item in value.items()}
    return _hidden_part(value)


def _hidden_part(value: Any) -> Any:
    if isinstance(value, list):
        return redacted_arguments([_text(item) for item in value])
    if isinstance(value, (str, dict)):
        return redacted(_text(value))
    return value


def _table(value: Any) -> Mapping[str, Any]:
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
