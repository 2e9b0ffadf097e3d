"""One project of `careen up`: planned, started, read, stopped; under a name and labels of ours."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import zlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

from careen.engine.bases import BaseResolver
from careen.engine.client import LABEL_OWNED
from careen.engine.compose import state as states
from careen.engine.compose.failure import up_error
from careen.engine.compose.override import make_override, require, to_yaml
from careen.engine.compose.plan import Plan, profile_variables, used_reference
from careen.engine.compose.program import find_compose
from careen.engine.paths import cache_folder, locked, write_atomically
from careen.engine.process import run
from careen.engine.stand_in.make import Maker
from careen.errors import ConfigError, EngineError, ProcessError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from careen.config.model import Settings
    from careen.engine.bases import Base
    from careen.engine.obtain import Engine

DATABASE_PROFILE = "postgres"
STOP_SECONDS = 180.0


class Project:
    """The Compose project of one variant.

    Args:
        engine: to run it on.
        settings: of the whole project.
        variant: whose image is started.
        say: told what goes on.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        variant: str,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._variant = variant
        self._say = say
        self.name = project_name(settings.image, variant)

    @property
    def image(self) -> str:
        """The variant's image."""
        return f"{self._settings.image}:{self._variant}"

    def require_image(self) -> None:
        """See that the variant was built.

        Raises:
            EngineError: it was not.
        """
        if self._engine.client.image(self.image) is None:
            raise EngineError(
                f"the engine has no image {self.image}",
                hint=f"build it first: careen build {self._variant}",
            )

    def plan(
        self, *, postgres: bool = False, port: int = 0, wait: bool = False, dry: bool = False
    ) -> Plan:
        """Decide what is started.

        Args:
            postgres: turn the profile of that name on.
            port: of this machine, 0 for one that is free.
            wait: until all is healthy.
            dry: change nothing; else a stand-in that is needed is made now.

        Raises:
            ConfigError: the Compose file is missing, wrong, or lacks what the settings name.
            EngineError: an image is not there and cannot be had.
        """
        settings = self._settings.compose
        profiles = (DATABASE_PROFILE,) if postgres else ()
        model = self._model(profiles)
        require(model, "service", [settings.service])
        require(model, "secret", settings.secrets)
        bases = self._bases(model, dry=dry)
        folder = project_folder(self.name)
        files = {name: str(folder / f"secret-{name}") for name in settings.secrets}
        taken = {name: used_reference(base) for name, base in bases.items() if base.is_stand_in}
        override = make_override(
            model,
            service=settings.service,
            images={settings.service: self.image, **taken},
            labels={LABEL_OWNED: "true", states.LABEL_IMAGE: self._settings.image},
            port=port,
            secrets=files,
        )
        command = ["up", "--detach", "--remove-orphans"]
        if wait:
            command += ["--wait", "--wait-timeout", str(settings.wait_seconds)]
        argv = self._compose("--file", str(folder / "override.yaml"), *command)
        return Plan(
            self.name,
            self._variant,
            self.image,
            settings.service,
            profiles,
            bases,
            files,
            override,
            tuple(argv),
        )

    def up(self, plan: Plan) -> states.ProjectState:
        """Start the services, and give what runs.

        What was started is taken back where not all of it could be, or on Ctrl-C, unless the
        project ran before. Services that are there but not well stay, for their logs.

        Raises:
            CheckFailedError: a service ended or did not become healthy in time.
            EngineError: a port is taken, Compose failed.
        """
        client = self._engine.client
        with self._lock():
            before = states.read_state(client, self.name)
            self._write(plan)
            try:
                self._start(plan)
            except BaseException as error:
                if not before.services and not getattr(error, "stays", False):
                    self._take_back(before)
                raise
            states.remove_others(client, self.name, list(plan.override["services"]))
            return states.read_state(client, self.name)

    def down(self, *, volumes: bool = False) -> states.ProjectState:
        """Stop the services and remove them; give what there was.

        Args:
            volumes: remove the data and the passwords too.
        """
        client = self._engine.client
        with self._lock():
            before = states.read_state(client, self.name)
            if before.services or before.networks:
                self._run(["down", "--remove-orphans"], timeout_seconds=STOP_SECONDS)
            if volumes:
                states.remove_volumes(client, self.name, before.volumes)
                shutil.rmtree(project_folder(self.name), ignore_errors=True)
        return before

    def logs(self, write: Callable[[str], None], *, tail: int, follow: bool) -> None:
        """Give the services' logs, each line with its service before it, as they come."""
        words = ["logs", "--no-color", "--tail", str(tail) if tail >= 0 else "all"]
        run(
            [*self._command, *words, *(["--follow"] if follow else [])],
            env=self._engine.environment,
            timeout_seconds=7 * 24 * 3600.0 if follow else 120.0,
            on_stdout=_lines(write),
            keep_stdout=False,
        )

    def _start(self, plan: Plan) -> None:
        env = {**self._engine.environment, **profile_variables(plan.profiles)}
        limit = self._settings.compose.wait_seconds + STOP_SECONDS
        done = run(
            plan.argv,
            env=env,
            check=False,
            timeout_seconds=max(limit, 900.0),  # an image may have to be pulled
            on_stderr=_lines(lambda line: self._say(line.strip())),
        )
        now = states.read_state(self._engine.client, self.name)
        # Compose says that all went well where its time is up just between two of its looks.
        if done.returncode != 0 or (plan.waits and now.starting):
            raise up_error(
                done, now, lambda name: states.last_words(self._engine.client, name), plan.argv
            )

    def _take_back(self, before: states.ProjectState) -> None:
        try:
            self._run(["down", "--remove-orphans"], timeout_seconds=STOP_SECONDS)
        except EngineError as error:  # why it was not started is what matters
            self._say(f"not all could be taken back (`careen down` tries again): {error}")
            return
        now = states.read_state(self._engine.client, self.name)
        made = [name for name in now.volumes if name not in before.volumes]
        states.remove_volumes(self._engine.client, self.name, made)
        if not before.volumes:  # no data is left that was made with these passwords
            shutil.rmtree(project_folder(self.name), ignore_errors=True)

    def _write(self, plan: Plan) -> None:
        folder = project_folder(self.name)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        write_atomically(folder / "override.yaml", to_yaml(plan.override).encode())
        for file in plan.secrets.values():
            # Mounted as they are, so any user id of a container must be able to read them; the
            # folder keeps the other users of this machine out.
            if not (folder / file).exists():
                write_atomically(folder / file, secrets.token_urlsafe(24).encode())

    def _model(self, profiles: tuple[str, ...]) -> dict[str, Any]:
        file = self._file()
        if not file.is_file():
            raise ConfigError(
                f"there is no Compose file {file}",
                hint="write one, or name it: [tool.careen.compose] file",
            )
        try:
            done = run(
                self._compose("config", "--format", "json"),
                env={**self._engine.environment, **profile_variables(profiles)},
                timeout_seconds=60,
            )
        except ProcessError as error:
            said = (error.stderr.strip().splitlines() or ["it says nothing"])[-1]
            raise ConfigError(
                f"{file}: Compose refuses it: {said}", hint="`docker compose config` tells more"
            ) from None
        model: dict[str, Any] = json.loads(done.stdout)
        return model

    def _bases(self, model: Mapping[str, Any], *, dry: bool) -> dict[str, Base]:
        """Find the images of the other services: in the engine, a registry, or as stand-ins."""
        wanted = {
            name: str(one["image"])
            for name, one in model["services"].items()
            if name != self._settings.compose.service and one.get("image") and not one.get("build")
        }
        maker = None
        if self._settings.bases.stand_ins:
            maker = Maker(cache_folder(), self._engine.tools, self._say)
        resolver = BaseResolver(
            self._engine.client,
            maker,
            registry_timeout_seconds=self._settings.engine.registry_timeout_seconds,
            dry=dry,
            say=self._say,
        )
        found = resolver.resolve(wanted.values())
        for name, reference in wanted.items():
            if found[reference].source == "missing":
                raise EngineError(
                    f"{reference} of the service {name} cannot be had: {found[reference].reason}",
                    hint=f"load it into the engine: docker load, or docker pull {reference}",
                )
        return {name: found[reference] for name, reference in wanted.items()}

    def _file(self) -> Path:
        return self._settings.root / self._settings.compose.file

    @cached_property
    def _command(self) -> list[str]:
        program = find_compose(self._engine, self._say)
        return [*program, "--ansi", "never", "--progress", "plain", "--project-name", self.name]

    def _compose(self, *words: str) -> list[str]:
        return [*self._command, "--file", str(self._file()), *words]

    def _run(self, words: list[str], *, timeout_seconds: float) -> None:
        # Without the file: what is there is found by its labels, whatever the file says now.
        run(
            [*self._command, *words],
            env=self._engine.environment,
            timeout_seconds=timeout_seconds,
            on_stderr=_lines(lambda line: self._say(line.strip())),
        )

    def _lock(self) -> Any:
        # A lock's file cannot be removed safely; so there are a few, and projects share them.
        number = zlib.crc32(self.name.encode()) % 16
        return locked(cache_folder() / "compose" / f"lock-{number}")


def project_name(image: str, variant: str) -> str:
    """Give the name of a variant's project; Compose takes neither dots nor slashes.

    >>> project_name("poker.tool", "slim-ml")
    'careen-poker-tool-slim-ml'
    """
    return re.sub(r"[./:]", "-", f"careen-{image}-{variant}")


def project_folder(name: str) -> Path:
    """Give the folder of a project's override and passwords."""
    return cache_folder() / "compose" / name


def _lines(take: Callable[[str], None]) -> Callable[[bytes], None]:
    """Give a sink for chunks that passes whole lines on, without their ends."""
    held = bytearray()

    def sink(chunk: bytes) -> None:
        held.extend(chunk)
        while (end := held.find(b"\n")) >= 0:
            line = held[:end].decode(errors="replace")
            del held[: end + 1]
            # Compose clears its line before each one of a log, on a terminal or not.
            take(line.removeprefix("\x1b[2K").rstrip())

    return sink
