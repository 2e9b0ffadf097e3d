"""Who a service runs as, its Python, and where it listens instead."""

from __future__ import annotations

from typing import Any

import pytest

from careen.contract.interpreter import interpreter
from careen.contract.sockets import diagnosis, listening
from careen.contract.users import Account, account_of
from careen.contract.workbench import exposed_ports
from careen.engine.containers import ExecResult
from careen.image.layer import FILE, SYMLINK, Entry, from_entries
from careen.image.tree import merge
from careen.image.weigh.view import View

PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/:/bin/false\nbroken\n"
GROUP = "root:x:0:\nweb:x:33:\n"


@pytest.mark.parametrize(
    ("user", "account"),
    [
        ("", (0, 0)),
        ("root", (0, 0)),
        ("app", (1000, 1001)),
        ("app:web", (1000, 33)),
        ("1000", (1000, 1001)),
        ("1000:5", (1000, 5)),
        ("77", (77, 0)),
        ("nobody", None),
        ("app:nogroup", None),
    ],
)
def test_users(user: str, account: tuple[int, int] | None) -> None:
    assert account_of(user, PASSWD, GROUP) == (Account(*account) if account else None)


def test_the_owner_s_bits_go_before_the_others() -> None:
    assert not Account(5, 5).may_write(0o077, 5, 5)
    assert Account(6, 5).may_write(0o020, 5, 5)
    assert Account(6, 6).may_write(0o002, 5, 5)
    assert Account(0, 0).may_write(0, 5, 5)


TABLE = """
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt
   0: 0100007F:1389 00000000:0000 0A 00000000:00000000 00:00000000 00000000
   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000
   2: 0100007F:1F91 0100007F:1389 01 00000000:00000000 00:00000000 00000000
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0000
"""


def test_listening_sockets() -> None:
    assert listening(TABLE) == [(80, False), (5001, True), (8080, False)]


class Fake:
    """A container whose Python writes the table."""

    def __init__(self, text: str) -> None:
        self.text = text

    def exec(self, argv: Any, **_: Any) -> ExecResult:
        return ExecResult(0, self.text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TABLE, "it listens on 127.0.0.1:5001, which no other host reaches: bind 0.0.0.0"),
        (TABLE.replace("1389", "138A"), "it listens on port 80, 127.0.0.1:5002, 8080"),
        ("", "it listens on no port"),
    ],
)
def test_a_diagnosis(text: str, words: str) -> None:
    fake: Any = Fake(text)
    assert diagnosis(fake, "/usr/bin/python3", 5001) == words


def test_the_python_is_that_of_the_command() -> None:
    tree = from_entries(
        [
            Entry("opt/venv/bin/python", SYMLINK, link="/usr/bin/python3"),
            Entry("usr/bin/python3", FILE, 1, 0o755),
        ]
    )
    view = View(merge([tree]), [tree])
    path = {"Env": ["PATH=/opt/venv/bin:/usr/bin"]}
    assert interpreter({"Cmd": ["python", "-m", "x"], **path}, view) == "/opt/venv/bin/python"
    assert interpreter({"Entrypoint": ["/usr/bin/python3"]}, view) == "/usr/bin/python3"
    assert interpreter({"Cmd": ["uvicorn"], **path}, view) == "/usr/bin/python3"
    assert interpreter({"Cmd": ["/absent/python"]}, view) == "/usr/bin/python3"
    assert not interpreter({"Cmd": ["nginx"]}, View(merge([]), []))


def test_exposed_ports() -> None:
    assert exposed_ports({}) == []
    assert exposed_ports({"ExposedPorts": {"81": {}, "80/tcp": {}, "x/tcp": {}}}) == [80, 81]
