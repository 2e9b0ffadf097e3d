"""Reads a `.dive-ci` file: the flat part of YAML that dive's documentation shows.

```yaml
rules:
  lowestEfficiency: 0.95           # a ratio
  highestWastedBytes: 20MB         # a size
  highestUserWastedPercent: "0.20" # a ratio, or disabled
```
"""

from __future__ import annotations

import re

from careen.errors import ConfigError
from careen.image.gate.rules import DIVE_DEFAULTS, KINDS, Source

_ENTRY = re.compile(r"""(?P<key>[\w./-]+|"[^"]*"|'[^']*')\s*:(?:\s+(?P<value>\S.*?))?\s*""")
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<text>[^"'\\]*)(?P=quote)\s*(?:\#.*)?""")
_MARKS = frozenset("&*!|>{}[]%@`,\"'")


def read_dive_ci(text: str, origin: str = ".dive-ci") -> list[Source]:
    r"""Give the rules of a `.dive-ci` file as sources for `make_rules`, dive's defaults first.

    dive reads names in any case, and so does this. The values stay text.

    Raises:
        ConfigError: a line is not of the form above; all such lines at once.

    >>> read_dive_ci("rules:\n  lowestEfficiency: 0.95")[1]
    ('.dive-ci', {'lowestEfficiency': '0.95'})
    """
    values: dict[str, object] = {}
    names: set[str] = set()
    wrong: list[str] = []
    indent = None
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if not bare or bare.startswith("#") or (number == 1 and bare == "---"):
            continue
        depth = len(line) - len(line.lstrip(" "))
        match = _ENTRY.fullmatch(bare)
        value = _scalar(match["value"] or "") if match else None
        if match is None or value is None or line[depth] == "\t":
            wrong.append(f"{origin}:{number}: {bare!r} is no NAME: VALUE")
        elif depth == 0:
            inside = match["key"] == "rules" and not value
            if not inside:
                wrong.append(f"{origin}:{number}: {bare!r}: only `rules:` can stand here")
        elif not inside or depth != (indent := indent or depth):
            wrong.append(f"{origin}:{number}: {bare!r} is not indented like a rule of `rules:`")
        else:
            name = _name(match["key"].strip("\"'"))
            if name in names:
                wrong.append(f"{origin}:{number}: {name} is there twice")
            names.add(name)
            # A name without a value is to dive one that is not there.
            values |= {name: value} if value else {}
    if wrong:
        raise ConfigError(
            "\n".join(wrong), hint="write `rules:`, and below it indented lines of `NAME: VALUE`"
        )
    return [DIVE_DEFAULTS, (origin, values)]


def _scalar(text: str) -> str | None:
    """Give the text of a plain or quoted scalar, "" for none; None for what is neither."""
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return quoted["text"]
    plain = re.split(r"(?:^|\s)#", text, maxsplit=1)[0].strip()
    return None if plain[:1] in _MARKS and plain else plain


def _name(written: str) -> str:
    return next((name for name in KINDS if name.lower() == written.lower()), written)
