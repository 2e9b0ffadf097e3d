"""What the name of a step says: its stage, number, platform, instruction and kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["dockerfile", "internal", "export", "context", "base"]

_NUMBERED = re.compile(r"\[(?:([^\]]*?)\s+)?(\d+)/(\d+)\] (.*)", re.DOTALL)
_DEFINITION = re.compile(r"\[(\S+) internal\] load build definition from ")
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("internal", re.compile(r".*\] load \.dockerignore")),
    (
        "context",
        re.compile(r"\[internal\] load (build context|remote|git)|\[context .*?\] load from"),
    ),
    ("base", re.compile(r"\[internal\] load metadata for|\[(context|auth)[ \]]|FROM ")),
    ("base", re.compile(r"resolve image config for|docker-image://")),
    ("export", re.compile(r"export|push|sending tarball|writing image|copying files|merging")),
)


@dataclass(frozen=True)
class StepName:
    """The parts of a step's name; see `careen.build.trace.Step`."""

    platform: str
    stage: str
    index: int
    total: int
    instruction: str
    kind: Kind


def parse_name(name: str) -> StepName:
    """Take a name apart that has no target's prefix any more.

    >>> parse_name("[linux/arm64 builder 2/5] COPY . .").stage
    'builder'
    """
    match = _NUMBERED.fullmatch(name)
    if match is None:
        kind: Kind = next((kind for kind, names in _KINDS if names.match(name)), "internal")
        return StepName("", "", 0, 0, name, kind)
    words = (match[1] or "").split()
    return StepName(
        platform=next((word for word in words if "/" in word), ""),
        stage=next((word for word in words if "/" not in word), ""),
        index=int(match[2]),
        total=int(match[3]),
        instruction=match[4],
        kind="base" if match[4].startswith("FROM ") else "dockerfile",
    )


def defined_target(name: str) -> str:
    """Give the target that a name's prefix names, where it is the first step of a target.

    >>> defined_target("[slim internal] load build definition from slim.Dockerfile")
    'slim'
    """
    match = _DEFINITION.match(name)
    return match[1] if match else ""


def split_target(name: str, targets: frozenset[str]) -> tuple[str, str]:
    """Part a target from a name, "" where the name has none.

    >>> split_target("[slim 1/2] RUN true", frozenset({"slim"}))
    ('slim', '[1/2] RUN true')
    >>> split_target("[slim] exporting to image", frozenset({"slim"}))
    ('slim', 'exporting to image')
    """
    for target in targets:
        if name.startswith(f"[{target} "):
            return target, f"[{name[len(target) + 2 :]}"
        if name.startswith(f"[{target}] "):
            return target, name[len(target) + 3 :]
    return "", name
