"""SQLAlchemy's engine for the SQLite file or for PostgreSQL, with every wait bounded."""

from typing import Any

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from pokertool.postgresql import OPTIONS, WAIT_SECONDS, load_driver
from pokertool.probe import POSTGRESQL_SCHEMES
from pokertool.settings import Settings

PSYCOPG2 = "postgresql+psycopg2"
FAILURES = (
    OperationalError,
    InterfaceError,
    InternalError,
    ProgrammingError,  # a missing table or right: the database is not as it must be
    PoolTimeoutError,
    ArgumentError,
    OSError,  # the data folder cannot be made
)
"""What a database that is absent, unusable or too slow raises."""


def is_failure(error: Exception) -> bool:
    """Whether an error is the database's, not the service's.

    The driver has no kind of its own for some ways in which a connection breaks: those that cost
    the connection count as well.
    """
    broken = isinstance(error, DBAPIError) and error.connection_invalidated
    return broken or isinstance(error, FAILURES)


def open_engine(settings: Settings) -> Engine:
    """An engine; for SQLite the data folder is made as well. No connection is opened yet.

    Raises:
        ArgumentError: `DATABASE_URL` is no address of a database that can be used.
        OSError: The data folder cannot be made.
    """
    if settings.database_url is None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        url = URL.create("sqlite+pysqlite", database=str(settings.database_file))
    else:
        url = database_url(settings.database_url)
    try:
        if url.drivername == PSYCOPG2:
            load_driver()
        return create_engine(
            url, connect_args=_connect_args(url), pool_pre_ping=True, pool_timeout=WAIT_SECONDS
        )
    except ImportError as error:
        raise ArgumentError(f"the driver of {url.drivername} is not installed") from error


def database_url(text: str) -> URL:
    """A database's address; postgres:// and postgresql:// mean the psycopg2 driver.

    Raises:
        ArgumentError: The text is no address of a database.

    Example:
        >>> database_url("postgres://poker:secret@db/poker").drivername
        'postgresql+psycopg2'
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # their messages may repeat the address
        raise ArgumentError("DATABASE_URL is not an address of a database") from None
    if url.drivername in POSTGRESQL_SCHEMES:
        return url.set(drivername=PSYCOPG2)
    return url


def _connect_args(url: URL) -> dict[str, Any]:
    """Driver options that bound each wait."""
    if url.get_backend_name() == "sqlite":
        return {"timeout": WAIT_SECONDS}
    if url.drivername == PSYCOPG2:
        return OPTIONS
    return {}
