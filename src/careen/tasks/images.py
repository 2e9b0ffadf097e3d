"""The tasks that look into images: analyze, diff and explore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.tasks.adapter import careen_task, say, show_json, words

if TYPE_CHECKING:
    from careen.image.gate.rules import Rule, Source
    from careen.image.model import Image

_PLATFORM = {"platform": "of an image that has several, such as linux/arm64; this machine's own"}
_VERIFY = "compare an archive's layers of over 64 MB with their digests too; all others always are"


@careen_task(
    variadic="images",
    help=_PLATFORM
    | {
        "images": "variants, the engine's images, archives, OCI layouts, registry:REFERENCE",
        "base": "the image whose layers are not counted as unique; of a variant its own by default",
        "ci": "judge by the rules of [tool.careen.analyze] and of .dive-ci; exit 1 where one fails",
        "verify": _VERIFY,
        "dive_compat": "show dive's three numbers too",
        "html": "write one self-contained page to this file",
        "markdown": "print Markdown for a pull request",
        "json": "print the analysis as JSON",
        "dry": "say what would be read and which rules would be judged",
    },
)
def analyze(
    context: Any,
    images: str = "",
    platform: str = "",
    base: str = "",
    ci: bool = False,
    verify: bool = False,
    dive_compat: bool = False,
    html: str = "",
    markdown: bool = False,
    json: bool = False,
    dry: bool = False,
) -> None:
    """Say what an image costs: by layer, by distribution and package, and what of it is waste.

    Examples: careen analyze slim; careen analyze ./image.tar --json; careen analyze slim --ci
    """
    from careen.config.load import image_names
    from careen.engine.images import open_image
    from careen.image.analysis import analyze as library
    from careen.image.analysis import document
    from careen.image.collector import collector_paused
    from careen.image.gate.rules import needs_dive

    names = image_names(words(images))
    rules = _rules() if ci else ()
    if dry:
        show_json({"images": names, "base": base, "rules": [vars(rule) for rule in rules]})
        return
    dive = dive_compat or needs_dive(rules)
    with collector_paused():
        opened = [open_image(name, platform=platform, say=say, verify=verify) for name in names]
        below = [_base(image, base, platform, verify=verify) for image in opened]
        analyses = [
            library(image, base=one, rules=rules, dive=dive)
            for image, one in zip(opened, below, strict=True)
        ]
    _show(document(analyses, opened), html=html, markdown=markdown, json=json)
    _judge(analyses)


@careen_task(
    variadic="images",
    help=_PLATFORM
    | {
        "images": "two of them, the older one first",
        "verify": _VERIFY,
        "max_growth": "exit 1 where the second is larger to pull by more than this, such as 5MB",
        "markdown": "print Markdown for a pull request",
        "json": "print the difference as JSON",
        "dry": "say what would be read",
    },
)
def diff(
    context: Any,
    images: str = "",
    platform: str = "",
    max_growth: str = "",
    verify: bool = False,
    markdown: bool = False,
    json: bool = False,
    dry: bool = False,
) -> None:
    """Say what changed between two images: files, packages, configuration, layers, size.

    Examples: careen diff current slim; careen diff slim ./new.tar --max-growth 5MB
    """
    from invoke.exceptions import Exit

    from careen.config.load import image_names
    from careen.config.values import parse_growth
    from careen.engine.images import open_image
    from careen.errors import CheckFailedError
    from careen.image.collector import collector_paused
    from careen.image.compare.difference import compare
    from careen.image.tree import merge

    names = _two(image_names(words(images)))
    limit = parse_growth(max_growth) if max_growth else None
    if dry:
        show_json({"images": names, "max_growth_bytes": limit})
        return
    with collector_paused():
        one, other = [open_image(name, platform=platform, say=say, verify=verify) for name in names]
        merged = merge(one.layers), merge(other.layers)
        found = compare(one, other, *merged, max_growth_bytes=limit)
    _show_difference(found.to_json(), markdown=markdown, json=json)
    if not found.passed:
        raise Exit(code=CheckFailedError.exit_code)


@careen_task(
    variadic="images",
    help=_PLATFORM
    | {
        "images": "one of them: a variant, an image of the engine, an archive, registry:REFERENCE",
        "dry": "say what would be read",
    },
)
def explore(context: Any, images: str = "", platform: str = "", dry: bool = False) -> None:
    """Browse an image in the terminal: its layers, the tree after each, waste and owners.

    Keys are shown below; ? explains them, q ends.

    Example: careen explore slim
    """
    import sys

    from careen.config.load import image_names
    from careen.engine.images import open_image
    from careen.errors import UsageError

    names = image_names(words(images))
    if len(names) != 1:
        raise UsageError(f"explore takes one image, not {len(names)}")
    if dry:
        show_json({"images": names})
        return
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise UsageError("explore needs a terminal", hint="`careen analyze` prints the same facts")
    from careen.explore.app import explore as browse

    browse(open_image(names[0], platform=platform, say=say))


def _base(image: Image, asked: str, platform: str, *, verify: bool) -> Image | None:
    """Open the base that was asked for, or the one that a build record knows of an image."""
    from careen.build.known_base import known_base
    from careen.config.load import records_folder
    from careen.engine.images import open_image

    if asked:
        return open_image(asked, platform=platform, say=say, verify=verify)
    return known_base(image, records_folder(), platform, say)


def _rules() -> tuple[Rule, ...]:
    """Give the rules of pyproject.toml and of a .dive-ci file beside it, or here."""
    from careen.config.load import load_if_any
    from careen.errors import ConfigError
    from careen.image.gate.dive_ci import read_dive_ci
    from careen.image.gate.rules import make_rules

    sources: list[Source] = []
    settings = load_if_any()
    folder = settings.root if settings else Path.cwd()
    if settings and (own := settings.analyze.model_dump(by_alias=True, exclude_none=True)):
        sources.append(("pyproject.toml", own))
    if (path := folder / ".dive-ci").is_file():
        sources += read_dive_ci(path.read_text(encoding="utf-8", errors="replace"), ".dive-ci")
    if not sources:
        raise ConfigError(
            f"--ci: no rule is set in [tool.careen.analyze], and there is no {path}",
            hint='set one, such as max-pull-size = "80MB"',
        )
    return make_rules(sources)


def _show(analysis: dict[str, Any], *, html: str, markdown: bool, json: bool) -> None:
    from careen.engine.paths import write_atomically

    if html:
        from careen.report.analysis_html import html as page

        write_atomically(Path(html), page(analysis).encode())
        say(f"written: {html}")
    if json:
        show_json(analysis)
    elif markdown:
        from careen.report.analysis_markdown import markdown as text

        print(text(analysis))
    else:
        from careen.report.analysis import render_analysis

        print(render_analysis(analysis))


def _judge(analyses: list[dict[str, Any]]) -> None:
    from invoke.exceptions import Exit

    from careen.errors import CheckFailedError

    judged = [rule for analysis in analyses for rule in analysis.get("rules", ())]
    if any(rule["status"] == "failed" for rule in judged):
        raise Exit(code=CheckFailedError.exit_code)


def _two(names: list[str]) -> list[str]:
    from careen.errors import UsageError

    if len(names) != 2:  # noqa: PLR2004
        raise UsageError(f"diff takes two images, not {len(names)}", hint="careen diff OLD NEW")
    return names


def _show_difference(found: dict[str, Any], *, markdown: bool, json: bool) -> None:
    if json:
        show_json(found)
        return
    from careen.report import difference

    print(difference.markdown(found) if markdown else difference.render_difference(found))
