"""A layer as bytes for the cache: columns one after the other, compressed, with a checksum.

The form: `careenLV`, the xxh3 (64 bits) of what follows, and one zstd frame. In it: the length of
a JSON head, the head with the length of each column, and the columns, little-endian. The last
ones are those of the layer's outline.
"""

from __future__ import annotations

import json
import sys
from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

import zstandard
from xxhash import xxh3_64_digest

from careen.image.layer import Layer
from careen.image.outline import Outline
from careen.image.weigh import kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Its last byte changes with the form, and with whatever changes what is read of a layer.
MAGIC = b"careenL\x02"
_CHECKSUM_BYTES = 8
_LEVEL = 1
_MOST_BYTES = 1 << 30
_KINDS = frozenset("fdlhcbp")
_ARRAYS = (
    ("sizes", "q"),
    ("modes", "H"),
    ("uids", "q"),
    ("gids", "q"),
    ("mtimes", "q"),
    ("contents", "Q"),
)
_OUTLINE_ARRAYS = ("parents", "firsts", "starts", "stops", "implied", "links", "markers", "twins")
_OUTLINE_SUMS = ("below_bytes", "below_files", "kind_bytes", "kind_files")
_OWN_COLUMNS = 5 + len(_ARRAYS)
_OUTLINE_COLUMNS = 2 + len(_OUTLINE_ARRAYS) + len(_OUTLINE_SUMS)


class Packed(NamedTuple):
    """What the cache keeps of a layer.

    Attributes:
        layer: the layer.
        gzip_bytes: what gzip makes of it, see `careen.image.read.blob.Blob`; 0 is not known.
    """

    layer: Layer
    gzip_bytes: int = 0


class DamagedError(ValueError):
    """The bytes are no packed layer, or are damaged: read the layer again."""


def pack(layer: Layer, gzip_bytes: int = 0) -> bytes:
    """Give a layer as bytes.

    >>> from careen.image.layer import Entry, from_entries
    >>> unpack(pack(from_entries([Entry("a", "f", 5)]))).layer.paths
    ['a']

    Raises:
        ValueError: it has a path with a NUL, which no tar has.
    """
    documents = [(path, len(data)) for path, data in layer.documents.items()]
    xattrs = [
        (path, [(name, len(value)) for name, value in each.items()])
        for path, each in layer.xattrs.items()
    ]
    columns = [
        _joined(layer.paths),
        layer.kinds.encode(),
        _joined(layer.links),
        *(_little(getattr(layer, name)).tobytes() for name, _ in _ARRAYS),
        b"".join(layer.documents.values()),
        b"".join(value for each in layer.xattrs.values() for value in each.values()),
        *_outline_columns(layer.outline),
    ]
    head = {
        "entries": len(layer),
        "columns": [len(column) for column in columns],
        "documents": documents,
        "xattrs": xattrs,
        "tar_bytes": layer.tar_bytes,
        "diff_id": layer.diff_id,
        "gzip_bytes": gzip_bytes,
        "outline": _outline_head(layer.outline),
    }
    text = json.dumps(head).encode()
    body = b"".join([len(text).to_bytes(8, "little"), text, *columns])
    frame = zstandard.ZstdCompressor(level=_LEVEL).compress(body)
    return MAGIC + xxh3_64_digest(frame) + frame


def unpack(data: bytes) -> Packed:
    """Read what `pack` gave.

    Raises:
        DamagedError: it is damaged, of another version, or was never packed.
    """
    try:
        return _unpack(memoryview(data))
    except DamagedError:
        raise
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        OverflowError,
        RecursionError,
        MemoryError,
        zstandard.ZstdError,
    ) as error:
        raise DamagedError(f"no packed layer: {error}") from None


def _unpack(data: memoryview) -> Packed:
    start = len(MAGIC) + _CHECKSUM_BYTES
    frame = data[start:]
    if bytes(data[:start]) != MAGIC + xxh3_64_digest(frame):
        raise DamagedError("no packed layer of this version, or damaged")
    # The checksum keeps accidents out; whoever writes into the cache on purpose can make it fit.
    size = zstandard.get_frame_parameters(frame).content_size
    if not 0 < size <= _MOST_BYTES:
        raise DamagedError("a packed layer of an absurd size")
    body = memoryview(zstandard.ZstdDecompressor().decompress(frame, max_output_size=size))
    length = int.from_bytes(body[:8], "little")
    head = json.loads(bytes(body[8 : 8 + length]))
    columns = _columns(body[8 + length :], head["columns"])
    paths, letters, links, *arrays, documents, xattrs = columns[:_OWN_COLUMNS]
    count = head["entries"]
    layer = Layer(
        paths=_split(paths, count),
        kinds=str(letters, "ascii"),
        links=_split(links, count),
        documents=dict(_cut(documents, head["documents"])),
        xattrs=_xattrs(xattrs, head["xattrs"]),
        tar_bytes=_natural(head["tar_bytes"]),
        diff_id=_text(head["diff_id"]),
        **{
            name: _array(code, column) for (name, code), column in zip(_ARRAYS, arrays, strict=True)
        },
    )
    _check(layer, count)
    if (outline := _outline(head["outline"], columns[_OWN_COLUMNS:], count)) is not None:
        layer.with_outline(outline)
    return Packed(layer, _natural(head["gzip_bytes"]))


