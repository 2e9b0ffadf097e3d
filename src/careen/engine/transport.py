"""Carries a registry's requests with the requests library, and finds a user's credentials."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.engine.doctor import HOST_BUNDLES
from careen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from _typeshed import WriteableBuffer

    from careen.image.read.reference import Reference

_CONNECT_SECONDS, _READ_SECONDS = 10.0, 60.0
# Docker's own name in its configuration.
_HUB = "https://index.docker.io/v1/"


@dataclass
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: _Body


class _Body(io.RawIOBase):
    """A body as it is sent: nothing decodes it."""

    def __init__(self, raw: Any, host: str) -> None:
        self._raw = raw
        self._host = host

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        import urllib3  # noqa: PLC0415 - imported by requests already

        view = memoryview(buffer).cast("B")
        try:
            data = self._raw.read(len(view), decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise EngineError(
                f"{self._host} ended the conversation ({type(error).__name__})",
                hint="run the command again",
            ) from None
        view[: len(data)] = data
        return len(data)


class HttpTransport:
    """See `careen.engine.registry.Transport`."""

    def __init__(self) -> None:
        import requests  # noqa: PLC0415 - a tenth of a second

        self._requests = requests
        self._session = requests.Session()
        # Otherwise requests would send what ~/.netrc says.
        self._session.auth = lambda request: request
        self._bundle = next(
            (
                path
                for path in (
                    os.environ.get("REQUESTS_CA_BUNDLE", ""),
                    os.environ.get("SSL_CERT_FILE", ""),
                    *HOST_BUNDLES,
                )
                if path and os.path.isfile(path)  # noqa: PTH113
            ),
            True,
        )

    @contextlib.contextmanager
    def get(self, url: str, headers: Mapping[str, str]) -> Iterator[_Answer]:
        """Ask for an address."""
        host = url.split("/")[2]
        errors = self._requests.exceptions
        try:
            answer = self._session.get(
                url,
                headers={"User-Agent": "careen", "Accept-Encoding": "identity", **headers},
                stream=True,
                allow_redirects=False,
                timeout=(_CONNECT_SECONDS, _READ_SECONDS),
                verify=self._bundle,
            )
        except errors.SSLError:
            raise EngineError(
                f"{host}: its certificate is not trusted here",
                hint="SSL_CERT_FILE names the bundle of certificates to trust",
            ) from None
        except errors.RequestException as error:
            raise EngineError(
                f"{host} cannot be reached ({type(error).__name__})",
                hint="is there a network, and is the name right?",
            ) from None
        with answer:
            lower = {key.lower(): text for key, text in answer.headers.items()}
            yield _Answer(answer.status_code, lower, _Body(answer.raw, host))

    def close(self) -> None:
        """Close its connections."""
        self._session.close()


def credentials(
    reference: Reference, environment: Mapping[str, str] | None = None
) -> tuple[tuple[str, str] | None, str]:
    """Give a user's (name, password) for a registry from Docker's configuration, and a note.

    Credential helpers are not asked: the note says so, for the error of a registry that refuses.
    """
    env = os.environ if environment is None else environment
    folder = Path(env.get("DOCKER_CONFIG") or Path(env.get("HOME", "/")) / ".docker")
    try:
        document = json.loads((folder / "config.json").read_text())
        names = [reference.domain, f"https://{reference.domain}"]
        names += [_HUB] if reference.domain == "docker.io" else []
        auths, helpers = document.get("auths") or {}, document.get("credHelpers") or {}
        for name in names:
            if found := _decoded(auths.get(name) or {}):
                return found, ""
        helper = next((helpers[name] for name in names if name in helpers), None)
        helper = helper or document.get("credsStore")
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return None, ""
    if helper:
        return None, (
            "Docker's configuration has the credentials in a credential helper, which careen does "
            "not ask: pull the image, or `docker save` it"
        )
    return None, ""


def _decoded(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    if isinstance(entry.get("username"), str) and isinstance(entry.get("password"), str):
        return entry["username"], entry["password"]
    try:
        name, colon, password = (
            base64.b64decode(str(entry.get("auth") or "")).decode().partition(":")
        )
    except ValueError:
        return None
    return (name, password) if colon else None
