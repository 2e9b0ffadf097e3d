"""Reads an image from a registry: manifests and blobs over HTTPS, nothing kept but what is read.

Sources: the OCI distribution specification; Docker's "Token Authentication Specification".
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode, urljoin, urlsplit

from careen.errors import ArchiveError, EngineError
from careen.image.read import manifest
from careen.image.read.blob import Blob, read_blob
from careen.image.read.stored import stored_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from _typeshed import WriteableBuffer

    from careen.image.read.manifest import Descriptor
    from careen.image.read.reference import Reference
    from careen.image.read.stored import StoredImage
    from careen.image.tar.limits import Limits
    from careen.image.tar.window import Source

_MOST_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_OK, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY = 200, 401, 403, 404, 429
_MOST_SECONDS = 3600.0
_PARAMETER = re.compile(r'([a-zA-Z_]+)="([^"]*)"')
_MOST_TOKEN_BYTES = 64 << 10
# The registry that docker.io stands for.
_HOSTS = {"docker.io": "registry-1.docker.io"}

Credentials = tuple[str, str]


class Answer(Protocol):
    """A registry's answer; its body is a stream."""

    @property
    def status(self) -> int:
        """The status code."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Their names in lower case."""
        ...

    @property
    def body(self) -> Source:
        """What follows."""
        ...


class Transport(Protocol):
    """Carries one request; follows no redirects and adds no credentials of its own."""

    def get(self, url: str, headers: Mapping[str, str]) -> AbstractContextManager[Answer]:
        """Ask for an address.

        Raises:
            EngineError: nobody answers.
        """
        ...


