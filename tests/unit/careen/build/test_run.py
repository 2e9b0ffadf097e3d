"""What a user reads of a failed build, and the bundle that builds are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from careen.build.explain import explain
from careen.build.failure import Failure
from careen.build.plan import BuildPlan, Options, VariantPlan
from careen.build.run import certificates
from careen.config.load import load
from careen.errors import (
    BuildFailedError,
    CareenError,
    ConfigError,
    DiskFullError,
    DockerfileError,
    EngineError,
)

if TYPE_CHECKING:
    from pathlib import Path

PLAN = BuildPlan(
    (
        VariantPlan(
            name="slim",
            tag="demo:slim",
            dockerfile="/p/docker/slim.Dockerfile",
            shown="docker/slim.Dockerfile",
            base="debian:13-slim",
            sets=(),
            bases=(),
        ),
    ),
    Options(),
)


def failure(kind: str, *, message: str = "exit code: 1") -> Failure:
    return Failure(
        target="slim",
        step="[2/3] RUN make",
        dockerfile="slim.Dockerfile",
        line=7,
        log_tail=("first", "last"),
        message=message,
        kind=kind,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        ("step", BuildFailedError, 3),
        ("base", BuildFailedError, 3),
        ("other", BuildFailedError, 3),
        ("disk-full", DiskFullError, 3),
        ("engine-gone", EngineError, 3),
        ("dockerfile", DockerfileError, 2),
    ],
)
def test_each_kind_has_its_class_and_exit_code(
    kind: str, error: type[CareenError], code: int
) -> None:
    found = explain(failure(kind), PLAN)
    assert type(found) is error
    assert found.exit_code == code


def test_a_failed_step_is_told_with_its_lines_and_its_place() -> None:
    text = str(explain(failure("step"), PLAN))
    assert "slim failed in step [2/3] RUN make" in text
    assert "docker/slim.Dockerfile:7" in text
    assert text.endswith("  | first\n  | last")


def test_a_lost_engine_says_what_to_do() -> None:
    assert "run the same command again" in str(explain(failure("engine-gone"), PLAN))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[tool.careen]\nimage = 'demo'\n")
    return tmp_path


def test_the_bundle_is_the_one_that_the_environment_names(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = project / "own.crt"
    bundle.write_text("certificates")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert certificates(load(project, environment={}).settings) == bundle


def test_no_bundle_where_none_is_wanted(project: Path) -> None:
    variables = {"CAREEN_BUILD_CA_CERTIFICATES": "none"}
    assert certificates(load(project, environment=variables).settings) is None


def test_a_configured_bundle_must_be_there(project: Path) -> None:
    variables = {"CAREEN_BUILD_CA_CERTIFICATES": "ca.crt"}
    with pytest.raises(ConfigError, match=r"ca\.crt"):
        certificates(load(project, environment=variables).settings)
    (project / "ca.crt").write_text("certificates")
    assert certificates(load(project, environment=variables).settings) == project / "ca.crt"
