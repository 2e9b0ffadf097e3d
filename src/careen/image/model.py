"""An image as data: its configuration, what is said of each layer, and the layers themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careen.image.layer import Layer

LABEL_STAND_IN = "io.careen.stand-in"
_RECIPE, _SUMMARY = f"{LABEL_STAND_IN}.recipe", f"{LABEL_STAND_IN}.summary"
_HASH = 12  # characters of a recipe that are shown


@dataclass(frozen=True)
class LayerFacts:
    """What the manifest, the configuration and the history say of one layer.

    Attributes:
        digest: of the blob as it is distributed, `sha256:...`; "" where nobody says it.
        diff_id: of the uncompressed tar, `sha256:...`; "" where nobody says it.
        compressed_bytes: the blob's size; of an uncompressed blob, what gzip makes of it here.
        compression: of the blob where it was read: none, gzip or zstd.
        estimated: whether compressed_bytes is what gzip makes of it here.
        instruction: of the history, as it stands there; "" where the history does not fit.
        verified: whether the tar's bytes were hashed, and are those of diff_id.
    """

    digest: str
    diff_id: str
    compressed_bytes: int
    compression: str
    estimated: bool
    instruction: str
    verified: bool = True


@dataclass(frozen=True)
class Image:
    """One image of one platform.

    Attributes:
        name: what it was asked for by.
        source: engine, registry, docker-archive, oci-archive, oci-layout or root-file-system.
        platform: such as linux/amd64 or linux/arm64/v8; "" where nobody says it.
        digest: of the manifest, `sha256:...`; "" where there is none.
        config: the configuration document, see the OCI image specification's config.md; {} for a
            root file system's tar.
        config_bytes: its length, which a pull transfers too.
        facts: of each layer, from the base upwards.
        layers: the same order and number.
    """

    name: str
    source: str
    platform: str
    digest: str
    config: Mapping[str, Any]
    config_bytes: int
    facts: tuple[LayerFacts, ...]
    layers: tuple[Layer, ...]

    @property
    def pull_bytes(self) -> int:
        """The compressed blobs: layers and configuration."""
        return self.config_bytes + sum(layer.compressed_bytes for layer in self.facts)

    @property
    def estimated(self) -> bool:
        """Whether a part of pull_bytes is what gzip makes of a layer here."""
        return any(layer.estimated for layer in self.facts)

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of its configuration."""
        return dict((self.config.get("config") or {}).get("Labels") or {})

    @property
    def is_stand_in(self) -> bool:
        """Whether it is, or stands on, a base that careen made in place of a published one."""
        return self.labels.get(LABEL_STAND_IN) == "true"

    @property
    def stand_in_notes(self) -> tuple[str, ...]:
        """What its stand-in base is made of, for a footnote; () where it has none."""
        if not self.is_stand_in:
            return ()
        recipe = self.labels.get(_RECIPE, "").removeprefix("sha256:")[:_HASH]
        text = "; ".join(
            filter(None, [self.labels.get(_SUMMARY, ""), f"recipe {recipe}" if recipe else ""])
        )
        return (text,) if text else ()
