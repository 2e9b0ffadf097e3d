"""Where the contract is tested: a given base URL, or a server of our own on a free port.

    pytest tests/contract --base-url http://127.0.0.1:5001
    POKERTOOL_BASE_URL=http://127.0.0.1:5001 pytest tests/contract
    pytest tests/contract

Only pytest and the standard library are needed, so the tests run beside any image.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = Path(__file__).resolve().parents[2] / "src"
DATA = Path(__file__).resolve().parent / "data"
START_SECONDS = 30.0
BOUNDARY = "----contract-test-boundary"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract", "the service's HTTP contract")
    group.addoption("--base-url", default=None, help="test the service at this address")
    group.addoption(
        "--expect-frontend",
        action="store_true",
        default=None,
        help="the front end is built and must be served at /",
    )


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """A small HTTP client; every answer is read whole, whatever its status."""

    base_url: str
    started_here: bool
    timeout: float = 60.0

    @contextmanager
    def connection(self) -> Iterator[http.client.HTTPConnection]:
        parts = urlsplit(self.base_url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(parts.hostname or "", parts.port, timeout=self.timeout)
        try:
            yield connection
        finally:
            connection.close()

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with self.connection() as connection:
            connection.request(method, urlsplit(self.base_url).path + path, body, named)
            return read_reply(connection)

    def get(self, path: str) -> Reply:
        return self.request("GET", path)

    def post(self, path: str, payload: object) -> Reply:
        body = json.dumps(payload).encode()
        return self.request("POST", path, body, Content_Type="application/json")

    def upload(self, path: str, content: bytes, field: str = "image") -> Reply:
        return self.request(
            "POST",
            path,
            multipart(field, content),
            Content_Type=f"multipart/form-data; boundary={BOUNDARY}",
        )


def read_reply(connection: http.client.HTTPConnection) -> Reply:
    response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, response.read())


def multipart(field: str, content: bytes) -> bytes:
    head = (
        f"--{BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="{field}"; filename="upload"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


@pytest.fixture(scope="session")
def client(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    given = pytestconfig.getoption("base_url", None) or os.environ.get("POKERTOOL_BASE_URL")
    if given:
        yield Client(str(given).rstrip("/"), started_here=False)
        return
    with running_server(tmp_path_factory.mktemp("service")) as base_url:
        yield Client(base_url, started_here=True)


@pytest.fixture
def ocr_client(client: Client) -> Client:
    """The client, where tesseract can be expected: always but on a host of our own without it."""
    program = os.environ.get("POKERTOOL_TESSERACT", "tesseract")
    if client.started_here and shutil.which(program) is None:
        pytest.skip("tesseract is not installed on this host, where the server was started")
    return client


@pytest.fixture(scope="session")
def frontend_expected(pytestconfig: pytest.Config) -> bool:
    chosen = pytestconfig.getoption("expect_frontend", None)
    return bool(chosen or os.environ.get("POKERTOOL_EXPECT_FRONTEND"))


@pytest.fixture(scope="session")
def screenshots() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in DATA.iterdir() if path.suffix != ".md"}


@contextmanager
def running_server(folder: Path) -> Iterator[str]:
    """The service on a free port of this machine, with its data in a folder of the test."""
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
        "PYTHONPATH": str(SOURCES),
        "POKERTOOL_DATA_DIR": str(folder / "data"),
    }
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "pokertool.api:app", "--port", str(port)],
            cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            wait_until_up(base_url, process, log)
            yield base_url
        finally:
            stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_up(base_url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    probe = Client(base_url, started_here=True)
    while time.monotonic() < deadline and process.poll() is None:
        try:
            probe.get("/health")
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the service did not start:\n{log.read_text(errors='replace')}")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
