"""Checks of an image's files, on crafted trees."""

from __future__ import annotations

import pytest

from careen.contract.checks import files
from careen.image.layer import FILE, FOLDER, SYMLINK, Entry, from_entries

from ..benches import bench


def file(path: str, mode: int = 0o644, uid: int = 0, gid: int = 0) -> Entry:
    return Entry(path, FILE, 1, mode, uid, gid)


def folder(path: str, mode: int = 0o755, uid: int = 0, gid: int = 0) -> Entry:
    return Entry(path, FOLDER, 0, mode, uid, gid)


def test_shells_and_package_managers_are_looked_for_where_programs_are() -> None:
    one = bench(
        Entry("usr/bin/sh", SYMLINK, link="dash"),
        file("usr/local/bin/pip3.13", 0o755),
        file("opt/tools/apt", 0o755),
        file("usr/share/doc/bash"),
        folder("usr/bin/dpkg"),
        contract={"no-shell": ["slim"]},
        Env=["PATH=/opt/tools:/usr/bin"],
    )
    assert files.no_shell(one).measured == "/usr/bin/sh"
    assert files.no_package_manager(one).measured == "/opt/tools/apt, /usr/local/bin/pip3.13"


def test_a_variant_that_may_have_a_shell_is_not_asked() -> None:
    check = files.no_shell(bench(file("bin/sh"), contract={"no-shell": ["distroless"]}))
    assert (check.status, check.reason) == ("skipped", "the contract's no-shell does not name slim")


def test_setuid_setgid_and_capabilities_are_found() -> None:
    entries = [
        file("usr/bin/su", 0o4755),
        file("usr/bin/chage", 0o2755),
        file("usr/bin/ping", 0o755),
        folder("var/mail", 0o2775),
    ]
    layer = from_entries(entries, xattrs={"usr/bin/ping": {"security.capability": b"1"}})
    check = files.setuid_files(bench(layer=layer, contract={"setuid-allowed": ["/usr/bin/su"]}))
    assert check.status == "failed"
    assert check.measured == "/usr/bin/chage, /usr/bin/ping"


def test_sticky_and_temporary_folders_may_be_written_by_everybody() -> None:
    good = bench(
        folder("data", 0o1777),
        folder("tmp", 0o777),
        file("cache/x", 0o666),
        Entry("bin", SYMLINK, mode=0o777, link="usr/bin"),
        contract={"tmpfs": {"/cache": ""}},
    )
    assert files.world_writable(good).status == "passed"
    bad = bench(folder("app", 0o777), file("app/x", 0o666))
    assert files.world_writable(bad).measured == "/app, /app/x"


def test_files_of_others_are_named_with_their_owner() -> None:
    one = bench(file("app/x", uid=1000), file("data/db", uid=5), contract={"tmpfs": {"/data": ""}})
    assert files.files_owned_by_root(one).measured == "/app/x (1000)"


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ((file("app/x", 0o644),), "none"),
        ((file("app/x", 0o600, uid=1000),), "/app/x"),
        ((file("app/x", 0o664, gid=0),), "/app/x"),  # 12345:0, the contract's other user
        ((file("app/x", 0o664, gid=7),), "none"),
        ((folder("app", 0o775), file("app/x")), "/app"),
        ((folder("app", 0o1777), file("app/x")), "none"),
        ((folder("empty", 0o777),), "none"),
    ],
)
def test_what_the_service_may_change(entries: tuple[Entry, ...], found: str) -> None:
    assert files.not_writable_by_service(bench(*entries)).measured == found


def test_root_may_write_everything_which_is_another_check_s_fault() -> None:
    assert files.not_writable_by_service(bench(User="0")).status == "skipped"
