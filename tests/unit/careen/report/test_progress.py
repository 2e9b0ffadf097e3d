from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from careen.build.trace import Noise, TraceReader
from careen.report import progress
from careen.report.progress import BuildProgress

if TYPE_CHECKING:
    from careen.report.progress import ShownStep

DATA = Path(__file__).parents[3] / "data" / "rawjson"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Shown:
    """A step as the display sees it."""

    instruction: str
    state: str = "done"
    seconds: float = 0.0
    target: str = "slim"
    kind: str = "dockerfile"
    cached: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        return (self.target, self.instruction)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def plain(*steps: ShownStep, variants: tuple[str, ...] = ("slim",)) -> str:
    stream = io.StringIO()
    with BuildProgress(variants, stream=stream) as shown:
        for step in steps:
            shown.update([step])
    return stream.getvalue()


def replayed(name: str, *targets: str) -> str:
    """Show a captured build, message by message, with its own times."""
    reader, stream = TraceReader(targets), io.StringIO()
    with BuildProgress(targets, stream=stream) as shown:
        for line in (DATA / f"{name}.json").read_bytes().splitlines(keepends=True):
            shown.update(reader.feed(line))
        shown.update(reader.end())
    return stream.getvalue()


def table(shown: BuildProgress, width: int = 100) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(shown._table())
    text: str = console.file.getvalue()  # type: ignore[attr-defined] # the StringIO above
    return [line.rstrip() for line in text.splitlines()]


def test_plain_lines_of_a_cold_build() -> None:
    text = replayed("single-cold", "slim")
    assert re.sub(r"[\d.]+ m?s$", "N s", text, flags=re.MULTILINE).splitlines() == [
        "[slim] 1/8 WORKDIR /build N s",
        "[slim] 2/8 WORKDIR /app N s",
        "[slim] 3/8 COPY requirements.txt . N s",
        "[slim] 4/8 RUN sleep 0.3 && echo user > /etc/user N s",
        "[slim] 5/8 RUN echo collecting fastapi && sleep 0.6 && echo installed > /build/venv N s",
        "[slim] 6/8 COPY --from=builder /build/venv /opt/venv N s",
        "[slim] 7/8 COPY src ./src N s",
        "[slim] 8/8 RUN cat src/app.py && echo warning: old >&2 N s",
    ]


def test_plain_lines_of_a_code_change() -> None:
    lines = replayed("single-code-change", "slim").splitlines()
    assert lines[0] == "[slim] 1/8 CACHED WORKDIR /app"
    assert sum(" CACHED " in line for line in lines) == 6
    assert re.fullmatch(r"\[slim\] 8/8 RUN cat src/app.py && .* 0\.\d\d s", lines[-1])


def test_plain_lines_of_several_variants() -> None:
    lines = replayed("multi-cold", "slim", "lean").splitlines()
    assert {line.split()[0] for line in lines} == {"[slim]", "[lean]"}
    # Each step of each variant once, though BuildKit reports the shared ones several times.
    assert sum(line.startswith("[slim]") for line in lines) == 8
    assert sum(line.startswith("[lean]") for line in lines) == 6


def test_plain_lines_of_a_failure() -> None:
    last = replayed("failing-run", "failing").splitlines()[-1]
    assert last.startswith("[failing] 3/4 FAILED RUN echo collecting fastapi && echo")


def test_every_captured_build_fits() -> None:
    for path in DATA.glob("*.json"):
        for line in replayed(path.stem).splitlines():
            assert len(line) <= 100 or line.startswith("WARNING")


def test_a_plain_line_says_how_long_a_step_took() -> None:
    running = Shown("RUN --mount=type=cache,target=/c --network=host pip   install\n x", "running")
    assert plain(running, replace(running, state="done", seconds=4.21)) == (
        "[slim] 1/1 RUN pip install x 4.2 s\n"
    )


def test_quiet_steps_and_steps_that_are_no_instruction() -> None:
    quick = Shown("exporting to image", kind="export", seconds=0.9)
    slow = Shown("[internal] load build context", kind="context", seconds=12)
    failed = Shown("resolve image config", "failed", kind="base", seconds=0.1)
    other = Shown("[internal] load local bake definitions", kind="internal", target="", seconds=9)
    assert plain(quick, slow, failed, other) == (
        "[slim] [internal] load build context 12.0 s\n[slim] FAILED resolve image config 0.10 s\n"
    )


