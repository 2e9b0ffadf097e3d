"""A scanner's database: how old it is, and how a new one is fetched."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from careen.errors import CareenError
from careen.scan.attempt import tail, work_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from careen.engine.process import Completed
    from careen.scan.model import Database, How

_FETCH_SECONDS = 1800.0


def fetched(
    name: str,
    folder: Path,
    how: How,
    fetch: Callable[[Path, float], Completed],
    read: Callable[[], Database | None],
) -> str:
    """Fetch the newest database of a scanner, and say of when it is.

    Args:
        name: of the scanner.
        folder: of its database; made where it is not there.
        how: scanners run.
        fetch: runs its program in a folder of its own, with a time limit in seconds.
        read: gives what is in the folder then.

    Raises:
        CareenError: it cannot be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with work_folder() as work:
        done = fetch(work, max(how.timeout_seconds, _FETCH_SECONDS))
    found = read()
    if done.returncode != 0 or found is None or found.updated is None:
        raise CareenError(f"no vulnerability database for {name}:\n{tail(done.stderr)}")
    return f"{name}: database of {found.updated.isoformat()} in {folder}"


def missing(folder: Path) -> str:
    """Say that there is none, and what fetches one."""
    return f"no vulnerability database in {folder}; careen scan --update-db fetches one"


def too_old(database: Database, how: How) -> str:
    """Say why a database tells nothing about what it does not have; "" where it does.

    >>> from datetime import UTC
    >>> from pathlib import Path
    >>> how = How(Path("db"), datetime(2026, 1, 20, tzinfo=UTC))
    >>> too_old(Database(datetime(2026, 1, 10, tzinfo=UTC), "db/trivy"), how)[:46]
    'the vulnerability database in db/trivy is 10.0'
    """
    if database.updated is None:
        return f"nobody says how old the vulnerability database in {database.origin} is"
    age = (how.now - database.updated) / timedelta(days=1)
    if age <= how.max_age_days:
        return ""
    return (
        f"the vulnerability database in {database.origin} is {age:.1f} days old, more than "
        f"{how.max_age_days:g}; careen scan --update-db fetches one"
    )


def moment(text: str) -> datetime:
    """Read an instant as Go writes it, with nanoseconds.

    Raises:
        ValueError: it is none, or has no time zone.

    >>> moment("2026-11-24T18:11:15.689618201Z").isoformat()
    '2026-11-24T18:11:15.689618+00:00'
    """
    short = re.sub(r"(\.\d{6})\d+", r"\1", text)
    when = datetime.fromisoformat(short)
    if when.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return when
