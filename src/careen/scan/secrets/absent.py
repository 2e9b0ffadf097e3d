"""Proves that the secrets of a build are in no layer and nowhere in the configuration."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from careen.errors import UsageError
from careen.scan.secrets import certificates
from careen.scan.secrets.certificates import certificates_in
from careen.scan.secrets.layers import read_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from careen.image.tar.limits import Limits
    from careen.image.tar.window import Source
    from careen.scan.model import Place, Target

# What is shorter stands in every image by chance, and cannot be proven absent.
LEAST_BYTES = 6
_LEAST_LINE_BYTES = 16
_PIECE_BYTES = 4 << 20
_BEFORE_BYTES = 64
_KEY = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY-----[^-]{1,65536}-----END [A-Z0-9 ]+-----"
)
_RUN = re.compile(rb"[A-Za-z0-9+_=-]{16,}")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_LINES_OF = (64, 76)
_PEM_BORDER = re.compile(rb"-----(?:BEGIN|END) [A-Z0-9 ]+-----")
# Where an image has certificates that everybody has: those of the distribution's package (not the
# bundle that is made of them, to which an administrator's own are added), and certifi's and pip's
# as they were published: people append their own to them.
_PUBLIC = re.compile(r"usr/share/ca-certificates/(?:.+/)?[^/]+\.crt\Z")
_OF_PACKAGE = re.compile(r"(?:.*/)?certifi/cacert\.pem\Z")
_BUNDLES = re.compile(r"etc/ssl/(?:certs/[^/]+|cert\.pem)\Z|etc/pki/(?:.+/)?[^/]+\.(?:pem|crt)\Z")


@dataclass(frozen=True)
class Leak:
    """A secret of the build that is in the image, where it was seen first.

    Attributes:
        name: the secret's.
        place: as `Secret.place`.
        layer: its number from 1; None for the configuration.
        path: of the file, "" in the configuration.
    """

    name: str
    place: Place
    layer: int | None = None
    path: str = ""


@dataclass(frozen=True)
class _Where:
    place: Place
    layer: int | None = None
    path: str = ""
    public: bool = False


@dataclass
class _Wanted:
    """What is looked for, and what of it was found.

    Attributes:
        needles: (name, bytes) of each; the bytes are of a secret or of a line of it.
        of_certificate: by fingerprint, the names of the secrets that have the certificate.
        names: what was found, and where.
        public: fingerprints of the certificates that everybody has.
        seen: likewise, by the fingerprint of a secret's certificate.
    """

    needles: list[tuple[str, bytes]] = field(default_factory=list)
    of_certificate: dict[bytes, set[str]] = field(default_factory=dict)
    names: dict[str, _Where] = field(default_factory=dict)
    public: set[bytes] = field(default_factory=set)
    seen: dict[bytes, _Where] = field(default_factory=dict)

    def longest(self) -> int:
        """Give how much of one piece of a file is looked at again with the next."""
        most = max((len(needle) for _, needle in self.needles), default=0)
        return max(most, certificates.LONGEST_BYTES)

    def look(
        self, data: bytearray | bytes, start: int, filled: int, until: int, where: _Where
    ) -> None:
        """Look into a piece."""
        for name, needle in self.needles:
            if name not in self.names and data.find(needle, start, filled) >= 0:
                self.names[name] = where
        if not self.of_certificate:
            return
        for fingerprint in certificates_in(data, start, filled, until):
            if fingerprint not in self.of_certificate:
                continue
            if where.public:
                self.public.add(fingerprint)
            else:
                self.seen.setdefault(fingerprint, where)

    def leaks(self) -> list[Leak]:
        """Give the secrets that are there, by name."""
        found = dict(self.names)
        for fingerprint, where in self.seen.items():
            if fingerprint not in self.public:
                for name in self.of_certificate[fingerprint]:
                    found.setdefault(name, where)
        return [
            Leak(name, where.place, where.layer, where.path)
            for name, where in sorted(found.items(), key=lambda each: each[0])
        ]


def absent(
    target: Target,
    secrets: Mapping[str, bytes],
    *,
    limits: Limits | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Look for the secrets of a build in an image, and give the names of those that are there.

    None is what should be; else like `leaks`.
    """
    return [leak.name for leak in leaks(target, secrets, limits=limits, say=say)]


