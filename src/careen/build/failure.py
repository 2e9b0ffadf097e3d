"""What went wrong in a failed build: which target, step and line, and what kind of failure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from careen.build.trace import Step, Trace

FailureKind = Literal[
    "step", "dockerfile", "disk-full", "engine-gone", "collected", "base", "other"
]

_DISK_FULL = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_ENGINE_LOST = re.compile(
    r"error reading from server|cannot connect to the docker daemon|transport is closing"
    r"|code = Unavailable|Unavailable: ",
    re.IGNORECASE,
)
# containerd's collector took layers of the image that this one replaces, while they were reused.
_COLLECTED = re.compile(r"snapshot \S+ does not exist: not found")
# In a step's error these are about a registry or another server.
_CONNECTION_LOST = re.compile(
    r"connection refused|connection reset|broken pipe|closed network connection|unexpected EOF",
    re.IGNORECASE,
)
_DOCKERFILE = re.compile(
    r"dockerfile parse error|failed to parse|failed to read dockerfile|dockerfile cannot be empty"
    r"|no build stage in current context|file with no instructions|unknown instruction"
    r"|unterminated heredoc|could not be found|should not be blank|invalid reference format"
    r"|circular dependency|empty continuation",
    re.IGNORECASE,
)
_BASE = re.compile(
    r"failed to resolve source metadata|pull access denied|failed to load metadata|manifest unknown"
    r"|no match for platform in manifest|failed to resolve reference",
    re.IGNORECASE,
)
# The program's text stands in this error: what it says is no finding of BuildKit's.
_PROCESS = re.compile(r'process ".*" did not complete successfully', re.DOTALL)
_EXCERPT = re.compile(
    r"^(?P<file>\S.*):(?P<line>\d+)\n-{4,}\n(?P<lines>(?:[ ]*\d+ \|.*\n)+)-{4,}", re.MULTILINE
)
_DEFINITION = "[internal] load build definition from "
_ERROR = "ERROR: "
_MESSAGE_LINES = 20


@dataclass(frozen=True)
class Failure:
    """Why a build failed.

    Attributes:
        target: the bake target; empty where it cannot be told.
        step: BuildKit's name of the step that failed, or that ran when the engine was lost; empty
            where it was none.
        dockerfile: the Dockerfile's name as BuildKit says it, without a folder; empty where it has
            no part in this.
        line: the first line of the instruction, from 1; None where it is unknown.
        log_tail: the step's last lines.
        message: BuildKit's or buildx's own words.
        kind: step: an instruction failed; dockerfile: it is missing or wrong; disk-full: no space
            was left, for BuildKit or in a step; engine-gone: the connection was refused or lost;
            collected: the engine's collector took a layer away while the image was unpacked;
            base: an image cannot be resolved or pulled; other: everything else, an interrupted
            build too.
    """

    target: str
    step: str
    dockerfile: str
    line: int | None
    log_tail: tuple[str, ...]
    message: str
    kind: FailureKind


def find_failure(trace: Trace, text: str = "") -> Failure | None:
    """Tell what went wrong in a build.

    Args:
        trace: the build's trace, with what buildx wrote between and after the messages.
        text: what buildx wrote elsewhere, such as to standard output.

    Returns:
        None where nothing tells of a failure.
    """
    said = f"{trace.noise}\n{text}".strip("\n")
    step = next((step for step in trace.steps if step.error), None)
    message = _message(said) or (step.error if step else "")
    if not message:
        return None
    kind = _kind(message, step)
    if step is None and kind in {"engine-gone", "disk-full", "other"}:
        step = next((step for step in trace.steps if step.running), None)
    excerpt = _EXCERPT.search(said)
    dockerfile = excerpt["file"] if excerpt else ""
    readers = _readers(trace, dockerfile)
    if kind == "dockerfile" and len(readers) == 1:
        dockerfile = readers[0].name.removeprefix(_DEFINITION)
    targets = {reader.target for reader in readers}
    return Failure(
        target=step.target if step else targets.pop() if len(targets) == 1 else "",
        step=step.name if step else "",
        dockerfile=dockerfile,
        line=_line(excerpt) if excerpt else None,
        log_tail=step.log_tail if step else (),
        message=message,
        kind=kind,
    )


def _message(said: str) -> str:
    """Give the last error of buildx, with the lines that follow it."""
    lines = said.split("\n")
    starts = [number for number, line in enumerate(lines) if line.startswith(_ERROR)]
    if not starts:
        return ""
    text = "\n".join(lines[starts[-1] : starts[-1] + _MESSAGE_LINES])
    return text.removeprefix(_ERROR).removeprefix("failed to solve: ").strip()


def _kind(message: str, step: Step | None) -> FailureKind:
    """Judge by what BuildKit says; a program's own words count for a full disk alone."""
    error = step.error if step else ""
    if _PROCESS.search(error or message):
        full = step is not None and any(_DISK_FULL.search(line) for line in step.log_tail)
        return "disk-full" if full else "step"
    words = error or message
    if _DISK_FULL.search(words):
        return "disk-full"
    if _ENGINE_LOST.search(words):
        return "engine-gone"
    if _COLLECTED.search(words):
        return "collected"
    if step is not None and step.kind == "dockerfile":
        return "step"
    if (step is not None and step.kind == "base") or _BASE.search(words):
        return "base"
    if _DOCKERFILE.search(message):
        return "dockerfile"
    return "engine-gone" if step is None and _CONNECTION_LOST.search(message) else "other"


def _line(excerpt: re.Match[str]) -> int:
    """Give the first line that the excerpt marks; its head's where it marks none."""
    marked = re.search(r"^[ ]*(\d+) \| >>>", excerpt["lines"], re.MULTILINE)
    return int(marked[1]) if marked else int(excerpt["line"])


def _readers(trace: Trace, dockerfile: str) -> list[Step]:
    """Give the steps that read this Dockerfile, or any where none is named."""
    return [
        step
        for step in trace.steps
        if step.name.startswith(_DEFINITION) and step.name.endswith(dockerfile)
    ]
