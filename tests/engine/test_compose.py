"""PokerTool in Docker Compose: the contract, its data, its limits, and a database that restarts."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from careen.build.plan import Options
from careen.build.run import build_variants
from careen.config.load import load
from careen.engine.client import LABEL_OWNED
from careen.engine.compose.project import project_folder

from .conftest import COMMAND, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from careen.engine.obtain import Engine

KINDS = ("sqlite", "postgres")
UNAVAILABLE = {"error": "the database cannot be reached; try again later", "details": []}
WRITERS = 4
LOAD_SECONDS = 4.0
RESTART_AFTER_SECONDS = 1.5


@dataclass
class Started:
    """A project of `careen up`: its image's name, and what the command said of it."""

    image: str
    folder: Path
    words: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)

    def careen(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *words],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def environment(self) -> dict[str, str]:
        own = {"CAREEN_IMAGE": self.image, "PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1"}
        return {**os.environ, **own}

    def up(self) -> None:
        done = self.careen("up", "slim", "--wait", "--json", *self.words)
        assert done.returncode == 0, done.stderr
        self.data = json.loads(done.stdout)

    def container(self, engine: Engine, service: str) -> Any:
        name = f"careen-{self.image}-slim-{service}-1"
        return engine.client.sdk.containers.get(name)

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        host = self.data["base_url"].removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=15)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def slim(engine: Engine) -> Iterator[Callable[[], str]]:
    """`slim()` gives a name of its own to this repository's slim image, as NAME:slim."""
    token = f"careen-test-compose-{secrets.token_hex(4)}"
    settings = load(ROOT).settings.model_copy(update={"image": token})
    build_variants(settings, ["slim"], Options(), asked=True, dry=False)
    made = [token]

    def name() -> str:
        made.append(f"{token}-{len(made)}")
        engine.client.sdk.images.get(f"{token}:slim").tag(made[-1], "slim")
        return made[-1]

    yield name
    for one in made:
        engine.client.remove_image(f"{one}:slim")


@contextmanager
def removed(started: Started) -> Iterator[Started]:
    try:
        yield started
    finally:
        started.careen("down", "--volumes")


@pytest.fixture(scope="module")
def sqlite(slim: Callable[[], str]) -> Iterator[Started]:
    with removed(Started(slim(), ROOT)) as started:
        started.up()
        yield started


@pytest.fixture(scope="module")
def postgres(slim: Callable[[], str]) -> Iterator[Started]:
    with removed(Started(slim(), ROOT, ("--postgres",))) as started:
        started.up()
        yield started


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Started:
    found: Started = request.getfixturevalue(request.param)
    return found


both = pytest.mark.parametrize("started", KINDS, indirect=True)


@both
def test_the_contract_holds(started: Started) -> None:
    kind = "postgresql" if started.words else "sqlite"
    assert started.ask("GET", "/health")[1]["database"] == {"reachable": True, "kind": kind}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/contract", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={
            **os.environ,
            "POKERTOOL_BASE_URL": started.data["base_url"],
            "POKERTOOL_EXPECT_FRONTEND": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert "skipped" not in done.stdout


@both
def test_the_limits_are_set(engine: Engine, started: Started) -> None:
    backend = started.container(engine, "backend").attrs["HostConfig"]
    assert backend["Memory"] == backend["MemorySwap"] == 2**30
    assert backend["MemoryReservation"] == 2**29
    assert backend["NanoCpus"] == 2 * 10**9
    assert backend["PidsLimit"] == 100
    for service in ("backend", "database")[: 1 + len(started.words)]:
        attrs = started.container(engine, service).attrs
        host = attrs["HostConfig"]
        assert host["ReadonlyRootfs"] is True, service
        assert host["CapDrop"] == ["ALL"], service
        assert not host["CapAdd"], service
        assert host["SecurityOpt"] == ["no-new-privileges:true"], service
        assert "size=" in host["Tmpfs"]["/tmp"], service
        assert 0 not in (host["Memory"], host["NanoCpus"], host["PidsLimit"]), service
        assert attrs["Config"]["User"] not in {"", "0", "root"}, service
        assert attrs["State"]["Health"]["Status"] == "healthy", service


@both
def test_all_of_it_carries_careens_label_and_is_published_on_loopback(
    engine: Engine, started: Started
) -> None:
    sdk: Any = engine.client.sdk
    owned = {"label": [f"{LABEL_OWNED}=true", f"io.careen.compose.image={started.image}"]}
    services = 1 + len(started.words)
    assert len(sdk.containers.list(filters=owned)) == services
    assert len(sdk.networks.list(filters=owned)) == 1
    assert len(sdk.volumes.list(filters=owned)) == services
    assert len(sdk.volumes.list(filters={"name": started.image})) == services
    for one in started.data["services"]:
        assert all(where.startswith("127.0.0.1:") for where in one["ports"].values())


