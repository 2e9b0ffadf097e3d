"""SQLAlchemy's engine for the SQLite file or for PostgreSQL, with every wait bounded."""

import logging
from typing import Any

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import (
    ArgumentError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from pokertool.settings import Settings

log = logging.getLogger(__name__)

FILE_NAME = "pokertool.db"
WAIT_SECONDS = 2
STATEMENT_MILLISECONDS = 5_000

FAILURES = (
    OperationalError,
    InterfaceError,
    InternalError,
    ProgrammingError,  # a missing table or right: the database is not as it must be
    PoolTimeoutError,
    ArgumentError,  # DATABASE_URL is no address
    OSError,  # the data folder cannot be made
)
"""What a database that is absent, unusable or too slow raises."""


def open_engine(settings: Settings) -> Engine:
    """An engine; for SQLite the data folder is made as well. No connection is opened yet.

    Raises:
        ArgumentError: `DATABASE_URL` is no address of a database.
        OSError: The data folder cannot be made.
    """
    if settings.database_url is None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        url = URL.create("sqlite+pysqlite", database=str(settings.data_dir / FILE_NAME))
    else:
        url = database_url(settings.database_url)
    return create_engine(
        url, connect_args=_connect_args(url), pool_pre_ping=True, pool_timeout=WAIT_SECONDS
    )


def database_url(text: str) -> URL:
    """A database's address; postgres:// and postgresql:// mean the psycopg2 driver.

    Raises:
        ArgumentError: The text is no address of a database.

    Example:
        >>> database_url("postgres://poker:secret@db/poker").drivername
        'postgresql+psycopg2'
    """
    url = make_url(text)
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg2")
    return url


def log_failure(error: BaseException) -> None:
    """Log a failure by its first line: without the statement, its values or the address."""
    if isinstance(error, ArgumentError):
        log.warning("DATABASE_URL is not an address of a database")
        return
    cause = getattr(error, "orig", None) or error
    first_line = next(iter(str(cause).splitlines()), "")
    log.warning("database failure: %s: %s", type(cause).__name__, first_line)


def _connect_args(url: URL) -> dict[str, Any]:
    """Driver options that bound each wait."""
    if url.get_backend_name() == "sqlite":
        return {"timeout": WAIT_SECONDS}
    if url.drivername == "postgresql+psycopg2":
        # https://www.postgresql.org/docs/current/libpq-connect.html
        return {
            "connect_timeout": WAIT_SECONDS,
            "tcp_user_timeout": STATEMENT_MILLISECONDS,
            "options": f"-c statement_timeout={STATEMENT_MILLISECONDS}",
        }
    return {}
