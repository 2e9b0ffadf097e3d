"""The live progress of a build: a table on a terminal, a line a step elsewhere."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self, TextIO, runtime_checkable

from careen.report.quantities import seconds as written
from careen.report.terminal import clean, colour_wanted, terminal_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

    from rich.console import Console, RenderableType
    from rich.live import Live

COLUMNS = 100
BAR_COLUMNS = 16
MOST_RUNNING = 6
# Shorter reading, pulling and exporting is no news.
_IMPORT = "importing cache manifest"
QUIET_SECONDS = 1.0

# Flags that say nothing of what a step does, and are long.
_NOT_SHOWN = re.compile(r"(?<=\s)--(?:mount|network|security)=\S+\s+")


@runtime_checkable
class ShownStep(Protocol):
    """What the display needs of a step; `careen.build.trace.Step` is one."""

    @property
    def target(self) -> str:
        """The variant that it belongs to; empty for none."""

    @property
    def key(self) -> tuple[str, ...]:
        """What it is called in every update."""

    @property
    def instruction(self) -> str:
        """What it does."""

    @property
    def kind(self) -> str:
        """`dockerfile` for the instructions that are counted."""

    @property
    def state(self) -> str:
        """One of waiting, running, done, failed."""

    @property
    def cached(self) -> bool:
        """Whether its result came from the cache."""

    @property
    def seconds(self) -> float:
        """How long it ran."""


class ShownText(Protocol):
    """A line of the builder's own; `careen.build.trace.Noise` is one. Warnings are shown."""

    @property
    def text(self) -> str:
        """The line."""


