"""Chooses the version to upgrade to where a scanner names several."""

from __future__ import annotations

import re


def first_fix(installed: str, fixes: str) -> str:
    """Give the version to upgrade to, of several lines of development that are joined by commas.

    >>> first_fix("2.1.0", "1.9.3, 2.1.4, 3.0.0")
    '2.1.4'
    >>> first_fix("1:2.41-12", "1:2.41-13")
    '1:2.41-13'
    """
    versions = [version.strip() for version in fixes.split(",") if version.strip()]
    above = [version for version in versions if _numbers(version) >= _numbers(installed)]
    return min(above or versions, key=_numbers, default="")


def _numbers(version: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"[0-9]{1,18}", version)]
