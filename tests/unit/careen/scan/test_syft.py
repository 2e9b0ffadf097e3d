from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.errors import CareenError
from careen.scan.json_fields import UnreadableError
from careen.scan.model import Package
from careen.scan.syft import Syft, arguments, read_packages, read_sbom, sbom_path

from .outputs import damaged, document, how, output, target

HOLEY = "usr/lib/python3/dist-packages/holey-1.0.dist-info/METADATA"


def test_the_inventory_is_read() -> None:
    assert sorted(read_packages(output("syft.json")), key=lambda package: package.name) == [
        Package("deb", "bash", "1:5.2.37-2+b5", "amd64", "var/lib/dpkg/status"),
        Package("python", "holey", "1.0", path=HOLEY),
        Package("npm", "left", "1.2.3", path="app/node_modules/left/package.json"),
        Package("deb", "libc6", "2.41-1", "amd64", "var/lib/dpkg/status", "glibc"),
        Package("other", "some", "", path="app/some.jar"),
    ]


def test_a_compiled_program_is_a_package_too() -> None:
    report = document("syft.json")
    report["artifacts"] = [
        {
            "name": "python",
            "version": "3.13.5",
            "type": "binary",
            "locations": [{"path": "/usr/local/bin/python3.13"}],
        }
    ]
    expected = Package("binary", "python", "3.13.5", path="usr/local/bin/python3.13")
    assert read_packages(json.dumps(report)) == (expected,)


@pytest.mark.parametrize("version", ["17.0.0", "1.0.0", "x", ""])
def test_another_schema_is_an_error(version: str) -> None:
    report = document("syft.json")
    report["schema"]["version"] = version
    with pytest.raises(UnreadableError):
        read_packages(json.dumps(report))


@given(st.integers(0, len(output("syft.json").rstrip()) - 1))
def test_an_inventory_that_is_cut_off_is_an_error(length: int) -> None:
    with pytest.raises(UnreadableError):
        read_packages(output("syft.json")[:length])


@given(damaged("syft.json"))
def test_a_damaged_inventory_is_read_or_an_error(text: str) -> None:
    try:
        packages = read_packages(text)
    except UnreadableError:
        return
    assert len(packages) <= 5


def test_one_run_writes_every_format(tmp_path: Path) -> None:
    wanted = target(Path("/a.tar"), sbom=tmp_path)
    words = arguments(wanted, Path("/a.tar"), Path("/w"), Path("/w/syft.yaml"))
    assert [word for word in words if "=" in word] == [
        "syft-json=/w/syft.json",
        "cyclonedx-json=/w/cdx.json",
        "spdx-json=/w/spdx.json",
    ]
    assert words[1] == "docker-archive:/a.tar"
    assert words[words.index("--source-name") + 1] == "scanned:1"


def test_no_sbom_is_written_where_none_is_wanted() -> None:
    words = arguments(target(Path("/a.tar")), Path("/a.tar"), Path("/w"), Path("/w/syft.yaml"))
    assert [word for word in words if "=" in word] == ["syft-json=/w/syft.json"]


def test_an_images_name_becomes_a_files_name(tmp_path: Path) -> None:
    assert sbom_path(target(Path("/a"), sbom=tmp_path), "cdx.json").name == "scanned-1.cdx.json"


def test_what_is_no_sbom_is_an_error() -> None:
    read_sbom("bomFormat", '{"bomFormat": "CycloneDX"}')
    for text in ("", "[]", "{}", '{"bomFormat": 3}'):
        with pytest.raises(UnreadableError):
            read_sbom("bomFormat", text)


def test_there_is_nothing_to_fetch(tmp_path: Path) -> None:
    with pytest.raises(CareenError, match="no database"):
        Syft().update(how(tmp_path))
