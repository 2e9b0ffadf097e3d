"""Asking the database for an answer with its driver alone: soon after the start, and bounded.

SQLAlchemy takes longer to import than the rest of a health report takes, and a connection of
its pool may be one whose server has since frozen. A connection of its own has a time limit.
"""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

from pokertool.postgresql import OPTIONS, WAIT_SECONDS, load_driver
from pokertool.problems import unavailable

log = logging.getLogger(__name__)

UNREACHABLE = "the database cannot be reached; try again later"
POSTGRESQL_SCHEMES = frozenset({"postgres", "postgresql", "postgresql+psycopg2"})


def ping_sqlite(file: Path) -> None:
    """Read a SQLite file's schema; its folder and the file are made where they are missing.

    Raises:
        ProblemError: 503; the file cannot be made or read, or is no database.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file, timeout=WAIT_SECONDS)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master")
    except (sqlite3.Error, OSError) as error:
        log_failure(error)
        raise unavailable(UNREACHABLE) from error


def ping_postgresql(url: str) -> None:
    """Connect to PostgreSQL, ask for 1, and disconnect.

    Args:
        url: Its address; the scheme is one of `POSTGRESQL_SCHEMES`.

    Raises:
        ProblemError: 503; it did not answer in time.
    """
    psycopg2 = load_driver()
    address = "postgresql://" + url.partition("://")[2]
    try:
        with closing(psycopg2.connect(address, **OPTIONS)) as connection:
            connection.cursor().execute("SELECT 1")
    except psycopg2.Error as error:
        log_failure(error)
        raise unavailable(UNREACHABLE) from error


def log_failure(error: BaseException) -> None:
    """Log a failure by its first line: without the statement and its values."""
    cause = getattr(error, "orig", None) or error
    first_line = next(iter(str(cause).splitlines()), "")
    if first_line.startswith("invalid dsn"):  # what follows may repeat the address
        first_line = "DATABASE_URL is not an address of a database"
    log.warning("database failure: %s: %s", type(cause).__name__, first_line)
