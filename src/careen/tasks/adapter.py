"""What every task shares: errors become messages with an exit code, results are printed once."""

from __future__ import annotations

import functools
import json
import sys
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit
from invoke.tasks import task

from careen.errors import CareenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

INTERRUPTED = 130


def careen_task(
    *,
    name: str = "",
    variadic: str = "",
    help: dict[str, str] | None = None,  # noqa: A002 - as Invoke calls it
    iterable: Sequence[str] = (),
) -> Callable[[Callable[..., None]], Any]:
    """Make a function an Invoke task of careen.

    Args:
        name: the task's name, the function's own by default.
        variadic: the parameter that bare words after the task's name go to, joined by commas.
        help: a line for each flag.
        iterable: flags that may be repeated.
    """

    def decorate(body: Callable[..., None]) -> Any:
        @functools.wraps(body)
        def guarded(*args: Any, **kwargs: Any) -> None:
            try:
                body(*args, **kwargs)
            except CareenError as error:
                raise Exit(f"error: {error}", code=error.exit_code) from None
            except KeyboardInterrupt:
                _end_programs()
                raise Exit("interrupted", code=INTERRUPTED) from None
            except BrokenPipeError:
                raise Exit(code=0) from None

        made = task(name=name or None, help=help or {}, positional=[], iterable=list(iterable))(
            guarded
        )
        made.variadic = variadic
        return made

    return decorate


def _end_programs() -> None:
    """End what other threads still wait for: the interpreter would wait for them."""
    from careen.engine.process import end_all

    end_all()


def say(text: str) -> None:
    """Tell a person what goes on, on standard error: standard output is for results."""
    print(text, file=sys.stderr, flush=True)


def show_json(data: object) -> None:
    """Print a result for machines."""
    print(json.dumps(data, indent=2, sort_keys=False, default=str))


def words(text: str) -> tuple[str, ...]:
    """Split a comma-separated flag.

    >>> words("slim, distroless")
    ('slim', 'distroless')
    """
    return tuple(word.strip() for word in text.split(",") if word.strip())
