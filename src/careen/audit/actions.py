"""Actions of GitHub's workflows that are not pinned to a commit: a tag can be moved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.audit.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECK = "actions"
_USES = re.compile(r"^\s*(?:-\s+)?uses:\s*[\"']?(?P<what>[^\s\"'#]+)")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def findings(workflows: Mapping[str, str]) -> list[Finding]:
    """Give the actions without a commit.

    Args:
        workflows: texts by path.
    """
    return [
        Finding(
            CHECK,
            "fault",
            f"{path}:{number}",
            f"{match['what']} is not pinned to a commit",
            "write the commit's 40 digits behind the @, and the tag in a comment",
        )
        for path, text in sorted(workflows.items())
        for number, line in enumerate(text.splitlines(), 1)
        if (match := _USES.match(line)) and not _is_pinned(match["what"])
    ]


def _is_pinned(what: str) -> bool:
    if what.startswith("./"):  # an action of this repository is of this commit
        return True
    if what.startswith("docker://"):
        return "@sha256:" in what
    return _COMMIT.fullmatch(what.rpartition("@")[2]) is not None
