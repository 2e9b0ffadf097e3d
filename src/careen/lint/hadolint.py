"""hadolint's JSON as findings, joined with our own.

Source: the `json` format of hadolint 2.x: a list of objects with line, column, level, code,
message and file.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from careen.lint.finding import Finding, Severity, ordered
from careen.lint.installs import pip_arguments
from careen.lint.mounts import mounts
from careen.lint.shell_commands import commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from careen.build.dockerfile import Dockerfile
    from careen.build.instructions import Instruction
    from careen.lint.rule import Rule

_LEVELS: dict[str, Severity] = {"error": "error", "warning": "warning", "info": "info"}
_LEVELS["style"] = "info"


def parse_hadolint(text: str, path: str) -> tuple[Finding, ...]:
    """Read what `hadolint --format json FILE` prints.

    Args:
        text: its standard output.
        path: the file that the findings are to name.

    Raises:
        ValueError: it is no such JSON.
    """
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    if not isinstance(document, list):
        raise ValueError("its JSON is no list")  # noqa: TRY004 - wrong text, no wrong type
    return ordered(_finding(one, path) for one in document)


def join(
    own: Sequence[Finding],
    hadolint: Sequence[Finding],
    dockerfile: Dockerfile,
    rules: Iterable[Rule],
) -> tuple[Finding, ...]:
    """Join hadolint's findings with ours.

    DL3042 (pip without --no-cache-dir) is dropped where the RUN has a cache mount for pip: there
    the option is the fault. What one of our rules found on the same instruction is dropped too.
    """
    same = {rule.id: rule.same_as for rule in rules}
    taken = {
        (code, _at(dockerfile, finding.line))
        for finding in own
        for code in same.get(finding.rule, ())
    }
    left = [
        finding
        for finding in hadolint
        if (finding.rule, _at(dockerfile, finding.line)) not in taken
        and not (finding.rule == "DL3042" and _has_pip_cache(dockerfile, finding.line))
    ]
    return ordered([*own, *left])


def _finding(one: Any, path: str) -> Finding:
    if not isinstance(one, dict):
        raise ValueError("an item of its JSON is no object")  # noqa: TRY004
    code, message, level = one.get("code"), one.get("message"), one.get("level")
    line, column = one.get("line"), one.get("column")
    if not (isinstance(code, str) and isinstance(message, str) and level in _LEVELS):
        raise ValueError("an item of its JSON has no code, message or known level")
    if type(line) is not int or line < 1:
        raise ValueError("an item of its JSON has no line")
    where = column if type(column) is int and column > 0 else None
    # Its own documentation says more than we could.
    kind = "hadolint/hadolint/wiki" if code.startswith("DL") else "koalaman/shellcheck/wiki"
    advice = f"see https://github.com/{kind}/{code}"
    return Finding(code, path, line, _LEVELS[level], message, advice, "hadolint", where)


def _at(dockerfile: Dockerfile, line: int) -> int:
    """Give the first line of the instruction that a line belongs to."""
    found = _instruction(dockerfile, line)
    return found.line if found else line


def _instruction(dockerfile: Dockerfile, line: int) -> Instruction | None:
    return next((one for one in dockerfile.instructions if one.line <= line <= one.end_line), None)


def _has_pip_cache(dockerfile: Dockerfile, line: int) -> bool:
    instruction = _instruction(dockerfile, line)
    if instruction is None:
        return False
    cached = any(
        mount.kind == "cache" and mount.target.endswith(("/pip", "/.cache"))
        for mount in mounts(instruction)
    )
    return cached and any(pip_arguments(one) is not None for one in commands(instruction))
