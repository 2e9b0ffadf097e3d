"""The JSON form of what images keep of their contract; validate.schema.json describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careen.contract.model import Verdict

SCHEMA_VERSION = 1


def document(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Give the document; without an image, and without a check that passed, nothing has passed."""
    good = all(one.passed and any(c.status == "passed" for c in one.checks) for one in verdicts)
    return {
        "schema_version": SCHEMA_VERSION,
        "careen": __version__,
        "outcome": "passed" if verdicts and good else "failed",
        "variants": {
            one.variant: {
                "image": one.image,
                "platform": one.platform,
                "stand_in": one.stand_in,
                "checks": [check.to_json() for check in one.checks],
            }
            for one in verdicts
        },
    }
