"""Checks of an image's files: shells, setuid bits, modes and owners; no container is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.contract.checks.judge import judge, named, skipped, unknown
from careen.contract.interpreter import path_folders
from careen.contract.users import Account
from careen.image.layer import FILE, FOLDER, HARD_LINK, SYMLINK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from careen.contract.model import Check
    from careen.contract.workbench import Bench
    from careen.image.layer import Layer
    from careen.image.tree import Merged

SHELLS = frozenset(
    ("ash", "bash", "busybox", "csh", "dash", "fish", "ksh", "mksh", "sh", "tcsh", "toybox", "zsh")
)
PACKAGE_MANAGERS = frozenset(
    (
        "apk",
        "apt",
        "apt-get",
        "aptitude",
        "conda",
        "dnf",
        "dpkg",
        "mamba",
        "microdnf",
        "npm",
        "opkg",
        "pip",
        "pip3",
        "pipx",
        "rpm",
        "tdnf",
        "uv",
        "yum",
        "zypper",
    )
)
_SETUID, _SETGID, _STICKY, _OTHERS = 0o4000, 0o2000, 0o1000, 0o002
# What a container has of its own there is never seen.
_MOUNTED = ("dev", "proc", "sys")
_TEMPORARY = ("tmp", "var/tmp", "run", "var/run", "dev/shm")
_CAPABILITY = "security.capability"


def no_shell(bench: Bench) -> Check:
    """An image that is said to have no shell has none."""
    return _absent(bench, "no-shell", SHELLS, "a shell")


def no_package_manager(bench: Bench) -> Check:
    """An image that is said to have no package manager has none."""
    return _absent(bench, "no-package-manager", PACKAGE_MANAGERS, "a package manager")


def _absent(bench: Bench, name: str, names: Collection[str], what: str) -> Check:
    if bench.target.variant not in bench.contract.no_shell:
        return skipped(name, f"the contract's no-shell does not name {bench.target.variant}")
    found = programs(bench.merged, path_folders(bench.config), names)
    return judge(name, not found, expected=f"not {what}", measured=named(found))


def programs(merged: Merged, folders: Sequence[str], names: Collection[str]) -> list[str]:
    """Give the paths of programs by their names, in a PATH's folders and the system's."""
    known = {"bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin"}
    known |= {folder.strip("/") for folder in folders}
    return [
        f"/{folder}/{name}"
        for folder in sorted(known)
        for name, node in sorted(merged.folders.get(folder, {}).items())
        if node.entry.kind != FOLDER and _bare(name) in names
    ]


def _bare(name: str) -> str:
    """Give a program's name without its version: pip3.13 is pip."""
    return name.rstrip("0123456789.") or name


def setuid_files(bench: Bench) -> Check:
    """No file is setuid or setgid, or has capabilities, beyond those that are allowed."""
    allowed = {path.strip("/") for path in bench.contract.setuid_allowed}
    found = [
        f"/{path}" for path in privileged(bench.merged, bench.image.layers) if path not in allowed
    ]
    return judge(
        "setuid-files",
        not found,
        expected="no setuid, setgid or capability files but those allowed",
        measured=named(found),
        reason=f"{named(found)}: remove them, or take the bits away in the base's first RUN "
        "(find / -xdev -perm /6000 -type f -exec chmod a-s {} +), or list them in setuid-allowed",
        figures={"paths": found},
    )


def privileged(merged: Merged, layers: Sequence[Layer]) -> list[str]:
    """Give the files that give their caller another's rights."""
    return [
        path
        for path, node in merged.walk()
        if node.entry.kind in {FILE, HARD_LINK}
        and (
            node.entry.mode & (_SETUID | _SETGID)
            or _CAPABILITY in _xattrs(layers, node.layer, node.entry.path)
        )
    ]


def _xattrs(layers: Sequence[Layer], number: int, path: str) -> Mapping[str, bytes]:
    return layers[number].xattrs.get(path, {}) if number < len(layers) else {}


