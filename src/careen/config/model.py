"""The settings as strict models: an unknown key or a wrong type is an error that names it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from careen.config.contract import ContractSettings
from careen.config.values import Bytes, Model, Name, Repository

ScannerName = Literal[
    "debian-security", "pip-audit", "trivy", "syft", "grype", "docker-scout", "snyk"
]


class EngineSettings(Model):
    """`[tool.careen.engine]`."""

    kind: Literal["auto", "docker", "embedded"]
    min_free_disk: Bytes
    registry_timeout_seconds: Annotated[float, Field(gt=0, le=120)]


class BuildSettings(Model):
    """`[tool.careen.build]`."""

    context: str
    records: str
    timeout_seconds: Annotated[float, Field(gt=0)]
    ca_certificates: str


class BasesSettings(Model):
    """`[tool.careen.bases]`."""

    stand_ins: bool


class BenchmarkSettings(Model):
    """`[tool.careen.benchmark]`."""

    output: str
    rounds: Annotated[int, Field(ge=1, le=100)]
    scenarios: tuple[Literal["cold", "code-change", "no-op"], ...]
    baseline: str
    change_file: str


class AnalyzeSettings(Model):
    """`[tool.careen.analyze]`: the rules of `careen analyze --ci`; what is not set is not asked.

    Attributes:
        max_pull_size: the compressed blobs.
        max_reclaimable: bytes in lower layers that no container can see.
        min_efficiency: 1 - reclaimable / total.
        max_layers: their number.
    """

    max_pull_size: Bytes | None = None
    max_reclaimable: Bytes | None = None
    min_efficiency: Annotated[float, Field(ge=0, le=1)] | None = None
    max_layers: Annotated[int, Field(ge=1)] | None = None


class LintSettings(Model):
    """`[tool.careen.lint]`.

    Attributes:
        fail_on: `careen lint` exits with 1 where a finding is as grave as this, or graver.
        ignore: rules whose findings are accepted everywhere, each with its reason.
        severity: of rules, in place of their own.
        hadolint: run it as well, where it can be had.
        hadolint_timeout_seconds: how long it may take over one file.
    """

    fail_on: Literal["error", "warning", "info"] = "warning"
    ignore: dict[str, Annotated[str, Field(pattern=r"\S")]] = Field(default_factory=dict)
    severity: dict[str, Literal["error", "warning", "info"]] = Field(default_factory=dict)
    hadolint: bool = True
    hadolint_timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0


class ScanSettings(Model):
    """`[tool.careen.scan]`: which scanners look, and what fails.

    Attributes:
        scanners: by name, all of them at the same time.
        fail_on: the severities that fail; secrets always do.
        only_fixed: a finding without a fixed version does not fail.
        baseline: a file of findings that are known; with new_only those do not fail.
        new_only: only findings that are not in the baseline fail.
        waivers: a file of findings that are accepted until a date, each with its reason.
        allow_unknown: names of scanners or kinds of packages that may stay unknown.
        max_database_age_days: of an older database nothing is taken for clean.
        databases: the folder of the databases; "" is one in careen's cache.
        timeout_seconds: of each scanner and image.
    """

    scanners: tuple[ScannerName, ...] = (
        "debian-security",
        "pip-audit",
        "trivy",
        "syft",
        "grype",
        "docker-scout",
        "snyk",
    )
    fail_on: tuple[Literal["CRITICAL", "HIGH", "MEDIUM", "LOW", "NEGLIGIBLE", "UNKNOWN"], ...] = (
        "HIGH",
        "CRITICAL",
    )
    only_fixed: bool = False
    baseline: str = ""
    new_only: bool = False
    waivers: str = ""
    allow_unknown: tuple[str, ...] = ()
    max_database_age_days: Annotated[float, Field(gt=0)] = 7.0
    databases: str = ""
    timeout_seconds: Annotated[float, Field(gt=0, le=7200)] = 300.0


class AuditSettings(Model):
    """`[tool.careen.audit]`: what should be looked at from time to time.

    Attributes:
        code: folders of the source code that goes into images.
        sets: the requirement sets that it needs; the others are of development alone.
        used: reasons why a distribution is needed that no code imports.
        max_pin_age_days: by how much a pin may be older than its newest release.
        held: reasons why a distribution stays behind.
        workflows: the folder of GitHub's workflows.
    """

    code: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    used: dict[str, Annotated[str, Field(pattern=r"\S")]] = Field(default_factory=dict)
    max_pin_age_days: Annotated[float, Field(gt=0)] = 180.0
    held: dict[str, Annotated[str, Field(pattern=r"\S")]] = Field(default_factory=dict)
    workflows: str = ".github/workflows"


class ReportSettings(Model):
    """`[tool.careen.report]`: what images weigh, written down and compared.

    Attributes:
        file: that `careen report` writes; the same path is looked for in an earlier commit.
        max_growth: how much larger to pull a variant may be than in the earlier report.
    """

    file: str = "build/report.json"
    max_growth: Bytes | None = None


class ComposeSettings(Model):
    """`[tool.careen.compose]`: what `careen up` starts.

    Attributes:
        file: the Compose file, relative to pyproject.toml.
        service: the one that is made of a variant's image.
        variant: that is started where none is named; "" is the first.
        secrets: of the Compose file, by name: careen makes a random password for each and keeps
            it as long as the volumes.
        wait_seconds: how long the services may take to become healthy.
    """

    file: str = "docker/compose.yaml"
    service: str = "backend"
    variant: str = ""
    secrets: tuple[Name, ...] = ()
    wait_seconds: Annotated[int, Field(ge=1, le=3600)] = 120


class Budgets(Model):
    """`[tool.careen.variants.NAME.budgets]`: limits that a variant's measurements keep."""

    pull_size: Bytes | None = None
    unpacked_size: Bytes | None = None
    cold_build_seconds: Annotated[float, Field(gt=0)] | None = None
    cache_efficiency: Annotated[float, Field(ge=0, le=1)] | None = None


