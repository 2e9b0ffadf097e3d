"""The one database of the service: reached when first needed, and again after a failure."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from pokertool.postgresql import WAIT_SECONDS
from pokertool.probe import (
    POSTGRESQL_SCHEMES,
    UNREACHABLE,
    log_failure,
    ping_postgresql,
    ping_sqlite,
)
from pokertool.problems import unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from pokertool.settings import Settings


class Database:
    """An engine and its tables, both made late.

    SQLAlchemy is imported with the first session, not when the service starts. A database that
    is down when the service starts is simply tried again with the next request.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._making = Lock()
        self._engine: Engine | None = None
        self._has_tables = False

    @property
    def kind(self) -> str:
        """The kind of database: "sqlite" for the default file."""
        url = self._settings.database_url
        return "sqlite" if url is None else url.split(":", 1)[0].split("+", 1)[0]

    def ping(self) -> None:
        """Ask the database for an answer.

        Raises:
            ProblemError: 503; the database did not answer.
        """
        url = self._settings.database_url
        if url is None:
            ping_sqlite(self._settings.database_file)
        elif url.partition("://")[0] in POSTGRESQL_SCHEMES:
            ping_postgresql(url)
        else:
            self._ping_engine()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session whose work is committed at the end; the tables exist.

        Raises:
            ProblemError: 503; the database cannot be reached.
        """
        from sqlalchemy.orm import Session  # noqa: PLC0415 - late, for a quick start

        with self._failures_as_problems():
            engine = self._open_engine()
            self._make_tables(engine)
            with Session(engine) as session, session.begin():
                yield session

    def close(self) -> None:
        """Close all connections; the next use opens new ones."""
        with self._lock:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

    def _open_engine(self) -> Engine:
        from pokertool.engine import open_engine  # noqa: PLC0415 - late, for a quick start

        with self._lock:
            if self._engine is None:
                self._engine = open_engine(self._settings)
            return self._engine

    def _make_tables(self, engine: Engine) -> None:
        from pokertool.hands.records import Base  # noqa: PLC0415 - late, for a quick start

        if self._has_tables:
            return
        # Who waits behind a request that waits for the database waits no longer than that one:
        # in a queue, each would wait for all before it.
        if not self._making.acquire(timeout=WAIT_SECONDS):
            raise TimeoutError("the database's tables are still being looked for")
        try:
            if not self._has_tables:
                Base.metadata.create_all(engine)
                self._has_tables = True
        finally:
            self._making.release()

    def _ping_engine(self) -> None:
        from sqlalchemy import text  # noqa: PLC0415 - late, for a quick start

        with self._failures_as_problems(), self._open_engine().connect() as connection:
            connection.execute(text("SELECT 1"))

    @contextmanager
    def _failures_as_problems(self) -> Iterator[None]:
        from pokertool.engine import is_failure  # noqa: PLC0415 - late, as above

        try:
            yield
        except Exception as error:
            if not is_failure(error):
                raise
            self._has_tables = False  # the tables may be gone when it comes back
            log_failure(error)
            raise unavailable(UNREACHABLE) from error
