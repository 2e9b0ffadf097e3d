"""A service with one fault, named by FAULT, in the standard library alone."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FAULT = os.environ.get("FAULT", "none")
PORT = 8000


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def leak() -> None:
    kept = []
    while True:
        kept.append(bytearray(b"x" * (4 << 20)))
        time.sleep(0.02)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(1.0)
        if self.path == "/work" and FAULT == "leaks":
            threading.Thread(target=leak, daemon=True).start()
        self.send_response(500 if FAULT == "answers-500" else 200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Log no requests: what the service says at its start stays in sight."""


class Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close waits for the requests in flight


def main() -> None:
    say(f"starting, fault: {FAULT}")
    if FAULT == "exits":
        say("no configuration: giving up")
        sys.exit(3)
    if FAULT == "never-listens":
        time.sleep(3600)
    if FAULT == "writes-outside":
        Path("/var/tmp/state").write_text("state")
    server = Server(("", PORT + 1 if FAULT == "wrong-port" else PORT), Handler)
    # The first process of a container has no default action for SIGTERM: without a handler it
    # is ignored.
    if FAULT != "ignores-sigterm":
        end = threading.Thread(target=server.shutdown)
        signal.signal(signal.SIGTERM, lambda *_: end.start())
    server.serve_forever(poll_interval=0.05)
    if FAULT == "drops-requests":
        os._exit(0)
    server.server_close()


main()
