"""The Docker engine's API, through the Docker SDK: images, information, disk."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    import docker

    from careen.engine.find import Endpoint

LABEL_OWNED = "io.careen.owned"
_UNREACHABLE = (
    "no such host",
    "connection refused",
    "network is unreachable",
    "no route to host",
    "i/o timeout",
    "tls handshake timeout",
    "server misbehaving",
    "certificate signed by unknown authority",
)
OLDEST_SERVER = (23, 0)
# The kernel's names of architectures, as images name them.
_GO_NAMES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm/v7", "i686": "386"}


@dataclass(frozen=True)
class ServerInfo:
    """What an engine says of itself.

    Attributes:
        version: the server's version.
        kind: `embedded`, or how the endpoint was found.
        image_store: `containerd`, or the classic store's driver such as `overlay2`.
        storage_driver: the driver or snapshotter.
        root: the data folder, on the engine's machine.
        architecture: as Docker names it, such as x86_64.
        cpus: processors that containers may use.
        memory_bytes: memory of the engine's machine.
        kernel: its kernel's release.
        system: its operating system's name.
    """

    version: str
    kind: str
    image_store: str
    storage_driver: str
    root: str
    architecture: str
    cpus: int
    memory_bytes: int
    kernel: str
    system: str

    @property
    def platform(self) -> str:
        """What it builds and runs without emulation, such as linux/amd64."""
        return f"linux/{_GO_NAMES.get(self.architecture, self.architecture)}"

    def to_json(self) -> dict[str, object]:
        """Give it as JSON data."""
        return asdict(self)


class EngineClient:
    """A connection to one engine; a context manager that closes it."""

    def __init__(self, endpoint: Endpoint, *, timeout_seconds: float = 120.0) -> None:
        self.endpoint = endpoint
        self._timeout = timeout_seconds
        self._sdk: docker.DockerClient | None = None

    def __enter__(self) -> EngineClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; a later call opens it again."""
        if self._sdk is not None:
            self._sdk.close()
            self._sdk = None

    @property
    def sdk(self) -> docker.DockerClient:
        """The Docker SDK's client, connected on first use.

        Raises:
            EngineError: nothing answers at the endpoint.
        """
        if self._sdk is None:
            self._sdk = self._connect(self._timeout)
        return self._sdk

    def answers(self) -> bool:
        """Tell whether the engine answers."""
        try:
            return bool(self.sdk.ping())
        except Exception:  # noqa: BLE001 - the SDK raises many kinds for "nobody there"
            self.close()
            return False

    def info(self) -> ServerInfo:
        """Ask the engine about itself."""
        data: dict[str, Any] = self.sdk.info()
        status = dict(pair for pair in data.get("DriverStatus") or [])
        driver = str(data.get("Driver", "unknown"))
        containerd = "containerd" in str(status.get("driver-type", ""))
        return ServerInfo(
            version=str(data.get("ServerVersion", "unknown")),
            kind=self.endpoint.origin,
            image_store="containerd" if containerd else driver,
            storage_driver=driver,
            root=str(data.get("DockerRootDir", "")),
            architecture=str(data.get("Architecture", "unknown")),
            cpus=int(data.get("NCPU", 0)),
            memory_bytes=int(data.get("MemTotal", 0)),
            kernel=str(data.get("KernelVersion", "unknown")),
            system=str(data.get("OperatingSystem", "unknown")),
        )

    def free_disk_bytes(self) -> int | None:
        """Give the free bytes where the engine keeps its data; None where it is not this machine.

        An engine in a virtual machine has its data folder there: a folder of that name that is
        missing here, or an address that is no local socket, is unknown, not plenty.
        """
        root = Path(self.info().root)
        if not self.endpoint.host.startswith("unix://") or not root.is_dir():
            return None
        return shutil.disk_usage(root).free

    def image(self, reference: str) -> dict[str, Any] | None:
        """Give an image's inspect document, or None where the engine does not have it."""
        import docker.errors  # noqa: PLC0415

        try:
            document: dict[str, Any] = self.sdk.images.get(reference).attrs
        except docker.errors.ImageNotFound:
            return None
        except docker.errors.APIError as error:
            raise _api_error(error) from None
        return document

    def load(self, archive: Path) -> None:
        """Load an image archive."""
        import docker.errors  # noqa: PLC0415

        try:
            with archive.open("rb") as source:
                self.sdk.images.load(source)
        except docker.errors.APIError as error:
            raise _api_error(error) from None

    def save(self, reference: str) -> Iterator[bytes]:
        """Give the chunks of an image's archive, an OCI layout in a tar stream."""
        return iter(self.sdk.api.get_image(reference, chunk_size=1 << 20))

    def remove_image(self, reference: str) -> bool:
        """Remove an image by name; tells whether there was one."""
        import docker.errors  # noqa: PLC0415

        try:
            self.sdk.images.remove(reference)
        except docker.errors.ImageNotFound:
            return False
        except docker.errors.APIError as error:
            raise _api_error(error) from None
        return True

    def images(self, *, label: str) -> list[dict[str, Any]]:
        """List the images that carry a label (`key` or `key=value`)."""
        found: list[dict[str, Any]] = self.sdk.api.images(filters={"label": label})
        return found

    def registry_problem(self, reference: str, timeout_seconds: float) -> str:
        """Ask the image's registry, through the engine, whether it can be pulled.

        Returns:
            "" where it can, else the reason in one line.
        """
        client = self._connect(timeout_seconds)
        try:
            client.images.get_registry_data(reference)
        except Exception as error:  # noqa: BLE001 - whatever it is, the base cannot be pulled
            return unreachable(_one_line(error, timeout_seconds))
        finally:
            client.close()
        return ""

    def pull(self, reference: str) -> None:
        """Pull an image."""
        import docker.errors  # noqa: PLC0415

        try:
            self.sdk.images.pull(reference)
        except docker.errors.APIError as error:
            raise _api_error(error) from None

    def _knock(self, timeout_seconds: float) -> None:
        """See that somebody listens at a local socket.

        The SDK's constructor leaves its own socket open where nobody does.
        """
        import socket  # noqa: PLC0415

        if not self.endpoint.host.startswith("unix://"):
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
            end.settimeout(timeout_seconds)
            try:
                end.connect(self.endpoint.host.removeprefix("unix://"))
            except OSError as error:
                raise EngineError(
                    f"no Docker engine answers at {self.endpoint.host} ({self.endpoint.origin}): "
                    f"{error.strerror or error}",
                    hint="`careen doctor` says what was tried",
                ) from None

    def _connect(self, timeout_seconds: float) -> docker.DockerClient:
        import docker  # noqa: PLC0415 - a fifth of a second
        import docker.errors  # noqa: PLC0415

        self._knock(timeout_seconds)
        tls: Any = None
        if folder := self.endpoint.tls_folder:
            tls = docker.tls.TLSConfig(
                ca_cert=f"{folder}/ca.pem",
                client_cert=(f"{folder}/cert.pem", f"{folder}/key.pem"),
                verify=True,
            )
        options: dict[str, Any] = {
            "base_url": self.endpoint.host,
            "tls": tls,
            "timeout": ceil(timeout_seconds),
            "use_ssh_client": self.endpoint.host.startswith("ssh://"),
        }
        try:
            return _with_own_authority(options) if tls else docker.DockerClient(**options)
        except docker.errors.DockerException as error:
            raise EngineError(
                f"no Docker engine answers at {self.endpoint.host} ({self.endpoint.origin}): "
                f"{_one_line(error, timeout_seconds)}",
                hint="`careen doctor` says what was tried",
            ) from None


def _with_own_authority(options: dict[str, Any]) -> docker.DockerClient:
    """Make a client that trusts the authority that it is given, whatever the environment says.

    REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE, which networks with an authority of their own set, go
    before it in requests (its issue 3829), and an engine's certificate is signed by neither.
    """
    import docker  # noqa: PLC0415

    class Api(docker.APIClient):
        trust_env = property(lambda _: False, lambda *_: None)

    client = docker.DockerClient.__new__(docker.DockerClient)
    client.api = Api(**options)
    return client


def _api_error(error: Exception) -> EngineError:
    return EngineError(f"the engine refused: {_one_line(error, 0)}")


def unreachable(text: str) -> str:
    """Say in a few words why a registry was not reached; names no address.

    >>> unreachable('Get "https://r.example/v2/": dial tcp: lookup r.example: no such host')
    'cannot be reached (no such host)'
    """
    for words in _UNREACHABLE:
        if words in text.lower():
            return f"cannot be reached ({words})"
    return text


def _one_line(error: Exception, timeout_seconds: float) -> str:
    text = str(getattr(error, "explanation", None) or error)
    if "timed out" in text.lower():
        return f"no answer within {timeout_seconds:g} s"
    return " ".join(text.split())[:200]
