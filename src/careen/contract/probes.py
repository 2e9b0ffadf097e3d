"""Judges the answers of a running service, and the commands that its image has."""

from __future__ import annotations

import json
import mimetypes
import re
from typing import TYPE_CHECKING, Any, Protocol

from careen.contract.json_path import AbsentError, value_at
from careen.contract.model import Check
from careen.errors import CareenError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from careen.config.contract import CommandProbe, HttpProbe

_MOST_SHOWN = 200


class Answer(Protocol):
    """An answer that came in whole; the headers' names are in lower case."""

    @property
    def status(self) -> int: ...  # noqa: D102 - see HTTP
    @property
    def headers(self) -> Mapping[str, str]: ...  # noqa: D102 - likewise
    @property
    def body(self) -> bytes: ...  # noqa: D102 - likewise
    @property
    def seconds(self) -> float: ...  # noqa: D102 - from the start to the last byte


def http_checks(probes: Sequence[HttpProbe], ask: Callable[[HttpProbe], Answer]) -> list[Check]:
    """Make the requests of a contract, in their order.

    Args:
        probes: of the contract.
        ask: sends a request; raises CareenError where no answer comes.
    """
    return [_http(probe, ask) for probe in probes]


def command_checks(
    probes: Sequence[CommandProbe],
    variant: str,
    run: Callable[[Sequence[str], float], tuple[int, str]],
) -> list[Check]:
    """Run the commands of a contract in the container.

    Args:
        probes: of the contract.
        variant: those that are for other variants are skipped.
        run: takes an argument list and a time limit in seconds, gives the exit code and what the
            command wrote; raises CareenError where it cannot be run.
    """
    return [_command(probe, variant, run) for probe in probes]


def request(probe: HttpProbe) -> tuple[dict[str, str], bytes]:
    """Give the headers and the body of a probe's request.

    Raises:
        CareenError: a file of it cannot be read.
    """
    headers = dict(probe.headers)
    if probe.files:
        kept = {name: value for name, value in headers.items() if name.lower() != "content-type"}
        body, content_type = _multipart(probe.files)
        return {**kept, "Content-Type": content_type}, body
    if probe.json_body is None:
        return headers, probe.body.encode()
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    return headers, json.dumps(probe.json_body).encode()


def _multipart(files: Mapping[str, Path]) -> tuple[bytes, str]:
    from urllib3.filepost import encode_multipart_formdata  # noqa: PLC0415 - for few contracts

    fields = {}
    for field, path in files.items():
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(
                f"{path}: {error.strerror}", hint="see files in the contract"
            ) from None
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        fields[field] = (path.name, data, kind)
    return encode_multipart_formdata(fields)


def judge_answer(probe: HttpProbe, answer: Answer) -> list[str]:
    """Say what of an answer is not as the probe wants it; [] where all is."""
    faults = []
    if answer.status != probe.status:
        faults.append(f"the status is {answer.status}: {_shown(answer.body)}")
    text = answer.body.decode("utf-8", "replace")
    if probe.text and not re.search(probe.text, text):
        faults.append(f"{probe.text!r} is not found in {_shown(answer.body)}")
    for name, pattern in probe.header.items():
        value = answer.headers.get(name.lower())
        if value is None:
            faults.append(f"there is no header {name}")
        elif not re.search(pattern, value):
            faults.append(f"the header {name} is {value!r}, in which {pattern!r} is not found")
    faults += _json_faults(probe, answer.body)
    return faults


def _json_faults(probe: HttpProbe, body: bytes) -> Iterator[str]:
    if not probe.json_path:
        return
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        yield f"it is no JSON: {_shown(body)}"
        return
    for path, wanted in probe.json_path.items():
        try:
            found = value_at(document, path)
        except AbsentError as error:
            yield f"{path}: {error}"
            continue
        if not _same(found, wanted):
            yield f"{path} is {json.dumps(found)[:_MOST_SHOWN]}, not {json.dumps(wanted)}"


def _same(found: Any, wanted: Any) -> bool:
    # In Python 1 equals True, in a list too; in JSON it does not.
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(
            _same(found[name], wanted[name]) for name in found
        )
    if isinstance(found, list) and isinstance(wanted, (list, tuple)):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    return bool(found == wanted) and isinstance(found, bool) == isinstance(wanted, bool)


def _http(probe: HttpProbe, ask: Callable[[HttpProbe], Answer]) -> Check:
    name = f"http: {probe.name or f'{probe.method} {probe.path}'}"
    expected = ", ".join(_expected(probe))
    try:
        answer = ask(probe)
    except CareenError as error:
        return Check(name, "failed", str(error.args[0]), expected, "no answer")
    faults = judge_answer(probe, answer)
    measured = f"status {answer.status} in {answer.seconds * 1000:.0f} ms"
    figures = {"status": answer.status, "seconds": round(answer.seconds, 4)}
    return Check(
        name,
        "failed" if faults else "passed",
        "; ".join(faults),
        expected,
        measured,
        figures=figures,
        seconds=answer.seconds,
    )


def _expected(probe: HttpProbe) -> Iterator[str]:
    yield f"status {probe.status}"
    yield from (f"{path} = {json.dumps(wanted)}" for path, wanted in probe.json_path.items())
    if probe.text:
        yield f"text {probe.text!r}"
    yield from (f"{name}: {pattern!r}" for name, pattern in probe.header.items())


def _command(
    probe: CommandProbe,
    variant: str,
    run: Callable[[Sequence[str], float], tuple[int, str]],
) -> Check:
    name = f"command: {probe.name or ' '.join(probe.command)}"
    if probe.variants and variant not in probe.variants:
        return Check(name, "skipped", f"it is for {', '.join(probe.variants)}")
    expected = f"exit code {probe.exit_code}" + (f", {probe.output!r}" if probe.output else "")
    try:
        code, output = run(probe.command, probe.timeout_seconds)
    except CareenError as error:
        return Check(name, "failed", str(error.args[0]), expected, "it did not run")
    faults = []
    if code != probe.exit_code:
        faults.append(f"the exit code is {code}: {_shown(output.encode())}")
    if probe.output and not re.search(probe.output, output):
        faults.append(f"{probe.output!r} is not found in {_shown(output.encode())}")
    if faults:
        return Check(name, "failed", "; ".join(faults), expected, f"exit code {code}")
    return Check(name, "passed", expected=expected, measured=f"exit code {code}")


def _shown(body: bytes) -> str:
    text = body[: 4 * _MOST_SHOWN].decode("utf-8", "replace")
    text = " ".join(text.split())
    return repr(text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…")
