"""Base images: at their end of life, without a digest, or behind what their tag names now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from careen.audit.finding import Finding
from careen.errors import CareenError
from careen.image.read.reference import parse
from careen.lint.base_facts import base_facts
from careen.lint.end_of_life import ends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

CHECK = "base-images"
_SOON = timedelta(days=90)


def findings(
    bases: Iterable[tuple[str, str]],
    today: date,
    digest_of: Callable[[str], str],
    accepted: str = "",
) -> list[Finding]:
    """Judge bases.

    Args:
        bases: references, each with the file and the line that names it.
        today: in UTC.
        digest_of: gives the digest that a tag names now; raises CareenError.
        accepted: the reason why bases need no digest here, "" for none.
    """
    found: list[Finding] = []
    asked: dict[str, str | CareenError] = {}
    for reference, where in dict.fromkeys(bases):
        found += _ends(reference, where, today)
        if "@" in reference:
            found += _behind(reference, where, asked, digest_of)
        elif accepted:
            found.append(Finding(CHECK, "note", where, f"{reference} has no digest: {accepted}"))
        else:
            said = f"{reference} has no digest: its tag may name another image tomorrow"
            found.append(Finding(CHECK, "fault", where, said, "careen lint --fix pins it"))
    return found


def _ends(reference: str, where: str, today: date) -> list[Finding]:
    found = []
    for what, end in ends(base_facts(reference)):
        if end < today:
            said = f"{reference}: the support of {what} ended on {end}"
            found.append(Finding(CHECK, "fault", where, said, "move to a supported release"))
        elif end - today < _SOON:
            said = f"{reference}: the support of {what} ends on {end}"
            found.append(Finding(CHECK, "note", where, said, "plan the move"))
    return found


def _behind(
    reference: str,
    where: str,
    asked: dict[str, str | CareenError],
    digest_of: Callable[[str], str],
) -> list[Finding]:
    name, _, pinned = reference.partition("@")
    if name not in asked:
        try:
            asked[name] = digest_of(str(parse(name)))
        except CareenError as error:
            asked[name] = error
    now = asked[name]
    if isinstance(now, CareenError):
        said = f"{name}: what its tag names now is not known: {now.args[0]}"
        return [Finding(CHECK, "unknown", where, said, "run it where the registry can be reached")]
    if now == pinned:
        return []
    said = f"{name} names {now[:19]} now, not {pinned[:19]}"
    return [Finding(CHECK, "fault", where, said, "pin the new digest, build, scan and validate")]
