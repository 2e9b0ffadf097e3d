"""The stand-ins look like the images whose place they take, and are made reproducibly."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from careen.engine.client import LABEL_OWNED
from careen.engine.shelf import Shelf
from careen.engine.stand_in.make import Maker
from careen.engine.stand_in.recipe import LABEL, LABEL_FOR, LABEL_RECIPE, all_recipes, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from careen.engine.obtain import Engine

    Output = Callable[..., str]

DISTROLESS = "gcr.io/distroless/python3-debian13:nonroot"
# A package without an index: what `pip install` is tried with.
WHEEL = """
import zipfile
with zipfile.ZipFile("/tmp/tiny-1-py3-none-any.whl", "w") as wheel:
    wheel.writestr("tiny.py", "NAME = 'tiny'\\n")
    info = "tiny-1.dist-info/"
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n")
    tag = "Root-Is-Purelib: true\\nTag: py3-none-any\\n"
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\n" + tag)
    wheel.writestr(info + "RECORD", "")
"""
LOOK = """
import os, shutil, sys, sysconfig
print(sys.version_info[:2], os.getuid(), os.getcwd())
names = ("python", "sh", "bash", "dpkg", "apt", "apt-get", "perl", "tar")
print([name for name in names if shutil.which(name)])
print(sys.executable, os.path.exists(sysconfig.get_path("stdlib") + "/EXTERNALLY-MANAGED"))
import ssl, sqlite3, ctypes, zoneinfo
print(bool(ssl.create_default_context().get_ca_certs()))
"""


@pytest.fixture(scope="module", autouse=True)
def _made(engine: Engine) -> None:
    assert engine.client.answers()
    Shelf("auto").make(all_recipes())


def tag(reference: str) -> str:
    recipe = find(reference)
    assert recipe is not None
    return recipe.tag


def test_python_is_what_a_dockerfile_expects(output: Output) -> None:
    script = f"""set -e
for name in python python3 pip; do command -v $name; done
python - <<'END'
{WHEEL}
END
pip install --no-index --disable-pip-version-check /tmp/tiny-1-py3-none-any.whl
python -c 'import tiny; print(tiny.NAME)'
python -m venv /tmp/venv && /tmp/venv/bin/python -m pip --version
find / -xdev -name EXTERNALLY-MANAGED
"""
    lines = output(tag("python:3.13-slim-trixie"), ["sh", "-c", script]).splitlines()

    assert lines[:3] == ["/usr/local/bin/python", "/usr/local/bin/python3", "/usr/local/bin/pip"]
    assert "tiny" in lines
    assert lines[-1].startswith("pip ")
    assert lines[-1].endswith("(python 3.13)")


def test_node_runs_with_npm_and_npx(output: Output) -> None:
    script = "node --version && npm --version && npx --version && node -e 'console.log(6 * 7)'"
    node, npm, npx, answer = output(tag("node:22-slim"), ["sh", "-c", script]).split()

    assert node.startswith("v22.")
    assert npm == npx
    assert answer == "42"


def test_debian_is_the_slim_image(output: Output) -> None:
    script = """. /etc/os-release && echo "$VERSION_CODENAME" && command -v apt-get
