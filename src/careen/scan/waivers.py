"""Reads the file of findings that are accepted until a date, each with its reason."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from careen.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from careen.scan.model import Finding

_KEYS = ("id", "package", "reason", "expires")
_HEADER = re.compile(r"\s*\[\[\s*waiver\s*\]\]\s*(#.*)?")
_AT = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(frozen=True)
class Waiver:
    """A finding that is accepted.

    Attributes:
        id: the vulnerability's, or one of its aliases.
        package: its name; "" means every package that has it.
        reason: why it is accepted.
        expires: the last day on which it is.
        line: of the file, from 1.
    """

    id: str
    reason: str
    expires: date
    package: str = ""
    line: int = 0

    def covers(self, finding: Finding) -> bool:
        """Say whether this is meant; whether it is expired is another question."""
        package = finding.package
        return self.means(
            (finding.id, *finding.aliases), (package.name, package.key[1], package.source)
        )

    def means(self, ids: Iterable[str], packages: Iterable[str]) -> bool:
        """Say the same of a finding's id and aliases and of its package's names."""
        return self.id in set(ids) and (
            not self.package or self.package.lower() in {name.lower() for name in packages}
        )


def read_waivers(path: Path, secret_rules: Collection[str] = ()) -> tuple[Waiver, ...]:
    """Read a TOML file of `[[waiver]]` tables with id, reason, expires, and perhaps package.

    Args:
        path: of the file.
        secret_rules: the rules that find secrets: those cannot be waived.

    Raises:
        ConfigError: it cannot be read, or is malformed; all faults at once, with their lines.
    """
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}", hint="Set waivers in [tool.careen.scan] to the file."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: it is not UTF-8: {error.reason}.") from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        raise ConfigError(f"{path}:{line}: it is no TOML: {error}.") from error
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits, or as many brackets: Python's own limits.
        raise ConfigError(f"{path}: it is no TOML that can be read: {error}.") from error
    waivers, faults = _read(data, text.splitlines(), frozenset(secret_rules))
    if faults:
        listed = "\n".join(f"{path}:{line}: {fault}" for line, fault in sorted(faults))
        raise ConfigError(
            listed, hint='A waiver is: id = "CVE-...", reason = "...", expires = 2027-01-31.'
        )
    return tuple(waivers)


def _read(
    data: dict[str, Any], lines: list[str], secret_rules: frozenset[str]
) -> tuple[list[Waiver], list[tuple[int, str]]]:
    faults = [
        (_line_of(lines, 0, key), f"unknown key {key!r}. {nearest(key, ['waiver'])}")
        for key in data
        if key != "waiver"
    ]
    tables = data.get("waiver", [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        where = _line_of(lines, 0, "waiver")
        return [], [*faults, (where, "waiver is no list: write [[waiver]] with two brackets")]
    starts = [number for number, line in enumerate(lines, 1) if _HEADER.fullmatch(line)]
    if len(starts) != len(tables):
        starts = [1] * len(tables)
    waivers: list[Waiver] = []
    first: dict[tuple[str, str], int] = {}
    for start, table in zip(starts, tables, strict=True):
        wrong = [
            (_line_of(lines, start, key) if key in table else start, fault)
            for key, fault in _faults(table, secret_rules)
        ]
        faults += wrong
        if wrong:
            continue
        waiver = Waiver(
            table["id"], table["reason"], table["expires"], table.get("package", ""), start
        )
        name = waiver.id, waiver.package.lower()
        if name in first:
            faults.append((start, f"{waiver.id} is waived already in line {first[name]}"))
        first.setdefault(name, start)
        waivers.append(waiver)
    return waivers, faults


def _faults(table: dict[str, Any], secret_rules: frozenset[str]) -> list[tuple[str, str]]:
    """Give each key with what is wrong with it."""
    faults = [
        (key, f"unknown key {key!r}. {nearest(key, _KEYS)}") for key in table if key not in _KEYS
    ]
    for key in ("id", "package", "reason"):
        value = table.get(key)
        if key not in table:
            if key != "package":
                faults.append((key, f"{key} is missing"))
        elif not isinstance(value, str):
            faults.append((key, f"{key} is no text: {value!r}"))
        elif not value.strip():
            faults.append((key, f"{key} is empty"))
    if "expires" not in table:
        faults.append(("expires", "expires is missing: the last day on which it holds"))
    elif not isinstance(table["expires"], date) or isinstance(table["expires"], datetime):
        faults.append(
            ("expires", f"expires is no date: {table['expires']!s}; write 2027-01-31, no quotes")
        )
    if isinstance(table.get("id"), str) and table["id"] in secret_rules:
        faults.append(
            ("id", f"{table['id']} finds secrets, and no secret can be waived: remove it")
        )
    return faults


def _line_of(lines: list[str], start: int, key: str) -> int:
    """Find a key's line below a table's header; the header's where it is not found."""
    pattern = re.compile(rf"\s*(\[+\s*)?[\"']?{re.escape(key)}[\"']?\s*[\].=]")
    for number, line in enumerate(lines[start:], start + 1):
        if start and _HEADER.fullmatch(line):
            break
        if pattern.match(line):
            return number
    return max(start, 1)
