"""Checks of what an image says of itself."""

from __future__ import annotations

import pytest

from careen.contract.checks import configuration
from careen.image.layer import FILE, Entry

from ..benches import bench, image


def test_sizes_are_held_against_budgets() -> None:
    one = bench(Entry("a", FILE, 2000), budgets={"pull-size": "100B", "unpacked-size": "2kB"})
    pull = configuration.pull_size(one)
    assert (pull.status, pull.figures) == ("failed", {"bytes": 150})
    assert configuration.unpacked_size(one).status == "passed"
    assert configuration.pull_size(bench()).status == "skipped"


@pytest.mark.parametrize(
    ("user", "status"),
    [("", "failed"), ("0", "failed"), ("root", "failed"), ("0:5", "failed"), ("10001", "passed")],
)
def test_root_is_no_user(user: str, status: str) -> None:
    assert configuration.user_not_root(bench(User=user)).status == status


def test_labels_are_matched() -> None:
    found = {"title": "PokerTool", "version": "1"}
    wanted = {"title": "Poker", "version": r"^\d+\.\d+$", "licenses": "MIT"}
    check = configuration.judge_labels(found, wanted)
    assert check.measured == r"there is no licenses; version is '1', not '^\\d+\\.\\d+$'"
    assert configuration.judge_labels(found, {}).status == "skipped"


@pytest.mark.parametrize(
    ("exposed", "port", "status"),
    [
        ([5001], 5001, "passed"),
        ([5001], None, "passed"),
        ([80, 5001], 5001, "failed"),
        ([], 5001, "failed"),
        ([80, 81], None, "failed"),
    ],
)
def test_exposed_ports(exposed: list[int], port: int | None, status: str) -> None:
    assert configuration.judge_ports(exposed, port).status == status


def test_the_architecture_is_the_engine_s() -> None:
    assert configuration.architecture(bench()).status == "passed"
    other = bench()
    other.engine_platform = "linux/arm64"
    assert configuration.architecture(other).measured == "linux/amd64"


def test_secrets_are_found_where_they_are_and_never_shown() -> None:
    found = configuration.secret_places(
        image(
            history=("RUN make API_TOKEN=hunter2", "RUN true", f"ENV GPG_KEY={'A' * 40}"),
            Env=[
                "DB_PASSWORD=hunter2",
                "URL=https://me:hunter2@example.org",
                "TOKEN_FILE=/run/secrets/token",
                "TOKEN_SECONDS=60",
                "API_KEY=",
                f"GPG_KEY={'A' * 40}",
            ],
            Labels={"note": "password=hunter2"},
        )
    )
    assert found == [
        "the variable DB_PASSWORD",
        "the variable URL",
        "the label note",
        "step 0 of the history (RUN make API_TOKEN=(redacted))",
    ]
    check = configuration.no_secrets(bench(Env=["DB_PASSWORD=hunter2"]))
    assert check.status == "failed"
    assert "hunter2" not in str(check)
