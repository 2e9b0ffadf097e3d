"""Locks per target: which sets are compiled in which image, and where the result belongs.

A lock that comes out the same there stays one file, and its head says so; one that differs is a
file of its own: `core.txt` and `core.alpine.txt`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from careen.errors import ConfigError, UsageError, nearest
from careen.requirements.plan import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from careen.config.model import LockTarget, Settings
    from careen.engine.bases import Base
    from careen.requirements.lock import Fingerprint, Lock
    from careen.requirements.plan import Compilation

ALL = "all"
TOOLS_STAGE, COMPILE_STAGE = "tools", "compile"
BAKE_TARGET = "locks"
CERTIFICATES_ID, PIP_ID = "ca-certificates", "pip-configuration"
_MOUNTS = (
    "--mount=type=cache,id=careen-compile,target=/root/.cache,sharing=locked "
    f"--mount=type=secret,id={CERTIFICATES_ID},target=/etc/ssl/certs/ca-certificates.crt "
    f"--mount=type=secret,id={PIP_ID},target=/etc/pip.conf"
)


@dataclass(frozen=True)
class TargetPlan:
    """What is compiled in one image.

    Attributes:
        name: of the target; with the architecture behind it where it has several platforms.
        image: a reference.
        platform: such as linux/arm64; "" is the engine's own.
        runs: of the sets in their order; `lock` is the file of this target alone.
        common: by set, the lock of all targets that need none of their own.
        root: the project's folder.
    """

    name: str
    image: str
    platform: str
    runs: tuple[Compilation, ...]
    common: Mapping[str, Path]
    root: Path

    def to_json(self) -> dict[str, Any]:
        """Give what `--dry` prints."""
        return {
            "image": self.image,
            "platform": self.platform,
            "sets": [run.name for run in self.runs],
        }


def target_plans(
    settings: Settings,
    runs: Sequence[Compilation],
    names: Iterable[str] = (ALL,),
    platforms: Sequence[str] = (),
) -> list[TargetPlan]:
    """Plan what is compiled for targets.

    Args:
        settings: the project's.
        runs: of `careen.requirements.plan.plan`.
        names: of targets; `all`.
        platforms: only these; all by default.

    Raises:
        UsageError: a target is unknown, or none has the platforms.
        ConfigError: a target installs an unknown set.
    """
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name != ALL and name not in settings.targets:
            known = nearest(name, settings.targets) if settings.targets else "there is none"
            raise UsageError(f"unknown target: {name}", hint=f"[tool.careen.targets]: {known}")
    chosen = settings.targets if ALL in wanted else {x: settings.targets[x] for x in wanted}
    found = [
        plan
        for name, target in chosen.items()
        for platform in target.platforms or ("",)
        if not platforms or platform in platforms
        for plan in [_plan(settings, name, platform, runs)]
    ]
    if platforms and not found:
        raise UsageError(
            f"no target has the platform {', '.join(platforms)}",
            hint="add it to `platforms` of [tool.careen.targets.NAME]",
        )
    return found


def _short(platform: str) -> str:
    """Give what stands behind a target's name.

    >>> _short("linux/arm/v7")
    'arm-v7'
    """
    return platform.removeprefix("linux/").replace("/", "-")


def _plan(settings: Settings, name: str, platform: str, runs: Sequence[Compilation]) -> TargetPlan:
    target = settings.targets[name]
    sets = _with_those_below(settings, target, name)
    if len(target.platforms) > 1:
        name = f"{name}-{_short(platform)}"
    own = [run for run in runs if run.name in sets]
    locks = {run.name: run.lock.with_suffix(f".{name}{run.lock.suffix}") for run in own}
    common = {run.name: run.lock for run in own}
    moved = tuple(
        replace(
            run,
            lock=locks[run.name],
            constraints=tuple(
                path if path.is_file() else common[below]
                for below in run.on
                for path in [locks[below]]
            ),
        )
        for run in own
    )
    return TargetPlan(name, target.image, platform, moved, common, settings.root)


def _with_those_below(settings: Settings, target: LockTarget, name: str) -> set[str]:
    for one in target.sets:
        if one not in settings.requirements:
            raise ConfigError(
                f"{settings.root / 'pyproject.toml'}: [tool.careen.targets.{name}] installs the "
                f"requirement set {one}, which is unknown",
                hint=nearest(one, settings.requirements),
            )
    found: set[str] = set()
    todo = list(target.sets or settings.requirements)
    while todo:
        one = todo.pop()
        found.add(one)
        todo += settings.requirements[one].on
    return found


def target_fingerprint(
    plan: TargetPlan, run: Compilation, below: Iterable[Lock], lock: str
) -> Fingerprint:
    """Say what a target's lock is made of, likewise `careen.requirements.plan.fingerprint`."""
    return fingerprint(run, below, lock, (plan.image, plan.platform))


def dockerfile(image: str) -> str:
    """Give the build that compiles: pip-tools in an environment of its own, then the locks."""
    return "\n".join(
        [
            f"FROM {image} AS {TOOLS_STAGE}",
            "COPY in_builder.py tools.json /careen/",
            f'RUN {_MOUNTS} ["python3", "/careen/in_builder.py", "tools"]',
            f"FROM {TOOLS_STAGE} AS {COMPILE_STAGE}",
            "COPY runs.json /careen/",
            "COPY project /project",
            f'RUN {_MOUNTS} ["python3", "/careen/in_builder.py", "compile"]',
            "FROM scratch",
            f"COPY --from={COMPILE_STAGE} /out/ /",
            "",
        ]
    )


def definition(
    plan: TargetPlan, base: Base, context: Path, secrets: Mapping[str, Path], output: Path
) -> dict[str, Any]:
    """Give the bake definition of that build.

    Args:
        plan: the target.
        base: its image.
        context: the folder with what the build needs.
        secrets: by id, the files.
        output: the folder that it writes to.
    """
    target: dict[str, Any] = {
        "context": str(context),
        "dockerfile": "Dockerfile",
        "contexts": {base.reference: base.context} if base.context else {},
        "platforms": [plan.platform] if plan.platform else [],
        "secret": [f"id={name},src={path}" for name, path in secrets.items()],
        "output": [f"type=local,dest={output}"],
        # An index says something else tomorrow.
        "no-cache-filter": [COMPILE_STAGE],
    }
    return {
        "group": {"default": {"targets": [BAKE_TARGET]}},
        "target": {BAKE_TARGET: {key: value for key, value in target.items() if value}},
    }
