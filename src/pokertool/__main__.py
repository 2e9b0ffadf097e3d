"""Starts the service with as little waiting as can be: `python -m pokertool`.

API_HOST and API_PORT say where it listens. It does what `python -m uvicorn pokertool.api:app` does,
with two differences. While modules are imported, no garbage is collected: next to none of what they
make ever becomes garbage, and all of it is left out of later collections. And the database and
tesseract are asked for the first time while the server is still imported.
"""

import gc
import os

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", "5001"


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    gc.disable()
    try:
        from pokertool.api import app  # noqa: PLC0415 - while nothing is collected

        app.state.monitor.warm_up()
        import uvicorn  # noqa: PLC0415 - the same
    finally:
        gc.freeze()
        gc.enable()
    uvicorn.run(
        app,
        host=os.environ.get("API_HOST") or DEFAULT_HOST,
        port=int(os.environ.get("API_PORT") or DEFAULT_PORT),
        ws="none",
    )


if __name__ == "__main__":
    main()
