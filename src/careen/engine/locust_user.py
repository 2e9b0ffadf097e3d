"""A locust file: each client sends the requests of a contract in their order, again and again.

Locust loads it in a process of its own; the requests stand in the file that CAREEN_LOAD names.
"""

import json
import os
from pathlib import Path
from typing import Any

from locust import HttpUser, constant, task

REQUESTS: list[dict[str, Any]] = json.loads(Path(os.environ["CAREEN_LOAD"]).read_text())


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
                data=one["body"].encode(),
                timeout=one["timeout_seconds"],
                catch_response=True,
            ) as answer:
                if answer.status_code == one["status"]:
                    answer.success()
                else:
                    answer.failure(f"status {answer.status_code}")