class BuildProgress:
    """Shows a build while it runs; a context manager, fed from any one thread.

    On a terminal: a line a variant with its bar, step and time, and below it the steps that run.
    Elsewhere a line a step as it ends: `[slim] 3/9 RUN pip install ... 4.2 s`.

    Args:
        variants: their names, in the order of the lines; others are added as they come.
        stream: where to write, standard error by default.
        console: a rich console instead of *stream*; always shown live.
        clock: the time in seconds.

    >>> import io
    >>> with BuildProgress(["slim"], stream=io.StringIO()) as progress:
    ...     progress.update([])
    """

    def __init__(
        self,
        variants: Sequence[str] = (),
        *,
        stream: TextIO | None = None,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._lock = threading.Lock()
        self._variants = {name: _Variant(name) for name in variants}
        self._said: set[tuple[str, ...]] = set()
        self._live: Live | None = None
        if console is not None or _is_terminal(self._stream):
            self._live = _live(self._stream, console, self._table)

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last state on the terminal."""
        if self._live is not None:
            self._live.stop()

    def update(self, events: Iterable[ShownStep | ShownText]) -> None:
        """Take what changed: steps as they are now, and lines of text."""
        for event in events:
            if isinstance(event, ShownStep):
                with self._lock:
                    self._take(event)
                if self._live is None:
                    self._say(event)
            elif event.text.startswith("WARNING"):
                self._write(clean(event.text))

    def _take(self, step: ShownStep) -> None:
        # What belongs to no variant, such as reading the definition, makes no line of its own.
        if step.target or step.kind == "dockerfile" or not self._variants:
            variant = self._variants.setdefault(step.target, _Variant(step.target))
            variant.take(step, self._clock())

    def _say(self, step: ShownStep) -> None:
        variant = self._variants.get(step.target)
        if variant is None or step.state not in {"done", "failed"} or step.key in self._said:
            return
        counted = step.kind == "dockerfile"
        if not counted and step.state == "done" and step.seconds < QUIET_SECONDS:
            return
        self._said.add(step.key)
        head = f"[{step.target}] " if step.target else ""
        head += f"{variant.finished}/{variant.total} " if counted else ""
        head += _state(step)
        tail = "" if step.cached else f" {written(step.seconds)}"
        room = max(COLUMNS - len(head) - len(tail), 20)
        self._write(f"{head}{_shortened(step.instruction, room)}{tail}")

    def _write(self, line: str) -> None:
        if self._live is not None:
            self._live.console.print(line, markup=False, highlight=False)
        else:
            self._stream.write(f"{line}\n")
            self._stream.flush()

    def _table(self) -> RenderableType:
        from rich.console import Group  # noqa: PLC0415 - late, rich is slow to import

        with self._lock:
            now, variants = self._clock(), list(self._variants.values())
            columns = min(self._live.console.width if self._live else COLUMNS, COLUMNS)
            return Group(
                _variants_table(variants, now, columns), *_running_lines(variants, now, columns)
            )


@dataclass
class _Variant:
    """What is known of one variant's build."""

    name: str
    steps: dict[tuple[str, ...], ShownStep] = field(default_factory=dict)
    began: float | None = None
    changed: float = 0.0
    since: dict[tuple[str, ...], float] = field(default_factory=dict)

    def take(self, step: ShownStep, now: float) -> None:
        self.steps[step.key] = step
        self.changed = now
        if step.state != "waiting":
            self.began = now if self.began is None else self.began
            self.since.setdefault(step.key, now)

    @property
    def running(self) -> list[ShownStep]:
        return [step for step in self.steps.values() if step.state == "running"]

    @property
    def total(self) -> int:
        return sum(step.kind == "dockerfile" for step in self.steps.values())

    @property
    def finished(self) -> int:
        return sum(
            step.kind == "dockerfile" and step.state in {"done", "failed"}
            for step in self.steps.values()
        )

    @property
    def failed(self) -> bool:
        return any(step.state == "failed" for step in self.steps.values())

    def elapsed(self, now: float) -> float:
        if self.began is None:
            return 0.0
        ended = not self.running and (self.failed or 0 < self.total == self.finished)
        return (self.changed if ended else now) - self.began

    def doing(self) -> str:
        """Say in a few words what it does now."""
        if self.failed:
            return "failed"
        running = sorted(self.running, key=lambda step: self.since[step.key])
        if running:
            return running[-1].instruction
        return "done" if 0 < self.total == self.finished else "waiting"


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM", "dumb") not in {"dumb", "unknown"}


def _live(stream: TextIO, console: Console | None, table: Callable[[], RenderableType]) -> Live:
    from rich.console import Console  # noqa: PLC0415 - late, rich is slow to import
    from rich.live import Live  # noqa: PLC0415

    return Live(
        console=console
        or Console(
            file=stream,
            width=terminal_width(stream),
            highlight=False,
            no_color=not colour_wanted(stream, os.environ),
        ),
        get_renderable=table,
        refresh_per_second=8,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _variants_table(variants: list[_Variant], now: float, columns: int) -> RenderableType:
    from rich.progress_bar import ProgressBar  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(width=BAR_COLUMNS)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis")
    names = max((len(variant.name) for variant in variants), default=0)
    room = columns - names - BAR_COLUMNS - 20
    for variant in variants:
        style = "red" if variant.failed else ""
        table.add_row(
            Text(variant.name),
            ProgressBar(total=variant.total or 1, completed=variant.finished, width=BAR_COLUMNS),
            f"{variant.finished}/{variant.total}",
            written(variant.elapsed(now)),
            Text(_shortened(variant.doing(), room), style=style),
        )
    return table


def _running_lines(variants: list[_Variant], now: float, columns: int) -> list[RenderableType]:
    from rich.text import Text  # noqa: PLC0415

    running = [
        (variant.since[step.key], variant.name, step)
        for variant in variants
        for step in variant.running
    ]
    running.sort(key=lambda each: each[0])
    lines: list[RenderableType] = []
    for since, name, step in running[:MOST_RUNNING]:
        head, tail = f"  {name} " if name else "  ", f" {written(max(now - since, 0.0))}"
        text = _shortened(step.instruction, columns - len(head) - len(tail))
        lines.append(Text(f"{head}{text}{tail}", style="dim", no_wrap=True, overflow="ellipsis"))
    if len(running) > MOST_RUNNING:
        lines.append(Text(f"  and {len(running) - MOST_RUNNING} more", style="dim"))
    return lines


def _state(step: ShownStep) -> str:
    if step.state == "failed":
        # Before the first export there is nothing to import: a build goes on without it.
        return "NO CACHE " if step.instruction.startswith(_IMPORT) else "FAILED "
    return "CACHED " if step.cached else ""


def _shortened(instruction: str, columns: int) -> str:
    """Write an instruction in one line of so many columns.

    >>> _shortened("RUN --mount=type=cache,target=/c   pip install fastapi", 20)
    'RUN pip install f...'
    """
    text = clean(" ".join(_NOT_SHOWN.sub("", instruction).split()))
    return text if len(text) <= columns else f"{text[: max(columns - 3, 0)].rstrip()}..."
