r"""apt's package lists stay in a layer of the image: 20 MB and more that nobody reads.

It is a fault where a RUN of an image's chain of stages updates the lists, and neither removes
/var/lib/apt/lists in the same RUN nor has a mount there. Stages that are only copied from do not
count.

Bad:

    FROM debian:13-slim
    RUN apt-get update && apt-get install -y --no-install-recommends curl

Good:

    FROM debian:13-slim
    RUN apt-get update && apt-get install -y --no-install-recommends curl && \
        rm -rf /var/lib/apt/lists/*
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.installs import apt_action
from careen.lint.mounts import mounts
from careen.lint.rule import Fault, Rule
from careen.lint.shell_commands import commands, script_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import Subject


def _check(subject: Subject) -> Iterator[Fault]:
    # A stage that two images stand on is looked at once.
    for view in dict.fromkeys(one for image in subject.images for one in image.chain):
        for instruction in view.stage.instructions:
            updates = [one for one in commands(instruction) if apt_action(one) == "update"]
            mounted = any(mount.is_at("/var/lib/apt") for mount in mounts(instruction))
            if updates and not mounted and not _removed(script_text(instruction)):
                yield Fault(
                    updates[0].line,
                    "apt's package lists stay in this layer",
                    "rm -rf /var/lib/apt/lists/* at the end of this RUN, or a cache mount at "
                    "/var/lib/apt",
                )


def _removed(script: str) -> bool:
    return "/var/lib/apt" in script and ("rm " in script or "-delete" in script)


RULE = Rule(
    "apt-lists-kept", "warning", "apt's lists stay in the image", _check, same_as=("DL3009",)
)