def test_the_password_is_in_no_container_and_in_no_image(engine: Engine, postgres: Started) -> None:
    database = postgres.container(engine, "database")
    code, said = database.exec_run(["cat", "/run/secrets/database-password"])
    password = said.decode()
    assert code == 0
    assert len(password) >= 24
    for service in ("backend", "database"):
        container = postgres.container(engine, service)
        assert password not in json.dumps(container.attrs)
        assert password not in container.logs().decode()
        assert password not in json.dumps(container.image.attrs)


def test_a_stand_in_is_named_as_one(postgres: Started) -> None:
    images = {one["service"]: one for one in postgres.data["images"]}
    assert images["database"]["reference"] == "postgres:17"
    if images["database"]["stand_in"]:
        assert images["database"]["used"] == "localhost/careen-stand-in/postgres:17"
        shown = postgres.careen("up", "slim", *postgres.words).stdout
        assert "localhost/careen-stand-in/postgres:17 †" in shown
        assert "† database: PostgreSQL 17 of Debian's packages" in shown


def test_a_database_that_restarts_costs_503s_and_no_acknowledged_hand(
    engine: Engine, postgres: Started
) -> None:
    acknowledged: list[tuple[int, str]] = []
    failures: list[tuple[int, Any]] = []
    slowest: list[float] = []
    end = time.monotonic() + LOAD_SECONDS

    def write(writer: int) -> None:
        count = 0
        while time.monotonic() < end:
            count += 1
            note = f"writer {writer}, hand {count}"
            begun = time.monotonic()
            status, answer = postgres.ask(
                "POST", "/api/hands", {"hole": ["As", "Kd"], "notes": note}
            )
            slowest.append(time.monotonic() - begun)
            if status == 201:
                acknowledged.append((answer["id"], note))
            else:
                failures.append((status, answer))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    time.sleep(RESTART_AFTER_SECONDS)
    postgres.container(engine, "database").restart()
    before = len(acknowledged)
    for writer in writers:
        writer.join(60)

    assert not any(writer.is_alive() for writer in writers)
    assert [one for one in failures if one != (503, UNAVAILABLE)] == []
    assert failures, "the restart was not noticed"
    assert 0 < before < len(acknowledged)
    assert max(slowest) < 10
    kept: dict[int, str] = {}
    while page := postgres.ask("GET", f"/api/hands?limit=200&offset={len(kept)}")[1]["items"]:
        kept |= {hand["id"]: hand["notes"] for hand in page}
    assert [one for one in acknowledged if kept.get(one[0]) != one[1]] == []


def test_a_database_that_froze_costs_503s_within_seconds(engine: Engine, postgres: Started) -> None:
    database = postgres.container(engine, "database")
    database.pause()
    try:
        begun = time.monotonic()
        with ThreadPoolExecutor(max_workers=12) as pool:
            asked = [pool.submit(postgres.ask, "GET", "/api/hands") for _ in range(24)]
            assert [one.result() for one in asked] == [(503, UNAVAILABLE)] * 24
        # Twice in a row: nobody waits in a queue behind the others.
        assert time.monotonic() - begun < 20
    finally:
        database.unpause()
    assert postgres.ask("GET", "/api/hands")[0] == 200


@both
def test_data_survives_down_and_up(engine: Engine, started: Started) -> None:
    status, hand = started.ask("POST", "/api/hands", {"hole": ["As", "Kd"], "notes": "kept"})
    assert status == 201

    done = started.careen("down")
    assert done.returncode == 0
    kept = [line for line in done.stdout.splitlines() if line.startswith("kept volume")]
    assert len(kept) == 1 + len(started.words)
    assert all("--volumes" in line for line in kept)
    name = f"careen-{started.image}-slim"
    assert not engine.client.sdk.containers.list(all=True, filters={"name": name})
    assert not engine.client.sdk.networks.list(filters={"name": name})

    started.up()
    assert started.ask("GET", f"/api/hands/{hand['id']}") == (200, hand)


def test_down_with_volumes_leaves_nothing(engine: Engine, slim: Callable[[], str]) -> None:
    with removed(Started(slim(), ROOT)) as started:
        started.up()
        done = started.careen("down", "slim", "--volumes", "--json")
        assert len(json.loads(done.stdout)["removed"]) == 3
        assert left(engine, started.image) == []
        assert started.careen("down").stdout == "nothing is up\n"
        assert started.careen("logs").returncode == 2


def test_a_dry_run_prints_the_plan_and_makes_nothing(
    engine: Engine, slim: Callable[[], str]
) -> None:
    with removed(Started(slim(), ROOT)) as started:
        done = started.careen("up", "slim", "--postgres", "--wait", "--dry", "--port", "8080")
        plan = json.loads(done.stdout)
        assert plan["image"] == f"{started.image}:slim"
        assert plan["environment"] == {"COMPOSE_PROFILES": "postgres"}
        assert [one["reference"] for one in plan["images"]] == ["postgres:17"]
        assert sorted(plan["override"]["services"]) == ["backend", "database"]
        assert plan["override"]["services"]["backend"]["ports"] == ["127.0.0.1:8080:5001/tcp"]
        assert "--wait" in plan["command"]
        assert left(engine, started.image) == []


