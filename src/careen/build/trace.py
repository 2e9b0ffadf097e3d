"""BuildKit's progress as data: the steps of a build with their times, cache state and last lines.

`docker buildx bake --progress=rawjson` writes to standard error: BuildKit's SolveStatus messages,
pretty-printed one after the other by buildx 0.13, one a line by newer versions, and between and
after them plain text of buildx itself (WARNING: ..., ERROR: ..., an excerpt of the Dockerfile).

Where a step belongs: buildx puts a target's name into every name of that target's own stream
(`[slim builder 2/4] RUN ...`, `[slim] exporting to image`) once it builds more than one target. A
step that two targets share is reported in both streams, under both prefixes, with one digest; its
log lines come once. BuildKit names such a step after the target that was loaded first, so that the
total in `1/4` can be another target's, and where it merges two equal steps a target's stream has
both of them: the one that ran, and its own, cached. They are one step here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from careen.build.log_tail import LOG_TAIL_LINES, StepLog
from careen.build.solve_status import Status, Vertex
from careen.build.step_names import Kind, defined_target, parse_name, split_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

State = Literal["waiting", "running", "done", "failed"]


# A step with this error did not fail: another one did, and BuildKit stopped this one.
_CANCELED = "context canceled"


@dataclass(frozen=True)
class Step:
    """One step of one target.

    Attributes:
        digest: BuildKit's own, of the vertex that was seen first.
        name: BuildKit's name without the target's: `[builder 2/4] RUN pip install ...`.
        target: the bake target; empty where there is one target and nobody named it, and for
            buildx's own reading of the bake definition.
        platform: such as linux/arm64; empty unless a build names several.
        stage: the stage's name, such as `stage-1` for one without; empty in a one-stage Dockerfile.
        index: its number in the stage from 1, FROM counted; 0 where it has none.
        total: the number of the stage's steps as BuildKit says it, see the module.
        instruction: the instruction as BuildKit shows it; the whole name for other steps.
        kind: dockerfile: an instruction; base: resolving and pulling an image; context: reading
            files from the client; export: writing an image or a cache; internal: the rest, such as
            reading the Dockerfile and importing a cache's manifest.
        started: seconds after the trace's first step; None where it never ran, because nothing
            that was built needed it.
        ended: the same for the end of its last run, or for the trace's last sign of life.
        seconds: the union of the times in which it ran.
        running: it began and did not end.
        cached: its result came from the cache.
        error: why it failed; empty where it did not, or where another step's failure stopped it.
        log_tail: the last lines that it wrote.
        transferred_bytes: what the client sent for it.
    """

    digest: str
    name: str
    target: str
    platform: str
    stage: str
    index: int
    total: int
    instruction: str
    kind: Kind
    started: float | None = None
    ended: float | None = None
    seconds: float = 0.0
    running: bool = False
    cached: bool = False
    error: str = ""
    log_tail: tuple[str, ...] = ()
    transferred_bytes: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        """What this step is called in every build of the same Dockerfile, without the total."""
        number = f"{self.index} {self.instruction}" if self.index else self.name
        return (self.target, self.platform, self.stage, number)

    @property
    def runs_nothing(self) -> bool:
        """Whether it makes a folder at most: BuildKit may cache that even in a cold build."""
        return self.instruction.startswith("WORKDIR ")

    @property
    def reused(self) -> bool:
        """Whether it need not run: its result, or that of a step that stands on it, was cached."""
        return self.cached or self.started is None

    @property
    def state(self) -> State:
        """Where it is now."""
        if self.error:
            return "failed"
        if self.running:
            return "running"
        return "waiting" if self.started is None else "done"


@dataclass(frozen=True)
class Noise:
    """A line that is no message of BuildKit: a warning, an error or an excerpt by buildx."""

    text: str


Event = Step | Noise


@dataclass(frozen=True)
class Trace:
    """A whole build, or one target's part of it.

    Attributes:
        steps: in the order in which BuildKit announced them.
        seconds: from the first step's start to the last one's end.
        context_bytes: what the client sent from build contexts.
        errors: buildx's own errors, without their `ERROR: `; every failed build has one, unless
            buildx itself was killed.
        warnings: BuildKit's, with `Dockerfile:line` where they have one, and buildx's.
        noise: all text that is no message, line by line.
    """

    steps: tuple[Step, ...]
    seconds: float
    context_bytes: int
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    noise: str

    @property
    def failed(self) -> bool:
        """Whether the build failed, as far as its output tells."""
        return bool(self.errors) or any(step.error for step in self.steps)


def read_trace(data: bytes, targets: Sequence[str] = ()) -> Trace:
    """Decode a build's whole output; see `TraceReader`."""
    reader = TraceReader(targets)
    reader.feed(data)
    reader.end()
    return reader.trace()


