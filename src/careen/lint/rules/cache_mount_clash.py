"""Cache mounts that get in each other's way: they are shared by id, across stages and files.

It is a fault where, in one file,

- two cache mounts have the same id (given by `id=`) and different targets;
- two cache mounts of apt or apk have the same id, or the same target and no id, and their stages
  stand on different bases: package lists and packages of one do not fit the other;
- the same holds for pip or uv between glibc and musl: a wheel that was built for one is taken for
  the other;
- a cache mount of apt has no `sharing=locked` (or private): apt fails where another build has it.

Bad:

    FROM debian:13-slim AS one
    RUN --mount=type=cache,id=packages,target=/var/cache/apt,sharing=locked apt-get update
    FROM debian:12-slim
    RUN --mount=type=cache,id=packages,target=/var/cache/apt,sharing=locked apt-get update

Good:

    FROM debian:13-slim AS one
    RUN --mount=type=cache,id=packages-13,target=/var/cache/apt,sharing=locked apt-get update
    FROM debian:12-slim
    RUN --mount=type=cache,id=packages-12,target=/var/cache/apt,sharing=locked apt-get update
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.mounts import Mount, mounts
from careen.lint.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.build.instructions import Instruction
    from careen.lint.subject import StageView, Subject

_APT = ("/var/cache/apt", "/var/lib/apt")
_PACKAGES = (*_APT, "/var/cache/apk", "/etc/apk/cache")
_WHEELS = ("/pip", "/uv")


def _check(subject: Subject) -> Iterator[Fault]:
    first: dict[str, tuple[StageView, Instruction, Mount]] = {}
    for view in subject.stages:
        for instruction in view.stage.instructions:
            for mount in mounts(instruction):
                # An id with a variable in it may be another one each time.
                if mount.kind != "cache" or "$" in mount.id:
                    continue
                if mount.is_at(*_APT) and mount.sharing == "shared":
                    yield Fault(
                        instruction.line,
                        f"the cache mount at {mount.target} has no sharing=locked: "
                        "apt fails where another build uses it",
                        f"--mount=type=cache,target={mount.target},sharing=locked",
                    )
                before = first.setdefault(mount.id, (view, instruction, mount))
                if message := _clash(before, view, mount):
                    yield Fault(instruction.line, message, "give each of them an id of its own")


def _clash(before: tuple[StageView, Instruction, Mount], view: StageView, mount: Mount) -> str:
    other, instruction, known = before
    if mount.target != known.target:
        return (
            f"the cache mount {mount.id} is at {mount.target} here and at {known.target} "
            f"in line {instruction.line}"
        )
    if mount.is_at(*_PACKAGES) and view.root and other.root and view.root != other.root:
        return (
            f"the cache mount {mount.id} is shared with line {instruction.line}, "
            f"whose base is {other.root}, not {view.root}"
        )
    one, two = view.facts.libc, other.facts.libc
    if mount.target.endswith(_WHEELS) and one and two and one != two:
        return (
            f"the cache mount {mount.id} is shared with line {instruction.line}: "
            f"wheels built for {two} are taken for {one}"
        )
    return ""


RULE = Rule("cache-mount-clash", "warning", "cache mounts that clash", _check)