def test_a_port_that_is_taken_is_named_and_nothing_is_left(
    engine: Engine, slim: Callable[[], str]
) -> None:
    with socket.socket() as taken, removed(Started(slim(), ROOT)) as started:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = started.careen("up", "slim", "--port", str(port))
        assert done.returncode == 3
        assert f"the port 127.0.0.1:{port} is taken" in done.stderr
        assert "Traceback" not in done.stderr
        assert left(engine, started.image) == []


def test_a_variant_that_was_not_built_says_how_to_build_it(engine: Engine) -> None:
    assert engine.client.answers()
    done = Started("careen-test-compose-none", ROOT).careen("up", "guide")
    assert done.returncode == 3
    assert "careen build guide" in done.stderr


PROJECT = """
[tool.careen.compose]
file = "compose.yaml"
wait-seconds = 3
[tool.careen.variants.slim]
dockerfile = "Dockerfile"
"""
SERVICE = """
services:
  backend:
    image: replaced
    command: [python, -c, "{program}"]
    healthcheck: {{test: [CMD, python, -c, "{check}"], interval: 1s, retries: 1, start_period: 1ms}}
    stop_grace_period: 0s
    volumes: [data:/data]
volumes: {{data: {{}}}}
"""


@contextmanager
def broken(folder: Path, image: str, program: str, check: str = "") -> Iterator[Started]:
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "compose.yaml").write_text(SERVICE.format(program=program, check=check))
    with removed(Started(image, folder)) as started:
        yield started


@pytest.mark.parametrize(
    ("program", "check", "said"),
    [
        ("print(40 + 2); exit(7)", "", ["backend ended with exit code 7", "| 42"]),
        (
            "import time; print(40 + 2, flush=True); time.sleep(60)",
            "print(1 + 1); exit(1)",
            ["backend is unhealthy", "| 42", "| health check: 2"],
        ),
        (
            "import time; print(40 + 2, flush=True); time.sleep(60)",
            "import time; time.sleep(60)",
            ["backend has not become healthy", "| 42"],
        ),
    ],
    ids=["ends", "unhealthy", "never healthy"],
)
def test_a_service_that_is_not_well_fails_with_its_last_lines(
    slim: Callable[[], str], tmp_path: Path, program: str, check: str, said: list[str]
) -> None:
    with broken(tmp_path, slim(), program, check) as started:
        done = started.careen("up", "--wait")
        assert done.returncode == 1, done.stderr
        for words in (*said, "careen logs"):
            assert words in done.stderr
        assert "Traceback" not in done.stderr
        # It stays for its logs.
        assert "42" in started.careen("logs").stdout


def test_ctrl_c_takes_back_what_was_started(
    engine: Engine, slim: Callable[[], str], tmp_path: Path, until: Callable[..., None]
) -> None:
    forever = "import time; time.sleep(600)"
    with broken(tmp_path, slim(), forever, forever) as started:
        with subprocess.Popen(
            [*COMMAND, "up", "--wait"],
            cwd=tmp_path,
            env=started.environment(),
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        ) as process:
            until(lambda: left(engine, started.image), "started", 30)
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=60)
        assert process.returncode == 130
        assert told.decode().endswith("interrupted\n")
        assert left(engine, started.image) == []


def test_a_compose_file_that_is_wrong_is_named(
    engine: Engine, slim: Callable[[], str], tmp_path: Path
) -> None:
    with broken(tmp_path, slim(), "pass") as started:
        (tmp_path / "compose.yaml").write_text("services: {backend: {imago: x}}\n")
        done = started.careen("up")
        assert done.returncode == 2
        assert "compose.yaml: Compose refuses it" in done.stderr
        assert "imago" in done.stderr
        (tmp_path / "compose.yaml").write_text("services: {backside: {image: x}}\n")
        done = started.careen("up")
        assert done.returncode == 2
        assert "did you mean backside?" in done.stderr
        (tmp_path / "compose.yaml").unlink()
        done = started.careen("up")
        assert done.returncode == 2
        assert "there is no Compose file" in done.stderr
        assert left(engine, started.image) == []


def left(engine: Engine, image: str) -> list[str]:
    sdk: Any = engine.client.sdk
    owned = {"label": f"io.careen.compose.image={image}"}
    found = [
        *sdk.containers.list(all=True, filters=owned, ignore_removed=True),
        *sdk.networks.list(filters=owned),
        *sdk.volumes.list(filters=owned),
    ]
    passwords = project_folder(f"careen-{image}-slim").glob("secret-*")
    return [str(one.name) for one in [*found, *passwords]]
