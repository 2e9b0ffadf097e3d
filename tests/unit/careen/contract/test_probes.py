"""What an answer or a command must be, and what is said where it is not."""

from __future__ import annotations

import email
import email.message
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from careen.config.contract import CommandProbe, HttpProbe
from careen.contract.probes import command_checks, http_checks, request
from careen.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b'{"database": {"reachable": true}, "items": [{"id": 1}], "n": 1}'
    headers: dict[str, str] = field(default_factory=lambda: {"cache-control": "no-store"})
    seconds: float = 0.012


def probe(**keys: Any) -> HttpProbe:
    return HttpProbe.model_validate({"path": "/health", **keys})


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"json": {"database.reachable": True, "items[0].id": 1}},
        {"text": "reach.*true"},
        {"header": {"Cache-Control": "^no-store$"}},
    ],
)
def test_what_holds(keys: dict[str, Any]) -> None:
    [check] = http_checks([probe(**keys)], lambda _: Answer())
    assert (check.status, check.reason) == ("passed", "")
    assert check.measured == "status 200 in 12 ms"
    assert check.name == "http: GET /health"


@pytest.mark.parametrize(
    ("keys", "answer", "said"),
    [
        ({}, Answer(500, b"oops\n\nno"), "the status is 500: 'oops no'"),
        (
            {"json": {"database.reachable": False}},
            Answer(),
            "database.reachable is true, not false",
        ),
        ({"json": {"n": True}}, Answer(), "n is 1, not true"),
        ({"json": {"a": [True]}}, Answer(body=b'{"a": [1]}'), "a is [1], not [true]"),
        ({"json": {"a": {"b": 0}}}, Answer(body=b'{"a": {"b": false}}'), 'a is {"b": false}, not'),
        ({"json": {"a": [1]}}, Answer(body=b'{"a": [1, 2]}'), "a is [1, 2], not [1]"),
        ({"json": {"gone": 1}}, Answer(), "gone: there is no gone"),
        ({"json": {"a": 1}}, Answer(body=b"<html>"), "it is no JSON: '<html>'"),
        ({"text": "xyz"}, Answer(), "'xyz' is not found"),
        ({"header": {"ETag": "."}}, Answer(), "there is no header ETag"),
        ({"header": {"cache-control": "max"}}, Answer(), "the header cache-control is 'no-store'"),
    ],
)
def test_what_fails_says_so(keys: dict[str, Any], answer: Answer, said: str) -> None:
    [check] = http_checks([probe(**keys)], lambda _: answer)
    assert check.status == "failed"
    assert said in check.reason
    assert check.expected.startswith("status 200")


def test_no_answer_fails_that_request_alone() -> None:
    def ask(one: HttpProbe) -> Answer:
        if one.path == "/gone":
            raise EngineError("GET /gone: no answer within 1 s")
        return Answer()

    checks = http_checks([probe(path="/gone"), probe()], ask)
    assert [check.status for check in checks] == ["failed", "passed"]
    assert checks[0].reason == "GET /gone: no answer within 1 s"


def test_the_body_of_a_request() -> None:
    assert request(probe(body="x")) == ({}, b"x")
    headers, body = request(probe(**{"json-body": {"a": [1]}}))
    assert (headers, json.loads(body)) == ({"Content-Type": "application/json"}, {"a": [1]})
    headers, _ = request(probe(**{"json-body": 1, "headers": {"content-type": "x/y"}}))
    assert headers == {"content-type": "x/y"}


def test_the_files_of_a_request_are_sent_as_a_form(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\xff")
    files = {"screenshot": str(tmp_path / "a.png")}
    headers, body = request(probe(files=files, headers={"content-type": "x/y", "X-A": "1"}))

    assert set(headers) == {"X-A", "Content-Type"}
    form = email.message_from_bytes(
        f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body
    )
    (part,) = form.get_payload()  # type: ignore[str-unpack]
    assert isinstance(part, email.message.Message)
    assert part.get_param("name", header="content-disposition") == "screenshot"
    assert (part.get_filename(), part.get_content_type()) == ("a.png", "image/png")
    assert b"\r\n\r\n\x89PNG\r\n\xff\r\n--" in body

    (tmp_path / "a.png").unlink()
    with pytest.raises(UsageError, match=r"a\.png: No such file"):
        request(probe(files=files))


@pytest.mark.parametrize(
    ("keys", "result", "status", "said"),
    [
        ({}, (0, "ok"), "passed", ""),
        ({}, (3, "bad"), "failed", "the exit code is 3: 'bad'"),
        ({"exit-code": 3}, (3, ""), "passed", ""),
        ({"output": "^v1"}, (0, "v2"), "failed", "'^v1' is not found in 'v2'"),
        ({"variants": ["slim"]}, (0, ""), "skipped", "it is for slim"),
    ],
)
def test_commands(keys: dict[str, Any], result: tuple[int, str], status: str, said: str) -> None:
    one = CommandProbe.model_validate({"command": ["x", "y"], **keys})

    def run(argv: Sequence[str], seconds: float) -> tuple[int, str]:
        assert (tuple(argv), seconds) == (("x", "y"), 30.0)
        return result

    [check] = command_checks([one], "distroless", run)
    assert (check.name, check.status) == ("command: x y", status)
    assert said in check.reason
