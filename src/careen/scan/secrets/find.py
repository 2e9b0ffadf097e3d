"""Finds secrets in an image: in every layer by itself, and in the configuration."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.errors import ArchiveError
from careen.image.history import clean_instruction
from careen.image.layer import HARD_LINK
from careen.image.redaction import REDACTED, redacted
from careen.image.secrets.files import FILE_RULES
from careen.image.tree import merge
from careen.scan.model import Secret
from careen.scan.secrets.configuration import in_configuration
from careen.scan.secrets.contents import Searcher
from careen.scan.secrets.known_layers import KnownLayers
from careen.scan.secrets.layers import read_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from careen.image.layer import Layer
    from careen.image.tar.limits import Limits
    from careen.image.tar.window import Source
    from careen.scan.model import Target
    from careen.scan.secrets.contents import Hit

# Of one layer: who made more of them wants to fill a memory.
MOST_HITS = 100_000
# A secret that has no form of its own cannot be told from the rest of what a command writes.
_BY_NAME = frozenset(rule.id for rule in FILE_RULES)
_WRITES = re.compile(r"\b(?:echo|printf|tee|base64)\b|<<")

# What the search cannot see in any image.
BLIND_TO = (
    "a secret within a compressed file or an archive (zip, wheel, jar, gzip)",
    "a secret that has no form of its own, in a file whose name says nothing",
    "text of two bytes a character (UTF-16)",
)


@dataclass(frozen=True)
class SetAside:
    """What has a secret's form and is none.

    Attributes:
        secret: as if it were one.
        reason: why it is none.
    """

    secret: Secret
    reason: str


@dataclass(frozen=True)
class Searched:
    """What a search of an image found.

    Attributes:
        secrets: by layer and path, those of the configuration last.
        aside: examples of manuals and keys of published tests; nothing is left out unsaid.
    """

    secrets: tuple[Secret, ...]
    aside: tuple[SetAside, ...]


def secrets_in(
    target: Target, *, use_cache: bool = True, say: Callable[[str], None] = lambda _: None
) -> tuple[Secret, ...]:
    """Find the secrets that anyone who has an image can read; else like `search`."""
    return search(target, use_cache=use_cache, say=say).secrets


def search(
    target: Target,
    *,
    use_cache: bool = True,
    limits: Limits | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Searched:
    """Find the secrets in an image, those too that an upper layer removed or overwrote.

    Memory is bounded, whatever the sizes: a file is searched a piece at a time. A secret that
    stands in one file several times on one line is one; of one rule, 100 in a file are listed.

    Args:
        target: its archive is read, once for each layer that is not known.
        use_cache: keep what was found in a layer, and take it from there.
        limits: of each layer; beyond them is an error.
        say: told what takes long.

    Raises:
        ArchiveError: the archive cannot be read, is damaged, or holds another image.
        EngineError: no engine could unpack the layers.
    """
    found = _hits(target, KnownLayers() if use_cache else None, limits, say)
    layers = target.image.layers
    gone = Gone(layers) if any(found.values()) else None
    secrets: list[Secret] = []
    aside: list[SetAside] = []
    for number, facts in enumerate(target.image.facts):
        instruction = shown_instruction(facts.instruction, found[number])
        for hit in found[number]:
            secret = Secret(
                rule=hit.rule,
                title=hit.title,
                place="file",
                path=hit.path,
                line=hit.line,
                layer=number + 1,
                diff_id=facts.diff_id,
                instruction=instruction,
                removed=gone is not None and gone.is_gone(number, hit.path),
                masked=hit.masked,
            )
            if hit.aside:
                aside.append(SetAside(secret, hit.aside))
            else:
                secrets.append(secret)
    for secret, reason in in_configuration(target.image.config):
        if reason:
            aside.append(SetAside(secret, reason))
        else:
            secrets.append(secret)
    return Searched(tuple(secrets), tuple(aside))


def shown_instruction(created_by: str, hits: Sequence[Hit]) -> str:
    """Give what made a layer, without what it may have written into a file that has a secret."""
    text = redacted(clean_instruction(created_by))
    if any(hit.rule in _BY_NAME for hit in hits) and (writes := _WRITES.search(text)):
        return text[: writes.end()] + f" {REDACTED}"
    return text


def _hits(
    target: Target,
    known: KnownLayers | None,
    limits: Limits | None,
    say: Callable[[str], None],
) -> Mapping[int, list[Hit]]:
    """Give what is in each layer: as it is known, or searched now; equal layers are one."""
    of_layers: dict[str, list[Hit]] = {}
    numbers: dict[str, list[int]] = {}
    for number, facts in enumerate(target.image.facts):
        numbers.setdefault(facts.diff_id or f"{number}", []).append(number)
    for diff_id in numbers:
        if known is not None and (hits := known.get(diff_id)) is not None:
            of_layers[diff_id] = hits
    todo = {numbers[diff_id][0]: diff_id for diff_id in numbers if diff_id not in of_layers}
    if todo:
        say(f"searching {len(todo)} layers of {target.name} for secrets")
        searcher = Searcher()
        for number, hits in read_layers(
            target, set(todo), lambda _, files: _search(files, searcher), limits=limits
        ):
            of_layers[todo[number]] = hits
            if known is not None:
                known.put(todo[number], hits)
        if known is not None:
            known.trim()
    return {
        number: of_layers[diff_id] for diff_id, several in numbers.items() for number in several
    }


def _search(files: Iterator[tuple[str, Source]], searcher: Searcher) -> list[Hit]:
    found: list[Hit] = []
    for path, contents in files:
        found += searcher.search(path, contents)
        if len(found) > MOST_HITS:
            raise ArchiveError(f"it holds over {MOST_HITS} secrets, or what looks like them")
    return found


class Gone:
    """Knows which files of which layers no container can see any more."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        merged = merge(layers)
        self._hidden = {(hidden.layer, hidden.path) for hidden in merged.hidden}
        self._seen: set[tuple[int, str]] = set()
        # A file lives on under its links' names when its own is removed.
        self._linked: set[str] = set()
        for _, node in merged.walk():
            self._seen.add((node.layer, node.entry.path))
            if node.entry.kind == HARD_LINK:
                self._linked.add(node.entry.link)

    def is_gone(self, number: int, path: str) -> bool:
        """Tell whether an upper layer removed or overwrote a file."""
        if (number, path) in self._seen:
            return False
        # A path through a link to a folder is hidden under another name.
        return (number, path) in self._hidden or path not in self._linked
