"""The task that compiles requirement sets, and says whether their locks are fresh."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.tasks.adapter import careen_task, say, show_json, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careen.config.model import Settings
    from careen.image.model import Image
    from careen.requirements.alternatives import Alternative
    from careen.requirements.plan import Compilation
    from careen.requirements.target_plan import TargetPlan


@careen_task(
    name="compile",
    help={
        "check": "only say whether the locks are fresh, without a network; exit 1 where one is not",
        "upgrade": "take the newest versions that fit",
        "upgrade_package": "names of the only distributions to upgrade, separated by commas",
        "target": "compile in the images of targets too: names separated by commas, or `all`",
        "platform": "with --target: only these platforms of the targets, such as linux/arm64",
        "export": "write the locks as pylock.toml files too: pylock.SET.toml beside this path",
        "json": "print what changed, or what is not fresh, as JSON",
        "dry": "print the commands, run none",
    },
)
def compile_(
    context: Any,
    check: bool = False,
    upgrade: bool = False,
    upgrade_package: str = "",
    target: str = "",
    platform: str = "",
    export: str = "",
    json: bool = False,
    dry: bool = False,
) -> None:
    """Compile the requirement sets into hashed locks, each on what it is layered on.

    Examples: invoke compile; invoke compile --check; invoke compile --target all
    """
    from careen.config.load import load
    from careen.requirements.plan import plan

    settings = load().settings
    if check:
        _check(settings, json=json)
        return
    runs = plan(settings, upgrade=upgrade, upgrade_packages=words(upgrade_package))
    targets = _targets(settings, runs, words(target), words(platform))
    if dry:
        for run in runs:
            print(*run.argv, run.source.relative_to(settings.root))
        for one in targets:
            print(f"{one.name}: the same in {one.image}: {', '.join(run.name for run in one.runs)}")
        return
    from careen.report.requirements import render_targets
    from careen.requirements.compile import compile_sets

    fresh = not upgrade and not upgrade_package
    changed = compile_sets(runs, settings.root, say, early=fresh)
    made = _in_targets(settings, targets, asked="all" not in words(target))
    written = _export(runs, Path(export)) if export else []
    if json:
        show_json({"changed": changed, "targets": made, "exported": written})
    else:
        for name, new in changed.items():
            print(f"{settings.requirements[name].lock}: {'changed' if new else 'unchanged'}")
        if made:
            print(render_targets(made))
        for path in written:
            print(f"{path}: written")


def _targets(
    settings: Settings,
    runs: Sequence[Compilation],
    names: Sequence[str],
    platforms: Sequence[str],
) -> list[TargetPlan]:
    from careen.errors import UsageError
    from careen.requirements.target_plan import target_plans

    if platforms and not names:
        raise UsageError("--platform is of targets", hint="name some, or give --target all")
    return target_plans(settings, runs, names, platforms)


def _in_targets(
    settings: Settings, targets: Sequence[TargetPlan], *, asked: bool
) -> dict[str, Any]:
    if not targets:
        return {}
    from careen.engine.obtain import obtain
    from careen.requirements.compile_in_target import compile_targets

    engine = obtain(settings.engine.kind, say)
    with engine.client:
        found = compile_targets(settings, targets, engine, say, asked=asked)
    return {one.plan.name: one.to_json() for one in found}


def _export(runs: Sequence[Compilation], path: Path) -> list[str]:
    """Write FOLDER/pylock.SET.toml of each lock; all of them, or none."""
    from careen.engine.package_index import files_of
    from careen.engine.paths import write_atomically
    from careen.requirements.lock import parse_lock
    from careen.requirements.pylock import check_name, pylock

    check_name(path.name)
    locks = {run.name: parse_lock(run.lock.read_text(encoding="utf-8")) for run in runs}
    index = files_of({pin.name for lock in locks.values() for pin in lock.pins})
    texts = {
        path.with_name(f"pylock.{run.name}.toml"): pylock(locks[run.name], index, run.lock.name)
        for run in runs
    }
    for target, text in texts.items():
        write_atomically(target, text.encode())
    return [str(target) for target in texts]


def _check(settings: Settings, *, json: bool) -> None:
    from invoke.exceptions import Exit

    from careen.errors import CheckFailedError
    from careen.report.requirements import render_check
    from careen.requirements.check import check

    stale = [one.to_json() for one in check(settings)]
    locks = [one.lock for one in settings.requirements.values()]
    data = {"outcome": "failed" if stale else "passed", "locks": locks, "stale": stale}
    if json:
        show_json(data)
    else:
        print(render_check(data))
    if stale:
        raise Exit(code=CheckFailedError.exit_code)


@careen_task(
    variadic="sets",
    help={
        "sets": "requirement sets; all of them by default",
        "python": "of the targets, separated by commas; 3.11 to 3.14 by default",
        "platform": "glibc or musl, amd64 or arm64, or both with a dash; all by default",
        "require_wheels": "exit 1 where a pin has no wheel for a target",
        "refresh": "ask the indexes again, though they answered today",
        "json": "print the coverage as JSON",
        "dry": "say what would be asked for",
    },
)
def wheels(
    context: Any,
    sets: str = "",
    python: str = "",
    platform: str = "",
    require_wheels: bool = False,
    refresh: bool = False,
    json: bool = False,
    dry: bool = False,
) -> None:
    """Say which pins of the locks have a wheel where, what would compile, and what that needs.

    Examples: careen wheels core; careen wheels --platform musl --python 3.13 --require-wheels
    """
    from careen.config.load import load
    from careen.engine.package_index import files_of
    from careen.report.wheels import render_wheels
    from careen.requirements.targets import targets
    from careen.requirements.wheels import covered

    settings = load().settings
    chosen = targets(words(python), words(platform))
    names = words(sets)
    if dry:
        show_json(
            {"sets": names or list(settings.requirements), "targets": [x.name for x in chosen]}
        )
        return
    data = covered(settings, names, chosen, lambda wanted: files_of(wanted, refresh=refresh))
    if json:
        show_json(data)
    else:
        print(render_wheels(data), end="")
    _judge(data, wanted=require_wheels)


def _judge(data: dict[str, Any], *, wanted: bool) -> None:
    from invoke.exceptions import Exit

    from careen.errors import CheckFailedError

    if wanted and data["outcome"] != "passed":
        raise Exit(code=CheckFailedError.exit_code)


@careen_task(
    help={
        "image": "a variant, or any image; the first built variant by default",
        "all": "show every distribution",
        "alternatives": "install lighter distributions and those in whose place they stand, and "
        "measure both",
        "json": "print the weights as JSON",
        "dry": "say what would be read and installed",
    },
    variadic="image",
)
def weight(
    context: Any,
    image: str = "",
    all: bool = False,  # noqa: A002 - the flag's name
    alternatives: bool = False,
    json: bool = False,
    dry: bool = False,
) -> None:
    """Say what each Python distribution of an image weighs with all that it needs.

    Examples: careen weight slim-ml; careen weight slim --alternatives --json
    """
    from careen.config.load import built_variants, image_names, load_if_any
    from careen.engine.images import open_image
    from careen.report.weight import render_weight
    from careen.requirements.alternatives import fitting

    project = load_if_any()
    [name] = image_names(words(image)[:1] or (built_variants(project)[:1] if project else ()))
    pairs = fitting(_wanted(project))
    if dry:
        show_json({"image": name, "alternatives": [vars(one) for one in pairs]})
        return
    opened = open_image(name, say=say)
    data = _weights(opened) | {"alternatives": _alternatives(pairs, measured=alternatives)}
    if json:
        show_json(data)
    else:
        print(render_weight(data, every=all), end="")


def _wanted(project: Settings | None) -> list[str]:
    """Give the lines of all inputs of the project."""
    from careen.requirements.plan import plan

    return [line.text for run in plan(project) for line in run.lines] if project else []


def _weights(image: Image) -> dict[str, Any]:
    from dataclasses import asdict

    from careen.image.tree import merge
    from careen.image.weigh.distributions import distributions
    from careen.image.weigh.requires import vendored, weigh_needs
    from careen.image.weigh.view import View

    merged = merge(image.layers)
    view = View(merged, image.layers)
    found = distributions(view)
    return {
        "schema_version": 1,
        "image": image.name,
        "stand_in": image.is_stand_in,
        "distributions": [asdict(one) for one in weigh_needs(merged, image.layers, view, found)],
        "vendored": [asdict(one) for one in vendored(view, found)],
    }


def _alternatives(pairs: Sequence[Alternative], *, measured: bool) -> list[dict[str, Any]]:
    from careen.engine.pip_target import installed_bytes
    from careen.requirements.alternatives import Measured, measure

    if not measured:
        return [Measured(one, None, None).to_json() for one in pairs]

    def install(name: str) -> int:
        say(f"installing {name} to weigh it")
        return installed_bytes(name)

    return [one.to_json() for one in measure(pairs, install)]
