"""The real security suite of Debian, fetched and verified; apt itself says what can be upgraded."""

from __future__ import annotations

import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.unit.careen.image.trees import image, layer, text

from careen.engine.apt import PrivateApt, Source, read_host
from careen.engine.security_suite import Suite, fetch_suite, read_suite
from careen.errors import CareenError
from careen.scan.debian_security import DebianSecurity
from careen.scan.model import How, Target

if TYPE_CHECKING:
    from pathlib import Path

CODENAME = "trixie"
STANZA = """Package: {0}
Status: install ok installed
Maintainer: nobody <nobody@example.org>
Architecture: {2}
Version: {1}
Description: as it was
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("databases")


@pytest.fixture(scope="module")
def suite(folder: Path) -> Suite:
    fetched = fetch_suite(folder / "debian-security", CODENAME, "amd64")
    assert read_suite(folder / "debian-security", CODENAME, "amd64") == fetched
    return fetched


def behind(suite: Suite) -> list[tuple[str, str, str]]:
    """Give packages as an image has them: a third of them behind, equal, and ahead of the suite."""
    names: dict[str, tuple[str, str, str]] = {}
    for one in suite.packages:
        names.setdefault(one.name, (one.name, one.version, one.architecture))
    rows = list(names.values())[::7][:90]
    changed = []
    for at, (name, version, architecture) in enumerate(rows):
        installed = (f"{version}~", version, f"{version}+1")[at % 3]
        changed.append((name, installed, architecture))
    # As they were in the release's first days, which is more than a year ago.
    return [*changed, ("openssl", "3.5.1-1", "amd64"), ("libssl3t64", "3.5.1-1", "amd64")]


def upgradable(status: str, work: Path) -> set[str]:
    """Let apt say which packages of a status file its security suite has newer ones of."""
    host = read_host()
    mirror = Source(
        host.security_mirror,
        f"{CODENAME}-security",
        ("main", "contrib", "non-free", "non-free-firmware"),
        host.keyring,
        "amd64",
    )
    apt = PrivateApt(work, [mirror])
    apt.update()
    (work / "status").write_text(status)
    done = subprocess.run(
        ["apt", "-o", "APT::Architecture=amd64", "list", "--upgradable"],
        env={**os.environ, **apt.environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = re.findall(
        r"^([^/\s]+)/\S+ (\S+) \S+ \[upgradable from: (\S+)\]$", done.stdout, re.MULTILINE
    )
    assert found
    # apt calls the same version upgradable too, where another field of it differs.
    return {name for name, new, old in found if new != old}


def test_every_pending_update_is_found_and_no_other(
    suite: Suite, folder: Path, tmp_path: Path
) -> None:
    rows = behind(suite)
    status = "\n".join(STANZA.format(*row) for row in rows)
    one = layer(
        text("etc/os-release", f"ID=debian\nVERSION_CODENAME={CODENAME}\n"),
        text("var/lib/dpkg/status", status),
    )
    target = Target("app", tmp_path / "app.tar", "docker-archive", image("app", [one]))
    how = How(folder, datetime.now(UTC), offline=True)
    report = DebianSecurity().scan(target, how)
    assert (report.status, report.covers) == ("ran", frozenset({"deb"})), report.reason
    found = {one.package.name for one in report.vulnerabilities}
    assert found == upgradable(status, tmp_path / "apt")
    assert len(found) >= 30
    assert report.database is not None
    assert report.database.updated is not None
    assert datetime.now(UTC) - report.database.updated < timedelta(days=30)


def test_a_release_without_a_suite_is_told(folder: Path) -> None:
    with pytest.raises(CareenError):
        fetch_suite(folder, "potato", "amd64")
    assert read_suite(folder, "potato", "amd64") is None
