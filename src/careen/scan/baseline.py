"""The file of findings that are known, so that only new ones fail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from careen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from careen.scan.model import Finding

_VERSION = 1
Known = frozenset[tuple[str, str, str]]


def baseline_keys(finding: Finding) -> Known:
    """Give kind, package and id, for each of its ids; an upgrade that mends nothing is no news."""
    kind, name, _ = finding.package.key
    return frozenset((kind, name, one) for one in (finding.id, *finding.aliases))


def baseline_text(findings: Iterable[Finding]) -> str:
    """Give the file's text: JSON, sorted, the same for the same findings."""
    packages: dict[str, dict[str, set[str]]] = {}
    for kind, name, id_ in ((*one.package.key[:2], one.id) for one in findings):
        packages.setdefault(kind, {}).setdefault(name, set()).add(id_)
    data = {
        "schema_version": _VERSION,
        "packages": {
            kind: {name: sorted(ids) for name, ids in sorted(names.items())}
            for kind, names in sorted(packages.items())
        },
    }
    return json.dumps(data, indent=2) + "\n"


def read_baseline(path: Path) -> Known:
    """Read what `baseline_text` wrote.

    Raises:
        ConfigError: it is missing, broken, or of another version.
    """
    hint = "Write it anew from a scan that you have looked at, or remove new-only."
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint=hint) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: it is no JSON: {error}", hint=hint) from error
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != _VERSION:
        raise ConfigError(f"{path}: schema_version is {version!r}, not {_VERSION}", hint=hint)
    try:
        return frozenset(
            (kind, name, id_)
            for kind, names in data["packages"].items()
            for name, ids in names.items()
            for id_ in _texts(ids)
        )
    except (KeyError, AttributeError, TypeError) as error:
        raise ConfigError(
            f"{path}: packages are not {{kind: {{name: [id]}}}}", hint=hint
        ) from error


def _texts(ids: object) -> list[str]:
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise TypeError("no list of ids")
    return ids
