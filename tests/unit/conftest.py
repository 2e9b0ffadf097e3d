"""Unit tests start no process and open no connection: both are made impossible here."""

from __future__ import annotations

import os
import socket
import subprocess
from typing import Any, NoReturn

import pytest
from hypothesis import settings

# Speed is measured in sessions of its own: a busy machine is no failure of a property.
settings.register_profile("careen", deadline=None)
settings.load_profile("careen")


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    def refuse(*args: Any, **_: Any) -> NoReturn:
        pytest.fail(f"a unit test reaches outside its process: {args[1:2] or args}")

    for name in ("Popen", "run", "call", "check_call", "check_output"):
        monkeypatch.setattr(subprocess, name, refuse)
    monkeypatch.setattr(os, "system", refuse)
    for name in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    # No test reads or writes the user's cache or settings.
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("CAREEN_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("HOME", str(home))
    for name in list(os.environ):
        if name.startswith("DOCKER_") or (
            name.startswith("CAREEN_") and name != "CAREEN_CACHE_HOME" and "TEST" not in name
        ):
            monkeypatch.delenv(name)
