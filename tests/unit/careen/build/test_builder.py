"""A build on an engine that is made up: what is passed to buildx, recorded, and told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from careen.build import run as library
from careen.build.explain import explain
from careen.build.failure import Failure
from careen.build.plan import BuildPlan, Options
from careen.build.run import Builder, _unique_bytes, build_variants
from careen.config.load import load
from careen.engine import buildx as buildx_program
from careen.engine import checkout
from careen.engine.client import EngineClient, ServerInfo
from careen.engine.find import Endpoint
from careen.engine.obtain import Engine
from careen.engine.packages import Toolbox
from careen.engine.process import Completed
from careen.errors import (
    BaseMissingError,
    BuildFailedError,
    DiskFullError,
    DockerfileError,
    EngineError,
    LayerCollectedError,
    ProcessError,
)
from careen.image.sizes import ImageSizes, LayerSize

if TYPE_CHECKING:
    from careen.config.model import Settings

DATA = Path(__file__).parents[3] / "data" / "rawjson"
PROJECT = """
[tool.careen]
image = "demo"
[tool.careen.build]
ca-certificates = "none"
[tool.careen.variants.slim]
dockerfile = "slim.Dockerfile"
sets = ["core"]
[tool.careen.variants.alpine]
dockerfile = "alpine.Dockerfile"
"""
INFO = ServerInfo("26", "test", "containerd", "overlayfs", "/d", "x86_64", 2, 1, "6", "Debian")
LAYERS = (LayerSize("sha256:a", 100, 1, 300), LayerSize("sha256:b", 20, 1, 50))


class FakeClient(EngineClient):
    """An engine with these images; no registry can be reached."""

    def __init__(self, images: dict[str, list[str]], free: int | None = None) -> None:
        super().__init__(Endpoint("unix:///none", "test"))
        self._images = images
        self._free = free

    def image(self, reference: str) -> dict[str, Any] | None:
        if reference not in self._images:
            return None
        layers = {"RootFS": {"Layers": self._images[reference]}}
        return {"Id": f"sha256:{reference}", "Os": "linux", "Architecture": "amd64", **layers}

    def info(self) -> ServerInfo:
        return INFO

    def free_disk_bytes(self) -> int | None:
        return self._free

    def registry_problem(self, reference: str, timeout_seconds: float) -> str:
        return "cannot be reached (no such host)"


class Buildx:
    """Takes the place of buildx: plays a captured trace; fails where it is told to."""

    def __init__(self, trace: bytes, *, fails: bool = False) -> None:
        self._trace = trace
        self._fails = fails
        self.argv: tuple[str, ...] = ()
        self.bake: dict[str, Any] = {}
        self.env: dict[str, str] = {}

    def __call__(self, argv: list[str], **given: Any) -> Completed:
        self.argv, self.env = tuple(argv), given["env"]
        self.bake = json.loads(given["stdin"])
        given["on_stderr"](self._trace)
        if self._fails:
            raise ProcessError(self.argv, 1)
        return Completed(self.argv, 0, "", "", 12.5)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "slim.Dockerfile").write_text("FROM base:1\nRUN make\n")
    (tmp_path / "alpine.Dockerfile").write_text("FROM python:3.13-alpine\n")
    return load(tmp_path, environment={}).settings


def builder(settings: Settings, client: FakeClient, monkeypatch: pytest.MonkeyPatch) -> Builder:
    tools = Toolbox(Path("/none"))
    engine = Engine(client, ("docker", "buildx"), "", {"DOCKER_HOST": "h"}, tools, embedded=False)
    made = Builder(engine, settings)
    sizes = ImageSizes(130, 350, estimated=False, layers=LAYERS)
    monkeypatch.setattr(made._sizes, "sizes", lambda _: sizes)
    monkeypatch.setattr(checkout, "revision", lambda _: "0123abc")
    return made


IMAGES = {"base:1": ["a"], "demo:slim": ["a", "b"]}


def play(monkeypatch: pytest.MonkeyPatch, name: str, *, fails: bool = False) -> Buildx:
    buildx = Buildx((DATA / f"{name}.json").read_bytes(), fails=fails)
    monkeypatch.setattr(buildx_program, "run", buildx)
    return buildx


def test_a_build_is_recorded_with_its_sizes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    buildx = play(monkeypatch, "plain-base")
    made = builder(settings, FakeClient(IMAGES), monkeypatch)
    plan = made.plan(["slim", "alpine"], Options(set_values=("slim.args.X=1",)))
    outcome = made.build(plan)

    assert buildx.argv[:6] == ("docker", "buildx", "bake", "--file", "-", "--progress")
    assert buildx.argv[-3:] == ("--set", "slim.args.X=1", "default")
    assert buildx.bake == plan.bake()
    assert buildx.bake["group"]["default"]["targets"] == ["slim"]
    assert buildx.env["DOCKER_HOST"] == "h"
    assert outcome.seconds == 12.5
    [record] = outcome.records
    assert (record.image_id, record.platform) == ("sha256:demo:slim", "linux/amd64")
    assert (record.base, record.sets, record.unique_bytes) == ("base:1", ("core",), 20)
    assert record.sizes is not None
    assert record.sizes["pull_bytes"] == 130
    written = settings.root / "build/records/slim.json"
    assert json.loads(written.read_text())["unique_bytes"] == 20
    assert "no stand-in can be made" in outcome.skipped["alpine"]
    assert outcome.to_json()["skipped"] == outcome.skipped


def test_a_layer_that_the_engine_collected_on_the_way_is_built_again_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected = (
        b'ERROR: failed to solve: failed to prepare extraction snapshot "extract-7 sha256:98": '
        b"parent snapshot sha256:2b does not exist: not found\n"
    )
    second = play(monkeypatch, "plain-base")
    first = Buildx((DATA / "plain-base.json").read_bytes() + collected, fails=True)
    runs = iter([first, second])

    def buildx(argv: list[str], **given: Any) -> Completed:
        return next(runs)(argv, **given)

    monkeypatch.setattr(buildx_program, "run", buildx)
    said: list[str] = []
    made = builder(settings, FakeClient(IMAGES), monkeypatch)
    monkeypatch.setattr(made, "_say", said.append)

    [record] = made.build(made.plan(["slim"], Options())).records

    assert record.variant == "slim"
    assert "the engine removed a layer" in said[-1]
    monkeypatch.setattr(buildx_program, "run", first)
    with pytest.raises(LayerCollectedError, match="every step is in the cache"):
        made.build(made.plan(["slim"], Options()))


def test_a_pushed_image_that_is_in_no_engine_has_no_sizes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(monkeypatch, "plain-base")
    made = builder(settings, FakeClient({"base:1": ["a"]}), monkeypatch)
    [record] = made.build(made.plan(["slim"], Options(push=True))).records
    assert (record.sizes, record.unique_bytes, record.image_id) == (None, None, "")


def test_a_named_variant_is_never_skipped(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = builder(settings, FakeClient(IMAGES), monkeypatch)
    with pytest.raises(BaseMissingError, match=r"alpine: no python:3\.13-alpine") as raised:
        made.plan(["slim", "alpine"], Options(), asked=True)
    assert raised.value.exit_code == 3


def test_where_nothing_can_be_built_nothing_is_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = builder(settings, FakeClient({}, free=0), monkeypatch)
    outcome = made.build(made.plan(["alpine"], Options()))
    assert outcome.records == ()
    assert list(outcome.skipped) == ["alpine"]


def test_too_little_disk_is_told_before_a_build(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = builder(settings, FakeClient(IMAGES, free=2_900_000_000), monkeypatch)
    plan = made.plan(["slim"], Options())
    with pytest.raises(DiskFullError, match=r"2\.9 GB free(.|\n)*3\.0 GB are needed"):
        made.build(plan)


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("failing-run", BuildFailedError, r"failed in step (.|\n)*at slim\.Dockerfile:5"),
        ("parse-error", DockerfileError, r"slim\.Dockerfile:5: "),
        ("disk-full-run", DiskFullError, "the disk ran full in step"),
        ("engine-killed", EngineError, "the engine went away"),
    ],
)
def test_a_failed_build_is_explained_and_leaves_no_record(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    error: type[EngineError],
    said: str,
) -> None:
    play(monkeypatch, name, fails=True)
    made = builder(settings, FakeClient(IMAGES), monkeypatch)
    with pytest.raises(error, match=said):
        made.build(made.plan(["slim"], Options()))
    assert not (settings.root / "build/records").exists()


def test_a_mistake_in_a_dockerfile_is_told_before_an_engine_is_started(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*_: object) -> None:
        pytest.fail("an engine was started")

    monkeypatch.setattr(library, "obtain", start)
    (settings.root / "slim.Dockerfile").write_text("RUN make\n")
    with pytest.raises(DockerfileError, match=r"slim\.Dockerfile:1"):
        build_variants(settings, ["slim"], Options(), asked=True, dry=False)


@pytest.mark.parametrize("kind", ["step", "disk-full", "dockerfile", "other"])
def test_a_failure_without_a_place_has_no_empty_one(kind: Any) -> None:
    failure = Failure("", "", "", None, (), "it broke\nand more", kind)
    text = str(explain(failure, BuildPlan((), Options())))
    assert "it broke" in text
    assert "and more" not in text
    for empty in ("()", " at :", "  at ", ": :"):
        assert empty not in text
    assert not text.startswith(":")


def image(*layers: str) -> dict[str, Any]:
    return {"RootFS": {"Layers": list(layers)}}


def sizes(*compressed: int) -> dict[str, Any]:
    return {"layers": [{"compressed_bytes": size} for size in compressed]}


@pytest.mark.parametrize(
    ("own", "base", "measured", "unique"),
    [
        (image("a", "b", "c"), image("a"), sizes(100, 20, 3), 23),
        (image("a"), image("a"), sizes(100), 0),
        (image("a", "b"), image("x"), sizes(100, 20), None),
        (image("a"), image("a", "b"), sizes(100), None),
        (image("a", "b"), image("a"), sizes(100), None),
        (image("a", "b"), None, sizes(100, 20), None),
    ],
)
def test_unique_bytes_are_those_above_the_base_or_unknown(
    own: dict[str, Any],
    base: dict[str, Any] | None,
    measured: dict[str, Any],
    unique: int | None,
) -> None:
    assert _unique_bytes(own, base, measured) == unique
