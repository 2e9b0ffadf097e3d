"""A contract file: joined with the settings, and all its faults at once with their lines."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.config.contract import ContractSettings
from careen.config.load import load
from careen.contract.file import load_contract
from careen.contract.toml_lines import line_of
from careen.errors import ConfigError

ROOT = Path(__file__).resolve().parents[4]
VARIANTS = ("slim", "current")


def loaded(root: Path, text: str, **own: Any) -> ContractSettings:
    (root / "contract.toml").write_text(text)
    settings = ContractSettings.model_validate({"file": "contract.toml", **own})
    return load_contract(settings, root, VARIANTS)


def faults(root: Path, text: str, **own: Any) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        loaded(root, text, **own)
    return str(raised.value.args[0]).replace(f"{root}/", "").splitlines()


def test_the_file_and_the_settings_are_one_contract(tmp_path: Path) -> None:
    found = loaded(tmp_path, 'health = "/up"\n[limits]\nmemory = "5MB"\n', port=80)
    assert (found.health, found.port, found.limits.memory) == ("/up", 80, 5_000_000)


def test_without_a_file_the_settings_are_the_contract(tmp_path: Path) -> None:
    settings = ContractSettings(port=80)
    assert load_contract(settings, tmp_path, VARIANTS) is settings


def test_a_variant_has_limits_of_its_own(tmp_path: Path) -> None:
    text = '[limits]\nmemory = "5MB"\npids = 9\n[variants.current.limits]\nmemory = "7MB"\n'
    found = loaded(tmp_path, text)
    assert (found.of("current").limits.memory, found.of("current").limits.pids) == (7_000_000, 9)
    assert found.of("slim").limits.memory == 5_000_000


def test_all_faults_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = """port = 99999
helth = "/"
no-shell = ["slmi"]
[limits]
memory = "much"
[[http]]
path = "/a"
[[http]]
path = "b"
methd = "GET"
"""
    said = faults(tmp_path, text)
    assert [line.partition(": ")[0] for line in said] == [
        "contract.toml:1",
        "contract.toml:2",
        "contract.toml:5",
        "contract.toml:9",
        "contract.toml:10",
    ]
    assert "did you mean health?" in said[1]
    assert "did you mean method?" in said[4]


def test_what_the_models_cannot_see(tmp_path: Path) -> None:
    text = """no-shell = ["slmi"]
[[http]]
path = "/a"
text = "("
json = { "a..b" = 1 }
[[commands]]
command = ["x"]
variants = ["other"]
[variants.nobody.limits]
[variants.slim.limits]
pids = 0
"""
    said = faults(tmp_path, text)
    assert [line.partition(": ")[0].rpartition(":")[2] for line in said] == [
        "1",
        "4",
        "5",
        "8",
        "9",
        "11",
    ]
    assert "did you mean slim?" in said[0]
    assert "no regular expression" in said[1]
    assert "no path in JSON" in said[2]


def test_a_key_in_both_places(tmp_path: Path) -> None:
    [one] = faults(tmp_path, '\nhealth = "/up"\n', health="/down")
    assert one == "contract.toml:2: health stands in [tool.careen.contract] too"


@pytest.mark.parametrize(("text", "line"), [("a = \n", 1), ("\n[[x]\n", 2), ("a = 1\na = 2\n", 2)])
def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    [one] = faults(tmp_path, text)
    assert one.startswith(f"contract.toml:{line}: ")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"contract\.toml cannot be read"):
        load_contract(ContractSettings(file="contract.toml"), tmp_path, VARIANTS)


def test_this_repositorys_own_contract() -> None:
    settings = load(ROOT, environment={}).settings
    found = load_contract(settings.contract, ROOT, settings.variants)
    assert found.http
    assert found.of("current").limits.start_seconds != found.limits.start_seconds


NAMES = st.from_regex(r"[a-z]{1,4}", fullmatch=True)


@given(st.lists(st.tuples(NAMES, st.lists(NAMES, unique=True, max_size=3)), max_size=6))
def test_lines_of_keys_in_arrays_of_tables(tables: list[tuple[str, list[str]]]) -> None:
    lines, wanted = [], []
    counts: dict[str, int] = {}
    for name, keys in tables:
        lines.append(f"[[{name}]]")
        at = counts.get(name, 0)
        counts[name] = at + 1
        for key in keys:
            lines.append(f"{key} = 1  # {name}")
            wanted.append(((name, at, key), len(lines)))
    text = "\n".join(lines)
    tomllib.loads(text)
    for path, line in wanted:
        assert line_of(text, path) == line
