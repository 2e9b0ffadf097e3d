"""What the standard library's tarfile says of a tar, in the terms of careen.image.layer.

Where tarfile and engines (most of which use Go's archive/tar) disagree, it is told what engines do;
where it guesses, it has no opinion (None), and careen may read such a tar or refuse it.
"""

from __future__ import annotations

import io
import math
import tarfile
from typing import NamedTuple

from xxhash import xxh3_64_intdigest

_KINDS = {
    tarfile.LNKTYPE: "h",
    tarfile.SYMTYPE: "l",
    tarfile.CHRTYPE: "c",
    tarfile.BLKTYPE: "b",
    tarfile.DIRTYPE: "d",
    tarfile.FIFOTYPE: "p",
    b"D": "d",
}


class Row(NamedTuple):
    """An entry, and its extended attributes."""

    path: str
    kind: str
    size: int
    mode: int
    uid: int
    gid: int
    mtime: int
    link: str
    content: int
    xattrs: dict[str, bytes]


class _Info(tarfile.TarInfo):
    """Knows that only POSIX headers have a prefix; stops where tarfile ends without a word."""

    before_posix = False

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Info:
        data = bytearray(buf)
        if len(data) == 512:
            before = sum(data[345:500])
            if data[257:263] != b"ustar\0":
                data[345 : 386 if data[156:157] == b"S" else 500] = bytes(
                    41 if data[156:157] == b"S" else 155
                )
            elif data[508:] == b"tar\0":
                data[476:500] = bytes(24)
            lost = before - sum(data[345:500])
            if lost:
                try:
                    right = int(bytes(buf[148:156]).strip(b" \0"), 8)
                except ValueError:
                    raise tarfile.ReadError("checksum") from None
                data[148:156] = b"%06o\0 " % max(right - lost, 0)
        try:
            info = super().frombuf(bytes(data), encoding, errors)
        except tarfile.HeaderError as error:
            if type(error).__name__ in {"EOFHeaderError", "EmptyHeaderError"}:
                raise
            raise tarfile.ReadError(str(error)) from None
        info.before_posix = data[156:157] == b"\0"
        return info

    def _proc_gnulong(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        self._check_body(archive)
        return self._checked(super()._proc_gnulong(archive))  # type: ignore[misc]  # not in typeshed

    def _proc_pax(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        self._check_body(archive)
        return self._checked(super()._proc_pax(archive))  # type: ignore[misc]  # likewise

    def _checked(self, info: _Info) -> _Info:
        """Tarfile looks for a folder's slash in the short name alone, engines in the final one."""
        if info.before_posix:
            raise tarfile.ReadError("an old header with a long name")
        return info

    def _check_body(self, archive: tarfile.TarFile) -> None:
        """Tarfile takes all of the last block for a header's body, whatever its size."""
        place = archive.fileobj
        assert place is not None
        start = place.tell()
        if place.read(self._block(self.size))[self.size :].strip(b"\0"):
            raise tarfile.ReadError("bytes behind the body of a header")
        place.seek(start)

    def _block(self, count: int) -> int:
        if count < 0:
            raise tarfile.ReadError("a negative size, which tarfile can loop on for ever")
        blocks: int = super()._block(count)  # type: ignore[misc]  # likewise
        return blocks


def rows(data: bytes) -> list[Row] | None:
    """Give the entries of a tar, None where tarfile cannot tell."""
    found = []
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:", tarinfo=_Info) as archive:
            for member in archive:
                if member.type == b"V":
                    continue
                row = _row(member, data)
                if row is None:
                    return None
                found.append(row)
    except (tarfile.TarError, ValueError, IndexError, OverflowError, KeyError, OSError):
        return None
    return found


def _row(member: tarfile.TarInfo, data: bytes) -> Row | None:
    headers = member.pax_headers
    if "" in headers.values() or ("GNU.sparse.name" in headers and not member.issparse()):
        return None
    kind = _KINDS.get(member.type, "f")
    # tarfile takes the later record of the two; GNU tar and Go take this one.
    path = cleaned(headers.get("GNU.sparse.name", member.name))
    link = cleaned(member.linkname) if kind == "h" else member.linkname
    if path is None or link is None or (not path and kind != "d") or (not link and kind == "h"):
        return None
    size = member.size if kind == "f" else 0
    return Row(
        path,
        kind,
        size,
        member.mode & 0o7777,
        member.uid,
        member.gid,
        math.floor(member.mtime),
        link if kind in "hl" else "",
        _content(member, data) if kind == "f" else 0,
        {
            key.removeprefix("SCHILY.xattr."): value.encode("utf-8", "surrogateescape")
            for key, value in headers.items()
            if key.startswith("SCHILY.xattr.")
        },
    )


def cleaned(path: str) -> str | None:
    """Clean a path, None where it has `..` or a NUL in it."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    return None if ".." in parts or "\0" in path else "/".join(parts)


def _content(member: tarfile.TarInfo, data: bytes) -> int:
    start = member.offset_data
    if not member.issparse() or not member.size:
        return xxh3_64_intdigest(data[start : start + member.size]) if member.size else 0
    pairs: list[tuple[int, int]] = member.sparse or []  # type: ignore[assignment]  # typeshed: bytes
    parts = [(offset, length) for offset, length in pairs if length]
    stored = sum(length for _, length in parts)
    lines = "".join(f"{offset} {length}\n" for offset, length in parts)
    key = f"{member.size}\n{lines}\n".encode()
    return xxh3_64_intdigest(key + data[start : start + stored])
