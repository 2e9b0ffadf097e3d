"""Checks of what an image says of itself: sizes, user, labels, ports, platform, secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from careen.contract.checks.judge import judge, named, skipped, unknown
from careen.contract.workbench import exposed_ports
from careen.image.accounting import account
from careen.image.redaction import looks_secret, redacted
from careen.report.quantities import size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from careen.contract.model import Check
    from careen.contract.workbench import Bench
    from careen.image.model import Image

# The official Python images name the key that releases are signed with: it is public.
_FINGERPRINT = re.compile(r"[0-9A-F]{40}")


def pull_size(bench: Bench) -> Check:
    """The compressed blobs, as `careen analyze` gives them, are within the budget."""
    return judge_size("pull-size", bench.image.pull_bytes, bench.budgets.pull_size)


def unpacked_size(bench: Bench) -> Check:
    """The files of the merged tree are within the budget."""
    unpacked = account(bench.merged).unpacked_bytes
    return judge_size("unpacked-size", unpacked, bench.budgets.unpacked_size)


def judge_size(name: str, measured_bytes: int, limit_bytes: int | None) -> Check:
    """Hold a size against its budget.

    >>> judge_size("pull-size", 60_000_000, 50_000_000).status
    'failed'
    """
    figures = {"bytes": measured_bytes}
    if limit_bytes is None:
        return skipped(name, f"there is no budget; it is {size(measured_bytes)}")
    return judge(
        name,
        measured_bytes <= limit_bytes,
        expected=f"at most {size(limit_bytes)}",
        measured=size(measured_bytes),
        figures=figures,
    )


def user_not_root(bench: Bench) -> Check:
    """The image's user is not root."""
    name, user = "user-not-root", str(bench.config.get("User") or "")
    account = bench.account
    if account is None:
        return unknown(name, f"neither /etc/passwd nor /etc/group of the image knows {user}")
    return judge(
        name,
        account.uid != 0,
        expected="a user that is not root",
        measured=f"{user or 'no USER'} (uid {account.uid}, gid {account.gid})",
        reason="the service runs as root: set USER in the last stage of the Dockerfile",
    )


def labels(bench: Bench) -> Check:
    """The image has the contract's labels."""
    return judge_labels(bench.image.labels, bench.contract.labels)


def judge_labels(found: Mapping[str, str], wanted: Mapping[str, str]) -> Check:
    """Hold labels against regular expressions, each of which is found in its label's text."""
    if not wanted:
        return skipped("labels", "the contract asks for no labels")
    wrong = [
        f"{key} is {found[key]!r}, not {text!r}" if key in found else f"there is no {key}"
        for key, text in sorted(wanted.items())
        if key not in found or not re.search(text, found[key])
    ]
    return judge(
        "labels",
        not wrong,
        expected=", ".join(sorted(wanted)),
        measured="; ".join(wrong) or "as expected",
    )


def ports(bench: Bench) -> Check:
    """EXPOSE names the service's port, and no other."""
    return judge_ports(exposed_ports(bench.config), bench.contract.port)


def judge_ports(exposed: Sequence[int], port: int | None) -> Check:
    """Hold EXPOSE against the contract's port, which may be left to EXPOSE."""
    shown = ", ".join(map(str, exposed)) or "none"
    if port is None:
        return judge("ports", len(exposed) == 1, expected="one EXPOSE", measured=shown)
    return judge("ports", list(exposed) == [port], expected=f"EXPOSE {port}", measured=shown)


def architecture(bench: Bench) -> Check:
    """The image is of the platform that was asked for, else of the engine's."""
    wanted = bench.target.platform or bench.engine_platform
    found = bench.image.platform
    return judge(
        "architecture",
        found == wanted or found.startswith(f"{wanted}/"),
        expected=wanted,
        measured=found or "not said",
    )


def no_secrets(bench: Bench) -> Check:
    """Neither the environment nor the history holds what looks like a secret."""
    found = secret_places(bench.image)
    return judge(
        "no-secrets",
        not found,
        expected="no secret in environment or history",
        measured=named(found),
        reason=f"it looks like a secret: {named(found)}; pass it when the container starts, or "
        "mount it into the step (RUN --mount=type=secret), and change it: it is known now",
    )


def secret_places(image: Image) -> list[str]:
    """Say where an image's configuration and history hold what looks like a secret."""
    config: Mapping[str, Any] = image.config.get("config") or {}
    pairs = [str(pair).partition("=") for pair in config.get("Env") or []]
    found = [
        f"the variable {name}"
        for name, _, value in pairs
        if _is_secret(name, value) or redacted(value) != value
    ]
    found += [
        f"the label {key}"
        for key, value in image.labels.items()
        if redacted(str(value)) != str(value)
    ]
    for number, step in enumerate(image.config.get("history") or []):
        text = str(step.get("created_by", ""))
        shown = re.sub(r"GPG_KEY=[0-9A-F]{40}", "", text)
        if redacted(shown) != shown:
            found.append(f"step {number} of the history ({redacted(text)[:60]})")
    return found


def _is_secret(name: str, value: str) -> bool:
    if not value or (name == "GPG_KEY" and _FINGERPRINT.fullmatch(value)):
        return False
    # A path says where a secret is mounted, a number how long one is valid.
    return looks_secret(name) and not value.startswith("/") and not value.isdigit()
