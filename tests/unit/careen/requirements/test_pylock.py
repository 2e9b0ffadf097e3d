"""A lock as pylock.toml: what packaging reads of it is what the lock says."""

from __future__ import annotations

import tomllib

import pytest
from packaging.pylock import Pylock

from careen.engine.package_index import IndexFile
from careen.errors import EngineError, UsageError
from careen.requirements.lock import parse_lock
from careen.requirements.pylock import check_name, pylock

ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)
LOCK = parse_lock(
    f'a==1.0 ; python_version < "3.13" \\\n    --hash=sha256:{ONE} \\\n    --hash=sha256:{TWO}\n'
    "    # via -r core.in\n"
)
URL = "https://index.invalid/"


def test_only_files_of_the_lock_are_in_it() -> None:
    files = [
        IndexFile("a-1.0-py3-none-any.whl", ONE, 10, ">=3.8", url=f"{URL}a-1.0-py3-none-any.whl"),
        IndexFile("a-1.0.tar.gz", TWO, 20, ">=3.8", url=f"{URL}a-1.0.tar.gz"),
        IndexFile("a-1.1.tar.gz", THREE, 30, url=f"{URL}a-1.1.tar.gz"),
    ]
    read = Pylock.from_dict(tomllib.loads(pylock(LOCK, {"a": files}, "core.txt")))
    [package] = read.packages
    assert (package.name, str(package.version)) == ("a", "1.0")
    assert str(package.marker) == 'python_version < "3.13"'
    assert str(package.requires_python) == ">=3.8"
    assert package.sdist is not None
    assert (package.sdist.url, package.sdist.size) == (f"{URL}a-1.0.tar.gz", 20)
    assert package.sdist.hashes == {"sha256": TWO}
    assert package.wheels is not None
    assert [wheel.name for wheel in package.wheels] == ["a-1.0-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ("index.invalid cannot be asked", "core.txt:1: a==1.0: index.invalid cannot be asked"),
        ([], "core.txt:1: the files of a==1.0 are known to no index"),
        ([IndexFile("a-1.0.tar.gz", TWO, url="file:///wheels/a-1.0.tar.gz")], "this machine alone"),
    ],
)
def test_a_pin_without_a_file_ends_it(known: list[IndexFile] | str, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        pylock(LOCK, {"a": known}, "core.txt")


def test_the_name_is_that_which_installers_look_for() -> None:
    check_name("pylock.toml")
    with pytest.raises(UsageError, match=r"lock\.toml"):
        check_name("lock.toml")
