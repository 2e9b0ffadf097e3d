"""The stand-ins look like the images whose place they take, and are made reproducibly."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from careen.engine.shelf import Shelf
from careen.engine.stand_in.make import Maker
from careen.engine.stand_in.recipe import LABEL, LABEL_FOR, LABEL_RECIPE, all_recipes, find

if TYPE_CHECKING:
    from collections.abc import Callable
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
