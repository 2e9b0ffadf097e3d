"""Runs scanners over images: all of them at the same time, each fault its own report."""

from __future__ import annotations

import importlib
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from careen.engine import process
from careen.engine.scanner_programs import end_containers
from careen.engine.temporary import temporary_folder
from careen.errors import CareenError, UsageError, nearest
from careen.scan.model import ScannerReport
from careen.scan.plain_layout import PlainLayouts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from careen.scan.model import How, Scanner, Target

# Where each scanner stands. A module is loaded when its scanner is asked for.
SCANNERS = {
    "trivy": ("careen.scan.trivy", "Trivy"),
    "grype": ("careen.scan.grype", "Grype"),
    "syft": ("careen.scan.syft", "Syft"),
    "docker-scout": ("careen.scan.docker_scout", "DockerScout"),
    "snyk": ("careen.scan.snyk", "Snyk"),
    "debian-security": ("careen.scan.debian_security", "DebianSecurity"),
    "pip-audit": ("careen.scan.pip_audit", "PipAudit"),
}
# Runs of one scanner at the same time. Two of syft's share the work on two processors; trivy's
# share what they know of layers, one after the other.
# Our own search holds Python's lock, and shares what it knows of layers too.
_AT_ONCE = {"trivy": 1, "secrets": 1}
_MOST_AT_ONCE = 2
# These read what careen has read of an image, and need no archive.
_ARCHIVE_FREE = frozenset({"debian-security", "pip-audit"})


def scanners_by_name(names: Sequence[str]) -> tuple[Scanner, ...]:
    """Give the scanners of these names, in this order.

    Raises:
        UsageError: there is none of a name; the message has the nearest one.
    """
    found = []
    for name in dict.fromkeys(names):
        if name not in SCANNERS:
            raise UsageError(f"there is no scanner {name}", hint=nearest(name, SCANNERS))
        module, class_ = SCANNERS[name]
        found.append(cast("Scanner", getattr(importlib.import_module(module), class_)()))
    return tuple(found)


def scan_images(
    targets: Iterable[Target], scanners: Sequence[Scanner], how: How
) -> Mapping[str, tuple[ScannerReport, ...]]:
    """Let every scanner look into every image.

    Args:
        targets: may be made one after the other: the first is looked into while the next is made.
        scanners: asked in each.
        how: they run.

    Returns:
        By each target's name the reports, in the order of the scanners.
    """
    pools = [
        ThreadPoolExecutor(_AT_ONCE.get(scanner.name, _MOST_AT_ONCE), f"scan-{scanner.name}")
        for scanner in scanners
    ]
    unpacked = any(scanner.name not in _ARCHIVE_FREE for scanner in scanners)
    unpacking = ThreadPoolExecutor(_MOST_AT_ONCE, "scan-unpack")
    jobs: dict[tuple[str, int], Future[ScannerReport]] = {}
    names: list[str] = []
    with temporary_folder("scan") as folder, _ended(jobs, [unpacking, *pools]):
        layouts = PlainLayouts(folder)
        for place, target in enumerate(targets):
            names.append(target.name)
            plain = unpacking.submit(layouts.of, target, place, how) if unpacked else None
            for number, (scanner, pool) in enumerate(zip(scanners, pools, strict=True)):
                ready = None if scanner.name in _ARCHIVE_FREE else plain
                jobs[target.name, number] = pool.submit(_guarded, scanner, target, ready, how)
        for job in wait(jobs.values(), return_when=FIRST_EXCEPTION).done:
            job.result()  # a defect of ours is raised before anybody waits for the others
        return {
            name: tuple(jobs[name, number].result() for number in range(len(pools)))
            for name in names
        }


@contextmanager
def _ended(
    jobs: Mapping[tuple[str, int], Future[ScannerReport]], pools: Sequence[ThreadPoolExecutor]
) -> Iterator[None]:
    """See that all jobs are over in the end."""
    try:
        yield
    except BaseException:
        # Nothing new is begun, and what runs is ended: nobody waits for a scanner's time limit.
        for job in jobs.values():
            job.cancel()
        while wait(jobs.values(), timeout=0.2).not_done:
            process.end_all()
            end_containers()
        raise
    finally:
        for pool in pools:
            pool.shutdown(cancel_futures=True)


def update_databases(scanners: Sequence[Scanner], how: How) -> list[tuple[str, str | CareenError]]:
    """Fetch the newest database of each scanner; give a line of each, or why there is none."""
    results: list[tuple[str, str | CareenError]] = []
    for scanner in scanners:
        how.say(f"{scanner.name}: fetching its database")
        try:
            results.append((scanner.name, scanner.update(how)))
        except CareenError as error:
            results.append((scanner.name, error))
        except OSError as error:
            results.append((scanner.name, CareenError(f"{scanner.name}: {error}")))
    return results


def _guarded(
    scanner: Scanner, target: Target, plain: Future[Target] | None, how: How
) -> ScannerReport:
    """Look, whatever a scanner raises that is no defect of ours; *plain* takes the place of it."""
    if plain is not None:
        target = plain.result()
    how.say(f"{target.name}: {scanner.name} looks")
    try:
        report = scanner.scan(target, how)
    except (CareenError, OSError, ValueError) as error:
        report = ScannerReport(scanner.name, "failed", reason=str(error) or type(error).__name__)
    how.say(f"{target.name}: {scanner.name} {report.status} after {report.seconds:.1f} s")
    return report
