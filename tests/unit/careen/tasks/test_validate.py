"""What `careen validate` refuses before anything is run."""

from __future__ import annotations

import pytest

from careen.errors import UsageError
from careen.tasks.validate import check_counts


@pytest.mark.parametrize(("rounds", "jobs"), [(-1, 1), (0, 0), (0, -3)])
def test_counts_that_are_none(rounds: int, jobs: int) -> None:
    with pytest.raises(UsageError, match=f"--rounds {rounds}" if rounds else f"--jobs {jobs}"):
        check_counts(rounds=rounds, jobs=jobs)


def test_counts_that_are_some() -> None:
    check_counts(rounds=0, jobs=1)
    check_counts(rounds=5, jobs=6)
