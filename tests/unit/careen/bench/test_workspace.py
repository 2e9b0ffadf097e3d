"""The copy that a measurement builds from: what is in it, and that it goes away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from careen.bench.workspace import change_code, workspace
from careen.engine import checkout
from careen.engine.process import Completed
from careen.errors import ConfigError, ProcessError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in ("app.py", "src/main.py", ".git/HEAD", "node_modules/x/index.js", "ignored.log"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (root / "src" / "main.py").chmod(0o755)
    (root / "link").symlink_to("nowhere")
    return root


def git(monkeypatch: pytest.MonkeyPatch, output: str | None, *, status: int = 0) -> None:
    """Make git say this; None where there is no git."""

    def answer(argv: list[str], **_: object) -> Completed:
        if output is None:
            raise ProcessError(tuple(argv), None, reason="cannot start")
        return Completed(tuple(argv), status, output, "", 0.0)

    monkeypatch.setattr(checkout, "run", answer)


def files(folder: Path) -> list[str]:
    found = [path for path in folder.rglob("*") if path.is_symlink() or path.is_file()]
    return sorted(str(path.relative_to(folder)) for path in found)


@pytest.mark.parametrize(("output", "status"), [(None, 0), ("", 128)])
def test_without_git_all_but_version_control_and_installed_packages_is_copied(
    project: Path, monkeypatch: pytest.MonkeyPatch, output: str | None, status: int
) -> None:
    git(monkeypatch, output, status=status)
    with workspace(project) as copy:
        assert files(copy) == ["app.py", "ignored.log", "link", "src/main.py"]
        assert (copy / "link").readlink().name == "nowhere"


def test_in_a_checkout_what_git_names_is_copied_with_its_mode(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(monkeypatch, "app.py\0src/main.py\0link\0removed.py\0")
    with workspace(project) as copy:
        assert files(copy) == ["app.py", "link", "src/main.py"]
        assert (copy / "src/main.py").stat().st_mode & 0o777 == 0o755


def test_a_submodule_is_copied_as_a_folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "vendored/.git").mkdir(parents=True)
    (project / "vendored/code.py").write_text("x")
    git(monkeypatch, "app.py\0vendored\0")
    with workspace(project) as copy:
        assert files(copy) == ["app.py", "vendored/code.py"]


def test_the_copy_is_removed_also_after_a_failure(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(monkeypatch, None)
    copies = []

    def fail() -> None:
        with workspace(project) as copy:
            copies.append(copy)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    [copy] = copies
    assert copy.name.startswith("careen-context-")
    assert not copy.exists()
    assert (project / "app.py").exists()


def test_a_code_change_is_new_content_each_time_and_the_original_stays(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(monkeypatch, None)
    with workspace(project) as copy:
        change_code(copy, "app.py", "one")
        first = (copy / "app.py").read_text()
        change_code(copy, "app.py", "two")
        second = (copy / "app.py").read_text()
    assert first == "app.py\n# changed by a measurement: one\n"
    assert second.startswith(first)
    assert second.endswith("\n# changed by a measurement: two\n")
    assert (project / "app.py").read_text() == "app.py"


@pytest.mark.parametrize(
    ("name", "said"), [("", r"\(empty\)"), ("gone.py", "gone.py"), ("src", "src")]
)
def test_a_file_to_change_that_is_not_there_is_told(project: Path, name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=f"change-file: no file {said}"):
        change_code(project, name, "x")
