"""An image that runs as root.

It is a fault where the last USER of an image's chain of stages is root or 0; or where it has none,
and its base is one of Docker's official images or a distroless one without :nonroot, which run as
root. Of other bases nothing is known. Stages that do not become images may run as root.

Bad:

    FROM python:3.13-slim-trixie
    CMD ["python", "-m", "app"]

Good:

    FROM python:3.13-slim-trixie
    USER 10001:10001
    CMD ["python", "-m", "app"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import StageView, Subject

_ADVICE = "USER 10001:10001 at the end, and the folders that it writes made its own"
# Official images that change to a user of their own by themselves.
_OWN_USER = frozenset({"nginx", "postgres", "redis"})


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.images:
        users = [one for one in view.instructions if one.keyword == "USER"]
        if not users:
            if _root_by_default(view):
                yield Fault(view.stage.line, "there is no USER: this image runs as root", _ADVICE)
            continue
        last = users[-1]
        user = subject.filled(last.value, view.before(last))
        if user is not None and user.strip().partition(":")[0] in {"root", "0"}:
            yield Fault(last.line, f"this image runs as root: USER {user.strip()}", _ADVICE)


def _root_by_default(view: StageView) -> bool:
    facts = view.facts
    if view.root == "scratch":
        return False
    if facts.family == "distroless":
        return not facts.nonroot
    return facts.official and facts.name not in _OWN_USER


RULE = Rule("runs-as-root", "warning", "an image that runs as root", _check, same_as=("DL3002",))
