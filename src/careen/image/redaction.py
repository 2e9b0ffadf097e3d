"""Takes what looks like a secret out of configurations and instructions before they are shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.image.secrets.search import spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REDACTED = "(redacted)"
_WORDS = r"PASSW|PASSPHRASE|PASSCODE|TOKEN(?!IZ)|SECRET|KEY|CREDENTIAL|PRIVATE|SIGNATURE|COOKIE"
_SHORT = r"(?<![A-Z0-9])(?:PASS|PWD|PAT|PIN|AUTH|DSN|SALT)(?![A-Z0-9])"
_NAME = re.compile(f"{_WORDS}|{_SHORT}", re.IGNORECASE)
_HARMLESS = frozenset({"PWD", "OLDPWD"})  # the shell's own: folders
_USER = re.compile(r"(?<=://)([^\s/@:]*):[^\s/@]*@")
_VALUE = r""""(?:\\.|[^"\\])*"|'[^']*'|[^\s"',;&|]+"""
# Each begins where a word begins, so that a long word is read once.
_START = r"(?<![A-Za-z0-9_.-])"
_ASSIGNED = re.compile(rf"{_START}(?P<name>[A-Za-z0-9_.-]+)=(?P<value>{_VALUE})")
_OPTION = re.compile(rf"{_START}(?P<name>--?[A-Za-z0-9_.-]+)\s+(?P<value>(?!-)(?:{_VALUE}))")
# In an instruction that was made one line, a key has blanks where its lines ended.
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
_ENV = re.compile(r"^ENV (?P<name>[A-Za-z0-9_.-]+) (?P<value>.+)$")


def looks_secret(name: str) -> bool:
    """Tell whether a variable of this name may hold a secret; rather once too often.

    >>> looks_secret("AWS_SECRET_ACCESS_KEY"), looks_secret("DB_PASS"), looks_secret("PATH")
    (True, True, False)
    """
    return name.upper() not in _HARMLESS and _NAME.search(name.replace("_", " ")) is not None


def redacted_value(name: str, value: str) -> str:
    """Give a variable's value, or what stands for it."""
    return REDACTED if value and looks_secret(name) else redacted(value)


def redacted(text: str) -> str:
    """Take out of a text what is or may be secret.

    That is passwords of URLs, values that are given to secret-looking names, and what has the form
    of a token or a key.

    >>> redacted("RUN curl -H --token abc https://me:pw@example.org?api_key=12")
    'RUN curl -H --token (redacted) https://me:(redacted)@example.org?api_key=(redacted)'
    """
    text = _PRIVATE_KEY.sub(REDACTED, text)
    text = _USER.sub(rf"\1:{REDACTED}@", text)
    for pattern in (_ASSIGNED, _OPTION, _ENV):
        text = pattern.sub(_replace, text)
    return _without_forms(text)


def assignments(text: str) -> Iterator[tuple[str, str]]:
    """Give the names and values that a text assigns: NAME=value, --name value, ENV NAME value.

    >>> list(assignments("RUN A=1 serve --token 'x y'"))
    [('A', '1'), ('--token', 'x y')]
    """
    for pattern in (_ASSIGNED, _OPTION, _ENV):
        for match in pattern.finditer(text):
            value = match["value"]
            yield match["name"], value[1:-1] if value[:1] in {"'", '"'} else value


def _without_forms(text: str) -> str:
    found = spans(text)
    if not found:
        return text
    kept, at = [], 0
    for start, end in found:
        kept += [text[at:start], REDACTED] if start >= at else []
        at = max(at, end)
    return "".join([*kept, text[at:]])


def redacted_arguments(arguments: Sequence[str]) -> list[str]:
    """Take secrets out of an argument list, where an option may be one item and its value the next.

    >>> redacted_arguments(["serve", "--api-token", "abc"])
    ['serve', '--api-token', '(redacted)']
    """
    found: list[str] = []
    secret = False
    for argument in arguments:
        is_option = argument.startswith("-")
        found.append(REDACTED if secret and not is_option else redacted(argument))
        secret = is_option and "=" not in argument and looks_secret(argument)
    return found


def _replace(match: re.Match[str]) -> str:
    if not looks_secret(match["name"]):
        return match[0]
    return match[0][: match.start("value") - match.start()] + REDACTED
