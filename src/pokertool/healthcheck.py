"""The container's health check, in the standard library alone: `python -m pokertool.healthcheck`.

Exit code 0 means healthy and 1 anything else. It imports nothing else of the service, so it
costs a few hundredths of a second each time.
"""

import argparse
import http.client
import os
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

DEFAULT_PORT = "5001"
OK = 200


def check(url: str, seconds: float) -> tuple[bool, str]:
    """Whether a health address answers 200, and one line on what it answered."""
    try:
        parts = urlsplit(url)
        is_tls = parts.scheme == "https"
        kind = http.client.HTTPSConnection if is_tls else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=seconds)
        try:
            connection.request("GET", parts.path or "/", headers={"Accept": "application/json"})
            response = connection.getresponse()
            body = response.read(4096).decode(errors="replace")
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        return False, f"{url}: {type(error).__name__}: {error}"
    return response.status == OK, f"{url}: {response.status} {body}"


def main(argv: Sequence[str] | None = None) -> int:
    """Check once and print the answer; the result is the exit code."""
    port = os.environ.get("API_PORT") or DEFAULT_PORT
    parser = argparse.ArgumentParser(prog="python -m pokertool.healthcheck", description=__doc__)
    parser.add_argument("--url", default=f"http://127.0.0.1:{port}/health")
    parser.add_argument("--timeout", type=float, default=5.0, metavar="SECONDS")
    options = parser.parse_args(argv)
    healthy, line = check(options.url, options.timeout)
    print(line)  # noqa: T201 - the engine keeps the output with the container's health
    return 0 if healthy else 1


if __name__ == "__main__":
    sys.exit(main())
