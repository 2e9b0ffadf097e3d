"""careen's own search for secrets, as a scanner among the others."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from careen.errors import CareenError, UsageError
from careen.image.history import clean_instruction
from careen.image.redaction import redacted
from careen.scan.model import ScannerReport, Secret
from careen.scan.secrets.absent import leaks
from careen.scan.secrets.find import BLIND_TO, Gone, search
from careen.scan.secrets.known_layers import rules_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from careen.scan.model import How, Target
    from careen.scan.secrets.absent import Leak


@dataclass(frozen=True)
class SecretSearch:
    """Looks for secrets in every layer, and for those that a build was given.

    Attributes:
        build_secrets: their values by name, see `careen.scan.secrets.absent`.
        name: of the scanner.
    """

    build_secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    name: str = "secrets"

    def scan(self, target: Target, how: How) -> ScannerReport:
        """Look into an image; whatever goes wrong is in the report's status and reason."""
        started = time.monotonic()
        secrets: tuple[Secret, ...] = ()
        reason = ""
        try:
            secrets = search(target, say=how.say).secrets
            found = leaks(target, self.build_secrets, say=how.say)
            secrets += tuple(_as_secrets(target, found))
        except CareenError as error:
            reason = str(error)
        return ScannerReport(
            scanner=self.name,
            status="failed" if reason else "ran",
            reason=reason,
            version=rules_version(),
            blind_to=BLIND_TO,
            secrets=secrets,
            seconds=time.monotonic() - started,
        )

    def update(self, how: How) -> str:
        """Say that there is no database.

        Raises:
            UsageError: always.
        """
        del how
        raise UsageError("careen's own search for secrets has no database to fetch")


def _as_secrets(target: Target, found: Sequence[Leak]) -> Iterator[Secret]:
    gone = Gone(target.image.layers) if any(leak.layer for leak in found) else None
    for leak in found:
        facts = target.image.facts[leak.layer - 1] if leak.layer else None
        yield Secret(
            rule="build-secret",
            title=f"the secret {leak.name} of the build",
            place=leak.place,
            path=leak.path,
            layer=leak.layer,
            diff_id=facts.diff_id if facts else "",
            # A COPY names files; what another instruction says may be the secret.
            instruction=_named(facts.instruction) if facts else "",
            removed=bool(gone and leak.layer and gone.is_gone(leak.layer - 1, leak.path)),
        )


def _named(created_by: str) -> str:
    text = redacted(clean_instruction(created_by))
    return text if text.startswith(("COPY ", "ADD ")) else text.partition(" ")[0]
