"""What lint says of this repository's files, and of the guide's."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.unit.careen.lint.linting import lint

from careen.config.load import load
from careen.config.model import LintSettings
from careen.lint.check import check_settings
from careen.lint.hadolint import parse_hadolint

if TYPE_CHECKING:
    from careen.lint.finding import Finding

ROOT = Path(__file__).parents[4]
DATA = ROOT / "tests" / "data"
SETTINGS = LintSettings.model_validate(
    tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["careen"]["lint"]
)


def found(name: str, *, hadolint: bool = False) -> dict[str, list[int]]:
    text = (ROOT / "docker" / f"{name}.Dockerfile").read_text()
    others: list[Finding] | None = None
    if hadolint:
        printed = (DATA / "hadolint" / f"{name}.json").read_text()
        others = list(parse_hadolint(printed, "Dockerfile"))
    result: dict[str, list[int]] = {}
    for finding in lint(text, settings=SETTINGS, hadolint=others).findings:
        result.setdefault(finding.rule, []).append(finding.line)
    return result


def test_the_settings_of_this_repository_name_known_rules() -> None:
    check_settings(load(ROOT).settings.lint)


@pytest.mark.parametrize("name", ["slim", "alpine", "distroless"])
def test_nothing_on_our_own_files(name: str) -> None:
    assert found(name) == {}


def test_nothing_of_hadolint_on_ours_either() -> None:
    assert found("slim", hadolint=True) == {}


def test_every_applicable_fault_of_the_guide_s_file() -> None:
    assert found("guide") == {
        "cache-mount-unused": [29],
        "apt-clean": [68],
        "removed-later": [77],
        "no-bytecode": [92],
    }
    both = found("guide", hadolint=True)
    assert both == found("guide") | {
        "DL3025": [99],
        "DL3066": [95],
    }


def test_plenty_on_the_baseline() -> None:
    assert found("current") == {
        "layer-order": [10],
        "runs-as-root": [22],
        "apt-lists-kept": [25],
        "apt-recommends": [25],
        "copy-all-before-install": [35],
    }


def test_the_file_that_the_guide_recommends() -> None:
    text = (DATA / "dockerfiles" / "guide-recommended.Dockerfile").read_text()
    got = {(finding.rule, finding.line) for finding in lint(text).findings}
    assert {
        ("cache-mount-unused", 21),
        ("end-of-life", 26),
        ("npm-without-build-tools", 33),
        ("removed-later", 59),
        ("no-bytecode", 69),
        ("base-not-pinned", 6),
    } <= got


# What else stands in the guide, as it stands there (its FROM added where it shows a part).
PARTS = [
    (
        "apt-cache-emptied",
        (
            "FROM python:3.12-slim\n"
            "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n"
            "    --mount=type=cache,target=/var/lib/apt,sharing=locked \\\n"
            "    apt-get update && \\\n    apt-get install -y tesseract-ocr\n"
        ),
    ),
    (
        "unlike-bases",
        (
            "FROM python:3.12-slim as builder\nFROM gcr.io/distroless/python3-debian12\n"
            "COPY --from=builder /usr/local/lib/python3.12/site-packages "
            "/usr/local/lib/python3.12/site-packages\n"
        ),
    ),
    (
        "distroless-programs",
        'FROM gcr.io/distroless/python3-debian12\nCMD ["python", "-m", "pokertool.api"]\n',
    ),
    ("end-of-life", "FROM gcr.io/distroless/python3-debian12\n"),
    (
        "system-account-id",
        (
            "FROM python:3.12-slim\nRUN groupadd -r -g 1000 pokertool && \\\n"
            "    useradd -r -u 1000 -g pokertool pokertool\n"
        ),
    ),
    (
        "apt-update-apart",
        "FROM python:3.12-slim\nRUN apt-get update\nRUN apt-get install -y curl\n",
    ),
]


@pytest.mark.parametrize(("rule", "text"), PARTS)
def test_the_other_faults_of_the_guide(rule: str, text: str) -> None:
    assert rule in {finding.rule for finding in lint(text).findings}
