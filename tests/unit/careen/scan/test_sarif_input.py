from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.scan.json_fields import UnreadableError
from careen.scan.model import Package, Vulnerability
from careen.scan.purl import package_of
from careen.scan.sarif_input import read_docker_scout, read_snyk

from .outputs import damaged, document, output

if TYPE_CHECKING:
    from collections.abc import Callable

READERS: dict[str, Callable[[str], tuple[Vulnerability, ...]]] = {
    "docker-scout.sarif.json": read_docker_scout,
    "snyk.sarif.json": read_snyk,
}


def test_docker_scouts_rules_are_read() -> None:
    glibc, holey = read_docker_scout(output("docker-scout.sarif.json"))
    assert (glibc.id, glibc.severity, glibc.fixed_version) == (
        "CVE-2099-0001",
        "CRITICAL",
        "2.41-2",
    )
    assert glibc.package == Package("deb", "glibc", "2.41-1")
    assert (holey.severity, holey.fixed_version) == ("UNKNOWN", "")


def test_snyks_results_are_read() -> None:
    libc, holey = read_snyk(output("snyk.sarif.json"))
    assert (libc.id, libc.severity) == ("CVE-2099-0001", "HIGH")
    assert libc.aliases == ("CVE-2099-0004", "SNYK-DEBIAN13-GLIBC-1")
    assert libc.package == Package("deb", "libc6", "2.41-1", source="glibc")
    assert libc.title == "Out-of-bounds Read vulnerability in glibc"
    assert (holey.id, holey.aliases) == ("SNYK-PYTHON-HOLEY-2", ())
    assert holey.package == Package("python", "holey", "1.0")


@pytest.mark.parametrize("name", READERS)
def test_a_report_without_runs_is_not_a_clean_image(name: str) -> None:
    bad: list[list[object] | None] = [[], None, [{}]]
    for runs in bad:
        with pytest.raises(UnreadableError):
            READERS[name](json.dumps({**document(name), "runs": runs}))


def test_the_report_of_another_tool_is_an_error() -> None:
    with pytest.raises(UnreadableError, match="not of snyk"):
        read_snyk(output("docker-scout.sarif.json"))


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_a_report_that_is_cut_off_or_damaged_is_an_error_or_read(
    name: str, data: st.DataObject
) -> None:
    text = output(name)
    length = data.draw(st.integers(0, len(text.rstrip()) - 1))
    with pytest.raises(UnreadableError):
        READERS[name](text[:length])
    whole = READERS[name](text)
    try:
        found = READERS[name](data.draw(damaged(name)))
    except ValueError:
        return
    assert len(found) <= len(whole)


@pytest.mark.parametrize(
    "purl", ["", "apt", "pkg:", "pkg:deb", "pkg:deb/x", "pkg:deb/@1", "x:a/b@1"]
)
def test_what_is_no_package_url_is_an_error(purl: str) -> None:
    with pytest.raises(ValueError, match="no package URL"):
        package_of(purl)


@given(st.text(max_size=30))
def test_any_text_is_a_package_url_or_an_error(text: str) -> None:
    try:
        package = package_of(text)
    except ValueError:
        return
    assert package.name
