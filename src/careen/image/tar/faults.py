"""What is wrong with a tar, before it is known where; the readers make an ArchiveError of it."""

from __future__ import annotations


class TarFault(Exception):  # noqa: N818 - no error that a user meets
    """The tar is cut off, corrupt or beyond a limit; the text completes "...: ".

    It never leaves `careen.image`.
    """


class DigestNeeded(Exception):  # noqa: N818 - likewise
    """What was read has no checksum of its own: it has to be read again and hashed.

    Only a reader that was told to do without a digest raises it.
    """
