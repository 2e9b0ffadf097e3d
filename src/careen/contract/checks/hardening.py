"""Checks that the service starts and answers under each of the usual restrictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.contract.checks.judge import judge, unknown
from careen.contract.traffic import wrong_answer
from careen.contract.workbench import ended

if TYPE_CHECKING:
    from careen.config.contract import ContractSettings
    from careen.contract.model import Check
    from careen.contract.workbench import Bench, Start

READ_ONLY, NO_CAPABILITIES, ARBITRARY_USER = "read-only", "no-capabilities", "arbitrary-user"
NAMES = (READ_ONLY, NO_CAPABILITIES, ARBITRARY_USER)


def restrictions(contract: ContractSettings) -> dict[str, tuple[str, dict[str, Any]]]:
    """Give, by check, what it is called on a command line and what it changes in the plan."""
    folders = ", ".join(sorted(contract.tmpfs)) or "none"
    return {
        READ_ONLY: (
            f"--read-only with tmpfs on {folders}",
            {"read_only": True, "tmpfs": contract.tmpfs},
        ),
        NO_CAPABILITIES: (
            "--cap-drop ALL --security-opt no-new-privileges, default seccomp profile",
            {"cap_drop": ("ALL",), "security_opt": ("no-new-privileges",)},
        ),
        ARBITRARY_USER: (
            f"--user {contract.user}",
            {"user": contract.user, "tmpfs": contract.tmpfs},
        ),
    }


def restricted(bench: Bench, name: str) -> Check:
    """Start the service under one restriction, and send it the contract's requests."""
    words, changes = restrictions(bench.contract)[name]
    plan = bench.plan(**changes)
    with bench.started(plan) as (container, start):
        if ignored := [text for text in container.warnings if "seccomp" in text.lower()]:
            return unknown(name, f"the engine does not do it: {ignored[0]}")
        wrong = ""
        if start.is_good:
            wrong = wrong_answer(container.base_url, bench.contract.http)
            if wrong and not container.is_running():
                wrong = ended(container).what
        log = container.log_tail()
    return judge_restricted(name, words, start, wrong, log)


def judge_restricted(
    name: str, words: str, start: Start, wrong: str, log: tuple[str, ...]
) -> Check:
    """Tell whether a start under a restriction was good, and what was asked of it then."""
    what = wrong or start.what
    return judge(
        name,
        start.is_good and not wrong,
        expected=f"it starts and answers with {words}",
        measured="it answers" if start.is_good and not wrong else what,
        reason=f"with {words}: {what}",
        log=start.log or log,
    )
