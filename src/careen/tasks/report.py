"""The task that writes down what images weigh, and compares it with an earlier run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.tasks.adapter import careen_task, say, show_json, words

if TYPE_CHECKING:
    from careen.config.model import Settings


@careen_task(
    variadic="variants",
    help={
        "variants": "those to look at; all that are built by default",
        "against": "an earlier report's file, or a commit that has it",
        "now": "take this report's file, and look at no image",
        "output": "the file to write; [tool.careen.report] file by default",
        "max_growth": "exit 1 where a variant is larger to pull by more than this, such as 5MB",
        "markdown": "print Markdown for a pull request",
        "json": "print the report, or the comparison, as JSON",
        "dry": "say what would be read and written",
    },
)
def report(
    context: Any,
    variants: str = "",
    against: str = "",
    now: str = "",
    output: str = "",
    max_growth: str = "",
    markdown: bool = False,
    json: bool = False,
    dry: bool = False,
) -> None:
    """Write down what the built images weigh, and say what changed since an earlier run.

    Examples: careen report; careen report --against main --max-growth 5MB --markdown
    """
    from datetime import UTC, datetime

    from careen.config.load import load
    from careen.config.values import parse_growth
    from careen.history.compare import compare

    settings = load().settings
    limit = parse_growth(max_growth) if max_growth else settings.report.max_growth
    path = Path(output) if output else settings.root / settings.report.file
    images = {} if now else _images(settings, words(variants))
    if dry:
        asked = {"images": images, "now": now, "against": against, "max_growth_bytes": limit}
        show_json(asked | {"output": str(path)})
        return
    before = _earlier(settings, against) if against else None
    made = datetime.now(UTC).isoformat(timespec="seconds")
    found = _earlier(settings, now) if now else _collect(settings, images, made, path)
    if before is None:
        _show(found, None, markdown=markdown, json=json)
        return
    compared = compare(before, found, against=against, max_growth_bytes=limit)
    _show(found, compared, markdown=markdown, json=json)
    _judge(compared)


def _images(settings: Settings, names: tuple[str, ...]) -> dict[str, str]:
    """Give the tags by variant: of those that were named, or of all that have a record."""
    from careen.config.load import built_variants, choose

    chosen = choose(settings, names) if names else built_variants(settings)
    return {name: f"{settings.image}:{name}" for name in chosen}


def _collect(settings: Settings, images: dict[str, str], made: str, path: Path) -> dict[str, Any]:
    import json

    from careen.engine.images import open_image
    from careen.engine.paths import write_atomically
    from careen.errors import UsageError
    from careen.history.collect import collect
    from careen.scan.record import read_record

    if not images:
        raise UsageError("no variant is built", hint="`careen build` builds them")
    records = settings.root / settings.build.records
    found = collect(
        images,
        records,
        lambda name: open_image(name, say=say),
        made,
        lambda variant: read_record(records, variant),
    )
    write_atomically(path, f"{json.dumps(found, indent=1)}\n".encode())
    say(f"written: {path}")
    return found


def _earlier(settings: Settings, against: str) -> dict[str, Any]:
    """Read the earlier report: a file, or what a commit has of [tool.careen.report] file."""
    from careen.engine.checkout import file_at
    from careen.errors import UsageError
    from careen.history.collect import parse_report

    if Path(against).is_file():
        return parse_report(Path(against).read_bytes(), against)
    path = settings.report.file
    text = file_at(settings.root, against, path)
    if text is None:
        raise UsageError(
            f"{against} is no file, and no commit that has {path}",
            hint="commit what `careen report` writes, or give an earlier report's file",
        )
    return parse_report(text.encode(), f"{against}:{path}")


def _show(
    found: dict[str, Any], compared: dict[str, Any] | None, *, markdown: bool, json: bool
) -> None:
    from careen.report import history

    if json:
        show_json(found if compared is None else compared)
    elif compared is None:
        shown = history.report_markdown if markdown else history.render_report
        print(shown(found), end="")
    elif markdown:
        print(history.history_markdown(compared), end="")
    else:
        print(history.render_history(compared), end="")


def _judge(compared: dict[str, Any]) -> None:
    from invoke.exceptions import Exit

    from careen.errors import CheckFailedError

    if compared["outcome"] != "passed":
        raise Exit(code=CheckFailedError.exit_code)