def _check(layer: Layer, count: int) -> None:
    lengths = {len(layer.kinds), *(len(getattr(layer, name)) for name, _ in _ARRAYS)}
    if lengths != {count}:
        raise DamagedError("a packed layer whose columns differ in length")
    if not set(layer.kinds) <= _KINDS or (count and min(layer.sizes) < 0):
        raise DamagedError("a packed layer with an absurd entry")


def _outline_columns(outline: Outline) -> list[bytes]:
    """Give an outline's columns; empty ones where its sums are too large for them."""
    try:
        sums = [array("q", getattr(outline, name)) for name in _OUTLINE_SUMS]
    except OverflowError:
        return [b""] * _OUTLINE_COLUMNS
    arrays = [getattr(outline, name) for name in _OUTLINE_ARRAYS]
    columns = [_little(column).tobytes() for column in (*arrays, *sums)]
    return [_joined(outline.folders), outline.ranks, *columns]


def _outline_head(outline: Outline) -> dict[str, Any]:
    return {
        "table": kinds.FINGERPRINT,
        "folders": len(outline.folders),
        "is_plain": outline.is_plain,
        "paths": outline.paths,
        "excess": outline.excess,
    }


def _outline(head: dict[str, Any], columns: list[memoryview], count: int) -> Outline | None:
    """Read a layer's outline; None where it was not kept, or was made by another table of kinds."""
    if head["table"] != kinds.FINGERPRINT or not any(map(len, columns)):
        return None
    folders, ranks, *rest = columns
    fields: dict[str, Any] = {}
    for name, column in zip((*_OUTLINE_ARRAYS, *_OUTLINE_SUMS), rest, strict=True):
        fields[name] = (
            _array("I", column) if name in _OUTLINE_ARRAYS else _array("q", column).tolist()
        )
    outline = Outline(
        is_plain=head["is_plain"] is True,
        folders=_split(folders, _natural(head["folders"])),
        ranks=bytes(ranks),
        paths=_natural(head["paths"]),
        excess=_text(head["excess"]),
        **fields,
    )
    if not outline.fits(count):
        raise DamagedError("a packed layer whose outline does not fit")
    return outline


def _columns(body: memoryview, lengths: list[int]) -> list[memoryview]:
    if len(lengths) != _OWN_COLUMNS + _OUTLINE_COLUMNS or sum(map(_natural, lengths)) != len(body):
        raise DamagedError("a packed layer whose columns do not fit")
    found = []
    for length in lengths:
        found.append(body[:length])
        body = body[length:]
    return found


def _cut(data: memoryview, items: Iterable[tuple[str, int]]) -> Iterable[tuple[str, bytes]]:
    """Cut values one by one off a column, which they fill."""
    for name, length in items:
        value = bytes(data[: _natural(length)])
        if len(value) != length:
            raise DamagedError("a packed layer whose values do not fit")
        data = data[length:]
        yield _text(name), value
    if data:
        raise DamagedError("a packed layer whose values do not fit")


def _xattrs(data: memoryview, items: list[Any]) -> Mapping[str, Mapping[str, bytes]]:
    flat = [(path, name, length) for path, each in items for name, length in each]
    values = _cut(data, ((name, length) for _, name, length in flat))
    found: dict[str, dict[str, bytes]] = {}
    for (path, *_), (name, value) in zip(flat, values, strict=True):
        found.setdefault(_text(path), {})[name] = value
    return found


def _joined(texts: list[str]) -> bytes:
    data = "\0".join(texts).encode("utf-8", "surrogateescape")
    if data.count(b"\0") != max(len(texts) - 1, 0):
        raise ValueError("a path or a link with a NUL")
    return data


def _split(column: memoryview, count: int) -> list[str]:
    if not count:
        return []
    texts = str(column, "utf-8", "surrogateescape").split("\0")
    if len(texts) != count:
        raise DamagedError("a packed layer whose paths do not fit")
    return texts


def _array(code: str, column: memoryview) -> array[int]:
    found = array(code)
    found.frombytes(column)
    return _little(found)


def _little(column: array[int]) -> array[int]:
    """Turn a column from or into little-endian."""
    if sys.byteorder == "little":
        return column
    turned = column[:]
    turned.byteswap()
    return turned


def _natural(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise DamagedError("a packed layer with an absurd number")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise DamagedError("a packed layer with something else for a text")
    return value
