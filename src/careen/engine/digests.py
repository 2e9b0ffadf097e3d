"""Asks a registry which digest a tag has now."""

from __future__ import annotations

import contextlib

from careen.engine.registry import Registry
from careen.engine.transport import HttpTransport, credentials
from careen.image.read.manifest import digest_of
from careen.image.read.reference import parse


def registry_digest(name: str) -> str:
    """Give the digest of what a reference's tag names: of the index where it has platforms.

    Raises:
        EngineError: its registry cannot be reached or does not have it.
        UsageError: it is no reference.
    """
    wanted = parse(name)
    if wanted.digest:
        return wanted.digest
    known, note = credentials(wanted)
    transport = HttpTransport()
    with contextlib.closing(transport):
        data = Registry(wanted, transport, known, note=note).manifest(wanted.wanted)
    return digest_of(data)
