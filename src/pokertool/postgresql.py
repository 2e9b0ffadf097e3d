"""PostgreSQL's driver, with a bound on every wait for the server.

libpq waits as long as a connection stands, and where a server froze its kernel keeps it up:
`statement_timeout` is for the server to hold, and `connect_timeout` ends with the connecting.
"""

import importlib
import select
import time
from typing import Any

WAIT_SECONDS = 2
STATEMENT_MILLISECONDS = 5_000
# The server's own limit comes first, while it can hold it.
ANSWER_SECONDS = STATEMENT_MILLISECONDS / 1000 + 1

# https://www.postgresql.org/docs/current/libpq-connect.html
OPTIONS: dict[str, Any] = {
    "connect_timeout": WAIT_SECONDS,
    "tcp_user_timeout": STATEMENT_MILLISECONDS,
    "options": f"-c statement_timeout={STATEMENT_MILLISECONDS}",
}


def load_driver() -> Any:
    """Import psycopg2; from now on its waits are bounded.

    Raises:
        ImportError: It is not installed.
    """
    driver = importlib.import_module("psycopg2")
    driver.extensions.set_wait_callback(wait)
    return driver


def wait(connection: Any) -> None:
    """Wait until a connection has its answer; psycopg2 calls this in place of its own wait.

    The driver closes the connection when this raises, so that no later answer is taken for
    another statement's.

    Raises:
        psycopg2.OperationalError: The server did not answer in time.
    """
    driver = importlib.import_module("psycopg2")
    known = driver.extensions
    works = connection.status in {known.STATUS_READY, known.STATUS_BEGIN, known.STATUS_PREPARED}
    seconds = ANSWER_SECONDS if works else WAIT_SECONDS
    end = time.monotonic() + seconds
    events = {known.POLL_READ: select.POLLIN, known.POLL_WRITE: select.POLLOUT}
    while (state := connection.poll()) != known.POLL_OK:
        if state not in events:
            raise driver.OperationalError(f"the driver is in state {state}")
        waiting = select.poll()
        waiting.register(connection.fileno(), events[state])
        left = end - time.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            raise driver.OperationalError(f"no answer from the server within {seconds:g} s")
