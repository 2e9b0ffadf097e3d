"""The instructions that made the layers, from an image's history, without the builders' noise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOP = re.compile(r"(?:/bin/(?:sh|bash) -c|cmd /S /C) #\(nop\) *")
_ARGUMENTS = re.compile(r"\|\d+ ")
# With the options that a SHELL instruction gives it; their lengths are bounded, for the input is
# hostile.
_SHELL = re.compile(
    r"(?:/usr(?:/local)?)?/bin/(?:sh|bash|ash|dash)(?: -[a-z]{1,8}(?: pipefail)?){0,4}?"
    r" -[a-z]{0,8}c[a-z]{0,8} "
)
# The classic builder's COPY and ADD: `COPY file:HASH in DEST`, `COPY multi:HASH in DEST`.
_CLASSIC_SOURCE = re.compile(r"^(COPY|ADD)((?: --\S+)*) (file|dir|multi):[0-9a-f]{6,} in ")
_WORD = re.compile(r"[A-Z]+(?= |$)")
_CONTROL = re.compile(
    r"\x1b\[[0-9;?]{0,32}[A-Za-z]|[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+"
)


def instructions(config: Mapping[str, Any], count: int) -> list[str]:
    """Give the instruction of each of *count* layers, from the base upwards.

    Args:
        config: the image's configuration document; its `history` is optional and hostile.
        count: the number of layers.

    Returns:
        "" for all of them where the history does not fit the layers.

    >>> history = [{"created_by": "ADD rootfs.tar /"}]
    >>> history += [{"created_by": "ENV A=1", "empty_layer": True}]
    >>> instructions({"history": history}, 1), instructions({"history": history}, 2)
    (['ADD rootfs.tar /'], ['', ''])
    """
    history = config.get("history")
    steps = (
        [step for step in history if isinstance(step, dict)] if isinstance(history, list) else []
    )
    made = [step.get("created_by") for step in steps if step.get("empty_layer") is not True]
    if len(made) != count:
        return [""] * count
    return [clean_instruction(text) if isinstance(text, str) else "" for text in made]


def clean_instruction(created_by: str) -> str:
    r"""Give a history's `created_by` as the Dockerfile has it, in one line, as far as it is known.

    >>> clean_instruction("RUN /bin/sh -c pip install . # buildkit")
    'RUN pip install .'
    >>> clean_instruction('/bin/sh -c #(nop)  CMD ["python3"]')
    'CMD ["python3"]'
    >>> clean_instruction("|1 VERSION=3 /bin/sh -c apt-get update\t&& apt-get upgrade")
    'RUN apt-get update && apt-get upgrade'
    >>> clean_instruction("/bin/sh -c #(nop) COPY file:1a2b3c4d5e6f in /etc/app.conf ")
    'COPY /etc/app.conf'
    """
    text = " ".join(_CONTROL.sub(" ", created_by).split())
    text = text.removesuffix("# buildkit").strip()
    return _without_shell(text).strip() or text


def _without_shell(text: str) -> str:
    nop = _NOP.match(text)
    if nop:
        return _CLASSIC_SOURCE.sub(r"\1\2 ", text[nop.end() :].strip())
    word = _WORD.match(text)
    before, command = (word[0], text[word.end() :].strip()) if word else ("", text)
    if before not in {"", "RUN"}:
        return text
    command, had_arguments = _without_arguments(command)
    shell = _SHELL.match(command)
    if shell:
        return f"RUN {command[shell.end() :]}"
    return f"RUN {command}" if before or had_arguments else text


def _without_arguments(command: str) -> tuple[str, bool]:
    """Take away `|2 A=1 B=2`: the build arguments that a RUN was made with.

    An argument's value may have blanks, so they end where the shell starts.
    """
    if not _ARGUMENTS.match(command):
        return command, False
    shell = re.search(rf" ({_SHELL.pattern})", command)
    if shell:
        return command[shell.start(1) :], True
    count, *words = command[1:].split(" ")
    after = words[int(count[:4]) :]
    return (" ".join(after), True) if after else (command, False)
