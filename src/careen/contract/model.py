"""What a check of an image says: it held, it failed, it was not made and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Status = Literal["passed", "failed", "skipped", "unknown"]


@dataclass(frozen=True)
class Check:
    """One check of one image.

    Attributes:
        name: words with dashes, stable: `start-to-healthy`, `http: GET /health`.
        status: `unknown`: it could not be made though it should have been; that is a failure.
            `skipped`: it does not apply to this image, or the contract leaves it out.
        reason: of all but `passed`: what happened, and what to do about it.
        expected: in words with units.
        measured: likewise.
        log: the service's last lines, of what failed.
        figures: what was measured as numbers, their units in their names.
        seconds: how long the check took.
    """

    name: str
    status: Status
    reason: str = ""
    expected: str = ""
    measured: str = ""
    log: tuple[str, ...] = ()
    figures: Mapping[str, Any] | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Give the JSON form: the attributes."""
        return {**vars(self), "log": list(self.log), "figures": dict(self.figures or {})}


@dataclass(frozen=True)
class Verdict:
    """All checks of one image.

    Attributes:
        variant: or the image's name.
        image: its tag.
        platform: such as linux/amd64.
        stand_in: whether it stands on a base that careen made in place of a published one.
        checks: in the order in which they were made.
    """

    variant: str
    image: str
    checks: tuple[Check, ...]
    platform: str = ""
    stand_in: bool = False

    @property
    def passed(self) -> bool:
        """Whether nothing failed and nothing is unknown."""
        return all(check.status in {"passed", "skipped"} for check in self.checks)
