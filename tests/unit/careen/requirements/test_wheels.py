"""Which file pip would take for a target, and what is said where there is none."""

from __future__ import annotations

import platform
import sys

import pytest
from packaging.tags import sys_tags
from tests.unit.careen.requirements.projects import project

from careen.engine.package_index import IndexFile
from careen.errors import UsageError
from careen.report.wheels import render_wheels
from careen.requirements.lock import Lock, parse_lock
from careen.requirements.targets import Target, targets
from careen.requirements.wheels import build_needs, coverage, covered

GLIBC, MUSL = Target("glibc", "amd64", "3.13"), Target("musl", "arm64", "3.13")
ANY, MANY = "a-1-py3-none-any.whl", "a-1-cp313-cp313-manylinux_2_17_x86_64.whl"
SOURCE = "a-1.tar.gz"


def lock(marker: str = "", hashes: str = "00") -> Lock:
    return parse_lock(f"a==1{marker} \\\n    --hash=sha256:{hashes}\n")


def said(files: object, target: Target = GLIBC, pins: Lock | None = None) -> tuple[str, str, str]:
    index = {"a": files if isinstance(files, str) else [IndexFile(x, "00", 7) for x in files]}  # type: ignore[attr-defined]
    [one] = coverage(pins or lock(), index, [target])
    return one.status, one.file, one.reason


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        ([ANY], ANY),
        ([SOURCE, ANY], ANY),
        ([ANY, MANY], MANY),
        (
            [MANY, "a-1-cp313-cp313-manylinux_2_34_x86_64.whl"],
            "a-1-cp313-cp313-manylinux_2_34_x86_64.whl",
        ),
        (["a-1-cp38-abi3-manylinux2014_x86_64.whl"], "a-1-cp38-abi3-manylinux2014_x86_64.whl"),
        (["a-1-cp37-abi3-manylinux1_x86_64.whl"], "a-1-cp37-abi3-manylinux1_x86_64.whl"),
        (
            ["a-1-py2.py3-none-manylinux_2_5_x86_64.whl"],
            "a-1-py2.py3-none-manylinux_2_5_x86_64.whl",
        ),
    ],
)
def test_the_best_wheel_is_taken(files: list[str], taken: str) -> None:
    assert said(files) == ("wheel", taken, "")


@pytest.mark.parametrize(
    "file",
    [
        "a-1-cp312-cp312-manylinux_2_17_x86_64.whl",
        "a-1-cp314-abi3-manylinux_2_17_x86_64.whl",
        "a-1-cp313-cp313-manylinux_2_40_x86_64.whl",
        "a-1-cp313-cp313-manylinux_2_17_aarch64.whl",
        "a-1-cp313-cp313-musllinux_1_2_x86_64.whl",
        "a-1-cp313-cp313t-manylinux_2_17_x86_64.whl",
        "a-1-cp313-cp313-win_amd64.whl",
    ],
)
def test_what_fits_elsewhere_is_compiled_here(file: str) -> None:
    assert said([file, SOURCE])[:2] == ("compile", SOURCE)
    assert said([file])[0] == "unsupported"


def test_alpine_on_arm() -> None:
    own = "a-1-cp313-cp313-musllinux_1_1_aarch64.whl"
    assert said([MANY, own, SOURCE], MUSL) == ("wheel", own, "")
    status, file, reason = said([MANY, SOURCE], MUSL)
    assert (status, file) == ("compile", SOURCE)
    assert "not known" in reason


def test_what_a_compile_needs_is_told_by_the_libc() -> None:
    pins = parse_lock("psycopg2==1 --hash=sha256:00\n")
    index = {"psycopg2": [IndexFile("psycopg2-1.tar.gz", "00", 9)]}
    debian, alpine = coverage(pins, index, [GLIBC, MUSL])
    assert "libpq-dev" in debian.reason
    assert "build-essential" in debian.reason
    assert "musl-dev" in alpine.reason
    assert alpine.download_bytes == 9


