from __future__ import annotations

import pytest
from sqlalchemy.exc import ArgumentError

from pokertool.engine import _connect_args, database_url, open_engine
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


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("s3cret place", "not an address"),
        ("postgres://poker:s3cret@db:port/poker", "not an address"),
        ("postgresql+pg8000://poker:s3cret@db/poker", "pg8000 is not installed"),
    ],
)
def test_what_is_no_address_is_not_repeated(url: str, reason: str) -> None:
    with pytest.raises(ArgumentError, match=reason) as caught:
        open_engine(Settings(database_url=url))
    assert "s3cret" not in str(caught.value)
