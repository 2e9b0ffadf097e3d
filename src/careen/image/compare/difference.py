"""What changed between two images: files, packages, distributions, configuration, layers, sizes.

The JSON form is difference.schema.json.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib.resources import files as resources
from typing import TYPE_CHECKING, Any, TypeVar

from careen import __version__
from careen.image.collector import collector_paused
from careen.image.compare.configuration import SettingChange, compare_configurations
from careen.image.compare.shared import layer_diff_id
from careen.image.compare.trees import PathChange, PathChanges, compare_trees
from careen.image.history import clean_instruction
from careen.image.redaction import redacted
from careen.image.weigh.distributions import normalised
from careen.image.weigh.packages import release
from careen.image.weigh.view import View
from careen.image.weigh.weight import DistributionWeight, PackageWeight, Weight, weigh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from careen.image.model import Image
    from careen.image.tree import Merged

SCHEMA_VERSION = 1
FILES_LIMIT = 100  # paths of one list that the JSON form has


@dataclass(frozen=True)
class Side:
    """One of the two images.

    Attributes:
        name: what it was asked for by.
        source: where it was read from.
        platform: such as linux/amd64.
        digest: of its manifest, "" where there is none.
        release: the operating system's name as os-release has it, "" unknown.
        stand_in: whether it stands on a base that careen made itself.
        stand_ins: what that base is, for a footnote; () where its labels do not say it.
        estimated: whether pull_bytes is what gzip makes of uncompressed layers.
        pull_bytes: the compressed blobs.
        unpacked_bytes: the files of the merged tree.
        files: their number.
        unverified: the layers whose bytes were not compared with their digest.
    """

    name: str
    source: str
    platform: str
    digest: str
    release: str
    stand_in: bool
    stand_ins: tuple[str, ...]
    estimated: bool
    pull_bytes: int
    unpacked_bytes: int
    files: int
    unverified: tuple[int, ...] = ()


@dataclass(frozen=True)
class LayerLine:
    """One layer of one of the images; shared where the other one has it too, at any place."""

    index: int
    diff_id: str
    instruction: str
    pull_bytes: int
    total_bytes: int
    shared: bool


@dataclass(frozen=True)
class Divergence:
    """Where two images begin to differ.

    Attributes:
        index: of the first layer that is another one.
        before: the instruction there; None where the first image ends before it.
        after: likewise of the second image.
    """

    index: int
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Component:
    """A package or a distribution on one side; bytes and files None where they are unknown."""

    version: str
    bytes: int | None
    files: int | None


@dataclass(frozen=True)
class ComponentChange:
    """A package or a distribution that differs.

    Attributes:
        name: of it.
        change: added, removed, version, or size where the version is the same.
        before: None where it is not there.
        after: likewise.
    """

    name: str
    change: str
    before: Component | None
    after: Component | None


@dataclass(frozen=True)
class Growth:
    """The check of the pull size's growth; measured_bytes is negative where it shrank."""

    limit_bytes: int
    measured_bytes: int

    @property
    def status(self) -> str:
        """Passed or failed."""
        return "passed" if self.measured_bytes <= self.limit_bytes else "failed"


@dataclass(frozen=True)
class Difference:
    """What changed from one image to another.

    Attributes:
        before: the first image.
        after: the second one.
        update_bytes: pull bytes of the second image's layers that the first one does not have.
        before_layers: from the base upwards.
        after_layers: likewise.
        divergence: None where all layers are the same.
        paths: that differ.
        distributions: that differ, the largest change of bytes first.
        packages: likewise.
        configuration: the settings that differ.
        growth: None where no limit was given.
    """

    before: Side
    after: Side
    update_bytes: int
    before_layers: tuple[LayerLine, ...]
    after_layers: tuple[LayerLine, ...]
    divergence: Divergence | None
    paths: PathChanges
    distributions: tuple[ComponentChange, ...]
    packages: tuple[ComponentChange, ...]
    configuration: tuple[SettingChange, ...]
    growth: Growth | None = None

    @property
    def pull_growth_bytes(self) -> int:
        """How much more there is to pull, negative where it is less."""
        return self.after.pull_bytes - self.before.pull_bytes

    @property
    def unpacked_growth_bytes(self) -> int:
        """How many more bytes the files have."""
        return self.after.unpacked_bytes - self.before.unpacked_bytes

    @property
    def passed(self) -> bool:
        """Whether the growth is within the limit; True where there is none."""
        return self.growth is None or self.growth.status == "passed"

    def to_json(self, *, limit: int = FILES_LIMIT) -> dict[str, Any]:
        """Give what difference.schema.json describes, lists of paths cut after *limit*."""
        return {
            "schema_version": SCHEMA_VERSION,
            "careen": __version__,
            "before": _side_json(self.before),
            "after": _side_json(self.after),
            "pull_growth_bytes": self.pull_growth_bytes,
            "unpacked_growth_bytes": self.unpacked_growth_bytes,
            "update_bytes": self.update_bytes,
            "growth": self.growth and asdict(self.growth) | {"status": self.growth.status},
            "divergence": self.divergence and asdict(self.divergence),
            "layers": {
                "before": [asdict(layer) for layer in self.before_layers],
                "after": [asdict(layer) for layer in self.after_layers],
            },
            "files": _paths_json(self.paths, limit),
            "distributions": [asdict(one) for one in self.distributions],
            "packages": [asdict(one) for one in self.packages],
            "configuration": [asdict(one) for one in self.configuration],
        }


