"""The task that looks for what is known to be wrong inside images, and judges it by a policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.tasks.adapter import careen_task, say, show_json, words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from careen.scan.policy import Outcome, Scanned
    from careen.scan.workflow import Scan


@careen_task(
    variadic="images",
    help={
        "images": "variants, the engine's images, archives, OCI layouts, registry:REFERENCE; "
        "all built variants by default",
        "scanners": "by name, separated by commas; those of [tool.careen.scan] by default",
        "allow_unknown": "scanners or kinds of packages that may stay unknown, separated by commas",
        "offline": "fetch nothing",
        "update_db": "fetch the newest databases, and scan nothing",
        "baseline": "a file of findings that are known: only new ones fail",
        "write_baseline": "write the findings to this file as known, and judge nothing",
        "sbom": "the folder for SBOMs (CycloneDX, SPDX); beside the build records by default",
        "diff": "say what changed between two images, the older one first",
        "platform": "of an image that has several, such as linux/arm64; this machine's own",
        "sarif": "write the findings to this file as SARIF 2.1.0 as well",
        "junit": "write them to this file as JUnit's XML as well",
        "markdown": "print Markdown for a pull request",
        "json": "print the findings as JSON",
        "dry": "say what would be scanned, by what, and by which policy",
    },
)
def scan(
    context: Any,
    images: str = "",
    scanners: str = "",
    allow_unknown: str = "",
    offline: bool = False,
    update_db: bool = False,
    baseline: str = "",
    write_baseline: str = "",
    sbom: str = "",
    diff: bool = False,
    platform: str = "",
    sarif: str = "",
    junit: str = "",
    markdown: bool = False,
    json: bool = False,
    dry: bool = False,
) -> None:
    """Find vulnerabilities and secrets in images; what nobody could see is unknown, not clean.

    Exits with 1 where the policy of [tool.careen.scan] fails, or something is unknown that it
    does not allow by name.

    Examples: careen scan; careen scan slim --json; careen scan --diff old.tar slim
    """
    from datetime import UTC, datetime

    from careen.scan.workflow import plan
    from careen.scan.workflow import scan as library

    changes = {
        "scanners": words(scanners),
        "allow_unknown": words(allow_unknown),
        "baseline": baseline,
        "new_only": bool(baseline),
    }
    asked = _asked(words(images), changes, platform=platform, sbom=sbom, offline=offline)
    now = datetime.now(UTC)
    if dry:
        show_json(plan(asked, now))
    elif update_db:
        _update(asked, now)
    elif diff:
        _difference(asked, now, json=json)
    else:
        found, outcome = library(asked, now, say)
        if write_baseline:
            _write_baseline(found, write_baseline)
            return
        _show(
            _document(found, outcome, asked), sarif=sarif, junit=junit, markdown=markdown, json=json
        )
        _exit(outcome)


def _asked(
    names: Sequence[str], changes: dict[str, Any], *, platform: str, sbom: str, offline: bool
) -> Scan:
    from careen.config.load import built_variants, image_names, load_if_any, records_folder
    from careen.config.model import ScanSettings
    from careen.scan.workflow import Scan

    project = load_if_any()
    settings = project.scan if project else ScanSettings()
    given = {key: value for key, value in changes.items() if value}
    given["allow_unknown"] = (*settings.allow_unknown, *changes["allow_unknown"])
    records = records_folder()
    wanted = tuple(names) or (built_variants(project) if project else ())
    return Scan(
        names=tuple(image_names(wanted)),
        settings=ScanSettings.model_validate(settings.model_dump() | given),
        project=project,
        platform=platform,
        sbom=Path(sbom) if sbom else records,
        records=records,
        offline=offline,
    )


def _update(asked: Scan, now: datetime) -> None:
    from invoke.exceptions import Exit

    from careen.errors import CareenError, EngineError
    from careen.scan.run import scanners_by_name, update_databases

    results = update_databases(scanners_by_name(asked.settings.scanners), asked.how(now, say))
    for name, line in results:
        print(f"{name}: {line}")
    if all(isinstance(line, CareenError) for _, line in results):
        raise Exit(code=EngineError.exit_code)


def _difference(asked: Scan, now: datetime, *, json: bool) -> None:
    from careen.errors import UsageError
    from careen.report.scan_difference import render_scan_difference
    from careen.scan.difference import compare_scans
    from careen.scan.workflow import scan as library

    if len(asked.names) != 2:  # noqa: PLR2004
        raise UsageError("--diff takes two images", hint="careen scan --diff OLD NEW")
    found, outcome = library(asked, now, say)
    old, new = _document(found, outcome, asked)["images"]
    changes = compare_scans(old, new)
    if json:
        show_json(changes)
    else:
        print(render_scan_difference(changes), end="")


def _write_baseline(found: Sequence[Scanned], path: str) -> None:
    from careen.engine.paths import write_atomically
    from careen.scan.baseline import baseline_text

    text = baseline_text(finding for image in found for finding in image.findings)
    write_atomically(Path(path), text.encode())
    say(f"written: {path}")


def _document(found: Sequence[Scanned], outcome: Outcome, asked: Scan) -> dict[str, Any]:
    from careen.scan.document import to_json

    return to_json(found, outcome, asked.settings)


def _show(data: dict[str, Any], *, sarif: str, junit: str, markdown: bool, json: bool) -> None:
    import json as library

    from careen.engine.paths import write_atomically
    from careen.report.junit import junit as junit_xml
    from careen.report.scan import render_scan, scan_suites
    from careen.report.scan_markdown import scan_markdown
    from careen.report.scan_sarif import scan_sarif

    files = {}
    if sarif:
        files[sarif] = f"{library.dumps(scan_sarif(data), indent=2)}\n"
    if junit:
        files[junit] = junit_xml(scan_suites(data))
    for path, text in files.items():
        write_atomically(Path(path), text.encode())
        say(f"written: {path}")
    if json:
        show_json(data)
    else:
        print(scan_markdown(data) if markdown else render_scan(data), end="")


def _exit(outcome: Outcome) -> None:
    from invoke.exceptions import Exit

    from careen.errors import CheckFailedError

    if outcome.outcome != "passed":
        raise Exit(code=CheckFailedError.exit_code)
