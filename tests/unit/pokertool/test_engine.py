from __future__ import annotations

import logging

import pytest
from sqlalchemy.exc import ArgumentError, OperationalError

from pokertool.engine import _connect_args, database_url, log_failure, open_engine
from pokertool.settings import Settings


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_postgresql_by_any_name(scheme: str) -> None:
    url = database_url(f"{scheme}://poker:s3cret@db:5433/poker?sslmode=require")

    assert url.drivername == "postgresql+psycopg2"
    assert (url.username, url.password, url.host, url.port) == ("poker", "s3cret", "db", 5433)
    assert url.query == {"sslmode": "require"}


def test_other_databases_are_left_as_they_are() -> None:
    assert database_url("sqlite:////data/poker.db").drivername == "sqlite"


def test_every_wait_for_postgresql_is_bounded() -> None:
    options = _connect_args(database_url("postgres://db/poker"))

    assert options == {
        "connect_timeout": 2,
        "tcp_user_timeout": 5000,
        "options": "-c statement_timeout=5000",
    }


def test_other_drivers_get_no_options_they_may_not_know() -> None:
    assert _connect_args(database_url("postgresql+pg8000://db/poker")) == {}
    assert _connect_args(database_url("sqlite:///poker.db")) == {"timeout": 2}


def test_no_address() -> None:
    with pytest.raises(ArgumentError):
        open_engine(Settings(database_url="the usual place"))


def test_the_log_never_has_the_address_or_values(caplog: pytest.LogCaptureFixture) -> None:
    failure = OperationalError("INSERT ...", {"notes": "s3cret"}, ValueError("no route\ns3cret"))

    with caplog.at_level(logging.WARNING):
        log_failure(failure)
        log_failure(ArgumentError("cannot parse 's3cret'"))
    assert "no route" in caplog.text
    assert "DATABASE_URL" in caplog.text
    assert "s3cret" not in caplog.text
