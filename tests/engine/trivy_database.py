"""A tiny vulnerability database for trivy: the file format of bbolt, the buckets of trivy-db.

What is needed to see a real trivy find something where no database can be fetched. The formats:
`page.go`, `meta.go` and `bucket.go` of go.etcd.io/bbolt; `pkg/db` of aquasecurity/trivy-db.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_PAGE_BYTES = 4096
_LEAF, _META, _FREELIST = 0x02, 0x04, 0x10
_HEADER = struct.Struct("<QHHI")  # id, flags, count, overflow
_ELEMENT = struct.Struct("<IIII")  # flags, position, key's and value's bytes
_BUCKET = 1

Buckets = dict[str, Any]  # of buckets; what is no dictionary's dictionary is a value, as JSON


def write_database(folder: Path, updated: datetime) -> None:
    """Write a database into trivy's cache folder: glibc and a Python package have a hole each."""
    advisories: Buckets = {
        "debian 13": {"glibc": {"CVE-2099-0001": _Value({"FixedVersion": "2.41-2"})}},
        "pip::GitHub Security Advisory Pip": {
            "holey": {
                "CVE-2099-0002": _Value(
                    {"PatchedVersions": ["1.4.1", "2.0.0"], "VulnerableVersions": ["<1.4.1"]}
                )
            }
        },
        "data-source": {
            "debian 13": _Value({"ID": "debian", "Name": "Debian Security Tracker"}),
            "pip::GitHub Security Advisory Pip": _Value({"ID": "ghsa", "Name": "GHSA"}),
        },
        "vulnerability": {
            "CVE-2099-0001": _Value(
                {"Title": "a hole in glibc", "VendorSeverity": {"nvd": 4, "debian": 1}}
            ),
            "CVE-2099-0002": _Value({"Title": "a hole in holey", "VendorSeverity": {"ghsa": 3}}),
        },
    }
    stamp = updated.isoformat().replace("+00:00", "Z")
    (folder / "db").mkdir(parents=True)
    (folder / "db" / "trivy.db").write_bytes(_bolt(advisories))
    metadata = {"Version": 2, "NextUpdate": stamp, "UpdatedAt": stamp, "DownloadedAt": stamp}
    (folder / "db" / "metadata.json").write_text(json.dumps(metadata))


class _Value(dict[str, Any]):
    """What stands in a bucket, in place of a bucket in it."""


def _leaf(buckets: Buckets, number: int = 0) -> bytes:
    items = sorted((name.encode(), what) for name, what in buckets.items())
    head, body = b"", b""
    for index, (name, what) in enumerate(items):
        bucket = not isinstance(what, _Value)
        value = struct.pack("<QQ", 0, 0) + _leaf(what) if bucket else json.dumps(what).encode()
        position = (len(items) - index) * _ELEMENT.size + len(body)
        head += _ELEMENT.pack(_BUCKET * bucket, position, len(name), len(value))
        body += name + value
    overflow = (_HEADER.size + len(head) + len(body) - 1) // _PAGE_BYTES if number else 0
    return _HEADER.pack(number, _LEAF, len(items), overflow) + head + body


def _bolt(buckets: Buckets) -> bytes:
    root = _leaf(buckets, 3)
    pages = -(-len(root) // _PAGE_BYTES)
    freelist = _HEADER.pack(2, _FREELIST, 0, 0)
    parts = [_meta(number, high=3 + pages) for number in (0, 1)]
    return b"".join(part.ljust(_PAGE_BYTES, b"\0") for part in (*parts, freelist)) + root.ljust(
        pages * _PAGE_BYTES, b"\0"
    )


def _meta(number: int, *, high: int) -> bytes:
    fields = struct.pack(
        "<IIIIQQQQQ", 0xED0CDAED, 2, _PAGE_BYTES, 0, 3, 0, 2, high, number
    )  # magic, version, page size, flags, root and its sequence, freelist, high water, transaction
    checksum = 0xCBF29CE484222325
    for byte in fields:  # FNV-1a
        checksum = (checksum ^ byte) * 0x100000001B3 % (1 << 64)
    return _HEADER.pack(number, _META, 0, 0) + fields + struct.pack("<Q", checksum)
