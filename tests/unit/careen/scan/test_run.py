from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from careen.engine.process import Completed
from careen.errors import CareenError, UsageError
from careen.scan import attempt as attempts
from careen.scan.attempt import SkippedError, attempt, output_of, tail, understood
from careen.scan.database import too_old
from careen.scan.docker_scout import logged_in
from careen.scan.json_fields import UnreadableError
from careen.scan.model import Database, ScannerReport
from careen.scan.run import SCANNERS, scan_images, scanners_by_name, update_databases

from .outputs import NOW, how, target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from careen.scan.model import How, Target


@dataclass
class Fake:
    name: str
    look: Callable[[Target], ScannerReport]
    threads: set[str] = field(default_factory=set)

    def scan(self, target: Target, how: How) -> ScannerReport:
        del how
        self.threads.add(threading.current_thread().name)
        return self.look(target)

    def update(self, how: How) -> str:
        if how.offline:
            raise CareenError("nothing may be fetched")
        return f"{self.name}: new"


def ran(name: str) -> Fake:
    return Fake(name, lambda _: ScannerReport(name, "ran"))


def raising(name: str, error: Exception) -> Fake:
    def look(_: Target) -> ScannerReport:
        raise error

    return Fake(name, look)


@pytest.mark.parametrize(
    "error", [CareenError("it broke"), OSError("it broke"), ValueError("it broke")]
)
def test_one_scanners_fault_leaves_the_others_alone(error: Exception, tmp_path: Path) -> None:
    reports = scan_images([target(Path("/a"))], [raising("bad", error), ran("good")], how(tmp_path))
    bad, good = reports["scanned:1"]
    assert (bad.scanner, bad.status, bad.reason) == ("bad", "failed", "it broke")
    assert good.status == "ran"


def test_a_defect_of_ours_is_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        scan_images([target(Path("/a"))], [raising("bad", KeyError("x")), ran("b")], how(tmp_path))


def test_all_scanners_look_at_the_same_time(tmp_path: Path) -> None:
    barrier = threading.Barrier(3, timeout=10)

    def meet(_: Target) -> ScannerReport:
        barrier.wait()
        return ScannerReport("x", "ran")

    fakes = [Fake(f"s{number}", meet) for number in range(3)]
    reports = scan_images([target(Path("/a"))], fakes, how(tmp_path))
    assert [report.status for report in reports["scanned:1"]] == ["ran"] * 3


def test_trivy_looks_into_one_image_after_the_other(tmp_path: Path) -> None:
    running: list[int] = []
    most: list[int] = []

    def look(_: Target) -> ScannerReport:
        running.append(1)
        most.append(len(running))
        time.sleep(0.01)
        running.pop()
        return ScannerReport("trivy", "ran")

    images = [target(tmp_path / f"{number}") for number in range(4)]
    scan_images(images, [Fake("trivy", look)], how(tmp_path))
    assert max(most) == 1


def test_the_first_image_is_looked_into_while_the_next_is_made(tmp_path: Path) -> None:
    looked = threading.Event()

    def look(_: Target) -> ScannerReport:
        looked.set()
        return ScannerReport("x", "ran")

    def made() -> Iterator[Target]:
        yield target(tmp_path / "a")
        assert looked.wait(timeout=10)
        yield replace(target(tmp_path / "b"), name="scanned:2")

    reports = scan_images(made(), [Fake("x", look)], how(tmp_path))
    assert list(reports) == ["scanned:1", "scanned:2"]


def test_an_image_that_cannot_be_made_ends_it(tmp_path: Path) -> None:
    def made() -> Iterator[Target]:
        yield target(tmp_path / "a")
        raise CareenError("no image b")

    with pytest.raises(CareenError, match="no image b"):
        scan_images(made(), [ran("x")], how(tmp_path))


def test_every_scanner_is_found_by_its_name() -> None:
    names = [name for name in SCANNERS if name not in {"debian-security", "pip-audit"}]
    assert [scanner.name for scanner in scanners_by_name(names)] == names


def test_an_unknown_scanner_is_told_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean trivy"):
        scanners_by_name(["trivi"])


def test_updates_are_told_one_by_one(tmp_path: Path) -> None:
    assert update_databases([ran("a")], how(tmp_path)) == [("a", "a: new")]
    ((name, error),) = update_databases([ran("a")], how(tmp_path, offline=True))
    assert name == "a"
    assert isinstance(error, CareenError)


def test_a_missing_login_is_a_reason_not_a_failure() -> None:
    def look() -> ScannerReport:
        raise SkippedError("it wants a login")

    report = attempt("snyk", ("what it cannot see",), look)
    assert (report.status, report.reason) == ("skipped", "it wants a login")
    assert report.blind_to == ("what it cannot see",)


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [(1, "{}", "exit status 1"), (-9, "{}", "exit status -9"), (0, "", "it wrote nothing")],
)
def test_a_crash_has_the_outputs_tail(status: int, text: str, reason: str, tmp_path: Path) -> None:
    out = tmp_path / "o.json"
    out.write_text(text)
    done = Completed(
        ("trivy",), status, "", "FATAL token=hunter2hunter2 \x1b[31mbroken\x1b[0m", 1.0
    )
    with pytest.raises(CareenError, match=reason) as error:
        output_of(out, done)
    assert "broken" in str(error.value)
    assert "hunter2" not in str(error.value)


def test_too_much_output_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MOST_OUTPUT_BYTES", 3)
    (tmp_path / "o").write_text("1234")
    with pytest.raises(CareenError, match="it wrote 4 bytes"):
        output_of(tmp_path / "o", Completed(("x",), 0, "", "", 0.0))


def test_what_is_not_understood_has_its_tail() -> None:
    def read(_: str) -> None:
        raise UnreadableError("no JSON")

    with pytest.raises(CareenError, match=r"trivy 0\.76\.0 wrote is not .*: no JSON\nfirst"):
        understood("trivy 0.76.0", "first\n" * 30 + "last", read)


def test_a_tail_is_short() -> None:
    assert len(tail("x" * 100_000 + "\n" + "line\n" * 100).splitlines()) == 12


def test_an_age_that_nobody_says_is_unknown(tmp_path: Path) -> None:
    assert "nobody says" in too_old(Database(None, "/db"), how(tmp_path))
    assert too_old(Database(NOW, "/db"), how(tmp_path)) == ""


def test_a_login_to_dockers_registry_is_seen(tmp_path: Path) -> None:
    given = {"DOCKER_CONFIG": str(tmp_path)}
    assert not logged_in(given)
    for text in ("", "[]", "{}", '{"auths": {"registry.example": {}}}', '{"auths": 3}'):
        (tmp_path / "config.json").write_text(text)
        assert not logged_in(given)
    (tmp_path / "config.json").write_text('{"auths": {"https://index.docker.io/v1/": {}}}')
    assert logged_in(given)
    assert logged_in({"DOCKER_SCOUT_HUB_USER": "somebody"})
