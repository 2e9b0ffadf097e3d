"""Stand-ins: recipes, root file systems, and archives that are the same bytes each time."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest

from careen.engine.stand_in import archive, finish
from careen.engine.stand_in.recipe import LABEL, LABEL_RECIPE, Recipe, all_recipes, find, normalise
from careen.engine.stand_in.rootfs import RootFs

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = 1_700_000_000


def packed(entries: list[tuple[str, bytes | str, int]], *, mtime: int = 0) -> tarfile.TarFile:
    """Give an open tar: text is a link's target, bytes are a file's, b"/" a folder's."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as made:
        for name, content, mode in entries:
            info = tarfile.TarInfo(name)
            info.mode, info.mtime = mode, mtime
            if content == b"/":
                info.type = tarfile.DIRTYPE
            elif isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
            else:
                info.size = len(content)
            made.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    sink.seek(0)
    return tarfile.open(fileobj=sink)


def written(root: RootFs) -> bytes:
    sink = io.BytesIO()
    root.write_tar(sink)
    return sink.getvalue()


def names(data: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(data)) as read:
        return read.getnames()


@pytest.mark.parametrize("recipe", all_recipes(), ids=lambda recipe: recipe.reference)
def test_a_stand_in_is_never_named_like_the_original(recipe: Recipe) -> None:
    assert recipe.tag.startswith("localhost/careen-stand-in/")
    assert find(f"docker.io/{recipe.reference}") == recipe
    assert len(recipe.hash) == 12


def test_a_recipes_hash_changes_with_each_of_its_parts() -> None:
    recipe = find("node:22-slim")
    assert recipe is not None
    changed: dict[str, object] = {
        "base": "python:3.13-slim-trixie",
        "wheel_hashes": {"a": "b"},
        "programs": {"usr/bin/x": "postgres-entrypoint.sh"},
    }
    for field in fields(recipe):
        value = getattr(recipe, field.name)
        other = changed.get(field.name, (*value, "x") if isinstance(value, tuple) else "other")
        named: dict[str, Any] = {field.name: other}
        assert replace(recipe, **named).hash != recipe.hash, field.name


def test_a_recipe_without_the_later_fields_keeps_its_hash() -> None:
    # Every image that was built on these bases, and every layer cached, would be made anew.
    hashes = {recipe.reference: recipe.hash for recipe in all_recipes()}
    assert hashes["debian:13-slim"] == "6b7a207cfa70"
    assert hashes["node:22-slim"] == "0369c3dbbeda"


def test_a_recipes_hash_changes_with_its_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = find("postgres:17")
    assert recipe is not None
    before = recipe.hash
    monkeypatch.setattr("careen.engine.stand_in.recipe.script", lambda _: "#!/bin/sh\n")
    assert recipe.hash != before


def test_short_names_are_the_same_image() -> None:
    assert normalise("docker.io/library/debian:13-slim@sha256:ab") == "debian:13-slim"
    assert normalise("gcr.io/distroless/x:y") == "gcr.io/distroless/x:y"
    assert find("python:3.13-slim") is find("python:3.13-slim-trixie")
    assert find("python:3.13-alpine") is None


def test_a_root_is_written_sorted_with_clamped_times_and_bare_owners() -> None:
    root = RootFs(EPOCH)
    root.add_tar(packed([("./b", b"2", 0o644), ("./a", b"/", 0o755)], mtime=EPOCH + 5))
    root.add_file("a/x", b"1", mode=0o755)
    with tarfile.open(fileobj=io.BytesIO(written(root))) as read:
        members = read.getmembers()
    assert [member.name for member in members] == ["a", "a/x", "b"]
    assert {member.mtime for member in members} == {EPOCH}
    assert {member.uname for member in members} == {""}
    assert members[1].mode == 0o755


def test_a_package_that_knows_no_merged_usr_goes_where_the_link_leads() -> None:
    root = RootFs(EPOCH)
    root.add_tar(packed([("bin", "usr/bin", 0o777), ("usr/bin", b"/", 0o755)]))
    root.add_tar(packed([("bin/tool", b"x", 0o755)]))
    assert names(written(root)) == ["bin", "usr/bin", "usr/bin/tool"]


def test_documentation_is_left_out_but_licences_stay() -> None:
    root = RootFs(EPOCH)
    kept, dropped = "usr/share/doc/x/copyright", "usr/share/doc/x/README"
    root.add_tar(packed([(kept, b"c", 0o644), (dropped, b"r", 0o644)]))
    root.add_tar(packed([("usr/share/man/man1/x.1", b"m", 0o644)]))
    assert list(root) == [kept]


def test_the_same_files_give_the_same_layer_and_it_reads_back(tmp_path: Path) -> None:
    recipe = find("debian:13-slim")
    assert recipe is not None
    images = []
    for name in ("one", "two"):
        root = RootFs(EPOCH)
        root.add_file("etc/x", b"content")
        layer = archive.write_layer(root, tmp_path / f"{name}.gz")
        sink = io.BytesIO()
        archive.write_image(recipe, [layer], "amd64", sink)
        images.append(sink.getvalue())
    assert images[0] == images[1]

    (tmp_path / "image.tar").write_bytes(images[0])
    [read] = archive.read_layers(tmp_path / "image.tar", tmp_path)
    assert (read.digest, read.diff_id, read.size_bytes) == (
        layer.digest,
        layer.diff_id,
        layer.size_bytes,
    )
    assert read.digest == f"sha256:{hashlib.sha256(read.path.read_bytes()).hexdigest()}"


