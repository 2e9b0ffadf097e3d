"""What is, and what is not, in the images that are the best we can write."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

import pokertool
from careen.bench.measure import byte_efficiency
from careen.bench.workspace import change_code, workspace
from careen.build.plan import Options
from careen.build.run import Builder, certificates
from careen.config.load import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Images

    from careen.engine.obtain import Engine

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("slim", "distroless")
PYTHON = "/opt/venv/bin/python"
TAG_SUFFIX = "-careen-test"
# All that is loaded once it serves; each has its bytecode, or it is compiled at every start.
NOT_COMPILED = """
import os, sys
import pokertool.api, pokertool.healthcheck, uvicorn.main
import uvicorn.protocols.http.auto, uvicorn.loops.auto, uvicorn.lifespan.on
print([name for name, module in sorted(sys.modules.items())
       if getattr(module, "__cached__", None) and not os.path.exists(module.__cached__)])
"""


@dataclass(frozen=True)
class Content:
    """The merged files of an image and of its base, by path."""

    files: dict[str, tarfile.TarInfo]
    base: dict[str, tarfile.TarInfo]
    image: dict[str, Any]
    base_layers: int

    def named(self, *names: str) -> list[str]:
        return [
            path
            for path, entry in self.files.items()
            if path.rpartition("/")[2] in names and not entry.isdir()
        ]

    def below(self, *folders: str) -> list[str]:
        return [path for path in self.files if path.startswith(folders)]


@pytest.fixture(scope="module", params=NAMES)
def content(request: pytest.FixtureRequest, engine: Engine, images: Images) -> Content:
    record = next(one for one in images.outcome.records if one.variant == request.param)
    base = record.stand_ins.get(record.base, {}).get("stand_in", record.base)
    image, base_image = engine.client.image(record.tag), engine.client.image(base)
    assert image is not None
    assert base_image is not None
    layers = len(base_image["RootFS"]["Layers"])
    return Content(_merged(engine, record.tag), _merged(engine, base), image, layers)


def test_nothing_of_the_build_is_left(content: Content) -> None:
    assert content.named("gcc", "cc", "g++", "make", "ld", "strip", "node", "npm") == []
    assert content.below("opt/venv/bin/pip", "opt/venv/lib/python3.13/site-packages/pip") == []
    assert content.below("root/.cache/", "root/.npm/", "run/secrets", "requirements") == []
    lists = content.below("var/lib/apt/lists/", "var/cache/apt/")
    assert [path for path in lists if content.files[path].isfile()] == []


def test_distroless_has_no_shell_and_no_package_manager(content: Content) -> None:
    if content.image["Config"]["User"].startswith("10001"):
        assert content.named("sh"), "the slim image is told from the other by this"
        return
    programs = ("sh", "bash", "dash", "dpkg", "apt", "apt-get", "perl", "tar", "busybox", "curl")
    assert content.named(*programs) == content.below("bin/", "sbin/") == []


def test_the_service_cannot_write_its_own_code(content: Content) -> None:
    own = content.below("app/", "opt/venv/")
    assert len(own) > 100
    for path in own:
        entry = content.files[path]
        assert (entry.uid, entry.gid) == (0, 0), path
        assert entry.issym() or not entry.mode & 0o022, path


def test_no_program_gains_privileges_that_the_base_does_not_give(content: Content) -> None:
    def raising(files: dict[str, tarfile.TarInfo]) -> set[str]:
        bits = stat.S_ISUID | stat.S_ISGID
        return {path for path, entry in files.items() if entry.isfile() and entry.mode & bits}

    assert raising(content.files) <= raising(content.base)


def test_what_was_collected_keeps_its_entries_and_its_copyright(content: Content) -> None:
    entries = content.below("var/lib/dpkg/status.d/")
    collected = {path.rpartition("/")[2] for path in entries if path not in content.base}
    collected = {name for name in collected if not name.endswith(".md5sums")} - {"status.d", ""}
    assert "tesseract-ocr" in collected
    documents = {
        path.split("/")[3]
        for path in content.below("usr/share/doc/")
        if path.endswith("/copyright")
    }
    assert collected <= documents


def test_the_configuration_says_what_platforms_ask(content: Content) -> None:
    configuration = content.image["Config"]
    assert configuration["User"] in {"10001:10001", "65532:65532"}
    assert configuration["StopSignal"] == "SIGTERM"
    assert configuration["Healthcheck"]["Test"][0] == "CMD"
    labels = configuration["Labels"]
    for name in ("title", "description", "licenses", "revision"):
        assert labels[f"org.opencontainers.image.{name}"]
    assert labels["org.opencontainers.image.version"] == pokertool.__version__
    assert not [text for text in configuration["Env"] if "SECRET" in text or "TOKEN" in text]


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_the_service_imports_is_compiled(
    images: Images, output: Callable[..., str], name: str
) -> None:
    printed = output(
        images.tags[name],
        [PYTHON, "-c", NOT_COMPILED],
        read_only=True,
        tmpfs={"/data": "mode=1777"},
    )
    assert printed.strip() == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_the_certificates_of_the_host_are_in_no_layer(
    engine: Engine, images: Images, name: str
) -> None:
    bundle = certificates(load(ROOT).settings)
    if bundle is None:
        return  # the build had none to leave behind
    secret = bundle.read_bytes()
    record = next(one for one in images.outcome.records if one.variant == name)
    base = record.stand_ins.get(record.base, {}).get("stand_in", record.base)
    below = len((engine.client.image(base) or {})["RootFS"]["Layers"])
    wanted = hashlib.sha256(secret).hexdigest()
    for path, data in _own_files(engine, record.tag, below):
        assert len(data) != len(secret) or hashlib.sha256(data).hexdigest() != wanted, path
        assert path.rpartition("/")[2] not in {"ca-certificates.crt", "ca-bundle.crt"}, path


def test_a_code_change_sends_one_small_layer(engine: Engine) -> None:
    settings = load(ROOT).settings
    builder = Builder(engine, settings)
    with workspace(ROOT) as folder:
        plan = builder.plan(NAMES, Options(context=folder, tag_suffix=TAG_SUFFIX))
        try:
            # What the cache holds now: since the images were built, another test may have built
            # every step anew.
            builder.bake(plan)
            sizes = {variant.name: builder.sizes_of(variant.tag) for variant in plan.built}
            change_code(folder, settings.benchmark.change_file, "a test")
            builder.bake(plan)
            for variant in plan.built:
                before = sizes[variant.name]
                after = builder.sizes_of(variant.tag)
                had = {layer["digest"] for layer in before["layers"]}
                changed = [each for each in after["layers"] if each["digest"] not in had]
                assert len(changed) == 1, variant.name
                assert byte_efficiency(before, after) >= 0.98
        finally:
            for variant in plan.built:
                engine.client.remove_image(variant.tag)


def _merged(engine: Engine, tag: str) -> dict[str, tarfile.TarInfo]:
    """Give the files that a container of an image sees; it is never started."""
    container: Any = engine.client.sdk.containers.create(
        tag, ["true"], labels={"io.careen.owned": "true"}
    )
    try:
        with (
            io.BytesIO(b"".join(container.export())) as stream,
            tarfile.open(fileobj=stream) as tar,
        ):
            return {entry.name.removeprefix("./").strip("/"): entry for entry in tar}
    finally:
        container.remove(force=True, v=True)


def _own_files(engine: Engine, tag: str, below: int) -> Iterator[tuple[str, bytes]]:
    """Give path and bytes of every file in the layers above the base's."""
    with (
        io.BytesIO(b"".join(engine.client.save(tag))) as stream,
        tarfile.open(fileobj=stream) as archive,
    ):
        [entry] = json.loads(_read(archive, "manifest.json"))
        for blob in entry["Layers"][below:]:
            data = _read(archive, blob)
            if data.startswith(b"\x28\xb5\x2f\xfd"):
                data = zstandard.ZstdDecompressor().stream_reader(data).read()
            with io.BytesIO(data) as raw, tarfile.open(fileobj=raw) as layer:
                for member in layer:
                    if member.isfile():
                        yield member.name, _read(layer, member)


def _read(archive: tarfile.TarFile, member: str | tarfile.TarInfo) -> bytes:
    source = archive.extractfile(member)
    assert source is not None
    with source:
        return source.read()