def for_target(trace: Trace, name: str) -> Trace:
    """Give one target's part of a build; times stay on the whole build's clock.

    A step that another target ran first stands in both, or is cached here: to measure a target, do
    not build others at the same time. Errors, warnings and noise name no target and stay whole.
    """
    return _trace(
        [step for step in trace.steps if step.target == name],
        trace.errors,
        trace.warnings,
        trace.noise,
    )


class TraceReader:
    r"""Decodes a build's output while it comes.

    Args:
        targets: the bake targets that are built. Of one, the steps have no prefix and belong to
            it. Prefixes that are not named here are learnt from each target's first step.

    >>> reader = TraceReader(["slim"])
    >>> reader.feed(b"ERROR: no builder\n")
    [Noise(text='ERROR: no builder')]
    >>> reader.trace().errors
    ('no builder',)
    """

    def __init__(self, targets: Sequence[str] = ()) -> None:
        self._only = targets[0] if len(targets) == 1 else ""
        self._targets = frozenset(targets if len(targets) > 1 else ())
        self._rest = b""
        self._object: list[str] = []
        self._noise: list[str] = []
        self._warnings: list[str] = []
        self._steps: dict[tuple[str, ...], _Parts] = {}
        self._vertices: dict[tuple[str, str], _Parts] = {}
        self._by_digest: dict[str, list[_Parts]] = {}
        self._logs: dict[str, StepLog] = {}
        self._bytes: dict[str, dict[str, int]] = {}
        self._fetched: set[str] = set()
        self._first: float | None = None
        self._last = 0.0

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes, cut anywhere; give the steps that changed and the new noise."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return self._events(lines)

    def end(self) -> list[Event]:
        """Take what is left when the output ends; an unfinished message becomes noise."""
        lines, self._rest = ([self._rest] if self._rest else []), b""
        return [*self._events(lines), *self._give_up()]

    def trace(self) -> Trace:
        """Give the build as it is known by now."""
        noise = [line.rstrip() for line in self._noise]
        errors = [line.removeprefix("ERROR: ") for line in noise if line.startswith("ERROR: ")]
        warnings = [line.removeprefix("WARNING: ") for line in noise if line.startswith("WARNING:")]
        steps = [self._step(parts) for parts in self._steps.values()]
        warnings = list(dict.fromkeys([*self._warnings, *warnings]))
        return _trace(steps, tuple(errors), tuple(warnings), "\n".join(self._noise))

    def _events(self, lines: Iterable[bytes]) -> list[Event]:
        """Give the changes of some lines, each step once, as it is after the last of them."""
        changed: dict[int, _Parts] = {}
        noise: list[Noise] = []
        for line in lines:
            for found in self._line(line.decode(errors="replace").rstrip("\r")):
                if isinstance(found, Noise):
                    noise.append(found)
                else:
                    changed[id(found)] = found
        return [*map(self._step, changed.values()), *noise]

    def _line(self, line: str) -> Iterator[_Parts | Noise]:
        """Take one line: a whole message, a part of one, or noise.

        A pretty-printed object opens with `{` alone and closes with `}` at the line's begin, and
        all between is indented; any other line there means that its writer died.
        """
        if self._object and line[:1] not in {" ", "\t", "}"}:
            yield from self._give_up()
        if self._object:
            self._object.append(line)
            if line.startswith("}"):
                text, self._object = "\n".join(self._object), []
                yield from self._message(text)
        elif line.rstrip() == "{":
            self._object = [line]
        elif line.startswith("{"):
            yield from self._message(line)
        elif line.strip():
            yield self._note(line)

    def _give_up(self) -> list[Noise]:
        lines, self._object = self._object, []
        return [self._note(line) for line in lines]

    def _note(self, line: str) -> Noise:
        self._noise.append(line)
        return Noise(line)

    def _message(self, text: str) -> Iterator[_Parts | Noise]:
        try:
            status = Status.model_validate_json(text)
        except ValidationError:
            yield from [self._note(line) for line in text.split("\n")]
            return
        for vertex in status.vertexes:
            yield self._vertex(vertex)
        for entry in status.statuses:
            if entry.id.removeprefix("extracting ").startswith("sha256:"):
                self._fetched.add(entry.vertex)
            if entry.name == "transferring":
                sent = self._bytes.setdefault(entry.vertex, {})
                sent[entry.id] = max(sent.get(entry.id, 0), entry.current)
                yield from self._by_digest.get(entry.vertex, ())
        for log in status.logs:
            self._logs.setdefault(log.vertex, StepLog()).add(log.stream, log.data)
            self._see(log.timestamp)
            yield from self._by_digest.get(log.vertex, ())
        self._warnings += [warning.text for warning in status.warnings]

    def _vertex(self, vertex: Vertex) -> _Parts:
        parts = self._vertices.get((vertex.digest, vertex.name))
        if parts is None:
            step = self._identify(vertex)
            parts = self._steps.setdefault(step.key, _Parts(step))
            self._vertices[vertex.digest, vertex.name] = parts
            self._by_digest.setdefault(vertex.digest, []).append(parts)
        self._see(vertex.started)
        self._see(vertex.completed)
        parts.add(vertex)
        return parts

    def _was_cached(self, run: tuple[str, bool]) -> bool:
        # A step whose blobs come from an imported cache is not reported as cached: it "runs" as
        # long as they are fetched. Nothing but that fetches blobs within a step.
        digest, cached = run
        return cached or digest in self._fetched

    def _see(self, moment: datetime | None) -> None:
        if moment is not None:
            seconds = moment.timestamp()
            self._first = seconds if self._first is None else min(seconds, self._first)
            self._last = max(seconds, self._last)

    def _identify(self, vertex: Vertex) -> Step:
        if target := defined_target(vertex.name):
            self._targets |= {target}
        target, name = split_target(vertex.name, self._targets)
        return Step(
            digest=vertex.digest,
            name=name,
            target=target or self._only,
            **asdict(parse_name(name)),
        )

    def _step(self, parts: _Parts) -> Step:
        first = self._first or 0.0
        intervals = [
            (start - first, (self._last if end is None else end) - first)
            for start, end in parts.intervals.values()
        ]
        sent = [self._bytes.get(digest, {}).values() for digest in parts.digests]
        return replace(
            parts.step,
            started=min((start for start, _ in intervals), default=None),
            ended=max((end for _, end in intervals), default=None),
            seconds=_union(intervals),
            running=any(end is None for _, end in parts.intervals.values()),
            cached=bool(parts.cached) and all(map(self._was_cached, parts.cached.items())),
            error=parts.error,
            log_tail=tuple(
                line
                for digest in parts.digests
                if digest in self._logs
                for line in self._logs[digest].tail()
            )[-LOG_TAIL_LINES:],
            transferred_bytes=sum(map(sum, sent)),
        )


