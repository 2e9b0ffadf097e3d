from __future__ import annotations

import sysconfig
from typing import TYPE_CHECKING

import pytest

from careen.engine import scanner_programs
from careen.engine.find import Endpoint
from careen.engine.scanner_container import container_options
from careen.engine.scanner_programs import (
    Call,
    FoundProgram,
    ScannerMissingError,
    ScannerProgram,
    find_program,
    run_program,
    variables_of,
)
from careen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WANTED = ScannerProgram("scan-it", package="py-scan-it", image="registry.example/scan-it:1")


def program(folder: Path) -> Path:
    folder.mkdir()
    path = folder / WANTED.name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_path_comes_before_the_environment_and_that_before_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = Endpoint("unix:///engine", "DOCKER_HOST")
    monkeypatch.setattr(scanner_programs, "_container", lambda *_, **__: endpoint)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path / "scripts"))
    assert find_program(WANTED, offline=False) == FoundProgram(
        f"container {WANTED.image}", image=WANTED.image, endpoint=endpoint
    )
    inside = program(tmp_path / "scripts")
    assert find_program(WANTED, offline=False) == FoundProgram("this environment", inside)
    outside = program(tmp_path / "path")
    assert find_program(WANTED, offline=False) == FoundProgram("PATH", outside)


def test_a_program_that_is_nowhere_has_the_reason_of_each_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> Endpoint:
        raise EngineError("no Docker engine runs")

    monkeypatch.setattr(scanner_programs, "_container", fail)
    with pytest.raises(ScannerMissingError) as error:
        find_program(WANTED, offline=False)
    assert error.value.args[0] == (
        "scan-it is neither on PATH nor in this environment (package py-scan-it), and its "
        "container registry.example/scan-it:1 cannot be had: no Docker engine runs"
    )
    with pytest.raises(ScannerMissingError, match=r"^scan-it is neither on PATH nor in this env"):
        find_program(ScannerProgram("scan-it"), offline=False)


def test_variables_that_configure_a_scanner_are_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVY_SEVERITY", "CRITICAL")
    monkeypatch.setenv("TRIVY_CACERT", "/ca.pem")
    found = variables_of(("TRIVY_",), keep=("TRIVY_CACERT",))
    assert found["TRIVY_SEVERITY"] is None
    assert "TRIVY_CACERT" not in found
    assert "PATH" not in found


def test_a_program_runs_in_its_work_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}

    def run(argv: list[object], *, env: Mapping[str, str | None], **more: object) -> None:
        seen.update(more, argv=argv, env=env)

    monkeypatch.setattr(scanner_programs, "run", run)
    monkeypatch.delenv("GOGC", raising=False)
    call = Call(("a",), tmp_path, environment={"TRIVY_SEVERITY": None}, timeout_seconds=5)
    run_program(FoundProgram("PATH", tmp_path / "scan-it"), call)
    assert seen["argv"] == [tmp_path / "scan-it", "a"]
    assert seen["env"] == {"TRIVY_SEVERITY": None, "TMPDIR": str(tmp_path), "GOGC": "200"}
    assert (seen["cwd"], seen["timeout_seconds"], seen["check"]) == (tmp_path, 5, False)


def test_a_container_gets_the_least(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOGC", raising=False)
    call = Call(
        ("image", "--input", "/a.tar"),
        tmp_path / "work",
        reads=(tmp_path / "a.tar",),
        writes=(tmp_path / "db",),
        environment={"A": "1", "B": None},
    )
    options = container_options(call, user="1000:1000")
    assert options["volumes"] == {
        str(tmp_path / "a.tar"): {"bind": str(tmp_path / "a.tar"), "mode": "ro"},
        str(tmp_path / "db"): {"bind": str(tmp_path / "db"), "mode": "rw"},
        str(tmp_path / "work"): {"bind": str(tmp_path / "work"), "mode": "rw"},
    }
    assert options["network_mode"] == "none"
    assert options["cap_drop"] == ["ALL"]
    work = str(tmp_path / "work")
    assert options["environment"] == {"A": "1", "TMPDIR": work, "HOME": work, "GOGC": "200"}
    assert options["labels"] == {"io.careen.owned": "true"}
