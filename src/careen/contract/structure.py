"""Files of container-structure-test, run as they are: a check for each of their tests.

Source: GoogleContainerTools/container-structure-test, README and pkg/types/unversioned.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal

from careen.contract.model import Check
from careen.errors import CareenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Means = Literal["names", "files", "container"]
# What needs a container; the other tests read the image's archive. Of a file that it unpacked from
# one the program knows no owner: "Error checking ownership". The files may be JSON too.
_ACTS = re.compile(
    r"""(?:^[ \t]*(?:-[ \t]+)*|[{,]\s*)(["']?)"""
    r"(?:commandTests|globalEnvVars|containerRunOptions|uid|gid)\1\s*:",
    re.MULTILINE,
)
# What names and modes are enough for; see also `_ACTS`.
_LOOKS = re.compile(r"[ \t-]|#|(?:schemaVersion|fileExistenceTests|metadataTest)[ \t]*:|[ \t]*$")
_MOST_LETTERS = 300
# Docker 26 with containerd's image store does not commit a container of an image with zstd layers,
# and the program commits one for each test: no test was made then.
_NOT_MADE = "Error committing container"
_HINT = "the engine cannot commit a container of this image, which commandTests need; "
_HINT += 'one whose variant has compression = { kind = "gzip" } it can'


def means_of(text: str) -> Means:
    """Tell what a file's tests need: a container, the image's files, or their names alone.

    >>> means_of("fileExistenceTests: []"), means_of("fileContentTests: []")
    ('names', 'files')
    """
    if _ACTS.search(text):
        return "container"
    return "names" if all(map(_LOOKS.match, text.splitlines())) else "files"


def structure_checks(
    files: Sequence[tuple[str, str]], run: Callable[[str, Means], str]
) -> list[Check]:
    """Run files of container-structure-test.

    Args:
        files: the path and the text of each.
        run: runs the program over a path with what its tests need, and gives the JSON that it
            prints; raises CareenError where it cannot be had or does not run.
    """
    checks: list[Check] = []
    for path, text in files:
        try:
            checks += results(run(path, means_of(text)), path)
        except CareenError as error:
            checks.append(Check(f"structure: {path}", "unknown", str(error.args[0])))
    return checks


def results(text: str, path: str) -> list[Check]:
    """Read what container-structure-test prints with `--output json`.

    Raises:
        CareenError: it is not of that form, or no test ran.
    """
    try:
        rows = json.loads(text)["Results"]
        found = [_check(row["Name"], row["Pass"], row.get("Errors") or [], path) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CareenError(
            f"{path}: container-structure-test wrote what is not known: {error!r}"
        ) from None
    if not found:
        raise CareenError(f"{path}: container-structure-test ran no test")
    return found


def _check(name: str, passed: bool, errors: Sequence[str], path: str) -> Check:  # noqa: FBT001
    shown = f"structure: {str(name).partition(' Test: ')[2] or name or path}"
    if passed:
        return Check(shown, "passed", expected="it holds", measured="it holds")
    reason = "; ".join(" ".join(str(error).split()) for error in errors) or "it does not hold"
    if _NOT_MADE in reason:
        return Check(shown, "unknown", f"{_HINT}: {reason}"[: 2 * _MOST_LETTERS], "it holds")
    return Check(shown, "failed", reason[:_MOST_LETTERS], "it holds", "it does not")
