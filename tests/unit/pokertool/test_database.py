from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from pokertool.database import Database
from pokertool.problems import ProblemError
from pokertool.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_the_file_is_made_when_first_needed(settings: Settings, database: Database) -> None:
    assert not settings.data_dir.exists()

    database.ping()
    assert (settings.data_dir / "pokertool.db").exists()


def test_a_session_finds_the_tables(database: Database) -> None:
    with database.session() as session:
        assert session.scalar(text("SELECT count(*) FROM hands")) == 0


def test_closing_is_not_the_end(database: Database) -> None:
    for _ in range(2):
        with database.session() as session:
            session.execute(text("SELECT 1"))
        database.close()
        database.close()


def test_another_kind_of_database_is_asked_through_the_engine(tmp_path: Path) -> None:
    database = Database(Settings(database_url=f"sqlite:///{tmp_path}/other.db"))

    database.ping()
    database.close()
    assert (tmp_path / "other.db").exists()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_postgresql_is_asked_through_its_driver(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("pokertool.database.ping_postgresql", asked.append)

    Database(Settings(database_url=f"{scheme}://db/poker")).ping()
    assert asked == [f"{scheme}://db/poker"]


def test_a_database_that_is_down_is_tried_again(tmp_path: Path) -> None:
    in_the_way = tmp_path / "data"
    in_the_way.write_text("a file where the folder belongs")
    database = Database(Settings(data_dir=in_the_way))

    with pytest.raises(ProblemError) as caught:
        database.ping()
    assert caught.value.status_code == 503
    in_the_way.unlink()
    database.ping()
    database.close()


def test_tables_that_vanish_are_made_again(database: Database) -> None:
    with database.session() as session:
        session.execute(text("DROP TABLE hands"))
    with pytest.raises(ProblemError), database.session() as session:
        session.execute(text("SELECT * FROM hands"))
    with database.session() as session:
        assert session.scalar(text("SELECT count(*) FROM hands")) == 0


@pytest.mark.parametrize("lost", [True, False])
def test_an_error_of_no_kind_is_the_databases_where_it_cost_the_connection(
    database: Database, *, lost: bool
) -> None:
    error = DatabaseError("SELECT 1", None, Exception(), connection_invalidated=lost)

    with pytest.raises(ProblemError if lost else DatabaseError), database.session():
        raise error


def test_nobody_queues_behind_a_request_that_waits_for_the_tables(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pokertool.database.WAIT_SECONDS", 0.05)
    with database._making, pytest.raises(ProblemError) as caught, database.session():
        pass
    assert caught.value.status_code == 503
    with database.session() as session:
        assert session.scalar(text("SELECT count(*) FROM hands")) == 0
    with database._making, database.session() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_an_address_that_is_none_is_a_problem() -> None:
    database = Database(Settings(database_url="the usual place"))

    with pytest.raises(ProblemError, match="cannot be reached"):
        database.ping()
    with pytest.raises(ProblemError, match="cannot be reached"), database.session():
        pass


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        (None, "sqlite"),
        ("postgres://user:secret@db/poker", "postgres"),
        ("postgresql+psycopg2://user:secret@db/poker", "postgresql"),
    ],
)
def test_the_kind_tells_nothing_else(url: str | None, kind: str) -> None:
    assert Database(Settings(database_url=url)).kind == kind
