"""What a COPY or ADD brings, from where, and the paths that it may have in the image."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import basename, join, normpath
from typing import TYPE_CHECKING

from careen.build.shell_words import unquoted, words
from careen.lint.shell_commands import exec_form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careen.build.instructions import Instruction
    from careen.lint.subject import Subject


@dataclass(frozen=True)
class Copy:
    """A COPY or an ADD.

    Attributes:
        sources: as they are written; here-documents by their name with `<<`.
        target: the absolute path.
        origin: the stage or image that it copies from; empty for the context.
        into: whether the target is certainly a folder that the sources go into.
    """

    sources: tuple[str, ...]
    target: str
    origin: str
    into: bool

    def paths(self) -> tuple[str, ...]:
        """Give the paths that are this copy's own: its target, or what it put into a folder."""
        names = [basename(one.rstrip("/")) for one in self.sources]
        inside = [join(self.target, name) for name in names if name not in {"", ".", ".."}]
        return (*([] if self.into or self.target == "/" else [self.target]), *inside)


def read_copy(
    subject: Subject, instruction: Instruction, before: Sequence[Instruction]
) -> Copy | None:
    """Read a COPY or ADD; None of another instruction, or where its target cannot be told."""
    if instruction.keyword not in {"COPY", "ADD"}:
        return None
    arguments = exec_form(instruction.value)
    if arguments is None:
        arguments = [unquoted(word) for word in words(instruction.value, subject.escape)]
    if len(arguments) < 2:  # noqa: PLR2004 - a source and a target
        return None
    *sources, written = arguments
    target = subject.filled(written, before)
    if target is None:
        return None
    folder = subject.workdir(before)
    into = target in {".", "./", "/"} or len(sources) > 1
    absolute = normpath(join(folder, target))
    return Copy(
        tuple(sources), absolute, instruction.flag("from") or "", into or absolute == folder
    )
