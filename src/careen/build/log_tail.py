"""The last lines of a step's output, as a terminal would show them."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

LOG_TAIL_LINES = 40
_TERMINAL_CODE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")


@dataclass
class StepLog:
    """The last lines of a step's outputs, which come in pieces that end anywhere."""

    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_TAIL_LINES))
    rests: dict[int, bytes] = field(default_factory=dict)

    def add(self, stream: int, data: bytes) -> None:
        """Take the next bytes of an output (1 or 2)."""
        *lines, self.rests[stream] = (self.rests.get(stream, b"") + data).split(b"\n")
        self.lines.extend(map(_shown, lines))

    def tail(self) -> list[str]:
        """Give the last lines, oldest first, an unfinished one too."""
        return [*self.lines, *(_shown(rest) for rest in self.rests.values() if rest)]


def _shown(line: bytes) -> str:
    """Give what a terminal shows of a line: after its carriage returns, without its colours."""
    text = line.rstrip(b"\r").rpartition(b"\r")[2].decode(errors="replace")
    return _TERMINAL_CODE.sub("", text)
