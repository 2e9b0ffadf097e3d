"""Compiles locks inside a target's builder image: a program of its own, for Python 3.8 alone.

    python3 in_builder.py tools     an environment with pip-tools, of tools.json
    python3 in_builder.py compile   the locks of runs.json, to /out

What pip-tools says and whether it failed is written down, too: the build itself goes well, so that
both come out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE, PROJECT, OUT = Path("/careen"), Path("/project"), Path("/out")
PYTHON = HERE / "environment/bin/python"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PIP_CONFIGURATION = Path("/etc/pip.conf")


def tools() -> None:
    """Make the environment; a failure is the build's."""
    wanted = json.loads((HERE / "tools.json").read_text())
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "venv", str(PYTHON.parents[1])], check=True)
    subprocess.run(
        [str(PYTHON), "-m", "pip", "install", *quiet, *wanted], check=True, env=environment()
    )


def compile_() -> None:
    """Compile the sets in their order, up to the first that fails."""
    OUT.mkdir()
    done = []
    for run in json.loads((HERE / "runs.json").read_text()):
        lock = PROJECT / run["lock"]
        lock.parent.mkdir(parents=True, exist_ok=True)
        ended = subprocess.run(
            [str(PYTHON), *run["arguments"], "--output-file", run["lock"], run["source"]],
            check=False,
            cwd=PROJECT,
            env={**environment(), **run["environment"]},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        said = ended.stderr.decode("utf-8", "replace")
        done.append({"set": run["set"], "returncode": ended.returncode, "stderr": said})
        if ended.returncode:
            break
        (OUT / f"{run['set']}.txt").write_bytes(lock.read_bytes())
    (OUT / "done.json").write_text(json.dumps(done))


def environment() -> dict[str, str]:
    """Give pip the certificates and the configuration that the build was given."""
    found = dict(os.environ)
    if CERTIFICATES.is_file():
        found["PIP_CERT"] = str(CERTIFICATES)
    if PIP_CONFIGURATION.is_file():
        found["PIP_CONFIG_FILE"] = str(PIP_CONFIGURATION)
    return found


if __name__ == "__main__":
    {"tools": tools, "compile": compile_}[sys.argv[1]]()
