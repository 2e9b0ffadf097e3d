"""Writes suites of cases as JUnit's XML, which every CI reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from careen.report.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MARKS = {
    "failed": ("failure", "failures"),
    "unknown": ("error", "errors"),
    "skipped": ("skipped", "skipped"),
}


def junit(suites: Sequence[Mapping[str, Any]]) -> str:
    """Give the XML, as Jenkins' and GitLab's readers take it.

    Args:
        suites: each with a name and its cases; a case has name, status (passed, failed, unknown,
            which is JUnit's error, or skipped), and perhaps message, text and seconds.

    >>> print(junit([{"name": "a", "cases": [{"name": "b", "status": "passed"}]}]).splitlines()[1])
    <testsuites tests="1" failures="0" errors="0" skipped="0">
    """
    root = ET.Element("testsuites", _counts([one for suite in suites for one in suite["cases"]]))
    for suite in suites:
        name = clean(suite["name"])
        element = ET.SubElement(root, "testsuite", {"name": name} | _counts(suite["cases"]))
        for case in suite["cases"]:
            seconds = f"{case.get('seconds', 0.0):.3f}"
            attributes = {"classname": name, "name": clean(case["name"]), "time": seconds}
            own = ET.SubElement(element, "testcase", attributes)
            if case["status"] in _MARKS:
                message = clean(case.get("message", ""))
                mark = ET.SubElement(own, _MARKS[case["status"]][0], {"message": message})
                mark.text = clean(case.get("text", "")) or None
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _counts(cases: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    counts = {
        plural: str(sum(1 for one in cases if one["status"] == status))
        for status, (_, plural) in _MARKS.items()
    }
    return {"tests": str(len(cases))} | counts
