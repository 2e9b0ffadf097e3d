"""Gives a target in a form that scanners read: an OCI archive as a folder."""

from __future__ import annotations

import re
import tarfile
from typing import TYPE_CHECKING

from careen.errors import ArchiveError

if TYPE_CHECKING:
    from pathlib import Path

    from careen.scan.model import Target

_MEMBER = re.compile(r"(\./)?(oci-layout|index\.json|blobs/sha256/[0-9a-f]{64})")


def anchore_source(path: Path) -> str:
    """Give what syft and grype are told to read.

    >>> from pathlib import Path
    >>> anchore_source(Path("saved.tar"))
    'docker-archive:saved.tar'
    """
    return f"{'oci-dir' if path.is_dir() else 'docker-archive'}:{path}"


def folder_or_docker_archive(target: Target, work: Path) -> Path:
    """Give an archive of `docker save` or an OCI layout's folder; it may be below *work*.

    trivy and Docker Scout know no OCI archives, and syft refuses those that begin with `./`.

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
