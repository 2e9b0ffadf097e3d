"""How much of a hostile archive is read before careen gives up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one layer; what goes beyond one is an ArchiveError that names it.

    Attributes:
        most_entries: headers of a tar, those that give no entry included, and extended attributes.
        most_unpacked_bytes: of the uncompressed tar.
        most_document_bytes: of the files whose contents are kept, together.
        most_header_bytes: of one long name, one set of PAX records or one sparse map.
        most_headers_bytes: of all of them together.
        most_path_bytes: of one path or link's target that a header's own field (255 bytes) has no
            room for; Linux's PATH_MAX.
        most_window_bytes: of the window that a zstd frame asks for.
    """

    most_entries: int = 2_000_000
    most_unpacked_bytes: int = 64 << 30
    most_document_bytes: int = 64 << 20
    most_header_bytes: int = 1 << 20
    most_headers_bytes: int = 256 << 20
    most_path_bytes: int = 4096
    most_window_bytes: int = 128 << 20
