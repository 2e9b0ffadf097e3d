"""The images that a Dockerfile names, wherever it names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.mounts import mounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import Subject


def images(subject: Subject) -> Iterator[tuple[int, str]]:
    """Give (line, reference) of each image: FROM, COPY --from, RUN --mount=from.

    Stages, `scratch` and what cannot be told are left out.
    """
    for view in subject.stages:
        if view.reference and view.reference != "scratch":
            yield view.stage.line, view.reference
        for instruction in view.stage.instructions:
            names = [mount.origin for mount in mounts(instruction)]
            names.append((instruction.flag("from") or "") if instruction.keyword == "COPY" else "")
            for name in names:
                if name and "$" not in name and name != "scratch" and subject.source(name) is None:
                    yield instruction.line, name