class Compression(Model):
    """`[tool.careen.variants.NAME.compression]`: how the layers that a build makes are compressed.

    Attributes:
        kind: `gzip`, or `zstd`, which Docker 23 and containerd 1.5 can pull.
        level: of the compressor; its own default where it is not given.
    """

    kind: Literal["gzip", "zstd"] = "gzip"
    level: Annotated[int, Field(ge=0, le=22)] | None = None


class Variant(Model):
    """`[tool.careen.variants.NAME]`: one way to build the service's image.

    Attributes:
        dockerfile: its path, relative to pyproject.toml.
        target: the stage to build; the last one where it is empty.
        bases: the base images that its FROM lines name, checked against the Dockerfile.
        sets: the requirement sets that it installs, a column of the tables.
        args: build arguments.
        platforms: such as linux/arm64; the engine's own where it is empty.
        compression: of the layers that are made; those of the base stay as they are.
        budgets: limits on its measurements.
        description: one line for people.
    """

    dockerfile: str
    target: str = ""
    bases: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    args: dict[str, str] = Field(default_factory=dict)
    platforms: tuple[str, ...] = ()
    compression: Compression = Compression()
    budgets: Budgets = Budgets()
    description: str = ""


class RequirementSet(Model):
    """`[tool.careen.requirements.NAME]`: one input file and the lock that is made of it.

    Attributes:
        source: the input, such as requirements/core.in.
        lock: the compiled file.
        on: the sets that it is layered on; their pins constrain it.
        strip_extras: write names without their extras.
    """

    source: str
    lock: str
    on: tuple[str, ...] = ()
    strip_extras: bool = True


class LockTarget(Model):
    """`[tool.careen.targets.NAME]`: where locks are installed, and may come out otherwise.

    Attributes:
        image: in which they are compiled; it has a Python, and what a compiler needs where a
            distribution has no wheel.
        platforms: such as linux/arm64; the engine's own where it is empty.
        sets: the requirement sets that are installed there; all of them where it is empty.
    """

    image: str
    platforms: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()


class Settings(Model):
    """The whole of `[tool.careen]`.

    Attributes:
        root: the folder of pyproject.toml; every path in the settings is relative to it.
    """

    root: Path
    image: Repository
    engine: EngineSettings
    build: BuildSettings
    bases: BasesSettings
    benchmark: BenchmarkSettings
    analyze: AnalyzeSettings = AnalyzeSettings()
    lint: LintSettings = LintSettings()
    scan: ScanSettings = ScanSettings()
    contract: ContractSettings = ContractSettings()
    report: ReportSettings = ReportSettings()
    audit: AuditSettings = AuditSettings()
    compose: ComposeSettings = ComposeSettings()
    variants: dict[Name, Variant]
    requirements: dict[Name, RequirementSet]
    targets: dict[Name, LockTarget] = Field(default_factory=dict)