class Registry:
    """One repository of a registry.

    Args:
        reference: names it.
        transport: carries the requests.
        credentials: (user, password) for it; None asks as nobody.
        note: what to say where it refuses, such as a credential helper that was not asked.
        clock: seconds.
    """

    def __init__(
        self,
        reference: Reference,
        transport: Transport,
        credentials: Credentials | None = None,
        *,
        note: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.reference = reference
        self._transport = transport
        self._credentials = credentials
        self._note = note
        self._clock = clock
        self._deadline = clock() + _MOST_SECONDS
        scheme = "http" if reference.is_loopback else "https"
        host = _HOSTS.get(reference.domain, reference.domain)
        self._origin = f"{scheme}://{host}"
        self._authorization = ""

    def manifest(self, wanted: str) -> bytes:
        """Give a manifest or an index by tag or digest; what a digest names is verified."""
        path = f"/v2/{self.reference.repository}/manifests/{wanted}"
        accept = {"Accept": ", ".join(manifest.ACCEPTED)}
        with self._get(path, accept, f"{self.reference}") as body:
            data = _all(body, manifest.MOST_JSON_BYTES, "the manifest")
        if ":" in wanted:
            manifest.check_digest(data, wanted, "the manifest")
        return data

    def small_blob(self, descriptor: Descriptor) -> bytes:
        """Give a configuration."""
        with self.blob(descriptor.digest) as body:
            data = _all(body, manifest.MOST_JSON_BYTES, "the image's configuration")
        manifest.check_digest(data, descriptor.digest, "the image's configuration")
        return data

    def blob(self, digest: str) -> AbstractContextManager[Source]:
        """Open a blob; whoever reads it verifies it."""
        return self._get(f"/v2/{self.reference.repository}/blobs/{digest}", {}, f"blob {digest}")

    @contextlib.contextmanager
    def _get(self, path: str, headers: Mapping[str, str], what: str) -> Iterator[Source]:
        url = self._origin + path
        tried = False
        for _ in range(_MOST_REDIRECTS + 2):
            if self._clock() > self._deadline:
                raise EngineError(f"{self.reference.domain} took longer than {_MOST_SECONDS:g} s")
            own = self._is_own(url) and self._authorization
            extra = {"Authorization": self._authorization} if own else {}
            with self._transport.get(url, {**headers, **extra}) as answer:
                if answer.status == _OK:
                    yield _Bounded(answer.body, self._clock, self._deadline, self.reference.domain)
                    return
                if answer.status in _REDIRECTS:
                    url = self._redirected(url, answer.headers.get("location", ""))
                    continue
                challenge = answer.headers.get("www-authenticate", "")
                if answer.status != _UNAUTHORIZED or tried or not self._is_own(url):
                    raise self._refused(answer.status, what)
            tried = True
            self._authorization = self._answer_to(challenge, what)
        raise EngineError(f"{self.reference.domain} redirects in circles")

    def _is_own(self, url: str) -> bool:
        return url.startswith(self._origin + "/")

    def _redirected(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        parts = urlsplit(target)
        # A registry on this machine may be behind a plain address; nothing else is read from one.
        if parts.scheme != "https" and not (parts.scheme == "http" and self._is_own(target)):
            raise EngineError(
                f"{self.reference.domain} redirects to an address that is not read: "
                f"{parts.scheme[:20]}://{(parts.hostname or '')[:100]}"
            )
        return target

    def _answer_to(self, challenge: str, what: str) -> str:
        """Give the Authorization header that a challenge asks for."""
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "basic" and self._credentials:
            return _basic(self._credentials)
        if scheme.lower() != "bearer":
            raise self._refused(_UNAUTHORIZED, what)
        parameters = dict(_PARAMETER.findall(rest))
        realm = parameters.get("realm", "")
        loopback = self._origin.startswith("http://") and realm.startswith("http://")
        if not realm.startswith("https://") and not loopback:
            raise EngineError(f"{self.reference.domain} asks for a token at an unsafe address")
        scope = parameters.get("scope") or f"repository:{self.reference.repository}:pull"
        query = {"service": parameters.get("service", ""), "scope": scope}
        mark = "&" if urlsplit(realm).query else "?"
        url = realm + mark + urlencode({key: text for key, text in query.items() if text})
        headers = {"Authorization": _basic(self._credentials)} if self._credentials else {}
        with self._transport.get(url, headers) as answer:
            if answer.status != _OK:
                raise self._refused(_UNAUTHORIZED, what)
            data = _all(answer.body, _MOST_TOKEN_BYTES, "the token")
        return f"Bearer {_token(data, self.reference.domain)}"

    def _refused(self, status: int, what: str) -> EngineError:
        domain = self.reference.domain
        if status == _NOT_FOUND:
            return EngineError(f"{domain} has no {what}", hint="is the name right?")
        if status in {_UNAUTHORIZED, _FORBIDDEN}:
            as_whom = "with the credentials that are set" if self._credentials else "to nobody"
            hint = self._note or f"`docker login {domain}` sets credentials; is the name right?"
            return EngineError(f"{domain} does not give {what} {as_whom}", hint=hint)
        if status == _TOO_MANY:
            return EngineError(f"{domain} has had too many requests", hint="wait, or log in")
        return EngineError(f"{domain} answers with the status {status} when asked for {what}")


@dataclass
class RegistryReader:
    """An image in a registry, see `careen.image.read.stored.Reader`."""

    registry: Registry
    image: StoredImage
    is_file: bool = False

    def compression(self, number: int) -> str:
        """Tell how a layer's blob is compressed, without reading it."""
        # Known from the manifest's media type, which open_registry has put in the place.
        return self.image.layers[number].place

    def origin(self, number: int) -> None:
        """Tell nothing: what is not hashed is not taken from a registry."""

    def read(
        self,
        number: int,
        *,
        exact: bool = False,
        verify: bool = True,  # noqa: ARG002 - what comes over a network is
        limits: Limits | None = None,
    ) -> Blob:
        """Read a layer, both its digests checked."""
        layer = self.image.layers[number]
        try:
            with self.registry.blob(layer.digest) as source:
                return read_blob(
                    source,
                    digest=layer.digest,
                    diff_id=layer.diff_id,
                    size=layer.size,
                    exact=exact,
                    limits=limits,
                )
        except ArchiveError as error:
            raise ArchiveError(f"layer {number}: {error.args[0]}", hint=error.hint) from None

    def close(self) -> None:
        """Do nothing: each request has a connection of its own or shares the transport's."""


def open_registry(registry: Registry, platform: str = "") -> RegistryReader:
    """Find the manifest of one platform.

    Raises:
        EngineError: the registry cannot be reached, refuses, or does not have it.
        ArchiveError: what it gives is no image, or not what its digest says.
    """
    digest, named, data = choose_manifest(registry, platform)
    document = manifest.parse_object(data, "the manifest")
    found = manifest.parse_manifest(document)
    layers = [
        (manifest.compression_of(layer.media_type), layer.digest, layer.size)
        for layer in found.layers
    ]
    image = stored_image(
        "registry", registry.small_blob(found.config), layers, digest=digest, platform=named
    )
    return RegistryReader(registry, image)


def choose_manifest(registry: Registry, platform: str = "") -> tuple[str, str, bytes]:
    """Find the manifest of one platform: its digest, the platform where an index has it, itself.

    Raises:
        EngineError: the registry cannot be reached, refuses, or does not have it.
        ArchiveError: what it gives is no image, or not what its digest says.
    """
    wanted = registry.reference.wanted
    data = registry.manifest(wanted)
    digest = wanted if ":" in wanted else manifest.digest_of(data)
    document = manifest.parse_object(data, "the manifest")
    if not manifest.is_index(document):
        return digest, "", data
    chosen = manifest.choose(
        manifest.index_entries(document),
        lambda descriptor: registry.manifest(descriptor.digest),
        platform,
    )
    return chosen.digest, str(chosen.platform or ""), chosen.data


class _Bounded(io.RawIOBase):
    """A body that has to end in time."""

    def __init__(
        self, source: Source, clock: Callable[[], float], deadline: float, domain: str
    ) -> None:
        self._source = source
        self._clock = clock
        self._deadline = deadline
        self._domain = domain

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if self._clock() > self._deadline:
            raise EngineError(f"{self._domain} took longer than {_MOST_SECONDS:g} s")
        return self._source.readinto(memoryview(buffer).cast("B")) or 0


def _all(source: Source, most_bytes: int, what: str) -> bytes:
    parts: list[bytes] = []
    buffer = memoryview(bytearray(1 << 16))
    total = 0
    while count := source.readinto(buffer):
        total += count
        if total > most_bytes:
            raise ArchiveError(f"{what} has over {most_bytes} bytes")
        parts.append(bytes(buffer[:count]))
    return b"".join(parts)


def _token(data: bytes, domain: str) -> str:
    try:
        document = json.loads(data)
        token = document.get("token") or document.get("access_token")
    except (ValueError, AttributeError, RecursionError):
        token = None
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise EngineError(f"{domain} gives no token")
    return token


def _basic(credentials: Credentials) -> str:
    import base64  # noqa: PLC0415

    return "Basic " + base64.b64encode(":".join(credentials).encode()).decode()
