from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
from hypothesis import given, settings

from careen.image.weigh.kinds import kind
from careen.image.weigh.ownership import ownership
from careen.image.weigh.view import View
from careen.image.weigh.weight import Weight, weigh, weigh_owned

from ..trees import (
    captured,
    debian,
    document,
    file,
    hard_link,
    layer,
    merge,
    pip,
    text,
    without,
)

if TYPE_CHECKING:
    from careen.image.layer import Entry

SITE = "opt/venv/lib/python3.13/site-packages"


def check(weight: Weight) -> Weight:
    """Look at the sums that always hold."""
    data = weight.to_json()
    json.dumps(data)
    owned = [one["bytes"] or 0 for one in (*data["packages"], *data["distributions"])]
    files = [one["files"] or 0 for one in (*data["packages"], *data["distributions"])]
    assert sum(owned) + data["unowned"]["bytes"] == weight.unpacked_bytes
    assert sum(files) + data["unowned"]["files"] == weight.files
    assert sum(one["bytes"] for one in data["kinds"]) == weight.unpacked_bytes
    assert sum(one["files"] for one in data["kinds"]) == weight.files
    assert data["directories"]["bytes"] == weight.unpacked_bytes
    folders = data["unowned"]["directories"]
    assert sum(one["bytes"] for one in folders) <= data["unowned"]["bytes"]
    if len(folders) < 20:
        assert sum(one["files"] for one in folders) == data["unowned"]["files"]
    check_folder(data["directories"], 0)
    return weight


def check_folder(folder: dict[str, Any], depth: int) -> None:
    assert depth <= 6
    assert sum(child["bytes"] for child in folder["children"]) <= folder["bytes"]
    for child in folder["children"]:
        check_folder(child, depth + 1)


def test_captured_packages_weigh_what_the_file_system_says() -> None:
    layers = [debian(), pip()]
    weight = check(weigh(merge(layers), layers))
    sizes = [entry for entry in captured("debian") if entry.kind == "f"]
    for package, part in (
        ("zlib1g", ("zlib1g", "libz.")),
        ("libyaml-0-2", ("libyaml-0",)),
        ("python3-yaml", ("python3-yaml", "dist-packages")),
    ):
        own = [one.size for one in sizes if any(word in one.path for word in part)]
        found = next(one for one in weight.packages if one.name == package)
        assert (found.bytes, found.files) == (sum(own), len(own))
    assert weight.packages[0].distributions == ("PyYAML 6.0",)
    (idna,) = weight.distributions
    entries = captured("pip")
    assert (idna.bytes, idna.files) == (sum(one.size for one in entries), len(entries))
    cached = sum(one.size for one in entries if one.path.endswith(".pyc"))
    assert (idna.bytecode_bytes, idna.native_bytes, idna.test_bytes) == (cached, 0, 0)


def test_the_json_is_what_the_analysis_has() -> None:
    layers = [
        layer(
            text(f"{SITE}/m-1.dist-info/RECORD", "m/a.py\nm/a.so\nm/tests/t.so\nm.libs/libx-1\n"),
            file(f"{SITE}/m/a.py", 1),
            file(f"{SITE}/m/a.so", 10),
            file(f"{SITE}/m/tests/t.so", 100),
            file(f"{SITE}/m/tests/t.py", 5),
            file(f"{SITE}/m.libs/libx-1", 1000),
            document("distroless/libyaml-0-2", "var/lib/dpkg/status.d/libyaml-0-2"),
        )
    ]
    data = check(weigh(merge(layers), layers)).to_json()
    record = len("m/a.py\nm/a.so\nm/tests/t.so\nm.libs/libx-1\n")
    status = layers[0].sizes[-1]
    assert data["distributions"] == [
        {
            "name": "m",
            "version": "1",
            "bytes": 1111 + record,
            "files": 5,
            "native_bytes": 1110,
            "bytecode_bytes": 0,
            "test_bytes": 100,
            "folder": SITE,
        }
    ]
    assert data["packages"] == [
        {"name": "libyaml-0-2", "version": "0.2.5-1", "bytes": None, "files": None, "kind": "deb"}
    ]
    assert data["unowned"] == {
        "bytes": status + 5,
        "files": 2,
        "directories": [
            {"path": "var/lib/dpkg/status.d", "bytes": status, "files": 1},
            {"path": "", "bytes": 5, "files": 1},
        ],
    }
    assert {one["kind"] for one in data["kinds"]} == {
        "native libraries",
        "package records",
        "Python source",
        "tests",
        "other",
    }


def test_an_empty_tree() -> None:
    weight = check(weigh(merge([]), []))
    assert weight.to_json() == {
        "distributions": [],
        "packages": [],
        "directories": {"name": "", "bytes": 0, "children": []},
        "kinds": [],
        "unowned": {"bytes": 0, "files": 0, "directories": []},
    }


