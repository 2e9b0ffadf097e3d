"""The `careen` command, and the collection that it shares with `invoke`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from invoke.collection import Collection
from invoke.exceptions import Exit, ParseError
from invoke.program import Program

from careen import __version__
from careen.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

USAGE = 2


class CareenProgram(Program):
    """Invoke's program with two more habits.

    Bare words after a task that takes several are its words (`careen build slim distroless`),
    and a word or option that is not known exits with 2 and names the nearest one.
    """

    def parse_tasks(self) -> None:
        """Parse the tasks and their flags."""
        contexts = {
            name: context
            for context in self._make_parser().contexts.values()
            for name in (context.name, *context.aliases)
            if name
        }
        variadic = {name: getattr(self.collection[name], "variadic", "") for name in contexts}
        self.core.unparsed = gather(self.core.unparsed, contexts, variadic)
        try:
            super().parse_tasks()
        except ParseError as error:
            raise Exit(_usage(str(error), contexts, self.core.unparsed), code=USAGE) from None
        except ValueError as error:  # a flag that takes a number got a word
            raise Exit(f"error: a flag's value is of another kind: {error}", code=USAGE) from None

    def _make_parser(self) -> Any:
        # Invoke takes the flags' help out of a task when it makes its parser's context: once only.
        if "_parser_made" not in vars(self):
            self._parser_made = super()._make_parser()
        return self._parser_made


def gather(argv: Sequence[str], contexts: dict[str, Any], variadic: dict[str, str]) -> list[str]:
    """Join the bare words after a task that takes several into its flag.

    A bare word that names a task begins that task, as everywhere in Invoke.

    Args:
        argv: what stands behind the core flags.
        contexts: Invoke's parser context of each task, by name.
        variadic: the parameter for bare words, by task name, "" where there is none.
    """
    result: list[str] = []
    gathered: list[str] = []
    task, awaits_value = "", False
    for word in argv:
        own = variadic.get(task, "")
        if awaits_value and _is_flag(contexts.get(task), result[-1], own):
            # Given twice, the flag's last value would silently win over the others.
            result.pop()
            gathered.append(word)
            awaits_value = False
        elif own and not awaits_value and word.startswith(f"--{own}="):
            gathered.append(word.partition("=")[2])
        elif awaits_value or word.startswith("-"):
            result.append(word)
            awaits_value = not awaits_value and _takes_value(contexts.get(task), word)
        elif own and word not in contexts:
            gathered.append(word)
        else:
            result += _flag(own, gathered)
            gathered, task = [], word
            result.append(word)
    return result + _flag(variadic.get(task, ""), gathered)


def _flag(parameter: str, gathered: list[str]) -> list[str]:
    return [f"--{parameter.replace('_', '-')}={','.join(gathered)}"] if gathered else []


def _is_flag(context: Any, word: str, parameter: str) -> bool:
    return bool(context and word in context.flags and context.flags[word].name == parameter)


def _takes_value(context: Any, word: str) -> bool:
    if context is None or "=" in word or word not in context.flags:
        return False
    argument = context.flags[word]
    return bool(argument.takes_value and not argument.optional)


def _usage(message: str, contexts: dict[str, Any], argv: Iterable[str]) -> str:
    """Add the nearest known word to one of Invoke's parse errors."""
    if bare := re.search(r"<Argument: ([\w-]+).*> needed value", message):
        return f"error: --{bare[1]} needs a value"
    match = re.search(r"No idea what '([^']+)' is", message)
    if not match:
        return f"error: {message}"
    word = match[1].partition("=")[0]
    known: Iterable[str] = [name for name in contexts if name]
    if word.startswith("-"):
        task = next((name for name in argv if name in contexts), "")
        known = [str(flag) for flag in contexts[task].flags] if task else []
        return f"error: {task} has no option {word}\n  -> {nearest(word, known)}"
    return f"error: there is no task {word}\n  -> {nearest(word, known)}"


def namespace() -> Collection:
    """Assemble every task."""
    from careen.tasks import (
        audit,
        bases,
        bench,
        build,
        clean,
        compose,
        doctor,
        engine,
        images,
        lint,
        report,
        requirements,
        scan,
        validate,
    )

    collection = Collection(
        images.analyze,
        audit.audit,
        bases.bases,
        bench.benchmark,
        build.build,
        clean.clean,
        requirements.compile_,
        images.diff,
        images.explore,
        doctor.doctor,
        compose.down,
        lint.lint,
        report.report,
        requirements.weight,
        requirements.wheels,
        scan.scan,
        validate.validate,
        compose.logs,
        compose.up,
    )
    collection.add_collection(Collection.from_module(engine), name="engine")
    _adopt()
    return collection


def main() -> None:
    """Run the `careen` command."""
    program = CareenProgram(
        name="careen", binary="careen", namespace=namespace(), version=__version__
    )
    program.run()


def _adopt() -> None:
    # `invoke` has a program of its own, which answers a mistyped option with exit code 1 and
    # takes no bare words; the tasks are to behave the same under both names.
    from invoke import main as invoked

    if type(invoked.program) is Program:
        invoked.program.__class__ = CareenProgram
