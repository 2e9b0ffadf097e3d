"""The file that careen lays over a project's Compose file: labels, image, free ports, secrets.

Data in, data out. See "Merge Compose files" in Docker's documentation for how the two are joined.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from careen.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LOOPBACK = "127.0.0.1"


def make_override(
    model: Mapping[str, Any],
    *,
    service: str,
    images: Mapping[str, str],
    labels: Mapping[str, str],
    port: int = 0,
    secrets: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Give what is laid over a Compose model.

    Args:
        model: as `docker compose config --format json` prints it.
        service: whose first port is published at *port*.
        images: in place of those of the file, by service.
        labels: for every container, network and volume that is made.
        port: on this machine; 0 leaves it to the engine.
        secrets: files in place of those of the file, by the secret's name.

    >>> model = {"services": {"web": {"ports": [{"target": 80}]}}}
    >>> make_override(model, service="web", images={}, labels={})["services"]["web"]["ports"]
    ['127.0.0.1::80/tcp']
    """
    services: Mapping[str, Mapping[str, Any]] = model.get("services") or {}
    made: dict[str, dict[str, Any]] = {"services": {}, "networks": {}, "volumes": {}}
    for name, one in services.items():
        made["services"][name] = {"labels": dict(labels)}
        if name in images:
            made["services"][name]["image"] = images[name]
        if one.get("ports"):
            made["services"][name]["ports"] = _ports(one["ports"], port if name == service else 0)
    for kind in ("networks", "volumes"):
        for name, one in (model.get(kind) or {}).items():
            if not (one or {}).get("external"):
                made[kind][name] = {"labels": dict(labels)}
    if secrets:
        made["secrets"] = {name: {"file": file} for name, file in secrets.items()}
    return {key: value for key, value in made.items() if value}


def require(model: Mapping[str, Any], kind: str, names: Iterable[str]) -> None:
    """See that a Compose model has what the settings name.

    Args:
        model: as for `make_override`.
        kind: `service` or `secret`.
        names: that must be there.

    Raises:
        ConfigError: one is not.
    """
    known = model.get(f"{kind}s") or {}
    for name in names:
        if name not in known:
            raise ConfigError(
                f"[tool.careen.compose] {kind} {name}: the Compose file has no such {kind}",
                hint=nearest(name, known) if known else f"it has no {kind} at all",
            )


def to_yaml(override: Mapping[str, Any]) -> str:
    """Give it as YAML, of which JSON is a part; ports replace those of the file below.

    >>> '"ports": !override [' in to_yaml({"services": {"web": {"ports": ["80"]}}})
    True
    """
    text = json.dumps(override, indent=2)
    # A quotation mark inside a value is escaped, so this is a key of ours.
    return text.replace('"ports": [', '"ports": !override [') + "\n"


def _ports(ports: list[Mapping[str, Any]], first: int) -> list[str]:
    published = [str(first or ""), *[""] * (len(ports) - 1)]
    return [
        f"{one.get('host_ip') or LOOPBACK}:{here}:{one['target']}/{one.get('protocol', 'tcp')}"
        for one, here in zip(ports, published, strict=True)
    ]
