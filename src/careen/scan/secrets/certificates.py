"""Finds X.509 certificates in any bytes: as they are (DER), or in base 64 with or without lines."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# A larger certificate is left out: the largest that authorities publish has 3 kB.
MOST_BYTES = 8192
# In base 64, with line breaks.
LONGEST_BYTES = 12 << 10
# RFC 5280, 4.1: a sequence (its length in two bytes) that begins with a sequence, which begins with
# the version: 3 or 2, written as [0] INTEGER. Version 1 writes none, and is no authority's now.
_LEAD = 8
_DER = re.compile(rb"\xa0\x03\x02\x01[\x01\x02]")
# The same in base 64: bytes 9 to 11 are 03 02 01, which begin a group of three.
_LEAD_64 = 12
_BASE_64 = re.compile(rb"AwIB")
_RUN = re.compile(rb"(?:[A-Za-z0-9+/=]|\\[rn]|[ \t\r\n\"',]){64,12000}")
_NO_BASE_64 = re.compile(rb"\\[rn]|[^A-Za-z0-9+/=]")


def certificates_in(
    data: bytes | bytearray, start: int = 0, end: int | None = None, until: int | None = None
) -> Iterator[bytes]:
    """Give the fingerprint (sha256 of the DER) of each certificate that begins in a part.

    Args:
        data: is searched.
        start: where the part begins; what stands before may be looked at.
        end: where the data ends; None is its length.
        until: where the part ends, if that is earlier: what begins later is another part's.
    """
    stop = len(data) if end is None else end
    last = stop if until is None else until
    for hit in _DER.finditer(data, start, stop):
        if hit.start() >= last:
            break
        at = hit.start() - _LEAD
        if at >= 0 and (der := _der(bytes(data[at : min(at + MOST_BYTES, stop)]))):
            yield sha256(der).digest()
    for hit in _BASE_64.finditer(data, start, stop):
        if hit.start() >= last:
            break
        at = hit.start() - _LEAD_64
        if at >= 0 and data[at : at + 3] == b"MII" and (der := _of_base64(data, at, stop)):
            yield sha256(der).digest()


def _of_base64(data: bytes | bytearray, at: int, stop: int) -> bytes:
    run = _RUN.match(data, at, min(at + LONGEST_BYTES, stop))
    if run is None:
        return b""
    text = _NO_BASE_64.sub(b"", run[0]).partition(b"=")[0]
    try:
        return _der(b64decode(text[: len(text) // 4 * 4] + _tail(text)))
    except binascii.Error:
        return b""


def _tail(text: bytes) -> bytes:
    """Give the last group, filled up; one character alone is none."""
    rest = text[len(text) // 4 * 4 :]
    return rest.ljust(4, b"=") if len(rest) > 1 else b""


def _der(data: bytes) -> bytes:
    """Cut a certificate off at its length; b"" where there is none, or not all of it."""
    if data[:2] != b"\x30\x82" or data[4:6] != b"\x30\x82":
        return b""
    length = 4 + int.from_bytes(data[2:4], "big")
    return data[:length] if length <= len(data) else b""
