from __future__ import annotations

import gc

import pytest

from careen.image.collector import collector_paused


@collector_paused()
def paused() -> bool:
    return not gc.isenabled()


def test_it_runs_again_afterwards_as_it_did_before() -> None:
    assert gc.isenabled()
    assert paused()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), collector_paused():
        1 / 0  # noqa: B018 - it is to fail
    assert gc.isenabled()
    with collector_paused():
        assert paused()
        assert not gc.isenabled()
    assert gc.isenabled()
