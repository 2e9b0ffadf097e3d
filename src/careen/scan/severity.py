"""Gives the severities that scanners name as ours."""

from __future__ import annotations

from careen.scan.model import SEVERITIES, Severity


def severity(value: str) -> Severity:
    """Give a severity of ours; a word that is none of them is UNKNOWN.

    >>> severity("High"), severity("none")
    ('HIGH', 'UNKNOWN')
    """
    return next((known for known in SEVERITIES if known == value.upper()), "UNKNOWN")
