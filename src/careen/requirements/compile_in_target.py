"""Compiles locks inside the builder image of a target, and keeps apart what comes out otherwise."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from careen.build.explain import explain
from careen.build.failure import find_failure
from careen.build.plan import BuildPlan, Options
from careen.build.run import certificates
from careen.build.trace import TraceReader
from careen.engine.bases import BaseResolver
from careen.engine.buildx import bake
from careen.engine.package_index import pip_configuration
from careen.engine.paths import cache_folder, write_atomically
from careen.engine.stand_in.make import Maker
from careen.engine.temporary import temporary_folder
from careen.errors import BaseMissingError, EngineError, ProcessError
from careen.requirements.compile import COMMAND, refuse_ties, restore
from careen.requirements.explain import explained, warnings
from careen.requirements.lock import parse_lock, with_fingerprint, with_same
from careen.requirements.target_plan import (
    BAKE_TARGET,
    CERTIFICATES_ID,
    PIP_ID,
    definition,
    dockerfile,
    target_fingerprint,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from careen.config.model import Settings
    from careen.engine.bases import Base
    from careen.engine.obtain import Engine
    from careen.requirements.lock import Lock
    from careen.requirements.plan import Compilation
    from careen.requirements.target_plan import TargetPlan

    Say = Callable[[str], None]

# What is installed in the builder image: the versions that compile here.
TOOLS = ("pip", "pip-tools")
_TIMEOUT_SECONDS = 1800.0


@dataclass(frozen=True)
class TargetLocks:
    """What became of a target.

    Attributes:
        plan: of the target.
        stand_in: whether another image took the place of its own.
        own: by set, whether its lock differs from the common one and has a file of its own.
        skipped: why nothing was compiled; "" where it was.
    """

    plan: TargetPlan
    stand_in: bool
    own: Mapping[str, bool]
    skipped: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        locks = {}
        for run in self.plan.runs if self.own else ():
            differs = self.own[run.name]
            path = run.lock if differs else self.plan.common[run.name]
            locks[run.name] = {"lock": str(path.relative_to(self.plan.root)), "differs": differs}
        return {
            "image": self.plan.image,
            "platform": self.plan.platform,
            "stand_in": self.stand_in,
            "skipped": self.skipped,
            "locks": locks,
        }


def compile_targets(
    settings: Settings,
    plans: Sequence[TargetPlan],
    engine: Engine,
    say: Say = lambda _: None,
    *,
    asked: bool,
) -> list[TargetLocks]:
    """Compile the locks of targets, one target after the other.

    Args:
        settings: the project's.
        plans: of `careen.requirements.target_plan.target_plans`; the common locks are there.
        engine: where.
        say: told what goes on.
        asked: whether the targets were named, so that none may be skipped.

    Raises:
        BaseMissingError: the image of a target that was named cannot be had.
        ConfigError: the requirements do not compile there; all locks of that target stay.
        EngineError: it failed otherwise, or the result would tie a lock to this machine.
    """
    maker = Maker(cache_folder(), engine.tools, say) if settings.bases.stand_ins else None
    resolver = BaseResolver(
        engine.client,
        maker,
        registry_timeout_seconds=settings.engine.registry_timeout_seconds,
        say=say,
    )
    bases = resolver.resolve(plan.image for plan in plans)
    lacking = {plan.name: why for plan in plans if (why := _lacking(plan, bases[plan.image]))}
    if asked and lacking:
        raise BaseMissingError(
            f"cannot compile for {'; '.join(f'{name}: {why}' for name, why in lacking.items())}",
            hint="it is pulled where a registry is reachable; `careen bases` lists stand-ins",
        )
    return [
        TargetLocks(plan, stand_in=False, own={}, skipped=lacking[plan.name])
        if plan.name in lacking
        else _compile(settings, plan, bases[plan.image], engine, say)
        for plan in plans
    ]


def _lacking(plan: TargetPlan, base: Base) -> str:
    if base.source == "missing":
        return f"no {base.reference}: {base.reason}"
    if base.is_stand_in and plan.platform:
        return (
            f"no {base.reference} for {plan.platform}: a stand-in is of the engine's own platform"
        )
    return ""


def _compile(
    settings: Settings, plan: TargetPlan, base: Base, engine: Engine, say: Say
) -> TargetLocks:
    where = f"a stand-in for {plan.image}" if base.is_stand_in else plan.image
    say(f"compiling for {plan.name} in {where}{f' ({plan.platform})' if plan.platform else ''}")
    with temporary_folder("compile") as folder:
        context, output = folder / "context", folder / "output"
        _write_context(context, plan)
        secrets = _secrets(settings, folder)
        _bake(settings, engine, plan, definition(plan, base, context, secrets, output))
        done = json.loads((output / "done.json").read_text(encoding="utf-8"))
        for run, ended in zip(plan.runs, done, strict=False):
            if ended["returncode"]:
                raise explained(
                    run,
                    settings.root,
                    ProcessError(run.argv, ended["returncode"], stderr=ended["stderr"]),
                    where=f"in {where}",
                )
            for line in warnings(run, settings.root, ended["stderr"]):
                say(line)
        texts = {
            run.name: (output / f"{run.name}.txt").read_text(encoding="utf-8") for run in plan.runs
        }
    for run in plan.runs:
        refuse_ties(texts[run.name], run.lock)
    return TargetLocks(plan, stand_in=base.is_stand_in, own=_write(plan, texts))


def _write_context(context: Path, plan: TargetPlan) -> None:
    project, root = context / "project", plan.root
    for run in plan.runs:
        for path in {run.source, *(line.path for line in run.lines)}:
            _copy(path, root, project)
        _put(project / plan.common[run.name].relative_to(root), _seed(plan, run))
    _put(context / "Dockerfile", dockerfile(plan.image))
    _put(context / "in_builder.py", (files("careen.engine") / "in_builder.py").read_text("utf-8"))
    _put(context / "tools.json", json.dumps([f"{name}=={version(name)}" for name in TOOLS]))
    runs = [
        {
            "set": run.name,
            "arguments": ["-m", "piptools", "compile", *run.options],
            "lock": str(plan.common[run.name].relative_to(root)),
            "source": str(run.source.relative_to(root)),
            "environment": {"CUSTOM_COMPILE_COMMAND": COMMAND, "NO_COLOR": "1"},
        }
        for run in plan.runs
    ]
    _put(context / "runs.json", json.dumps(runs))


def _copy(path: Path, root: Path, project: Path) -> None:
    if not path.is_relative_to(root):
        raise EngineError(
            f"{path} is outside of {root}: a builder image cannot read it",
            hint="move it into the project",
        )
    target = project / path.relative_to(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _seed(plan: TargetPlan, run: Compilation) -> str:
    """Give the pins that are kept where they can be: the common ones, then those of the target."""
    text = plan.common[run.name].read_text(encoding="utf-8")
    known = {pin.name for pin in parse_lock(text).pins}
    own = parse_lock(run.lock.read_text(encoding="utf-8")).pins if run.lock.is_file() else ()
    more = [
        " \\\n    ".join([f"{pin.name}=={pin.version}", *(f"--hash={x}" for x in pin.hashes)])
        for pin in own
        if pin.name not in known
    ]
    return "\n".join([text, *more, ""])


def _secrets(settings: Settings, folder: Path) -> dict[str, Path]:
    found = {}
    if (bundle := certificates(settings)) is not None:
        found[CERTIFICATES_ID] = bundle
    if configured := pip_configuration():
        found[PIP_ID] = folder / "pip.conf"
        found[PIP_ID].touch(mode=0o600)
        found[PIP_ID].write_text(configured, encoding="utf-8")
    return found


def _bake(
    settings: Settings, engine: Engine, plan: TargetPlan, described: Mapping[str, Any]
) -> None:
    reader = TraceReader([BAKE_TARGET])
    try:
        bake(
            engine,
            described,
            cwd=settings.root,
            timeout_seconds=_TIMEOUT_SECONDS,
            on_stderr=reader.feed,
        )
    except ProcessError as error:
        reader.end()
        failure = find_failure(reader.trace(), error.stdout)
        if failure is None:
            raise
        if failure.kind != "step":
            raise explain(failure, BuildPlan((), Options())) from None
        tail = "".join(f"\n  | {line}" for line in failure.log_tail[-12:])
        raise EngineError(
            f"target {plan.name}: its locks cannot be compiled in {plan.image}: "
            f"{failure.message.splitlines()[0]}{tail}",
            hint="the image needs python3 with venv, and the package index has to be in reach of "
            "builds; the old locks are as they were",
        ) from None


def _write(plan: TargetPlan, texts: Mapping[str, str]) -> dict[str, bool]:
    """Write what differs to files of its own, and note in the common locks what does not."""
    paths = [*(run.lock for run in plan.runs), *plan.common.values()]
    old = {path: path.read_bytes() if path.exists() else None for path in paths}
    locks: dict[str, Lock] = {name: parse_lock(text) for name, text in texts.items()}
    own = {}
    try:
        for run in plan.runs:
            common = plan.common[run.name]
            text = common.read_text(encoding="utf-8")
            known = parse_lock(text)
            below = [locks[name] for name in run.on]
            made = target_fingerprint(plan, run, below, locks[run.name].digest)
            own[run.name] = known.digest != made.lock
            same = {name: mark for name, mark in known.same.items() if name != plan.name}
            if own[run.name]:
                _put_atomically(run.lock, with_fingerprint(texts[run.name], made))
            else:
                same[plan.name] = made.whole
                run.lock.unlink(missing_ok=True)
            _put_atomically(common, with_same(text, same))
    except BaseException:
        restore(old)
        raise
    return own


def _put_atomically(path: Path, text: str) -> None:
    data = text.encode()
    if not path.exists() or path.read_bytes() != data:
        write_atomically(path, data)
