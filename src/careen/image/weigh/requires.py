"""Which Python distribution needs which others, and what each would take with it if it went.

Source: the PyPA specification "Core metadata", Requires-Dist and Provides-Extra; PEP 508.
"""

from __future__ import annotations

import platform
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.markers import UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement

from careen.image.weigh.distributions import normalised
from careen.image.weigh.kinds import kind
from careen.image.weigh.weight import weigh

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from careen.image.layer import Layer
    from careen.image.tree import Merged
    from careen.image.weigh.distributions import Distribution
    from careen.image.weigh.view import View

_PYTHON = re.compile(r"/python(3\.\d+)/")
# auditwheel and delvewheel put a library's hash behind its name: libgfortran-040039e1.so.5.0.0.
_VENDORED = re.compile(r"(?P<name>lib[A-Za-z0-9_+]+?)(?:[-.][^/]*)?\.so(?:\.[\d.]+)?")
_DOCUMENTATION = "documentation"


@dataclass(frozen=True)
class Needs:
    """A distribution with all that it needs.

    Attributes:
        name: as its metadata has it.
        version: likewise.
        own_bytes: of its own files.
        closure_bytes: with all that it needs, directly or not.
        exclusive_bytes: of itself and of what nothing else would need: what goes when it goes.
        shared_bytes: of what it needs and others need too.
        native_bytes: of its own files, in shared objects.
        test_bytes: likewise, in folders of tests.
        documentation_bytes: likewise, in manuals and examples.
        needs: the names of what it needs directly.
        needed_by: the names of what needs it directly.
    """

    name: str
    version: str
    own_bytes: int
    closure_bytes: int
    exclusive_bytes: int
    shared_bytes: int
    native_bytes: int
    test_bytes: int
    documentation_bytes: int
    needs: tuple[str, ...]
    needed_by: tuple[str, ...]


@dataclass(frozen=True)
class Vendored:
    """A library that several distributions bring along, each for itself.

    Attributes:
        library: its name without version and hash, such as libopenblas.
        copies: the distributions, each with the path and the bytes of its copy.
        duplicate_bytes: of all copies but the largest.
    """

    library: str
    copies: tuple[tuple[str, str, int], ...]
    duplicate_bytes: int


def requirements_of(view: View, distribution: Distribution) -> tuple[str, ...]:
    """Give the Requires-Dist lines of a distribution's metadata."""
    data = view.document(f"{distribution.metadata}/METADATA") or b""
    lines = []
    for line in data.decode("utf-8", "replace").splitlines():
        if not line.strip():
            break
        name, colon, value = line.partition(":")
        if colon and name.lower() == "requires-dist":
            lines.append(value.strip())
    return tuple(lines)


def edges(
    requirements: Mapping[str, Sequence[str]], environment: Mapping[str, str]
) -> dict[str, set[str]]:
    """Give what each distribution needs of those that are there.

    An extra counts where another distribution asks for it; which extras a person asked for is not
    written down in an image.

    Args:
        requirements: Requires-Dist lines by normalised name.
        environment: the variables of markers, see PEP 508.
    """
    parsed = {name: list(_parsed(lines)) for name, lines in requirements.items()}
    extras: dict[str, set[str]] = defaultdict(lambda: {""})
    found: dict[str, set[str]] = {name: set() for name in requirements}
    changed = True
    while changed:
        changed = False
        for name, wanted in parsed.items():
            for one in wanted:
                other = normalised(one.name)
                if other not in found or not _holds(one, extras[name], environment):
                    continue
                new = {normalised(extra) for extra in one.extras} - extras[other]
                changed = changed or bool(new) or other not in found[name]
                extras[other] |= new
                found[name].add(other)
    for name, others in found.items():
        others.discard(name)
    return found


def reachable(graph: Mapping[str, set[str]], starts: Iterable[str], without: str = "") -> set[str]:
    """Give all that can be reached, the starts included, and never through *without*."""
    seen: set[str] = set()
    pending = [start for start in starts if start != without]
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending += [other for other in graph.get(name, ()) if other != without]
    return seen


def weigh_needs(
    merged: Merged, layers: Sequence[Layer], view: View, found: Sequence[Distribution]
) -> tuple[Needs, ...]:
    """Weigh distributions with what they need, the heaviest closure first."""
    weights = {normalised(one.name): one for one in weigh(merged, layers).distributions}
    known = {one.key: one for one in found if one.key in weights}
    graph = edges(
        {key: requirements_of(view, one) for key, one in known.items()}, _environment(found)
    )
    roots = set(graph) - {other for others in graph.values() for other in others}
    # What needs itself in a circle is a root too: nothing else would keep it.
    roots |= set(graph) - reachable(graph, roots)
    own = {key: weights[key].bytes for key in known}
    rows = []
    for key, one in known.items():
        closure = reachable(graph, [key])
        left = reachable(graph, roots, without=key)
        exclusive = sum(own[name] for name in closure - left)
        whole = sum(own[name] for name in closure)
        rows.append(
            Needs(
                one.name,
                one.version,
                own[key],
                whole,
                exclusive,
                whole - exclusive,
                weights[key].native_bytes,
                weights[key].test_bytes,
                _documentation(view, one),
                tuple(sorted(known[name].name for name in graph[key])),
                tuple(sorted(known[name].name for name in graph if key in graph[name])),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.exclusive_bytes, -row.own_bytes, row.name)))


def vendored(view: View, found: Sequence[Distribution]) -> tuple[Vendored, ...]:
    """Give the libraries that several distributions bring along in their `.libs` folders."""
    copies: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for one in found:
        for path in one.paths or ():
            folder, _, name = path.rpartition("/")
            match = _VENDORED.fullmatch(name)
            if not folder.endswith((".libs", ".dylibs")) or match is None:
                continue
            place = view.find(path)
            if place is not None:
                copies[match["name"]].append((one.name, place[0], place[1].size))
    result = []
    for library, rows in copies.items():
        if len({name for name, _, _ in rows}) > 1:
            sizes = [size for _, _, size in rows]
            result.append(Vendored(library, tuple(sorted(rows)), sum(sizes) - max(sizes)))
    return tuple(sorted(result, key=lambda one: (-one.duplicate_bytes, one.library)))


def _parsed(lines: Iterable[str]) -> Iterable[Requirement]:
    for line in lines:
        try:
            yield Requirement(line)
        except InvalidRequirement:
            continue


def _holds(one: Requirement, extras: Iterable[str], environment: Mapping[str, str]) -> bool:
    if one.marker is None:
        return True
    try:
        return any(one.marker.evaluate({**environment, "extra": extra}) for extra in extras)
    except UndefinedEnvironmentName:
        return False


def _environment(found: Sequence[Distribution]) -> dict[str, str]:
    """Give the variables of markers of an image: Linux, and the Python of its libraries."""
    version = next(
        (match[1] for one in found if (match := _PYTHON.search(f"/{one.folder}/"))), "3.13"
    )
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{version}.0",
        "os_name": "posix",
        "platform_machine": platform.machine(),
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": "linux",
    }


def _documentation(view: View, one: Distribution) -> int:
    """Sum the files of a distribution that are manuals or examples, as RECORD lists them."""
    total = 0
    for path in one.paths or ():
        if kind(path.lstrip("/")) == _DOCUMENTATION:
            place = view.find(path)
            total += place[1].size if place is not None else 0
    return total