cat /etc/apt/apt.conf.d/docker-clean | grep -c Post-Invoke
ls /var/lib/apt/lists | grep -v partial; command -v python3; echo end"""
    lines = output(tag("debian:13-slim"), ["bash", "-c", script]).split()

    assert lines == ["trixie", "/usr/bin/apt-get", "2", "end"]


def test_distroless_has_python_and_nothing_else(output: Output) -> None:
    lines = output(tag(DISTROLESS), ["-c", LOOK]).splitlines()

    assert lines == [
        "(3, 13) 65532 /home/nonroot",
        "[]",
        "/usr/bin/python3.13 False",
        "True",
    ]


def test_each_says_what_it_is(engine: Engine) -> None:
    for recipe in all_recipes():
        image = engine.client.image(recipe.tag)
        assert image is not None
        labels = image["Config"]["Labels"]
        assert (labels[LABEL], labels[LABEL_FOR]) == ("true", recipe.reference)
        assert labels[LABEL_RECIPE] == recipe.hash


def test_two_makings_give_the_same_bytes(engine: Engine, tmp_path: Path) -> None:
    recipe = find(DISTROLESS)
    assert recipe is not None

    made = [Maker(tmp_path / name, engine.tools).make(recipe) for name in ("one", "other")]

    one, other = (hashlib.sha256(path.read_bytes()).hexdigest() for path in made)
    assert one == other


@contextmanager
def database(engine: Engine, **options: Any) -> Iterator[Any]:
    """A container of the stand-in for postgres:17 on a volume of its own, removed at the end."""
    sdk: Any = engine.client.sdk
    owned = {LABEL_OWNED: "true"}
    volume = sdk.volumes.create(f"careen-test-{secrets.token_hex(6)}", labels=owned)
    where = {volume.name: {"bind": "/var/lib/postgresql/data", "mode": "rw"}}
    container = sdk.containers.create(tag("postgres:17"), labels=owned, volumes=where, **options)
    try:
        yield container
    finally:
        container.remove(force=True, v=True)
        volume.remove(force=True)


def ask(container: Any, statement: str, *, user: str, name: str) -> str:
    argv = ["psql", "-h", "127.0.0.1", "-U", user, "-d", name, "-Atc", statement]
    printed: bytes = container.exec_run(argv).output
    return printed.decode().strip()


READY = ["pg_isready", "-q", "-h", "127.0.0.1"]


def test_postgres_keeps_the_published_images_contract(
    engine: Engine, until: Callable[..., None]
) -> None:
    password, user, name = "s'3\\cret", "poker", 'a"b'
    environment = {"POSTGRES_PASSWORD": password, "POSTGRES_USER": user, "POSTGRES_DB": name}
    with database(engine, environment=environment) as container:
        container.start()
        until(lambda: container.exec_run(READY).exit_code == 0, "ready", 30)
        assert ask(container, "SHOW server_version_num", user=user, name=name).startswith("17")
        assert container.exec_run(["stat", "-c", "%U", "/proc/1"]).output == b"postgres\n"
        made = ask(container, "CREATE TABLE kept (n int)", user=user, name=name)
        assert made == "CREATE TABLE"

        # From outside, with the password alone.
        address = container.exec_run(["hostname", "-i"]).output.decode().split()[0]
        outside = ["psql", "-w", "-h", address, "-U", user, "-d", name, "-Atc", "SELECT 7"]
        assert b"no password supplied" in container.exec_run(outside).output
        known = {"PGPASSWORD": password}
        assert container.exec_run(outside, environment=known).output == b"7\n"

        # A client that is busy does not hold up its end.
        busy = ["psql", "-U", user, "-d", name, "-c", "SELECT pg_sleep(60)"]
        container.exec_run(busy, detach=True)
        container.stop(timeout=20)
        container.reload()
        assert container.attrs["State"]["ExitCode"] == 0
        container.start()
        until(lambda: container.exec_run(READY).exit_code == 0, "ready again", 30)
        assert ask(container, "SELECT count(*) FROM kept", user=user, name=name) == "0"


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "no superuser password is specified"),
        ({"POSTGRES_PASSWORD": "a", "POSTGRES_PASSWORD_FILE": "/b"}, "are exclusive"),
        ({"POSTGRES_PASSWORD_FILE": "/none"}, "POSTGRES_PASSWORD_FILE cannot be read"),
    ],
)
def test_postgres_without_a_password_says_so_and_ends(
    engine: Engine, environment: dict[str, str], said: str
) -> None:
    with database(engine, environment=environment) as container:
        container.start()
        assert container.wait(timeout=30)["StatusCode"] == 1
        assert said in container.logs().decode()


def test_postgres_finishes_a_first_start_that_was_killed(
    engine: Engine, until: Callable[..., None]
) -> None:
    with database(engine, environment={"POSTGRES_PASSWORD": "secret"}) as container:
        container.start()
        until(lambda: b"creating configuration files" in container.logs(), "in the middle", 30)
        container.kill()
        container.start()
        until(lambda: container.exec_run(READY).exit_code == 0, "ready", 30)
        assert ask(container, "SELECT 1", user="postgres", name="postgres") == "1"
        found = container.exec_run(["ls", "/var/lib/postgresql/data"]).output.decode()
        assert "careen" not in found