class _Parts:
    """What is known of one step: the runs of all the vertices that it is made of."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.digests: dict[str, None] = {}
        self.cached: dict[str, bool] = {}
        self.error = ""
        # A run is named by its vertex and start: it is reported open first, then with its end.
        self.intervals: dict[tuple[str, float], tuple[float, float | None]] = {}

    def add(self, vertex: Vertex) -> None:
        self.digests[vertex.digest] = None
        if vertex.started is not None:
            start = vertex.started.timestamp()
            end = vertex.completed.timestamp() if vertex.completed else None
            self.intervals[vertex.digest, start] = (start, end)
            self.cached[vertex.digest] = vertex.cached
        if vertex.error and not vertex.error.endswith(_CANCELED):
            self.error = vertex.error


def _union(intervals: Iterable[tuple[float, float]]) -> float:
    """Give the time that is covered by at least one interval.

    >>> _union([(0, 2), (1, 3), (5, 6)])
    4.0
    """
    seconds, covered = 0.0, float("-inf")
    for start, end in sorted(intervals):
        seconds += max(end - max(start, covered), 0.0)
        covered = max(end, covered)
    return seconds


def _trace(
    steps: Sequence[Step], errors: tuple[str, ...], warnings: tuple[str, ...], noise: str
) -> Trace:
    """Put steps together; the whole's seconds and bytes are theirs."""
    starts = [step.started for step in steps if step.started is not None]
    ends = [step.ended for step in steps if step.ended is not None]
    return Trace(
        steps=tuple(steps),
        seconds=max(ends) - min(starts) if starts and ends else 0.0,
        context_bytes=sum(step.transferred_bytes for step in steps if step.kind == "context"),
        errors=errors,
        warnings=warnings,
        noise=noise,
    )
