"""A locust file: each client sends the requests of a contract in their order, again and again.

Locust loads it in a process of its own; the requests stand in the file that CAREEN_LOAD names. The
answers' times go to the file that CAREEN_LOAD_TIMES names, in the form of locust's `--json`, which
itself rounds them to whole milliseconds: too coarse for a ratio of two quick services.
"""

import base64
import json
import os
from pathlib import Path
from typing import Any

from locust import HttpUser, constant, events, task

REQUESTS: list[dict[str, Any]] = json.loads(Path(os.environ["CAREEN_LOAD"]).read_text())
for _request in REQUESTS:
    _request["body"] = base64.b64decode(_request["body_base64"])

_DIGITS = 2  # of a millisecond
_ROWS: dict[str, dict[str, Any]] = {
    one["name"]: {"name": one["name"], "num_requests": 0, "num_failures": 0, "response_times": {}}
    for one in REQUESTS
}


def _answered(name: str, response_time: float, exception: Any, **_: Any) -> None:
    row = _ROWS[name]
    row["num_requests"] += 1
    row["num_failures"] += exception is not None
    time = round(response_time, _DIGITS)
    row["response_times"][time] = row["response_times"].get(time, 0) + 1


def _ended(**_: Any) -> None:
    Path(os.environ["CAREEN_LOAD_TIMES"]).write_text(json.dumps(list(_ROWS.values())))


_EVENTS: Any = events  # its methods have no types
_EVENTS.request.add_listener(_answered)
_EVENTS.quitting.add_listener(_ended)


class Client(HttpUser):
    """One client, which waits for each answer and for nothing else."""

    wait_time = constant(0)

    @task
    def round(self) -> None:
        """Send every request once."""
        for one in REQUESTS:
            with self.client.request(
                one["method"],
                one["path"],
                name=one["name"],
                headers=one["headers"],
                data=one["body"],
                timeout=one["timeout_seconds"],
                catch_response=True,
            ) as answer:
                if answer.status_code == one["status"]:
                    answer.success()
                else:
                    answer.failure(f"status {answer.status_code}")
