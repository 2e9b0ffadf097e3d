"""Sessions: tests, engine tests, lint, typing, locks, dev, and the benchmark's matrix.

`nox -s tests` is what CI runs. `nox -s benchmark -- --rounds 3 --variants current,slim` measures.
All sessions share one environment, which is made of the locks and made anew when they change.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "src"))

from careen.bench import nox_matrix  # noqa: E402 - standard library only

nox.needs_version = ">=2024.10.9"
nox.options.sessions = ["tests"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = True

LOCKS = [ROOT / "requirements" / f"{name}.txt" for name in ("core", "ml", "dev", "measure")]
BIN = ROOT / ".nox" / "environment" / "bin"
PYTHON = str(BIN / "python")
CAREEN = str(BIN / "careen")
PLACES = nox_matrix.places(ROOT / "pyproject.toml", sys.argv)


def install(session: nox.Session, into: str) -> None:
    """Install the locks and careen into an environment, unless it has just these already."""
    stamp = Path(into).parent / "installed.txt"
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in LOCKS)).hexdigest()
    wanted += f" {(ROOT / 'pyproject.toml').stat().st_mtime_ns}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    pip = [f"{into}/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    locks = [part for path in LOCKS for part in ("-r", str(path))]
    session.run(*pip, "--require-hashes", *locks, external=True)
    session.run(*pip, "--no-deps", "--editable", str(ROOT), external=True)
    stamp.write_text(wanted)


@nox.session(default=False)
def environment(session: nox.Session) -> None:
    """Make the environment that the other sessions use."""
    install(session, str(BIN))


@nox.session(requires=["environment", "lint", "typing", "unit", "engine"], venv_backend="none")
def tests(session: nox.Session) -> None:
    """Everything that CI runs: lint, typing, unit, contract and real-engine tests."""
    session.log("lint, typing, unit, contract and engine tests held")


@nox.session(default=False, requires=["environment"], venv_backend="none")
def lint(session: nox.Session) -> None:
    """Check style and the direction of imports."""
    session.run(f"{BIN}/ruff", "check", ".", external=True)
    session.run(f"{BIN}/ruff", "format", "--check", ".", external=True)
    session.run(f"{BIN}/lint-imports", "--config", "pyproject.toml", external=True)


@nox.session(default=False, requires=["environment"], venv_backend="none")
def typing(session: nox.Session) -> None:
    """Check types, strictly."""
    session.run(f"{BIN}/mypy", external=True)


@nox.session(default=False, requires=["environment"], venv_backend="none")
def unit(session: nox.Session) -> None:
    """Run the tests that need no engine; -- takes pytest's arguments."""
    arguments = session.posargs or ["-n", "auto", "tests/unit"]
    session.run(PYTHON, "-m", "pytest", *arguments, external=True)


@nox.session(default=False, requires=["environment"], venv_backend="none")
def engine(session: nox.Session) -> None:
    """Run the tests that need a real engine; the embedded one is started where none runs."""
    arguments = session.posargs or ["tests/engine"]
    session.run(PYTHON, "-m", "pytest", *arguments, external=True)


@nox.session(default=False, requires=["environment"], venv_backend="none")
def fuzz(session: nox.Session) -> None:
    """Compare the tar reader with tarfile on mutated tars; -- --seconds 30 --seed 1."""
    session.run(PYTHON, "tests/fuzz/fuzz_tar.py", *session.posargs, external=True)


@nox.session(default=False, requires=["environment"], venv_backend="none")
@nox.parametrize(
    ["number", "variant"],
    [nox.param(number, name, id=f"round{number}-{name}") for number, name in PLACES.order],
)
def benchmark(session: nox.Session, number: int, variant: str) -> None:
    """Measure one variant once, cold, after a code change and unchanged."""
    arguments = PLACES.arguments
    session.run(CAREEN, "benchmark", *arguments, "--only", f"{number},{variant}", external=True)
    session.notify("benchmark_tables", PLACES.report_arguments)


@nox.session(default=False, venv_backend="none")
def benchmark_tables(session: nox.Session) -> None:
    """Bring the measurements together: build/benchmark/tables.md and results.json."""
    arguments = session.posargs or PLACES.arguments
    session.run(CAREEN, "benchmark", *arguments, "--report", external=True)


@nox.session(default=False, requires=["environment"], venv_backend="none")
def locks(session: nox.Session) -> None:
    """Compile the requirement sets; -- takes the arguments of `careen compile`."""
    session.run(CAREEN, "compile", *session.posargs, external=True)


@nox.session(default=False, venv_backend="none")
def dev(session: nox.Session) -> None:
    """Make a ready .venv for newcomers: everything installed, `invoke --list` works."""
    venv = ROOT / ".venv"
    if not (venv / "bin" / "python").exists():
        session.run(sys.executable, "-m", "venv", str(venv), external=True)
    install(session, str(venv / "bin"))
    session.log(f"ready: source {venv.name}/bin/activate && invoke --list")