def test_a_cache_that_is_not_there_yet_is_no_failure() -> None:
    absent = Shown("importing cache manifest from x:cache", "failed", kind="internal", seconds=0.1)
    assert plain(absent) == "[slim] NO CACHE importing cache manifest from x:cache 0.10 s\n"


def test_a_build_without_a_name() -> None:
    assert plain(Shown("RUN a", target="", seconds=2), variants=()) == "1/1 RUN a 2.0 s\n"


def test_warnings_are_shown_and_other_noise_is_not() -> None:
    stream = io.StringIO()
    with BuildProgress(stream=stream) as shown:
        shown.update([Noise("ERROR: x"), Noise("WARNING: \x1b[31mold")])
    assert stream.getvalue() == "WARNING: [31mold\n"


def test_the_table() -> None:
    clock = Clock()
    shown = BuildProgress(["slim", "distroless"], stream=io.StringIO(), clock=clock)
    assert table(shown)[0].split() == ["slim", "0/0", "0", "ms", "waiting"]
    shown.update(
        [
            Shown("RUN a", cached=True),
            Shown("RUN --mount=type=cache,target=/root/.cache pip install fastapi", "running"),
            Shown("COPY . .", "waiting"),
            Shown("COPY x y", "failed", target="distroless"),
        ]
    )
    clock.now += 4.2
    assert table(shown) == [
        "slim       ━━━━━            1/3 4.2 s RUN pip install fastapi",
        "distroless ━━━━━━━━━━━━━━━━ 1/1  0 ms failed",
        "  slim RUN pip install fastapi 4.2 s",
    ]


def test_the_time_stands_when_a_variant_is_done() -> None:
    clock = Clock()
    shown = BuildProgress(["slim"], stream=io.StringIO(), clock=clock)
    shown.update([Shown("RUN a", "running")])
    clock.now += 2
    shown.update([Shown("RUN a")])
    clock.now += 50
    assert table(shown) == ["slim ━━━━━━━━━━━━━━━━ 1/1 2.0 s done"]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_the_table_fits(width: int) -> None:
    shown = BuildProgress(["slim"], stream=io.StringIO(), clock=Clock())
    steps = [Shown(f"RUN {'word ' * 60} {number}", "running") for number in range(9)]
    shown.update(steps)
    lines = table(shown, width)
    assert max(map(len, lines)) <= min(width, 100)
    assert len(lines) == 1 + 6 + 1
    assert lines[-1] == "  and 3 more"


def live(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    for name in ("NO_COLOR", "TERM", "COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = Terminal()
    with BuildProgress(["slim"], stream=stream, clock=Clock()) as shown:
        shown.update([Shown("RUN a", "running"), Noise("WARNING: old")])
        shown.update([Shown("RUN a")])
    return stream.getvalue()


def test_live_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = live(monkeypatch, TERM="xterm-256color")
    assert COLOUR.search(text)
    shown = COLOUR.sub("", text)
    assert "WARNING: old" in shown
    assert "1/1" in shown
    assert "done" in shown


def test_no_colour_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    text = live(monkeypatch, TERM="xterm-256color", NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", text)
    assert "1/1" in text


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {}])
def test_lines_on_a_terminal_that_cannot_move(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    assert live(monkeypatch, **environment) == "WARNING: old\n[slim] 1/1 RUN a 0 ms\n"


def test_a_recorded_console() -> None:
    console = Console(
        file=io.StringIO(), record=True, width=80, force_terminal=True, legacy_windows=False
    )
    with BuildProgress(["slim"], console=console, clock=Clock()) as shown:
        shown.update([Shown("RUN a", "running"), Shown("RUN b", "waiting")])
    assert "slim ━" in console.export_text()


def test_a_broken_build_leaves_the_terminal_in_order() -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    with (
        pytest.raises(KeyboardInterrupt),
        BuildProgress(["slim"], console=console) as shown,
    ):
        raise KeyboardInterrupt
    assert console.file.getvalue().endswith("\x1b[?25h")  # type: ignore[attr-defined]
    assert shown._live is not None
    assert not shown._live.is_started


def test_rich_is_not_imported_for_plain_lines() -> None:
    source = Path(progress.__file__).read_text()
    assert not re.search(r"^(import|from) rich", source, re.MULTILINE)
