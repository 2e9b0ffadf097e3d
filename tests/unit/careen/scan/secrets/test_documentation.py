"""docs/secrets.md has every rule, and the reason of everything that is set aside."""

from __future__ import annotations

import re
from pathlib import Path

from careen.image.secrets import checks
from careen.image.secrets.files import FILE_RULES
from careen.image.secrets.formats import FORMATS
from careen.scan.secrets.exclusions import EXCLUSIONS

PAGE = (Path(__file__).parents[5] / "docs" / "secrets.md").read_text()


def test_the_tables_have_the_rules_in_their_order() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.+?) \|", PAGE, re.MULTILINE)
    forms, files = ([(one.id, one.title) for one in FORMATS], [(r.id, r.title) for r in FILE_RULES])
    assert rows == forms + files
    for rule in FILE_RULES:
        assert all(f"`{name}`" in PAGE for name in rule.names), rule.id


def test_the_page_says_why_something_is_set_aside() -> None:
    source = Path(checks.__file__).read_text()
    published = re.findall(r'"((?:an? |the )[^"]{20,})"', source)
    assert len(published) == 5
    for reason in [*published, *(each.reason for each in EXCLUSIONS)]:
        assert f"| {reason} |" in PAGE, reason