def test_hard_links_count_once_where_the_file_is() -> None:
    layers = [layer(file("b/x", 100), hard_link("a/y", "b/x"), hard_link("c/z", "b/x"))]
    merged = merge(layers)
    weight = check(weigh(merged, layers))
    assert (weight.unpacked_bytes, weight.files) == (100, 1)
    assert [one.name for one in weight.directories.children] == ["b"]
    weight = check(weigh(without(merged, "b/x"), layers))
    assert [(one.name, one.bytes) for one in weight.directories.children] == [("a", 100)]


def test_small_folders_are_joined_into_their_parents() -> None:
    layers = [layer(file("big/a/b/c/d/e/f/g/x", 9_961), file("small/x", 19), file("large/x", 20))]
    weight = check(weigh(merge(layers), layers))
    assert [one.name for one in weight.directories.children] == ["big", "large"]
    depth, folder = 0, weight.directories
    while folder.children:
        depth, folder = depth + 1, folder.children[0]
    assert (depth, folder.name, folder.bytes) == (6, "e", 9_961)


def test_what_nobody_owns_is_named_by_the_folder_that_holds_most_of_it() -> None:
    layers = [
        layer(
            *(file(f"usr/local/lib/python3.13/m{number}/a.py", 100) for number in range(10)),
            file("usr/local/bin/python3.13", 150),
            file("srv/app/main.py", 500),
            file("init", 3),
        )
    ]
    weight = check(weigh(merge(layers), layers))
    assert [(one.path, one.bytes, one.files) for one in weight.unowned_folders] == [
        ("usr/local/lib/python3.13", 1000, 10),
        ("srv/app", 500, 1),
        ("usr/local/bin", 150, 1),
        ("", 3, 1),
    ]


def test_a_name_that_two_architectures_have() -> None:
    stanza = "Package: libc6\nStatus: install ok installed\nArchitecture: {}\n\n"
    layers = [
        layer(
            text("var/lib/dpkg/status", stanza.format("amd64") + stanza.format("i386")),
            text("var/lib/dpkg/info/libc6:amd64.list", "/a"),
            file("a", 5),
        )
    ]
    found = check(weigh(merge(layers), layers)).packages
    assert [(one.name, one.bytes) for one in found] == [("libc6:amd64", 5), ("libc6:i386", None)]


NAMES = ("a.py", "b.so", "c.pyc", "tests", "bin", "x")
paths = st.lists(st.sampled_from(NAMES[3:]), max_size=3).flatmap(
    lambda above: st.sampled_from(NAMES).map(lambda name: "/".join((*above, f"f-{name}")))
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_tree_is_summed_as_a_plain_count_does(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(paths, unique=True, min_size=1, max_size=12))
    sizes = {path: data.draw(st.integers(0, 5000)) for path in chosen}
    linked = {
        f"link/{at}": data.draw(st.sampled_from(chosen))
        for at in range(data.draw(st.integers(0, 3)))
    }
    known = [*chosen, *linked, "nothing/here"]
    listed = data.draw(st.lists(st.sampled_from(known), unique=True))
    recorded = data.draw(st.lists(st.sampled_from(known), unique=True))
    gone = data.draw(st.lists(st.sampled_from(chosen), unique=True))
    entries: list[Entry | tuple[Entry, bytes]] = [file(path, size) for path, size in sizes.items()]
    entries += [hard_link(path, target) for path, target in linked.items()]
    layers = [
        layer(
            *entries,
            text("var/lib/dpkg/status", "Package: a\nStatus: install ok installed\n"),
            text("var/lib/dpkg/info/a.list", "".join(f"/{path}\n" for path in listed)),
            text("s/d-1.dist-info/RECORD", "".join(f"../{path},,\n" for path in recorded)),
        )
    ]
    merged = without(merge(layers), *gone)
    weight = check(weigh_owned(merged, ownership(View(merged, layers))))

    alive = {path for path in sizes if path not in gone} | set(linked)
    names: dict[str, set[str]] = {}
    for path in alive:
        names.setdefault(linked.get(path, path), set()).add(path)
    package = {one for one, found in names.items() if found & set(listed)}
    distribution = {one for one, found in names.items() if found & set(recorded)} - package
    record = layers[0].sizes[layers[0].paths.index("s/d-1.dist-info/RECORD")]
    assert weight.packages[0].bytes == sum(sizes[one] for one in package)
    assert weight.packages[0].files == len(package)
    assert weight.distributions[0].bytes == record + sum(sizes[one] for one in distribution)
    assert weight.files == len(names) + 3
    counted: dict[str, int] = {}
    for one, found in names.items():
        stands = one if one in found else min(found)
        counted[kind(stands)] = counted.get(kind(stands), 0) + sizes[one]
    for found_kind in weight.kinds:
        if found_kind.kind != "package records":
            assert counted[found_kind.kind] == found_kind.bytes
