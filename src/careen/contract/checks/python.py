"""Checks of the image's Python: bytecode, imports, time zones, locale, CA certificates."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from careen.contract.checks.files import tree_has
from careen.contract.checks.judge import judge, named, skipped, unknown
from careen.errors import CareenError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from careen.contract.model import Check
    from careen.contract.workbench import Bench
    from careen.engine.containers import Change, Container

NO_BYTECODE, NO_SOURCE, IMPORTS = "no-bytecode-written", "no-source-compiled", "imports"
TIME_ZONE, LOCALE, CERTIFICATES = "time-zone", "locale", "ca-certificates"
_NO_PYTHON = "the image has no Python"
_EXEC_SECONDS = 90.0
# Of New York in July, when its summer time is in force.
_NEW_YORK_HOURS = -4.0
_ASK_SECONDS = 20.0
# Written by importlib under PYTHONVERBOSE: of a source file where it was compiled, of a .pyc where
# it was loaded; see SourceLoader.get_code in importlib/_bootstrap_external.py.
_CODE = re.compile(r"^# code object from '?(?P<path>[^'\n]+?)'?$", re.MULTILINE)
_MARK = "careen: "

_ABOUT = """
import json, locale, ssl, sys, time
said = {}
try:
    import zoneinfo
    said["zone_hours"] = zoneinfo.ZoneInfo("America/New_York").utcoffset(
        __import__("datetime").datetime(2024, 7, 1)).total_seconds() / 3600
except Exception as error:
    said["zone_error"] = f"{type(error).__name__}: {error}"
said["encoding"] = "utf-8" if sys.flags.utf8_mode else locale.getpreferredencoding(False)
said["stdout"] = sys.stdout.encoding
try:
    import os
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    said["certificates"] = context.cert_store_stats()["x509_ca"] or (
        len(os.listdir(paths.capath)) if paths.capath else 0)
except Exception as error:
    said["certificates_error"] = f"{type(error).__name__}: {error}"
print("careen: " + json.dumps(said))
"""

# What the distributions on sys.path declare (their RECORD and top_level.txt), see the standard
# library's importlib.metadata.packages_distributions.
_IMPORT = """
import importlib, importlib.metadata, importlib.util, json, sys
names = json.loads(sys.argv[1])
declared = not names
if declared:
    names = sorted(n for n in importlib.metadata.packages_distributions() if n.isidentifier())
broken = {}
for name in names:
    try:
        importlib.import_module(name)
    except BaseException as error:
        broken[name] = f"{type(error).__name__}: {error}"
print("\\ncareen: " + json.dumps({"names": names, "broken": broken}))
"""


def surroundings(bench: Bench, container: Container) -> list[Check]:
    """Ask the image's Python for time zone, locale and CA certificates; else look at its files."""
    if not bench.python:
        return files_alone(bench)
    try:
        said = _ask(container, [bench.python, "-c", _ABOUT], _ASK_SECONDS)
    except CareenError as error:
        return [unknown(name, error.args[0]) for name in (TIME_ZONE, LOCALE, CERTIFICATES)]
    return judge_surroundings(said)


def judge_surroundings(said: Mapping[str, Any]) -> list[Check]:
    """Hold what a Python says of its surroundings against what a service needs."""
    hours = said.get("zone_hours")
    zone = f"UTC{hours:+g} hours" if isinstance(hours, float) else said.get("zone_error", "nothing")
    encoding, stdout = str(said.get("encoding")), str(said.get("stdout"))
    certificates = said.get("certificates", 0)
    return [
        judge(
            TIME_ZONE,
            hours == _NEW_YORK_HOURS,
            expected="America/New_York is known, 4 hours behind UTC in July",
            measured=str(zone),
            reason=f"{zone}: install tzdata, the system's package or Python's",
        ),
        judge(
            LOCALE,
            {encoding.lower(), stdout.lower()} <= {"utf-8", "utf8"},
            expected="text is UTF-8",
            measured=f"files {encoding}, output {stdout}",
            reason=f"files are {encoding}, output is {stdout}: set LANG=C.UTF-8",
        ),
        judge(
            CERTIFICATES,
            bool(certificates),
            expected="Python finds CA certificates",
            measured=str(said.get("certificates_error") or f"{certificates} certificates"),
            reason="Python finds no CA certificates: install ca-certificates",
            figures={"certificates": certificates},
        ),
    ]