@collector_paused()
def compare(
    a: Image,
    b: Image,
    merged_a: Merged,
    merged_b: Merged,
    *,
    max_growth_bytes: int | None = None,
) -> Difference:
    """Compare two images.

    Args:
        a: the image before.
        b: the image after.
        merged_a: the tree that a's layers merge to.
        merged_b: likewise.
        max_growth_bytes: how much larger the pull size may be; None checks nothing.
    """
    weights = weigh(merged_a, a.layers), weigh(merged_b, b.layers)
    known, later = _identities(a), _identities(b)
    return Difference(
        before=_side(a, merged_a, weights[0]),
        after=_side(b, merged_b, weights[1]),
        update_bytes=sum(
            {
                identity: facts.compressed_bytes
                for identity, facts in zip(later, b.facts, strict=True)
                if identity not in known
            }.values()
        ),
        before_layers=tuple(_lines(a, known, later)),
        after_layers=tuple(_lines(b, later, known)),
        divergence=_divergence(a, b, known, later),
        paths=compare_trees(merged_a, merged_b, a.layers, b.layers),
        distributions=_components(
            [one.distributions for one in weights],
            lambda one: normalised(one.name),
            lambda one: one.folder,
        ),
        packages=_components(
            [one.packages for one in weights],
            lambda one: one.name.partition(":")[0],
            lambda one: one.name,
        ),
        configuration=compare_configurations(a.config, b.config),
        growth=None
        if max_growth_bytes is None
        else Growth(max_growth_bytes, b.pull_bytes - a.pull_bytes),
    )


def schema() -> dict[str, Any]:
    """Give the JSON Schema of `Difference.to_json`."""
    text = (resources("careen.image") / "difference.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _side_json(side: Side) -> dict[str, Any]:
    lists = {"stand_ins": list(side.stand_ins), "unverified": list(side.unverified)}
    return asdict(side) | lists


def _side(image: Image, merged: Merged, weight: Weight) -> Side:
    system = release(View(merged, image.layers))
    return Side(
        name=image.name,
        source=image.source,
        platform=image.platform,
        digest=image.digest,
        release=(system.title or f"{system.name} {system.version}".strip()) if system else "",
        stand_in=image.is_stand_in,
        stand_ins=image.stand_in_notes,
        estimated=image.estimated,
        pull_bytes=image.pull_bytes,
        unpacked_bytes=weight.unpacked_bytes,
        files=weight.files,
        unverified=tuple(number for number, layer in enumerate(image.facts) if not layer.verified),
    )


def _identities(image: Image) -> list[str]:
    """Give each layer's diff id, its digest where that is unknown, else what no other layer has."""
    return [
        layer_diff_id(image, index) or facts.digest or f"{id(image)}/{index}"
        for index, facts in enumerate(image.facts)
    ]


def _instruction(image: Image, index: int) -> str | None:
    if index >= len(image.facts):
        return None
    return redacted(clean_instruction(image.facts[index].instruction))


def _lines(image: Image, own: Sequence[str], other: Sequence[str]) -> Iterator[LayerLine]:
    for index, facts in enumerate(image.facts):
        yield LayerLine(
            index=index,
            diff_id=layer_diff_id(image, index),
            instruction=_instruction(image, index) or "",
            pull_bytes=facts.compressed_bytes,
            total_bytes=sum(image.layers[index].sizes),
            shared=own[index] in other,
        )


def _divergence(
    a: Image, b: Image, before: Sequence[str], after: Sequence[str]
) -> Divergence | None:
    pairs = zip(before, after, strict=False)
    index = next((at for at, (one, two) in enumerate(pairs) if one != two), None)
    if index is None:
        if len(before) == len(after):
            return None
        index = min(len(before), len(after))
    return Divergence(index, _instruction(a, index), _instruction(b, index))


Heavy = TypeVar("Heavy", DistributionWeight, PackageWeight)


def _components(
    sides: Sequence[Iterable[Heavy]], key: Callable[[Heavy], str], place: Callable[[Heavy], str]
) -> tuple[ComponentChange, ...]:
    """Compare what has the same key; where several have it, those of the same place first."""
    groups: dict[str, tuple[list[Heavy], list[Heavy]]] = {}
    for at, side in enumerate(sides):
        for one in side:
            groups.setdefault(key(one), ([], []))[at].append(one)
    found = [change for group in groups.values() for change in _paired(*group, place)]
    return tuple(sorted(found, key=lambda one: (-abs(_grown(one)), one.name, repr(one))))


def _paired(
    before: list[Heavy], after: list[Heavy], place: Callable[[Heavy], str]
) -> Iterator[ComponentChange]:
    at_place = {place(one): one for one in after}
    pairs = [(one, at_place.pop(place(one), None)) for one in before]
    rest = iter(sorted(at_place.values(), key=place))
    for old, same in pairs:
        new = same or next(rest, None)
        if new is None:
            yield ComponentChange(old.name, "removed", _component(old), None)
        elif old.version != new.version:
            yield ComponentChange(new.name, "version", _component(old), _component(new))
        elif old.bytes != new.bytes:
            yield ComponentChange(new.name, "size", _component(old), _component(new))
    for new in rest:
        yield ComponentChange(new.name, "added", None, _component(new))


def _component(one: DistributionWeight | PackageWeight) -> Component:
    return Component(one.version, one.bytes, one.files)


def _grown(change: ComponentChange) -> int:
    sizes = [(side.bytes or 0) if side else 0 for side in (change.before, change.after)]
    return sizes[1] - sizes[0]


def _paths_json(paths: PathChanges, limit: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("added", "removed", "changed", "metadata"):
        changes: tuple[PathChange, ...] = getattr(paths, name)
        found[name] = {
            "before_bytes": sum(one.before_bytes or 0 for one in changes),
            "after_bytes": sum(one.after_bytes or 0 for one in changes),
            "files_total": len(changes),
            "files": [asdict(one) | {"what": list(one.what)} for one in changes[:limit]],
        }
    return found
