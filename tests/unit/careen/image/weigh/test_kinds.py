from __future__ import annotations

import pytest

from careen.image.weigh.kinds import KINDS, RULES, in_tests, kind


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("usr/lib/x86_64-linux-gnu/libz.so.1.2.13", "native libraries"),
        ("s/numpy/core/_multiarray.cpython-313-x86_64-linux-gnu.so", "native libraries"),
        ("s/a/__pycache__/b.cpython-313.pyc", "bytecode"),
        ("s/a/tests/__pycache__/b.cpython-313.pyc", "bytecode"),
        ("s/a/tests/data.json", "tests"),
        ("s/a/conftest.py", "tests"),
        ("s/a/testing/b.py", "Python source"),
        ("s/a-1.dist-info/RECORD", "package records"),
        ("var/lib/dpkg/status", "package records"),
        ("srv/var/lib/dpkg/status", "other"),
        ("usr/share/zoneinfo/Europe/Berlin", "time zones"),
        ("usr/share/locale/de/LC_MESSAGES/a.mo", "translations"),
        ("usr/share/doc/a/copyright", "documentation"),
        ("s/a/LICENSE", "documentation"),
        ("etc/ssl/certs/ca-certificates.crt", "certificates"),
        ("s/certifi/cacert.pem", "certificates"),
        ("etc/passwd", "configuration"),
        ("usr/bin/python3.13", "programs"),
        ("usr/bin/activate.sh", "scripts"),
        ("srv/app/static/main.JS", "web files"),
        ("root/.cache/pip/a.py", "caches and logs"),
        ("tmp/x", "caches and logs"),
        ("s/tmp/x.py", "Python source"),
        ("usr/include/python3.13/Python.h", "development files"),
        ("s/eng.traineddata", "models"),
        (".bashrc", "other"),
        ("so", "other"),
        ("1.2", "other"),
    ],
)
def test_kinds(path: str, expected: str) -> None:
    assert kind(path) == expected


def test_a_program_is_what_may_be_executed_and_has_no_suffix() -> None:
    assert kind("usr/lib/git-core/git", 0o755) == "programs"
    assert kind("usr/lib/git-core/git", 0o644) == "other"
    assert kind("usr/lib/libz.so.1", 0o755) == "native libraries"


def test_each_kind_has_one_rule_and_each_rule_a_reason() -> None:
    assert len(set(KINDS)) == len(KINDS)
    for rule in RULES:
        assert rule.folders or rule.folder_suffixes or rule.suffixes or rule.names or rule.program


def test_folders_of_tests() -> None:
    assert in_tests("s/a/tests/data")
    assert not in_tests("s/a/latest")
