"""Sums over files by folder, each with all that is below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from careen.image.outline import Outline


class FolderSums:
    """Bytes and number of the files in and below each folder; the root is always there.

    Attributes:
        bytes: by the folder's path.
        files: likewise.
    """

    def __init__(self) -> None:
        self.bytes = {"": 0}
        self.files = {"": 0}

    def add(self, outline: Outline) -> None:
        """Add all files of a layer."""
        for total, column in (
            (self.bytes, outline.below_bytes),
            (self.files, outline.below_files),
        ):
            new = dict(zip(outline.folders, column, strict=True))
            for folder in new.keys() & total.keys():
                new[folder] += total[folder]
            total.update(new)

    def put(self, own: Mapping[str, Sequence[int]]) -> None:
        """Add bytes and files in single folders to these and to all above them."""
        for folder, (size, count) in _rolled_up(own).items():
            self.bytes[folder] = self.bytes.get(folder, 0) + size
            self.files[folder] = self.files.get(folder, 0) + count

    def less(self, own: Mapping[str, Sequence[int]]) -> FolderSums:
        """Give the sums without bytes and files in single folders."""
        rest = FolderSums()
        rest.bytes, rest.files = dict(self.bytes), dict(self.files)
        rest.put({folder: (-size, -count) for folder, (size, count) in own.items()})
        return rest


def _rolled_up(own: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """Add what each folder holds to all folders above it."""
    total = {folder: list(sums) for folder, sums in own.items()}
    for folder in own:
        here = folder.rpartition("/")[0]
        while here not in total:
            total[here] = [0, 0]
            here = here.rpartition("/")[0]
    # What is below a folder sorts after it.
    for folder in sorted(total, reverse=True):
        if folder:
            above = total[folder.rpartition("/")[0]]
            above[0] += total[folder][0]
            above[1] += total[folder][1]
    return total
