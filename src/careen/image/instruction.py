"""Cleans the instruction that made a layer of what builders write around it."""

from __future__ import annotations

import re

_NOT_RUN = re.compile(r"^/bin/sh -c #\(nop\)\s*")
_SHELL = re.compile(r"^(?:RUN\s+)?(?:\|\d+\s.*?\s)?/bin/sh -c\s+", re.DOTALL)


def cleaned(text: str) -> str:
    """Give the instruction as a Dockerfile has it, on one line; a step's build arguments go.

    >>> cleaned("RUN |1 TOKEN=abc /bin/sh -c pip install . # buildkit")
    'RUN pip install .'
    >>> cleaned('/bin/sh -c #(nop)  CMD ["bash"]')
    'CMD ["bash"]'
    """
    line = " ".join(text.split()).removesuffix("# buildkit").rstrip()
    if _NOT_RUN.match(line):
        return _NOT_RUN.sub("", line)
    return _SHELL.sub("RUN ", line)
