"""Why `docker compose up` failed, as an error that says what to do next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.errors import CareenError, CheckFailedError, EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from careen.engine.compose.state import ProjectState
    from careen.engine.process import Completed

_TAKEN = re.compile(
    r"(?:bind for |bind host port for |listen tcp4? )(?P<address>\S+?:\d+)?.*"
    r"(?:port is already allocated|address already in use)",
    re.IGNORECASE,
)


class ServiceFailedError(CheckFailedError):
    """A service ended, or did not become healthy in time: exit code 1; it stays for its logs."""

    stays = True


def up_error(
    done: Completed,
    state: ProjectState,
    last_words: Callable[[str], list[str]],
    argv: Sequence[str],
) -> CareenError:
    """Give the error for a start that failed.

    Args:
        done: what Compose said.
        state: of the project now.
        last_words: gives what a container said last, by its name.
        argv: the command.
    """
    said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    if taken := next(filter(None, map(_TAKEN.search, said)), None):
        return EngineError(
            f"the port {taken['address'] or ''} is taken".replace("  ", " "),
            hint="name another with --port, or none: the engine then takes one that is free",
        )
    # A container that was made and never started did not fail by itself.
    bad = [one for one in state.services if one.trouble and one.state != "created"]
    if not bad:
        tail = "\n".join(f"  | {line}" for line in said[-6:])
        return EngineError(
            f"Docker Compose failed with exit status {done.returncode}\n{tail}",
            hint=f"the command was: {' '.join(argv)}",
        )
    parts = []
    for one in bad:
        lines = "".join(f"\n  | {line}" for line in last_words(one.container))
        parts.append(f"{one.service} {one.trouble}{lines}")
    return ServiceFailedError(
        "\n".join(parts), hint="`careen logs` shows all of it, `careen down` removes the services"
    )
