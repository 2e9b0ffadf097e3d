"""An engine behind TLS with client certificates: by variables, and by a Docker context."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import ssl
import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from careen.engine.find import find_tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.conftest import Project

    from careen.engine.obtain import Engine

    Make = Callable[..., Project]

GOOD = "FROM debian:13-slim\nRUN echo TOKEN > /made\n"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of ca.pem, cert.pem and key.pem: one pair for both sides."""
    folder = tmp_path_factory.mktemp("certificates")
    extensions = folder / "extensions"
    extensions.write_text("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n")
    for words in (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout key.pem -out request.pem",
        (
            "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
            " -extfile extensions -out cert.pem"
        ),
    ):
        subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def address(engine: Engine, certificates: Path) -> Iterator[str]:
    """The engine at a loopback port, for clients with a certificate of the authority alone."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates / "ca.pem")
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    host = engine.client.endpoint.host
    assert host.startswith("unix://"), "the proxy below speaks to a local socket"
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    start = _proxy(host.removeprefix("unix://"), context)
    server = asyncio.run_coroutine_threadsafe(start, loop).result(10)
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def bundle(tmp_path: Path) -> dict[str, str]:
    """A network whose proxy signs TLS anew: the engine's authority is not in its bundle."""
    path = tmp_path / "bundle.pem"
    path.write_text("")
    return {"REQUESTS_CA_BUNDLE": str(path)}


def test_a_build_through_the_tls_of_a_context(
    project: Make, address: str, certificates: Path, tmp_path: Path, bundle: dict[str, str]
) -> None:
    own = project({"good": GOOD})
    home = _context(tmp_path, address, certificates)

    done = own.run("build", "good", "--json", DOCKER_HOST="", DOCKER_CONFIG=str(home), **bundle)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["variants"]["good"]["sizes"]["pull_bytes"] > 1_000_000


def test_tls_by_variables(
    project: Make, address: str, certificates: Path, bundle: dict[str, str]
) -> None:
    own = project({"good": GOOD})
    variables = {
        "DOCKER_HOST": address,
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(certificates),
        **bundle,
    }
    assert own.run("clean", "--dry", **variables).returncode == 0

    done = own.run("build", "good", **variables)

    if find_tools().buildx:
        assert done.returncode == 0, done.stderr
    else:  # careen's own buildx is no plugin of a docker command, which reads them for it
        assert done.returncode == 3
        assert "does not read DOCKER_TLS_VERIFY" in done.stderr
        assert "docker context create" in done.stderr


def test_without_a_certificate_nothing_is_had(project: Make, address: str) -> None:
    own = project({"good": GOOD})

    done = own.run("build", "good", DOCKER_HOST=address)

    assert done.returncode == 3
    assert f"no Docker engine answers at {address}" in done.stderr
    assert "Traceback" not in done.stderr


def _context(folder: Path, address: str, certificates: Path) -> Path:
    """Write a Docker configuration whose current context is the engine behind TLS."""
    home = folder / "docker-config"
    key = hashlib.sha256(b"remote").hexdigest()
    meta, tls = home / "contexts/meta" / key, home / "contexts/tls" / key / "docker"
    meta.mkdir(parents=True)
    tls.mkdir(parents=True)
    document = {"Name": "remote", "Metadata": {}, "Endpoints": {"docker": {"Host": address}}}
    (meta / "meta.json").write_text(json.dumps(document))
    for name in ("ca.pem", "cert.pem", "key.pem"):
        shutil.copy(certificates / name, tls / name)
    (home / "config.json").write_text('{"currentContext": "remote"}')
    return home


async def _proxy(path: str, context: ssl.SSLContext) -> asyncio.Server:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_unix_connection(path)
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))

    return await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(1 << 16):
            sink.write(data)
            await sink.drain()
    sink.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