def test_every_row_of_what_compiling_needs_is_whole() -> None:
    for name, row in build_needs().items():
        assert row["source"].startswith("https://"), name
        assert row.get("pure") or (row["debian"] and row["alpine"]), name


@pytest.mark.parametrize(
    ("marker", "status"),
    [
        (' ; python_version < "3.12"', "not-needed"),
        (' ; python_version >= "3.12"', "wheel"),
        (' ; sys_platform == "win32"', "not-needed"),
        (' ; platform_machine == "x86_64" and extra == "x"', "not-needed"),
    ],
)
def test_markers_are_those_of_the_target(marker: str, status: str) -> None:
    assert said([ANY], pins=lock(marker))[0] == status


def test_a_python_that_the_release_does_not_want() -> None:
    index = {"a": [IndexFile(ANY, "00", 7, ">=3.14")]}
    [one] = coverage(lock(), index, [GLIBC])
    assert (one.status, one.reason) == ("unsupported", "it wants Python >=3.14")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ("the index cannot be asked", "the index cannot be asked"),
        ([], "no index that is configured has a 1"),
        (["a-2-py3-none-any.whl", "a-2.tar.gz"], "no index that is configured has a 1"),
    ],
)
def test_what_nobody_can_say_is_unknown(files: object, reason: str) -> None:
    assert said(files, pins=lock(hashes="ff")) == ("unknown", "", reason)


def test_a_file_that_the_lock_has_no_hash_of_would_be_refused() -> None:
    found = said([ANY], pins=lock(hashes="ff"))
    assert found == ("unknown", "", "the lock has the hash of none of its files")


def test_the_tags_of_this_machine_are_those_that_packaging_finds() -> None:
    if platform.libc_ver()[0] != "glibc" or platform.machine() not in {"x86_64", "aarch64"}:
        pytest.fail("the tests run on glibc")
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    tags = Target("glibc", architecture, version).tags()
    ours = sorted(tags, key=lambda tag: tags[tag])
    theirs = [str(tag) for tag in sys_tags()]
    newest = tuple(map(int, platform.libc_ver()[1].split(".")))
    # Ours stop at glibc 2.36, an older machine's earlier.
    both = {str(tag) for tag in ours} & set(theirs)
    assert [str(tag) for tag in ours if str(tag) in both] == [x for x in theirs if x in both]
    if newest >= (2, 36):
        assert {str(tag) for tag in ours} <= set(theirs)


def test_targets_by_name() -> None:
    assert len(targets()) == 16
    assert [one.name for one in targets(["3.13"], ["glibc-arm64"])] == ["glibc-arm64-3.13"]
    with pytest.raises(UsageError, match="no platform alpine"):
        targets([], ["alpine"])
    with pytest.raises(UsageError, match="no Python"):
        targets(["3"])


@pytest.mark.parametrize(("files", "outcome"), [([ANY], "passed"), ([SOURCE], "failed")])
def test_the_whole(
    tmp_path_factory: pytest.TempPathFactory, files: list[str], outcome: str
) -> None:
    root = tmp_path_factory.mktemp("project")
    settings = project(root, core=[], ml=["core"])
    (root / "locks").mkdir()
    (root / "locks/core.txt").write_text("a==1 --hash=sha256:00\n")
    data = covered(
        settings,
        ["core"],
        [GLIBC, MUSL],
        lambda names: {x: [IndexFile(f, "00") for f in files] for x in names},
    )
    assert data["outcome"] == outcome
    assert [part["name"] for part in data["sets"]] == ["core"]
    shown = render_wheels(data)
    assert "glibc-amd64-3.13" in shown
    assert ("all targets" in shown) == (outcome == "failed")
    with pytest.raises(UsageError, match="did you mean core"):
        covered(settings, ["cor"], [GLIBC], lambda _: {})
    with pytest.raises(UsageError, match=r"ml has no .*ml\.txt"):
        covered(settings, ["ml"], [GLIBC], lambda _: {})
