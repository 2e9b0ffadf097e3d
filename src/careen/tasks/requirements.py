"""The task that compiles the requirement sets."""

from __future__ import annotations

from typing import Any

from careen.tasks.adapter import careen_task, say, show_json, words


@careen_task(
    name="compile",
    help={
        "upgrade": "take the newest versions that fit",
        "upgrade_package": "names of the only distributions to upgrade, separated by commas",
        "json": "print what changed as JSON",
        "dry": "print the commands, run none",
    },
)
def compile_(
    context: Any,
    upgrade: bool = False,
    upgrade_package: str = "",
    json: bool = False,
    dry: bool = False,
) -> None:
    """Compile the requirement sets into hashed locks, each on what it is layered on.

    Examples: invoke compile; invoke compile --upgrade; invoke compile --upgrade-package fastapi
    """
    from careen.config.load import load
    from careen.requirements.compile import compile_set, plan

    settings = load().settings
    runs = plan(settings, upgrade=upgrade, upgrade_packages=words(upgrade_package))
    if dry:
        for run in runs:
            print(*run.argv, run.source.relative_to(settings.root))
        return
    changed = {run.name: compile_set(run, settings.root, say) for run in runs}
    if json:
        show_json({"changed": changed})
    else:
        for name, new in changed.items():
            print(f"{settings.requirements[name].lock}: {'changed' if new else 'unchanged'}")