def files_alone(bench: Bench) -> list[Check]:
    """Judge an image without a Python by its files."""
    tree = bench.merged
    zones = tree_has(tree, "usr/share/zoneinfo/UTC", "usr/share/zoneinfo/Etc/UTC")
    bundle = tree_has(
        tree,
        "etc/ssl/certs/ca-certificates.crt",
        "etc/ssl/cert.pem",
        "etc/pki/tls/certs/ca-bundle.crt",
    )
    return [
        judge(TIME_ZONE, zones, expected="/usr/share/zoneinfo", measured="there" * zones or "none"),
        skipped(LOCALE, f"{_NO_PYTHON}: what its program takes for text is not known"),
        judge(CERTIFICATES, bundle, expected="a CA bundle", measured="there" * bundle or "none"),
    ]


def imports(bench: Bench, container: Container) -> Check:
    """Import the contract's modules, else all that the image's distributions declare."""
    if not bench.python:
        return skipped(IMPORTS, _NO_PYTHON)
    argv = [bench.python, "-c", _IMPORT, json.dumps(list(bench.contract.imports))]
    try:
        said = _ask(container, argv, _EXEC_SECONDS)
    except CareenError as error:
        return unknown(IMPORTS, error.args[0])
    return judge_imports(said)


def judge_imports(said: Mapping[str, Any]) -> Check:
    """Tell which of the imported modules are broken.

    >>> judge_imports({"names": ["a"], "broken": {"a": "ImportError: no b"}}).measured
    'a (ImportError: no b)'
    """
    broken = [f"{name} ({why})" for name, why in said["broken"].items()]
    count = len(said["names"])
    if not count:
        return skipped(IMPORTS, "the image's Python knows no distribution")
    return judge(
        IMPORTS,
        not broken,
        expected=f"{count} modules import",
        measured=named(broken) if broken else f"all {count} do",
        figures={"modules": count, "broken": len(broken)},
    )


def _ask(container: Container, argv: Sequence[str], seconds: float) -> dict[str, Any]:
    """Run a program that writes one line of JSON, whatever else is written."""
    done = container.exec(argv, timeout_seconds=seconds)
    return answer_of(done.exit_code, done.output)


def answer_of(code: int, output: str) -> dict[str, Any]:
    """Read what a program of ours wrote in a container.

    Raises:
        CareenError: it wrote something else.
    """
    lines = [line for line in output.splitlines() if line.startswith(_MARK)]
    if not lines:
        last = (output.strip().splitlines() or ["nothing"])[-1]
        raise CareenError(f"the image's Python ended with {code} and said: {last[:200]}")
    found = json.loads(lines[-1].removeprefix(_MARK))
    if not isinstance(found, dict):
        raise CareenError("the image's Python said something else than was asked")
    return found


def judge_written(changes: Sequence[Change]) -> Check:
    """Tell whether a container wrote bytecode."""
    written = [one.path for one in changes if one.path.endswith(".pyc") and one.kind != "removed"]
    return judge(
        NO_BYTECODE,
        not written,
        expected="no .pyc is written",
        measured=named(written),
        reason=f"{len(written)} .pyc files were written ({named(written)}): compile them in the "
        "Dockerfile (python -m compileall) and set PYTHONDONTWRITEBYTECODE=1",
        figures={"count": len(written)},
    )


def nothing_compiled(bench: Bench) -> Check:
    """Start the service with PYTHONVERBOSE, under which Python names each module it compiles."""
    if not bench.python:
        return skipped(NO_SOURCE, _NO_PYTHON)
    environment = {**bench.contract.environment, "PYTHONVERBOSE": "1"}
    with bench.started(bench.plan(environment=environment)) as (container, start):
        if not start.is_good:
            return unknown(NO_SOURCE, f"with PYTHONVERBOSE=1: {start.what}")
        logs = container.logs(None)
    return judge_compiled([*logs.stdout, *logs.stderr])


def judge_compiled(lines: Sequence[str]) -> Check:
    """Tell which modules were compiled from their source.

    >>> judge_compiled(["# code object from '/a/__pycache__/b.cpython-313.pyc'"]).measured
    'all of 1 modules had bytecode'
    """
    paths = [match["path"] for match in map(_CODE.match, lines) if match]
    if not paths:
        return skipped(
            NO_SOURCE, "the service names no imports: it is no Python, or runs with -E or -I"
        )
    compiled = sorted({path for path in paths if not path.endswith(".pyc")})
    return judge(
        NO_SOURCE,
        not compiled,
        expected="every module has valid bytecode",
        measured=named(compiled) if compiled else f"all of {len(paths)} modules had bytecode",
        reason=f"{len(compiled)} modules were compiled at the start ({named(compiled)}): compile "
        "them in the Dockerfile (python -m compileall --invalidation-mode unchecked-hash)",
        figures={"modules": len(paths), "compiled": len(compiled)},
    )