def world_writable(bench: Bench) -> Check:
    """Nothing may be written by everybody but temporary folders and sticky ones."""
    found = [f"/{path}" for path in open_paths(bench.merged, bench.contract.tmpfs)]
    return judge(
        "world-writable",
        not found,
        expected="none outside temporary and sticky folders",
        measured=named(found),
        figures={"paths": found},
    )


def open_paths(merged: Merged, tmpfs: Collection[str]) -> list[str]:
    """Give the paths that everybody may write."""
    found = []
    for path, node in merged.walk():
        mode, kind = node.entry.mode, node.entry.kind
        if kind not in {FILE, HARD_LINK, FOLDER} or not mode & _OTHERS:
            continue
        if kind == FOLDER and mode & _STICKY:
            continue
        if not _below(path, [*_MOUNTED, *_TEMPORARY, *tmpfs]):
            found.append(path)
    return found


def files_owned_by_root(bench: Bench) -> Check:
    """Every file outside the declared tmpfs is root's."""
    found = [
        f"/{path} ({owner})" for path, owner in owned_by_others(bench.merged, bench.contract.tmpfs)
    ]
    return judge(
        "files-owned-by-root",
        not found,
        expected="root owns all files",
        measured=named(found),
        reason=f"{named(found)}: copy them without --chown; the service needs to read them only",
        figures={"count": len(found)},
    )


def owned_by_others(merged: Merged, tmpfs: Collection[str]) -> Iterator[tuple[str, int]]:
    """Give (path, owner) of the files that are not root's."""
    for path, node in merged.walk():
        is_others = node.entry.kind in {FILE, HARD_LINK, SYMLINK} and node.entry.uid != 0
        if is_others and not _below(path, [*_TEMPORARY, *tmpfs]):
            yield path, node.entry.uid


def not_writable_by_service(bench: Bench) -> Check:
    """The service may change no file, as its own user or as the contract's other one."""
    name = "files-not-writable"
    own = bench.account
    if own is None:
        return unknown(name, "who the service runs as is not known")
    if own.uid == 0:
        return skipped(name, "the service runs as root, which may write everything")
    uid, gid = map(int, bench.contract.user.split(":"))
    accounts = [own, Account(uid, gid)]
    found = [f"/{path}" for path in writable(bench.merged, accounts, bench.contract.tmpfs)]
    return judge(
        name,
        not found,
        expected=f"nothing that uid {own.uid} or {bench.contract.user} may change",
        measured=named(found),
        figures={"count": len(found)},
    )


def writable(merged: Merged, accounts: Sequence[Account], tmpfs: Collection[str]) -> list[str]:
    """Give the files that an account may write, or replace since it may write their folder.

    A sticky folder's files can be replaced by their owners alone.
    """
    found = []
    for path, node in merged.walk():
        entry = node.entry
        if entry.kind not in {FILE, HARD_LINK, FOLDER} or _below(path, [*_TEMPORARY, *tmpfs]):
            continue
        if entry.kind == FOLDER and (entry.mode & _STICKY or not _holds_files(merged, path)):
            continue
        if any(one.may_write(entry.mode, entry.uid, entry.gid) for one in accounts):
            found.append(path)
    return found


def _holds_files(merged: Merged, folder: str) -> bool:
    kinds = (node.entry.kind for node in merged.folders.get(folder, {}).values())
    return any(kind in {FILE, HARD_LINK} for kind in kinds)


def _below(path: str, folders: Collection[str]) -> bool:
    bare = (folder.strip("/") for folder in folders)
    return any(path == folder or path.startswith(f"{folder}/") for folder in bare)


def tree_has(merged: Merged, *paths: str) -> bool:
    """Tell whether one of the paths is in the tree, links not followed.

    >>> from careen.image.layer import Entry, from_entries
    >>> from careen.image.tree import merge
    >>> tree_has(merge([from_entries([Entry("etc/ssl/a.crt", FILE, 1)])]), "x", "etc/ssl/a.crt")
    True
    """
    return any(merged.get(path) is not None for path in paths)
