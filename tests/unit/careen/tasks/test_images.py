"""`careen analyze` and `careen diff` as commands, on archives: what is printed, how they exit."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from careen.engine.images import open_image
from careen.tasks import namespace
from careen.tasks.program import CareenProgram

if TYPE_CHECKING:
    from pathlib import Path

    from careen.image.model import Image

PROJECT = """
[tool.careen]
image = "demo"
[tool.careen.analyze]
max-reclaimable = "1kB"
max-pull-size = "{limit}"
[tool.careen.variants.slim]
dockerfile = "slim.Dockerfile"
"""


def archive(path: Path, **files: bytes) -> str:
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return f"./{path.name}"


def run(*words: str) -> int:
    program = CareenProgram(name="careen", binary="careen", namespace=namespace(), version="1")
    try:
        program.run(["careen", *words])
    except SystemExit as raised:
        return int(str(raised.code or 0))
    return 0


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def saved(tmp_path: Path) -> str:
    return archive(tmp_path / "saved.tar", one=b"1" * 3000, two=b"1" * 3000)


def test_outside_of_a_project_an_archive_is_analyzed(
    saved: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("analyze", saved) == 0
    printed = capsys.readouterr().out
    assert "reclaimable" in printed
    assert "6.0 kB" in printed


def test_json_is_one_object_and_nothing_else(
    saved: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("analyze", saved, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["unpacked_bytes"] == found["total_bytes"] == 6000
    assert found["duplicate_bytes"] == 3000
    assert found["reclaimable_bytes"] == 0
    assert found["source"] == "root-file-system"


def test_a_page_and_markdown(
    saved: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("analyze", saved, "--html", "page.html", "--markdown") == 0
    assert capsys.readouterr().out.startswith("## ")
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(("limit", "code"), [("1MB", 0), ("10", 1)])
def test_the_rules_decide_the_exit_code(
    saved: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], limit: str, code: int
) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(limit=limit))
    assert run("analyze", saved, "--ci", "--json") == code
    rules = {rule["rule"]: rule["status"] for rule in json.loads(capsys.readouterr().out)["rules"]}
    assert rules["max-pull-size"] == ("failed" if code else "passed")
    assert rules["max-reclaimable"] == "passed"


def test_rules_of_dive_are_judged_by_its_numbers(
    saved: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".dive-ci").write_text("rules:\n  lowestEfficiency: 0.95\n")
    assert run("analyze", saved, "--ci", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["dive"]["efficiency"] == 1
    assert {rule["rule"]: rule["status"] for rule in found["rules"]}["lowestEfficiency"] == "passed"


def test_all_wrong_rules_are_told_at_once(
    saved: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".dive-ci").write_text("rules:\n  lowestEficiency: 0.9\n  highestWastedBytes: x\n")
    assert run("analyze", saved, "--ci") == 2
    said = capsys.readouterr().err
    assert "lowestEficiency" in said
    assert "highestWastedBytes" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("analyze",), "no image is named"),
        (("analyze", "./absent.tar"), "there is no absent.tar"),
        (("analyze", "./saved.tar", "--ci"), "no rule is set"),
        (("diff", "./saved.tar"), "diff takes two images, not 1"),
        (("explore", "./saved.tar", "./b.tar"), "explore takes one image, not 2"),
        (("explore", "./saved.tar"), "explore needs a terminal"),
        (("diff", "./saved.tar", "./b.tar", "--max-growth", "much"), "give a size such as"),
    ],
)
@pytest.mark.usefixtures("saved")
def test_a_wrong_request_exits_with_2(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told


def test_a_damaged_archive_is_one_error(
    saved: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bytearray((tmp_path / "saved.tar").read_bytes())
    data[148] ^= 1  # the first header's checksum
    (tmp_path / "saved.tar").write_bytes(data)
    assert run("analyze", saved) == 3
    assert capsys.readouterr().err.startswith("error: saved.tar: ")


def test_dry_names_what_variants_mean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(limit="1MB"))
    assert run("analyze", "slim", "other:1", "--dry") == 0
    assert json.loads(capsys.readouterr().out)["images"] == ["demo:slim", "other:1"]


@pytest.mark.parametrize(("limit", "code"), [("1MB", 0), ("100", 1)])
def test_growth_beyond_the_limit_exits_with_1(
    saved: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], limit: str, code: int
) -> None:
    larger = archive(tmp_path / "larger.tar", one=bytes(range(256)) * 40)
    assert run("diff", saved, larger, "--max-growth", limit, "--json") == code
    found = json.loads(capsys.readouterr().out)
    assert found["growth"]["status"] == ("failed" if code else "passed")
    assert run("diff", saved, larger) == 0
    assert run("diff", saved, larger, "--markdown") == 0


@pytest.mark.parametrize("words", [("analyze",), ("diff", "saved.tar")])
def test_verify_reaches_who_reads(
    words: tuple[str, ...], saved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def noted(*arguments: Any, verify: bool, **named: Any) -> Image:
        asked.append(verify)
        return open_image(*arguments, verify=verify, **named)

    monkeypatch.setattr("careen.engine.images.open_image", noted)
    assert run(*words, saved) == 0
    assert run(*words, saved, "--verify") == 0
    assert asked == [False] * len(words) + [True] * len(words)
