"""What the real-engine tests share: one engine, one build of the repository, tiny projects.

All that is started here carries the label io.careen.owned=true and is removed, on failure too.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from careen.build.plan import Options
from careen.build.run import build_variants
from careen.config.load import load
from careen.engine import build_cache
from careen.engine.client import LABEL_OWNED
from careen.engine.obtain import Engine, obtain

from .browser import launched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from playwright.sync_api import Browser

    from careen.build.run import BuildOutcome
    from careen.config.model import Settings

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-c", "from careen.tasks.program import main; main()")
OWNED = {LABEL_OWNED: "true"}
SCENARIOS = ("cold", "code-change", "no-op")
TINY_BASE = "debian:13-slim"


@dataclass(frozen=True)
class Project:
    """A tiny project with an image name of its own, in a temporary folder.

    Attributes:
        folder: of its pyproject.toml; temporary files of its commands go to `folder.tmp` beside it.
        image: the repository part of its tags.
        token: text that no other project's Dockerfile has, so no cache of another run holds it.
        variants: their names.
    """

    folder: Path
    image: str
    token: str
    variants: tuple[str, ...]

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `careen WORDS` in the project to its end; *variables* go to its environment."""
        return subprocess.run(
            [*COMMAND, *words],
            cwd=self.folder,
            env=self._environment(variables),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    @contextmanager
    def started(self, *words: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
        """Run `careen WORDS` beside the test; what is left of it at the end is killed."""
        with subprocess.Popen(
            [*COMMAND, *words],
            cwd=self.folder,
            env=self._environment(variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell has its background jobs ignore Ctrl-C, and what they start inherits that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def settings(self) -> Settings:
        return load(self.folder).settings

    def records(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "build/records").glob("*"))

    def left_behind(self) -> list[str]:
        return sorted(path.name for path in (self.folder.with_suffix(".tmp")).iterdir())

    def _environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        temporary = self.folder.with_suffix(".tmp")
        temporary.mkdir(exist_ok=True)
        own = {"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(temporary), "NO_COLOR": "1"}
        return {**os.environ, **own, **variables}


@dataclass(frozen=True)
class Service:
    """A running container of an image, and where it answers."""

    container: Any
    base_url: str

    def health(self) -> str:
        """Give the state of its HEALTHCHECK."""
        self.container.reload()
        return str(self.container.attrs["State"].get("Health", {}).get("Status", "none"))


@dataclass
class Images:
    """The repository's images: tags by variant; why the others are not there."""

    outcome: BuildOutcome
    tags: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine of these tests; the embedded one is started where none runs."""
    found = obtain("auto")
    with found.client:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; Debian's, unpacked in careen's cache, where the machine has none."""
    with launched() as found:
        yield found


@pytest.fixture(scope="session")
def images(engine: Engine) -> Images:
    """Every variant of this repository that can be built here, built once."""
    settings = load(ROOT).settings
    outcome = build_variants(settings, list(settings.variants), Options(), asked=False, dry=False)
    return Images(outcome, {record.variant: record.tag for record in outcome.records})


@pytest.fixture(scope="session")
def service(engine: Engine) -> Callable[..., Any]:
    """`with service(TAG, **options) as running:` a container that answers on a free port."""

    @contextmanager
    def run(tag: str, **options: Any) -> Iterator[Service]:
        containers: Any = engine.client.sdk.containers
        container = containers.run(
            tag, detach=True, labels=OWNED, ports={"5001/tcp": ("127.0.0.1", None)}, **options
        )
        try:
            yield Service(container, _answering(container))
        finally:
            container.remove(force=True, v=True)

    return run


@pytest.fixture(scope="session")
def output(engine: Engine) -> Callable[..., str]:
    """`output(TAG, [COMMAND, ...])`: what a container of an image prints, then it is removed."""

    def run(tag: str, command: list[str], **options: Any) -> str:
        printed: bytes = engine.client.sdk.containers.run(
            tag, command, remove=True, labels=OWNED, network_mode="none", **options
        )
        return printed.decode()

    return run


@pytest.fixture
def project(engine: Engine, tmp_path: Path) -> Iterator[Callable[..., Project]]:
    """Makes tiny projects; their images are removed at the end.

    `project({"good": "FROM debian:13-slim\\n..."}, more="...")` writes docker/VARIANT.Dockerfile
    for each, TOKEN in their text and in *more* (of pyproject.toml) replaced.
    """
    made: list[Project] = []

    def make(dockerfiles: Mapping[str, str], more: str = "") -> Project:
        token = f"careen-test-{secrets.token_hex(5)}"
        folder = tmp_path / token
        (folder / "docker").mkdir(parents=True)
        lines = ["[tool.careen]", f'image = "{token}"']
        for name, text in dockerfiles.items():
            path = folder / "docker" / f"{name}.Dockerfile"
            path.write_text(text.replace("TOKEN", token))
            lines += [f"[tool.careen.variants.{name}]", f'dockerfile = "docker/{path.name}"']
        (folder / "pyproject.toml").write_text("\n".join([*lines, more, ""]))
        (folder / "app.py").write_text("print('one')\n")
        made.append(Project(folder, token, token, tuple(dockerfiles)))
        return made[-1]

    yield make
    for one in made:
        for name in one.variants:
            for suffix in ("", *(f"-careen-benchmark-{scenario}" for scenario in SCENARIOS)):
                engine.client.remove_image(f"{one.image}:{name}{suffix}")
        prune(engine, one.token)


@pytest.fixture
def forget(engine: Engine) -> Callable[[str], None]:
    """`forget(TOKEN)` removes just the build cache of steps and mounts whose text has TOKEN."""
    return lambda token: prune(engine, token)


def prune(engine: Engine, token: str) -> None:
    build_cache.forget(engine, token)


@pytest.fixture(scope="session")
def until() -> Callable[..., None]:
    """`until(CONDITION, what, seconds)` waits for a condition, and fails when it does not come."""

    def wait(condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"after {seconds:g} s: not {what}")
            time.sleep(0.05)

    return wait


def _answering(container: Any, seconds: float = 60.0) -> str:
    """Wait until the service of a container answers, and give its address."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        container.reload()
        if container.status == "exited":
            break
        if bound := container.attrs["NetworkSettings"]["Ports"].get("5001/tcp"):
            base_url = f"http://127.0.0.1:{bound[0]['HostPort']}"
            try:
                with urllib.request.urlopen(f"{base_url}/health", timeout=5) as reply:
                    reply.read()
            except urllib.error.HTTPError as error:
                error.close()
            except OSError:
                pass
            else:
                return base_url
        time.sleep(0.1)
    log = container.logs().decode(errors="replace")
    pytest.fail(f"the service does not answer:\n{log[-2000:]}")
