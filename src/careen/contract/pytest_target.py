"""A project's own tests, run against a running container: what JUnit's file says of them.

Source: pytest's documentation, "Creating JUnitXML format files".
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from careen.contract.model import Check
from careen.errors import CareenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MOST_NAMED = 5
_MOST_LETTERS = 300
BASE_URL = "{base_url}"


@dataclass
class _Module:
    passed: int = 0
    skipped: int = 0
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0


def arguments(words: Sequence[str], base_url: str) -> tuple[str, ...]:
    """Put the service's address into pytest's arguments.

    >>> arguments(["tests/contract", "--base-url={base_url}"], "http://127.0.0.1:80")
    ('tests/contract', '--base-url=http://127.0.0.1:80')
    """
    return tuple(word.replace(BASE_URL, base_url) for word in words)


def pytest_checks(
    words: Sequence[str], base_url: str, run: Callable[[Sequence[str]], bytes]
) -> list[Check]:
    """Run the tests; give a check for each module.

    Args:
        words: pytest's arguments, `{base_url}` among them.
        base_url: of the service.
        run: runs pytest with arguments, and gives its JUnit file; raises CareenError where there
            is none.
    """
    if not words:
        return []
    try:
        return checks_of(run(arguments(words, base_url)))
    except CareenError as error:
        return [Check("pytest", "unknown", str(error.args[0]))]


def checks_of(junit: bytes) -> list[Check]:
    """Give a check for each module of a JUnit file; a test that was skipped is no pass.

    Raises:
        CareenError: it is no such file, or no test ran.
    """
    modules = _modules(junit)
    if not any(one.passed or one.failed for one in modules.values()):
        raise CareenError("pytest ran no test", hint="see [tool.careen.contract] pytest")
    return [_check(name, one) for name, one in modules.items()]


def _modules(junit: bytes) -> dict[str, _Module]:
    try:
        # What is read was written by our own pytest; entities of a document are refused.
        if b"<!ENTITY" in junit:
            raise CareenError("pytest's JUnit file declares entities")
        root = ET.fromstring(junit)  # noqa: S314 - see above
    except ET.ParseError as error:
        raise CareenError(f"pytest's JUnit file is not understood: {error}") from None
    found: dict[str, _Module] = defaultdict(_Module)
    for case in root.iter("testcase"):
        module = found[case.get("classname", "") or "pytest"]
        module.seconds += float(case.get("time", 0) or 0)
        faults = [*case.iter("failure"), *case.iter("error")]
        if faults:
            said = (faults[0].get("message") or faults[0].text or "").strip().splitlines()
            module.failed.append(f"{case.get('name')}: {said[0] if said else 'it failed'}")
        elif case.find("skipped") is not None:
            module.skipped += 1
        else:
            module.passed += 1
    return dict(found)


def _check(name: str, one: _Module) -> Check:
    total = one.passed + one.skipped + len(one.failed)
    skipped = f", {one.skipped} skipped" if one.skipped else ""
    measured = f"{one.passed} of {total} passed{skipped}"
    figures = {"passed": one.passed, "failed": len(one.failed), "skipped": one.skipped}
    more = len(one.failed) - _MOST_NAMED
    shown = [text[:_MOST_LETTERS] for text in one.failed[:_MOST_NAMED]]
    reason = "; ".join([*shown, *([f"and {more} more"] if more > 0 else [])])
    if not one.failed and not one.passed:
        return Check(f"pytest: {name}", "skipped", "every test of it was skipped", figures=figures)
    return Check(
        f"pytest: {name}",
        "failed" if one.failed else "passed",
        reason,
        "all pass",
        measured,
        figures=figures,
        seconds=round(one.seconds, 3),
    )
