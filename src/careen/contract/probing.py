"""Asks a running service what its contract asks: requests, commands, tests of its own, load."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from careen.contract.load import load_check
from careen.contract.probes import command_checks, http_checks
from careen.contract.pytest_target import pytest_checks
from careen.contract.structure import structure_checks
from careen.contract.traffic import send
from careen.engine.image_export import export_image
from careen.engine.load_generator import send_load
from careen.engine.pytest_run import run_pytest
from careen.engine.structure_program import remove_committed, run_structure_tests
from careen.engine.temporary import temporary_folder
from careen.errors import EngineError
from careen.image.accounting import account
from careen.image.skeleton import write_skeleton

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from careen.config.contract import ContractSettings
    from careen.contract.model import Check
    from careen.contract.service_checks import Running
    from careen.contract.structure import Means
    from careen.contract.workbench import Bench

_PYTEST_SECONDS = 300.0


def probes(*, load: bool = True) -> Callable[[Running], Sequence[Check]]:
    """Give what asks a running service its contract's requests and commands, and sends its load.

    Args:
        load: send the contract's load and measure it.
    """
    return lambda running: _probe(running, load=load)


def further_probes(root: Path) -> Callable[[Running], Sequence[Check]]:
    """Give what runs the project's own tests against a service.

    Args:
        root: the project's folder, which paths of the contract are relative to.
    """
    return lambda running: _further(running, root)


def structure_probes(root: Path) -> Callable[[Bench], Sequence[Check]]:
    """Give what runs container-structure-test's files over an image; it needs no service.

    Args:
        root: likewise.
    """
    # One image after the other: each is unpacked whole, which keeps a processor busy.
    turn = threading.Lock()

    def probe(bench: Bench) -> Sequence[Check]:
        if not bench.contract.structure_tests:
            return ()
        with turn:
            return _structure(bench, root)

    return probe


def _probe(running: Running, *, load: bool) -> list[Check]:
    contract, base_url = running.bench.contract, running.base_url
    run = partial(_run, running)
    checks = http_checks(contract.http, partial(send, base_url))
    checks += command_checks(contract.commands, running.bench.target.variant, run)
    return [*checks, load_of(contract, base_url)] if load else checks


def load_of(contract: ContractSettings, base_url: str) -> Check:
    """Send a contract's load to a service, and measure it."""
    load = contract.load
    sent = partial(send_load, base_url, clients=load.clients, seconds=load.seconds)
    return load_check(load, sent)


def _further(running: Running, root: Path) -> list[Check]:
    contract = running.bench.contract
    run = partial(run_pytest, root=root, timeout_seconds=_PYTEST_SECONDS)
    return pytest_checks(contract.pytest, running.base_url, run)


def _run(running: Running, argv: Sequence[str], seconds: float) -> tuple[int, str]:
    done = running.container.exec(argv, timeout_seconds=seconds)
    return done.exit_code, done.output


def _structure(bench: Bench, root: Path) -> list[Check]:
    """Run the files of container-structure-test: on an archive where that is enough."""
    paths = [root / path for path in bench.contract.structure_tests]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise EngineError(f"there is no {missing[0]}", hint="see structure-tests in the contract")
    files = [(str(path), path.read_text(encoding="utf-8")) for path in paths]
    environment = dict(bench.client.endpoint.environment())
    # The program unpacks the image there, and removes nothing where it is killed.
    needed = bench.image.pull_bytes + account(bench.merged).unpacked_bytes
    with temporary_folder("validate", for_bytes=needed) as folder:
        archives: dict[str, Path] = {}

        def run(path: str, means: Means) -> str:
            if means == "container":
                image = bench.target.tag
                try:
                    return run_structure_tests(root / path, "docker", image, environment)
                finally:
                    remove_committed(bench.client, image)
            if means not in archives:
                archives[means] = _archive(bench, means, folder)
            archive = str(archives[means])
            return run_structure_tests(root / path, "tar", archive, environment, folder=folder)

        return structure_checks(files, run)


def _archive(bench: Bench, means: Means, folder: Path) -> Path:
    """Write the image as one file; where names are enough, its files are empty."""
    if means == "names":
        path = folder / "names.tar"
        with path.open("wb") as sink:
            write_skeleton(bench.merged, bench.image.config, bench.target.tag, sink)
        return path
    name = f"engine:{bench.target.tag}"
    return export_image(name, folder, endpoint=bench.client.endpoint, as_archive=True).path


def asked(contract: ContractSettings) -> dict[str, int]:
    """Say how much a contract asks, for --dry."""
    return {
        "http": len(contract.http),
        "commands": len(contract.commands),
        "pytest": len(contract.pytest),
        "structure_tests": len(contract.structure_tests),
        "load_requests": len(contract.load.requests),
    }
