"""The task that says what this machine has and lacks."""

from __future__ import annotations

from typing import Any

from careen.tasks.adapter import careen_task, show_json


@careen_task(help={"json": "print the checks as JSON"})
def doctor(context: Any, json: bool = False) -> None:
    """Say what this machine has, what it lacks, and what to do; exits with 3 if nothing builds.

    Example: careen doctor
    """
    from invoke.exceptions import Exit

    from careen.config.load import load
    from careen.engine import doctor as library
    from careen.errors import EngineError
    from careen.report.checks import render_checks

    checks = library.examine(load().settings.engine)
    if json:
        show_json({"checks": [check.to_json() for check in checks]})
    else:
        rows = [(check.status, check.name, check.detail, check.hint) for check in checks]
        print(render_checks(rows, "What this machine has for building images"))
    if any(check.status == library.FAIL for check in checks):
        raise Exit(code=EngineError.exit_code)
