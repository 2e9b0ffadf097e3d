"""What `careen up` is about to do, as data that `--dry` prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careen.engine.bases import Base


@dataclass(frozen=True)
class Plan:
    """What `careen up` is about to do.

    Attributes:
        project: its name in Compose.
        variant: whose image is started.
        image: that image.
        service: that is made of it.
        profiles: that are on.
        bases: images of the other services and where they come from, by service.
        secrets: files with passwords that careen made, by the secret's name.
        override: what is laid over the Compose file.
        argv: the command that starts it.
    """

    project: str
    variant: str
    image: str
    service: str
    profiles: tuple[str, ...]
    bases: Mapping[str, Base]
    secrets: Mapping[str, str]
    override: Mapping[str, Any]
    argv: tuple[str, ...]

    @property
    def waits(self) -> bool:
        """Whether the command ends when all is healthy."""
        return "--wait" in self.argv

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON data; passwords stand in files, so none is in it."""
        return {
            "project": self.project,
            "variant": self.variant,
            "image": self.image,
            "profiles": list(self.profiles),
            "images": images_json(self.bases),
            "override": self.override,
            "environment": profile_variables(self.profiles),
            "command": list(self.argv),
        }


def images_json(bases: Mapping[str, Base]) -> list[dict[str, Any]]:
    """Give where the images of services come from as JSON data."""
    return [
        {
            "service": service,
            "reference": base.reference,
            "source": base.source,
            "used": used_reference(base),
            "stand_in": base.is_stand_in,
            "reason": base.reason,
            "summary": base.summary,
            "recipe": base.recipe,
        }
        for service, base in bases.items()
    ]


def used_reference(base: Base) -> str:
    """Give what a container is made of: the image, or its stand-in."""
    return base.context.removeprefix("docker-image://") if base.is_stand_in else base.reference


def profile_variables(profiles: tuple[str, ...]) -> dict[str, str]:
    """Give the variable that turns profiles on, and all others off."""
    return {"COMPOSE_PROFILES": ",".join(profiles)}
