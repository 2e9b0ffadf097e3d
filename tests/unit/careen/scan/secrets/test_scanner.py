from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from careen.errors import UsageError
from careen.scan.model import How, Scanner
from careen.scan.secrets.find import BLIND_TO
from careen.scan.secrets.scanner import SecretSearch

from .planted import AWS_ID, PASSWORD, target

if TYPE_CHECKING:
    from pathlib import Path


def how(folder: Path) -> How:
    return How(folder, datetime(2026, 1, 1, tzinfo=UTC))


def test_secrets_that_were_found_and_those_of_the_build(tmp_path: Path) -> None:
    layers = [{"a": AWS_ID, "b": PASSWORD}, {".wh.b": b""}]
    history = [{"created_by": "RUN x " + PASSWORD.decode()}, {"created_by": "RUN rm b"}]
    one = target(tmp_path, layers, history=history)
    scanner: Scanner = SecretSearch({"token": PASSWORD, "other": b"not in it"})
    report = scanner.scan(one, how(tmp_path))
    assert (report.scanner, report.status, report.reason) == ("secrets", "ran", "")
    assert report.blind_to == BLIND_TO
    assert [each.rule for each in report.secrets] == ["aws-access-key-id", "build-secret"]
    leak = report.secrets[1]
    assert (leak.place, leak.path, leak.layer) == ("history", "", None)
    assert leak.title == "the secret token of the build"
    assert PASSWORD.decode() not in repr(leak)


def test_a_leaked_file_that_was_removed(tmp_path: Path) -> None:
    layers = [{"b": PASSWORD}, {".wh.b": b""}]
    history = [{"created_by": f"RUN /bin/sh -c echo {PASSWORD.decode()} > b"}, {"created_by": "x"}]
    one = target(tmp_path, layers, history=history)
    silent = dataclasses.replace(
        one, image=dataclasses.replace(one.image, config={**one.image.config, "history": []})
    )
    [leak] = SecretSearch({"token": PASSWORD}).scan(silent, how(tmp_path)).secrets
    assert (leak.place, leak.path, leak.layer, leak.removed) == ("file", "b", 1, True)
    assert leak.instruction == "RUN"


def test_what_goes_wrong_is_in_the_report(tmp_path: Path) -> None:
    one = target(tmp_path, [{"a": b"b"}])
    one.archive.write_bytes(one.archive.read_bytes()[:700])
    report = SecretSearch().scan(one, how(tmp_path))
    assert report.status == "failed"
    assert report.reason.startswith("test: ")
    report = SecretSearch({"pin": b"1234"}).scan(target(tmp_path, [{"a": b"b"}]), how(tmp_path))
    assert report.status == "failed"
    assert "1234" not in report.reason


def test_there_is_nothing_to_fetch(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no database"):
        SecretSearch().update(how(tmp_path))


def test_no_secret_is_in_its_own_text() -> None:
    assert PASSWORD.decode() not in repr(SecretSearch({"token": PASSWORD}))
