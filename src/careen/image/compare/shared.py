"""Says which layers several images share, and what each has for itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from careen.image.history import clean_instruction
from careen.image.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from careen.image.model import Image


@dataclass(frozen=True)
class SharedLayer:
    """A layer, and the images that have it.

    Attributes:
        diff_id: of the uncompressed tar; two layers with the same one are one; "" unknown.
        pull_bytes: of its blob, as the first of the images has it compressed.
        instruction: that made it.
        images: their names, in the order that was asked for.
    """

    diff_id: str
    pull_bytes: int
    instruction: str
    images: tuple[str, ...]


@dataclass(frozen=True)
class ImageShare:
    """Pull bytes of one image's layers: own_bytes no other one has, shared_bytes another has."""

    name: str
    own_bytes: int
    shared_bytes: int


@dataclass(frozen=True)
class Shared:
    """What several images share; configurations are no layers and are left out.

    Attributes:
        common_bytes: pull bytes of the layers that all images have.
        union_bytes: of all different layers: what a host that has all of the images keeps.
        layers: all different layers, the largest first.
        images: in the order that was asked for.
    """

    common_bytes: int
    union_bytes: int
    layers: tuple[SharedLayer, ...]
    images: tuple[ImageShare, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the object `shared` of analysis.schema.json."""
        data = asdict(self)
        data["layers"] = [layer | {"images": list(layer["images"])} for layer in data["layers"]]
        return data | {"images": list(data["images"])}


def shared(images: Sequence[Image]) -> Shared:
    """Compare the layers of images; a layer that an image has twice counts once."""
    users: dict[str, list[int]] = {}
    layers: dict[str, SharedLayer] = {}
    for at, image in enumerate(images):
        for identity, layer in _layers(image, at):
            if at not in users.setdefault(identity, []):
                users[identity].append(at)
            layers.setdefault(identity, layer)
    named = [
        SharedLayer(
            layer.diff_id,
            layer.pull_bytes,
            layer.instruction,
            tuple(images[at].name for at in users[identity]),
        )
        for identity, layer in layers.items()
    ]
    return Shared(
        common_bytes=sum(
            layer.pull_bytes
            for identity, layer in layers.items()
            if len(users[identity]) == len(images)
        ),
        union_bytes=sum(layer.pull_bytes for layer in named),
        layers=tuple(sorted(named, key=lambda layer: -layer.pull_bytes)),
        images=tuple(
            _share(image.name, at, users, dict(_layers(image, at)))
            for at, image in enumerate(images)
        ),
    )


def _share(
    name: str, at: int, users: dict[str, list[int]], layers: dict[str, SharedLayer]
) -> ImageShare:
    own = sum(layer.pull_bytes for key, layer in layers.items() if users[key] == [at])
    return ImageShare(name, own, sum(layer.pull_bytes for layer in layers.values()) - own)


def _layers(image: Image, at: int) -> Iterator[tuple[str, SharedLayer]]:
    for number, facts in enumerate(image.facts):
        diff_id = layer_diff_id(image, number)
        identity = diff_id or facts.digest or f"{at}/{number}"
        text = redacted(clean_instruction(facts.instruction))
        yield identity, SharedLayer(diff_id, facts.compressed_bytes, text, ())


def layer_diff_id(image: Image, number: int) -> str:
    """Give a layer's diff id from where it is known, "" where nobody says it."""
    return image.facts[number].diff_id or image.layers[number].diff_id
