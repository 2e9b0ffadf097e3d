"""What an image's service must do and must not do, as settings: `[tool.careen.contract]`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from careen.config.values import Bytes, Model

Seconds = Annotated[float, Field(gt=0, le=3600)]


class HttpProbe(Model):
    """A request to the running service, and what its answer must be.

    Attributes:
        name: in the report; its method and path where it is empty.
        method: of the request.
        path: below the base address, with a query.
        headers: of the request.
        body: of the request; a `json` body is sent with its content type.
        json_body: the same as data.
        files: files of a multipart/form-data request by their fields; paths from the project's
            folder.
        status: of the answer.
        json_path: values in a JSON answer by their path, such as `database.reachable` or
            `items[0].id`.
        text: a regular expression that is found in the answer.
        header: regular expressions by the answer's headers.
        timeout_seconds: for the whole answer.
    """

    name: str = ""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    path: Annotated[str, Field(pattern=r"^/")]
    headers: dict[str, str] = Field(default_factory=dict)
    body: str = ""
    json_body: Any = Field(default=None, alias="json-body")
    files: dict[str, Path] = Field(default_factory=dict)
    status: Annotated[int, Field(ge=100, le=599)] = 200
    json_path: dict[str, Any] = Field(default_factory=dict, alias="json")
    text: str = ""
    header: dict[str, str] = Field(default_factory=dict)
    timeout_seconds: Seconds = 10.0


class CommandProbe(Model):
    """A command that is run in the container, where the image has it.

    Attributes:
        name: in the report; the command where it is empty.
        command: the argument list; no shell looks at it.
        exit_code: that it ends with.
        output: a regular expression that is found in what it writes.
        timeout_seconds: for its end.
        variants: the variants that have it; all where it is empty.
    """

    name: str = ""
    command: Annotated[tuple[str, ...], Field(min_length=1)]
    exit_code: int = 0
    output: str = ""
    timeout_seconds: Seconds = 30.0
    variants: tuple[str, ...] = ()


class Limits(Model):
    """`[tool.careen.contract.limits]`: what the service gets, and what it keeps to.

    Attributes:
        memory: that the container gets.
        cpus: likewise.
        pids: processes and threads, likewise.
        start_seconds: from the start call to the first good answer of the health path, median.
        rest_memory: after the load and a rest: usage less what is only cached.
        peak_memory: the highest of a run; the memory limit where it is not given.
        stop_seconds: from SIGTERM to its end.
        start_runs: how often the start is measured.
    """

    memory: Bytes = 1_000_000_000
    cpus: Annotated[float, Field(gt=0, le=1024)] = 2.0
    pids: Annotated[int, Field(ge=1)] = 100
    start_seconds: Seconds | None = None
    rest_memory: Bytes | None = None
    peak_memory: Bytes | None = None
    stop_seconds: Seconds = 10.0
    start_runs: Annotated[int, Field(ge=1, le=100)] = 5


class VariantContract(Model):
    """`[tool.careen.contract.variants.NAME]`: what one variant keeps to in place of the others.

    Attributes:
        limits: those that differ.
    """

    limits: Limits = Limits()


class DatabaseCut(Model):
    """`[tool.careen.contract.database]`: how the service's database is cut off, for its health.

    Attributes:
        environment: variables that point the service at a database that does not answer.
        status: of the health path then.
    """

    environment: Annotated[dict[str, str], Field(min_length=1)]
    status: Annotated[int, Field(ge=100, le=599)] = 503


class Load(Model):
    """`[tool.careen.contract.load]`: a bounded load of fixed requests.

    Attributes:
        requests: in the order in which each client sends them, again and again.
        seconds: how long, in whole seconds.
        clients: at the same time.
    """

    requests: tuple[HttpProbe, ...] = ()
    seconds: Annotated[float, Field(ge=1, le=600, multiple_of=1)] = 5.0
    clients: Annotated[int, Field(ge=1, le=64)] = 4


class ContractSettings(Model):
    """`[tool.careen.contract]`, joined with the file that it names.

    Attributes:
        file: such as docker/contract.toml, which has the same keys at its top; "" for none.
        port: that the service listens on; the image's one EXPOSE where it is not given.
        health: the path that answers 200 once the service can work.
        environment: of the container.
        tmpfs: folders that stay writable under --read-only, with the options of `docker run`.
        user: an arbitrary user and group that the service must run as too.
        no_shell: variants whose image has no shell and no package manager.
        labels: regular expressions by the labels that the image must have.
        imports: modules that the image's Python must be able to import; those that its
            distributions declare where it is empty.
        setuid_allowed: paths that may be setuid or setgid.
        skip: checks that are not made, by name, each with its reason.
        http: requests and their answers.
        commands: run in the container.
        pytest: test paths that are run against the base address.
        structure_tests: files of container-structure-test.
        limits: of the container and the service.
        database: how it is cut off; without it the check is skipped.
        load: the load step; without requests it is skipped.
        variants: limits of single variants.
    """

    file: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    health: Annotated[str, Field(pattern=r"^/")] = "/health"
    environment: dict[str, str] = Field(default_factory=dict)
    tmpfs: dict[str, str] = Field(default_factory=lambda: {"/tmp": "mode=1777"})  # noqa: S108
    user: Annotated[str, Field(pattern=r"^\d+:\d+$")] = "12345:0"
    no_shell: tuple[str, ...] = ()
    labels: dict[str, str] = Field(default_factory=dict)
    imports: tuple[str, ...] = ()
    setuid_allowed: tuple[str, ...] = ()
    skip: dict[str, Annotated[str, Field(pattern=r"\S")]] = Field(default_factory=dict)
    http: tuple[HttpProbe, ...] = ()
    commands: tuple[CommandProbe, ...] = ()
    pytest: tuple[str, ...] = ()
    structure_tests: tuple[str, ...] = ()
    limits: Limits = Limits()
    database: DatabaseCut | None = None
    load: Load = Load()
    variants: dict[str, VariantContract] = Field(default_factory=dict)

    def of(self, variant: str) -> ContractSettings:
        """Give the contract of one variant: its own limits in the place of the common ones.

        >>> slow = {"current": {"limits": {"start-seconds": 5.0}}}
        >>> ContractSettings.model_validate({"variants": slow}).of("current").limits.start_seconds
        5.0
        """
        if variant not in self.variants:
            return self
        own = self.variants[variant].limits
        given = {field: getattr(own, field) for field in own.model_fields_set}
        return self.model_copy(update={"limits": self.limits.model_copy(update=given)})
