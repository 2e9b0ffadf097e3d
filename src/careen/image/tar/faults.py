"""What is wrong with a tar, before it is known where; the readers make an ArchiveError of it."""

from __future__ import annotations


class TarFault(Exception):  # noqa: N818 - no error that a user meets
    """The tar is cut off, corrupt or beyond a limit; the text completes "...: ".

    It never leaves `careen.image`.
    """
