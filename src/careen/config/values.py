"""The forms that settings' values have: strict tables, sizes, names."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from careen.errors import UsageError

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20}
_UNITS["GIB"] = 2**30


def parse_size(value: object) -> int:
    """Give the bytes of a size such as `500MB` (10**6) or `1GiB` (2**30), or of a number.

    Raises:
        ValueError: it is no size.

    >>> parse_size("1.5 GB")
    1500000000
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", str(value))
    if isinstance(value, bool) or not match or match[2].upper() not in _UNITS:
        raise ValueError("give a size such as 500MB or 1GiB")
    return int(float(match[1]) * _UNITS[match[2].upper()])


def parse_growth(text: str) -> int:
    """Give the bytes of --max-growth.

    Raises:
        UsageError: it is no size.
    """
    try:
        return parse_size(text)
    except ValueError as error:
        raise UsageError(f"--max-growth {text}: {error}") from None


Bytes = Annotated[int, BeforeValidator(parse_size)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
# A repository as references have it, with or without a registry: app, localhost:5000/team/app.
Repository = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*((:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)+)?$")
]


def _dashed(name: str) -> str:
    return name.replace("_", "-")


class Model(BaseModel):
    """A table of the configuration: frozen, strict, with dashes in its keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=_dashed, populate_by_name=True
    )
