"""The schema of SARIF 2.1.0 as an oracle: tests/data/sarif/README.md says where it comes from."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

_FILE = Path(__file__).parents[3] / "data" / "sarif" / "sarif-2.1.0.json"
# RFC 3986, appendices A and B: the letters of a URI, and no percent sign without two digits.
_URI = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*:")


@cache
def _validator() -> jsonschema.Draft4Validator:
    schema = json.loads(_FILE.read_bytes())
    jsonschema.Draft4Validator.check_schema(schema)
    formats = jsonschema.FormatChecker(formats=())
    formats.checks("uri-reference")(_is_reference)
    formats.checks("uri")(_is_uri)
    return jsonschema.Draft4Validator(schema, format_checker=formats)


def check(log: dict[str, Any]) -> None:
    """Raise jsonschema.ValidationError where *log*, once written and read, is no SARIF."""
    _validator().validate(json.loads(json.dumps(log)))


def _is_reference(text: object) -> bool:
    return not isinstance(text, str) or _URI.fullmatch(text) is not None


def _is_uri(text: object) -> bool:
    return not isinstance(text, str) or bool(_is_reference(text) and _SCHEME.match(text))
