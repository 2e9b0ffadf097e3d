"""Compares two scans, and two SBOMs: what is new, what is gone, what changed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from careen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_Key = tuple[str, str]


def compare_scans(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Compare two documents of `careen.scan.document.to_json`, or one image's part of each.

    A finding is the same where kind, package and id are, whatever the version. What is gone is
    `fixed` only in what the new scan knows: with an outcome that lists unknowns, `sure` is False.

    Returns:
        new, fixed and still: findings; packages: added, removed, changed; sure.

    Raises:
        UsageError: one of them is no document of a scan.
    """
    try:
        before, after = _findings(old), _findings(new)
        packages = _changes(_packages(old), _packages(new))
        unknown = [one for image in _images(new) for one in image["unknown"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            "one of both is no scan's JSON", hint="Write each with `careen scan --json`."
        ) from error
    return {
        "new": [after[key] for key in sorted(after.keys() - before.keys())],
        "fixed": [before[key] for key in sorted(before.keys() - after.keys())],
        "still": [after[key] for key in sorted(after.keys() & before.keys())],
        "packages": packages,
        "sure": not unknown,
    }


def compare_sboms(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the components of two CycloneDX documents (JSON, 1.2 and later).

    Files are left out. A component is the same where its type of package and its name are.

    Raises:
        UsageError: one of them is no CycloneDX.
    """
    for one in (old, new):
        # A file's JSON may be anything.
        if not isinstance(one, dict) or one.get("bomFormat") != "CycloneDX":
            raise UsageError("one of both is no CycloneDX document in JSON")
        if not isinstance(one.get("components", []), list):
            raise UsageError("one of both is no CycloneDX document in JSON")
    try:
        return _changes(_components(old), _components(new))
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"a component of a CycloneDX document is malformed: {error}") from error


def _images(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    images = document.get("images", [document])
    return list(images)


def _findings(document: Mapping[str, Any]) -> dict[tuple[str, str, str], Any]:
    return {
        (one["package"]["kind"], one["package"]["name"].lower(), one["id"]): one
        for image in _images(document)
        for one in image["findings"]
    }


def _packages(document: Mapping[str, Any]) -> dict[_Key, set[str]]:
    found = (one for image in _images(document) for one in image["packages"])
    return _versions(((one["kind"], one["name"]), one["version"]) for one in found)


def _components(document: Mapping[str, Any]) -> dict[_Key, set[str]]:
    found = []
    for one in document.get("components", []):
        if one["type"] == "file":
            continue
        kind = one.get("purl", "").removeprefix("pkg:").partition("/")[0] or one["type"]
        name = f"{one['group']}/{one['name']}" if one.get("group") else one["name"]
        found.append(((kind, name), one.get("version", "")))
    return _versions(found)


def _versions(found: Iterable[tuple[_Key, str]]) -> dict[_Key, set[str]]:
    versions: dict[_Key, set[str]] = defaultdict(set)
    for key, version in found:
        versions[key].add(version)
    return dict(versions)


def _changes(old: dict[_Key, set[str]], new: dict[_Key, set[str]]) -> dict[str, Any]:
    def listed(keys: Iterable[_Key]) -> list[dict[str, Any]]:
        return [
            {
                "kind": key[0],
                "name": key[1],
                "old": sorted(old.get(key, ())),
                "new": sorted(new.get(key, ())),
            }
            for key in sorted(keys)
        ]

    return {
        "added": listed(new.keys() - old.keys()),
        "removed": listed(old.keys() - new.keys()),
        "changed": listed(key for key in old.keys() & new.keys() if old[key] != new[key]),
    }
