"""What is kept of a scan comes back as it was; what is damaged does not count."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.careen.scan.test_policy import TODAY, finding, scanned

from careen.config.model import ScanSettings
from careen.scan.policy import judge
from careen.scan.record import read_record, record_path, record_text, scan_record

from .outputs import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def record() -> dict[str, Any]:
    image = scanned(finding("CVE-2"), finding("CVE-1"))
    [said] = judge([image], ScanSettings(), TODAY).images
    return scan_record(image, said, ["sha256:a"], NOW)


def test_a_record_survives_its_file(record: dict[str, Any], tmp_path: Path) -> None:
    assert [one["id"] for one in record["findings"]] == ["CVE-1", "CVE-2"]
    record_path(tmp_path, "slim").write_text(record_text(record))
    assert read_record(tmp_path, "slim") == record
    assert read_record(tmp_path, "distroless") is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: record.pop("diff_ids"),
        lambda record: record.update(schema_version=2),
        lambda record: record.update(findings=[{"id": 1}]),
        lambda record: record["findings"][0].update(severity=None),
        lambda record: record.update(scanners=[]),
    ],
    ids=["key", "version", "findings", "severity", "scanners"],
)
def test_a_damaged_record_is_none(
    record: dict[str, Any], damage: Callable[[dict[str, Any]], object], tmp_path: Path
) -> None:
    damage(record)
    record_path(tmp_path, "slim").write_text(json.dumps(record))
    assert read_record(tmp_path, "slim") is None
