"""Gives a target in the form that a scanner reads: an OCI archive as a folder for some."""

from __future__ import annotations

import re
import tarfile
from typing import TYPE_CHECKING

from careen.errors import ArchiveError

if TYPE_CHECKING:
    from pathlib import Path

    from careen.scan.model import Target

_ANCHORE = {
    "docker-archive": "docker-archive",
    "oci-archive": "oci-archive",
    "oci-layout": "oci-dir",
}
_MEMBER = re.compile(r"(\./)?(oci-layout|index\.json|blobs/sha256/[0-9a-f]{64})")


def anchore_source(target: Target) -> str:
    """Give what syft and grype are told to read.

    >>> from types import SimpleNamespace
    >>> anchore_source(SimpleNamespace(layout="oci-layout", archive="/x"))
    'oci-dir:/x'
    """
    return f"{_ANCHORE[target.layout]}:{target.archive}"


def folder_or_docker_archive(target: Target, work: Path) -> Path:
    """Give a path that a scanner reads which knows no OCI archives; it may be below *work*.

    Raises:
        ArchiveError: the archive is damaged.
    """
    if target.layout != "oci-archive":
        return target.archive
    folder = work / "layout"
    try:
        with tarfile.open(target.archive) as archive:
            for member in archive:
                # Names are checked against the whole of what a layout needs: nothing leads outside.
                if member.isfile() and _MEMBER.fullmatch(member.name):
                    archive.extract(member, folder, filter="data")
    except tarfile.TarError as error:
        raise ArchiveError(f"{target.archive}: {error}") from None
    return folder
