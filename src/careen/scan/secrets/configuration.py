"""Finds secrets in an image's configuration: environment, labels, commands and history."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from careen.image.history import clean_instruction
from careen.image.redaction import REDACTED, assignments, redacted, redacted_arguments
from careen.image.secrets.search import found_in
from careen.image.secrets.values import looks_real, names_a_secret
from careen.scan.model import Secret
from careen.scan.secrets.contents import masked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from careen.scan.model import Place

# Longer texts are no commands, and the configuration is hostile; the rest is looked at too.
_MOST_SHOWN = 300


class _Found(NamedTuple):
    """A secret in a text.

    Attributes:
        name: what it was assigned to, "" where nothing says it.
        reason: why it is none, "" for one.
        text: the secret itself; it is taken out of all that is shown.
    """

    rule: str
    title: str
    masked: str
    name: str
    reason: str
    text: str


def in_configuration(config: Mapping[str, Any]) -> Iterator[tuple[Secret, str]]:
    """Find secrets in a configuration document.

    Args:
        config: see the OCI image specification's config.md; whatever has another form than it
            says there is left out.

    Returns:
        (secret, why it is none) of each; "" for one.
    """
    settings = config.get("config")
    settings = settings if isinstance(settings, dict) else {}
    for name, value in _environment(settings.get("Env")):
        yield from _as_secrets(_in_value(name, value, "environment"), "environment", name)
    labels = settings.get("Labels")
    for name, value in labels.items() if isinstance(labels, dict) else ():
        if isinstance(value, str):
            yield from _as_secrets(_in_value(str(name), value, "label"), "label", str(name))
    for key, words in _commands(settings):
        found = [*_in_arguments(words)]
        shown = _shown(json.dumps(redacted_arguments(words)), found)
        yield from _as_secrets(iter(found), "command", "", f"{key.upper()} {shown}")
    for text in _history(config.get("history")):
        # BuildKit and the classic builder write a RUN's build arguments before it:
        # `|1 TOKEN=abc /bin/sh -c ...`.
        found = [*_in_command(text, "secret-in-history")]
        shown = _shown(clean_instruction(text), found)
        yield from _as_secrets(iter(found), "history", "", shown)


def _as_secrets(
    found: Iterator[_Found], place: Place, path: str, instruction: str = ""
) -> Iterator[tuple[Secret, str]]:
    told = set()
    for one in found:
        where = path or (one.name if place == "history" else "")
        if (one.rule, where, one.text) in told:
            continue
        told.add((one.rule, where, one.text))
        secret = Secret(
            rule=one.rule,
            title=one.title,
            place=place,
            path=where,
            instruction=instruction,
            masked=one.masked,
        )
        yield secret, one.reason


def _shown(text: str, found: list[_Found]) -> str:
    """Give a text without its secrets: what may be one, and what was found."""
    text = redacted(text)
    for one in sorted(found, key=lambda each: -len(each.text)):
        text = text.replace(one.text, REDACTED)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def _environment(value: Any) -> Iterator[tuple[str, str]]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, str):
            name, _, text = each.partition("=")
            yield name, text


def _commands(settings: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    health = settings.get("Healthcheck")
    test = health.get("Test") if isinstance(health, dict) else None
    values = {key: settings.get(key) for key in ("Entrypoint", "Cmd", "OnBuild", "Shell")}
    for key, value in {**values, "Healthcheck": test}.items():
        if isinstance(value, list):
            yield key, [word for word in value if isinstance(word, str)]


def _history(value: Any) -> Iterator[str]:
    for step in value if isinstance(value, list) else ():
        for key in ("created_by", "comment", "author"):
            text = step.get(key) if isinstance(step, dict) else None
            if isinstance(text, str) and text:
                yield text


def _in_text(text: str) -> Iterator[_Found]:
    """Find what has a form of its own."""
    data = text.encode("utf-8", "surrogateescape")
    for found in found_in(data):
        mask = "" if found.format.is_key else masked(found.shown, found.length)
        secret = data[found.start : found.start + found.length].decode("utf-8", "surrogateescape")
        yield _Found(found.format.id, found.format.title, mask, "", found.published, secret)


def _in_value(name: str, value: str, place: str) -> Iterator[_Found]:
    """Find a secret in a variable or a label; one is enough."""
    found = [*_in_text(value)]
    yield from found
    if not found and names_a_secret(name) and _is_real(name, value):
        yield _named(f"secret-in-{place}", name, value)


def _in_arguments(words: list[str]) -> Iterator[_Found]:
    """Find a secret in a command, where an option may be one word and its value the next."""
    for word in words:
        yield from _in_command(word)
    for option, value in pairwise(words):
        name = option.lstrip("-")
        if not option.startswith("-") or value.startswith("-") or "=" in option:
            continue
        if names_a_secret(name) and _is_real(name, value):
            yield _named("secret-in-command", name, value)


def _in_command(text: str, rule: str = "secret-in-command") -> Iterator[_Found]:
    found = [*_in_text(text)]
    assigned = [(name.lstrip("-"), value) for name, value in assignments(text)]
    for one in found:
        names = (name for name, value in assigned if one.text in value and names_a_secret(name))
        yield one._replace(name=next(names, ""))
    for name, value in assigned:
        known = any(one.text in value or value in one.text for one in found)
        if names_a_secret(name) and not known and _is_real(name, value):
            yield _named(rule, name, value)


def _named(rule: str, name: str, value: str) -> _Found:
    title = {
        "secret-in-environment": "a secret in an environment variable, by its name",
        "secret-in-label": "a secret in a label, by its name",
        "secret-in-command": "a secret in a command, by its option's name",
        "secret-in-history": "a secret in the image's history, by its name",
    }[rule]
    return _Found(rule, title, masked("", len(value)), name, "", value)


def _is_real(name: str, value: str) -> bool:
    return looks_real(value) and value.lower() != name.lower()