def leaks(
    target: Target,
    secrets: Mapping[str, bytes],
    *,
    limits: Limits | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> list[Leak]:
    """Look for the secrets of a build in an image.

    Each is looked for as it is, line by line (of a key, by two of its lines), in base 64 wherever
    in a text it begins, and with the escapes of a URL. A certificate of a bundle counts where it
    stands in the image in any form, but not where everybody has it: in the package
    ca-certificates, in certifi's file as it was published, also pip's own, and in the bundle of the
    base's layers; the first layer is the base where nobody knows it.

    Args:
        target: every byte of every file of every layer is looked at, and the configuration.
        secrets: by name; an empty one is in no image.
        limits: of each layer; beyond them is an error.
        say: told what takes long.

    Returns:
        those that are there, by name, each where it was seen first.

    Raises:
        UsageError: a secret is too short to be looked for.
        ArchiveError: the archive cannot be read, is damaged, or holds another image.
    """
    wanted = _wanted(secrets)
    if not wanted.needles and not wanted.of_certificate:
        return []
    say(f"looking for {len(secrets)} secrets of the build in {target.name}")
    for place, part in _parts(target.image.config):
        for text in _texts(part):
            wanted.look(text, 0, len(text), len(text), _Where(place))
    searcher = _Searcher(wanted, target)
    for _ in read_layers(target, set(range(len(target.image.facts))), searcher.read, limits=limits):
        pass
    return wanted.leaks()


class _Searcher:
    """Looks into files one after the other, in one piece of memory."""

    def __init__(self, wanted: _Wanted, target: Target) -> None:
        self._wanted = wanted
        self._layers = target.image.layers
        self._base_layers = _base_layers(target)
        self._overlap = wanted.longest()
        self._data = bytearray(_PIECE_BYTES + self._overlap + _BEFORE_BYTES)

    def read(self, number: int, files: Iterator[tuple[str, Source]]) -> None:
        """Look into the files of a layer."""
        records = [
            document
            for path, document in self._layers[number].documents.items()
            if path.endswith("/RECORD")
        ]
        for path, contents in files:
            public = _PUBLIC.match(path) is not None or (
                number < self._base_layers and _BUNDLES.match(path) is not None
            )
            where = _Where("file", number + 1, path, public)
            self._look(contents, where, records if _OF_PACKAGE.match(path) else [])

    def _look(self, contents: Source, where: _Where, records: list[bytes]) -> None:
        view, filled, start, ended = memoryview(self._data), 0, 0, False
        while not ended:
            while filled < len(view) and not ended:
                count = contents.readinto(view[filled:]) or 0
                filled += count
                ended = not count
            if records and ended and not start:
                where = replace(where, public=_is_recorded(view[:filled], records))
            until = filled if ended else filled - self._overlap
            self._wanted.look(self._data, start, filled, until, where)
            kept = max(until - _BEFORE_BYTES, 0)
            self._data[: filled - kept] = self._data[kept:filled]
            filled, start = filled - kept, until - kept


def _is_recorded(data: memoryview, records: list[bytes]) -> bool:
    """Tell whether a file is as its distribution was published, by a RECORD's digest of it.

    Source: packaging.python.org/specifications/recording-installed-packages.
    """
    digest = urlsafe_b64encode(sha256(data).digest()).rstrip(b"=")
    line = b"certifi/cacert.pem,sha256=" + digest
    return any(line in record for record in records)


def _base_layers(target: Target) -> int:
    """Give the number of the layers that are the base's; where it is not known, the first is."""
    if target.base is None:
        return 1
    own = [facts.diff_id for facts in target.image.facts]
    below = [facts.diff_id for facts in target.base.facts]
    return len(below) if below and own[: len(below)] == below else 0


def _parts(config: Mapping[str, Any]) -> Iterator[tuple[Place, Any]]:
    """Give the parts of a configuration by their places; together they are all of it."""
    settings = config.get("config")
    settings = dict(settings) if isinstance(settings, dict) else {"": settings}
    yield "environment", settings.pop("Env", None)
    yield "label", settings.pop("Labels", None)
    yield "command", settings
    yield "history", {key: value for key, value in config.items() if key != "config"}


def _texts(value: object) -> Iterator[bytes]:
    """Give all texts of a JSON document, names too."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each.encode("utf-8", "surrogatepass")
        elif isinstance(each, dict):
            pending += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            pending += each


def _wanted(secrets: Mapping[str, bytes]) -> _Wanted:
    wanted = _Wanted()
    for name, value in secrets.items():
        fingerprints = set(certificates_in(value))
        for each in fingerprints:
            wanted.of_certificate.setdefault(each, set()).add(name)
        # Beside certificates only keys count: a bundle's comments are in every bundle.
        parts = _KEY.findall(value) if fingerprints else [value.strip()]
        for part in filter(None, parts):
            if len(part) < LEAST_BYTES:
                raise UsageError(
                    f"the secret {name} has {len(part)} bytes, too few to tell it from chance",
                    hint=f"a secret of {LEAST_BYTES} bytes or more can be proven absent",
                )
            wanted.needles += [(name, needle) for needle in dict.fromkeys(_needles(part))]
    return wanted


def _needles(value: bytes) -> Iterator[bytes]:
    """Give what a secret looks like where it stands somewhere."""
    yield value
    # Of a key, two lines in its middle: nobody leaves a single other one.
    rest, keys = _KEY.sub(b"", value), _KEY.findall(value)
    for key in keys:
        lines = _telling_lines(key)
        yield from lines[1:3] or lines
    if len(value.splitlines()) > 1:
        yield from _telling_lines(rest)
    for encode in (b64encode, urlsafe_b64encode):
        yield from _in_base64(value, encode)
    yield b"".join(b"%c" % byte if byte in _UNRESERVED else b"%%%02X" % byte for byte in value)


def _telling_lines(text: bytes) -> list[bytes]:
    return [line for line in map(bytes.strip, text.splitlines()) if _is_telling(line)]


def _is_telling(line: bytes) -> bool:
    """Tell whether a line of a secret is one by itself: not the one that names its type."""
    if len(line) < _LEAST_LINE_BYTES or _PEM_BORDER.fullmatch(line):
        return False
    return b"password" in line.lower() or any(
        sum(byte in b"0123456789" for byte in run) > 1 for run in _RUN.findall(line)
    )


def _in_base64(value: bytes, encode: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """Give the characters that stand for a value alone, wherever in a text it begins."""
    for before in range(3):
        text = encode(bytes(before) + value)
        sure = text[-(-8 * before // 6) : 8 * (before + len(value)) // 6]
        if len(sure) <= min(_LINES_OF):
            yield sure
            continue
        # Broken into lines, which begin anew with each group of bytes; one in the middle.
        for length in _LINES_OF if not before else _LINES_OF[:1]:
            middle = len(sure) // length // 2 * length
            yield sure[middle : middle + length]