def test_the_image_says_that_it_is_a_stand_in(tmp_path: Path) -> None:
    recipe = find("gcr.io/distroless/python3-debian13:nonroot")
    assert recipe is not None
    sink = io.BytesIO()
    layer = archive.write_layer(RootFs(EPOCH), tmp_path / "l.gz")
    archive.write_image(recipe, [layer], "amd64", sink)
    sink.seek(0)
    with tarfile.open(fileobj=sink) as image:
        manifest = json.load(image.extractfile("manifest.json") or io.BytesIO())
        config = json.load(image.extractfile(manifest[0]["Config"]) or io.BytesIO())
    assert manifest[0]["RepoTags"] == [recipe.tag]
    assert config["config"]["Labels"][LABEL] == "true"
    assert config["config"]["Labels"][LABEL_RECIPE] == recipe.hash
    assert config["config"]["User"] == "65532"
    assert config["config"]["Entrypoint"] == ["/usr/bin/python3.13"]


def test_pythons_names_and_pip_are_where_the_official_image_has_them() -> None:
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr("pip/__init__.py", "")
        made.writestr("../outside", "")
    root = RootFs(EPOCH)
    root.add_file("usr/bin/python3.13", b"elf", mode=0o755)
    root.add_file("usr/lib/python3.13/EXTERNALLY-MANAGED", b"x")
    root.add_file("usr/lib/python3.13/json/__init__.py", b"x")
    root.add_file("usr/lib/python3.13/json/__pycache__/__init__.cpython-313.pyc", b"x")
    root.add_folder("usr/local/lib/python3.13/dist-packages")
    root.add_file("usr/share/python-wheels/pip-25.1-py3-none-any.whl", wheel.getvalue())

    finish.python(root)

    assert "usr/lib/python3.13/EXTERNALLY-MANAGED" not in root
    assert not [path for path in root if "__pycache__" in path]
    assert "usr/lib/python3.13/json/__init__.py" in root
    assert {"usr/local/bin/python", "usr/local/bin/pip", "usr/local/bin/pip3.13"} <= set(root)
    assert "usr/local/lib/python3.13/site-packages/pip/__init__.py" in root
    assert not [path for path in root if "outside" in path]


def test_distroless_keeps_python_and_nothing_else_that_runs() -> None:
    root = RootFs(EPOCH)
    for path in ("usr/bin/python3.13", "usr/bin/dpkg", "usr/bin/perl", "usr/sbin/useradd"):
        root.add_file(path, b"elf", mode=0o755)
    root.add_file("usr/share/ca-certificates/mozilla/A.crt", b"A\n")
    root.add_file("usr/share/ca-certificates/mozilla/B.crt", b"B\n")
    root.add_file("var/lib/dpkg/status.d/x", b"Package: x\n")
    root.add_file("var/lib/dpkg/status", b"")

    finish.distroless(root)

    assert root.matching(r"usr/s?bin/.+") == ["usr/bin/python3", "usr/bin/python3.13"]
    assert root.matching(r"var/lib/dpkg/.+") == ["var/lib/dpkg/status.d", "var/lib/dpkg/status.d/x"]
    assert root.read("etc/ssl/certs/ca-certificates.crt") == b"A\nB\n"
    assert b"nonroot:x:65532" in root.read("etc/passwd")


def test_postgres_has_its_account_its_folders_and_no_compiler() -> None:
    root = RootFs(EPOCH)
    for path in (
        "usr/lib/postgresql/17/bin/postgres",
        "usr/lib/postgresql/17/lib/plpgsql.so",
        "usr/lib/postgresql/17/lib/llvmjit.so",
        "usr/lib/postgresql/17/lib/bitcode/postgres/a.bc",
        "usr/lib/systemd/system/postgresql.service",
        "var/lib/dpkg/status.d/libpq5",
    ):
        root.add_file(path, b"x")

    finish.postgres(root)

    assert root.matching(r"usr/lib/.+\.\w+") == ["usr/lib/postgresql/17/lib/plpgsql.so"]
    assert "usr/lib/postgresql/17/bin/postgres" in root
    assert "var/lib/dpkg/status.d/libpq5" in root
    assert b"postgres:x:999:999:" in root.read("etc/passwd")
    with tarfile.open(fileobj=io.BytesIO(written(root))) as read:
        data, run = (read.getmember(name) for name in ("var/lib/postgresql/data", "run/postgresql"))
    assert (data.mode, data.uid, data.gid) == (0o1777, 999, 999)
    assert (run.mode, run.uid) == (0o3777, 999)


def test_an_image_says_what_ends_its_process(tmp_path: Path) -> None:
    signals = {}
    for name in ("postgres:17", "debian:13-slim"):
        recipe = find(name)
        assert recipe is not None
        sink = io.BytesIO()
        archive.write_image(
            recipe, [archive.write_layer(RootFs(EPOCH), tmp_path / "l")], "amd64", sink
        )
        sink.seek(0)
        with tarfile.open(fileobj=sink) as image:
            manifest = json.load(image.extractfile("manifest.json") or io.BytesIO())
            config = json.load(image.extractfile(manifest[0]["Config"]) or io.BytesIO())
        signals[name] = config["config"].get("StopSignal")
    assert signals == {"postgres:17": "SIGINT", "debian:13-slim": None}


def test_slim_leaves_the_making_machine_out_and_adds_what_official_images_add() -> None:
    root = RootFs(EPOCH)
    root.add_file("etc/hostname", b"mine")
    root.add_file("etc/resolv.conf", b"nameserver")
    finish.slim(root)
    assert "etc/hostname" not in root
    assert "etc/resolv.conf" not in root
    assert b"docker-clean" not in root.read("etc/apt/apt.conf.d/docker-clean")
    assert b"path-exclude /usr/share/man" in root.read("etc/dpkg/dpkg.cfg.d/docker")
