"""What is said of a configuration that is wrong: where it stands, and what would be right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.config.load import load
from careen.config.values import parse_size
from careen.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "[tool.careen]\nimage = 'demo'\n"


def said(folder: Path, text: str, **changes: Any) -> str:
    (folder / "pyproject.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as raised:
        load(folder, **{"environment": {}, **changes})
    assert raised.value.exit_code == 2
    return str(raised.value)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("imgae = 'x'", "imgae: unknown key; did you mean image?"),
        ("[tool.careen.engin]\nkind = 'auto'", "engin: unknown key; did you mean engine?"),
        (
            "[tool.careen.engine]\nmin_free_disk = 1",
            "min_free_disk: unknown key; did you mean min-",
        ),
        ("[tool.careen.build]\ncontxt = '.'", "build.contxt: unknown key; did you mean context?"),
        ("[tool.careen.bases]\nstandins = true", "unknown key; did you mean stand-ins?"),
        (
            "[tool.careen.variants.a]\ndockerfile='d'\nbudgets={pull-sise=1}",
            "did you mean pull-size?",
        ),
        ("[tool.careen.variants.a]\ndockerfile='d'\ncompression={lvl=1}", "did you mean level?"),
        (
            "[tool.careen.variants.a]\ndockerfile='d'\nbudgets={cache-efficiency=2}",
            "less than or equal",
        ),
        ("[tool.careen.variants.a]\ntarget='t'", "variants.a.dockerfile: it is missing"),
        ("[tool.careen.requirements.core]\nsource='s'", "requirements.core.lock: it is missing"),
        (
            "[tool.careen.requirements.a]\nsource='s'\nlock='l'\nonn=[]",
            "onn: unknown key; did you mean on?",
        ),
        ("[tool.careen.variants.A]\ndockerfile='d'", "variants.A.[key]"),
        ("[tool.careen.engine]\nmin-free-disk = 'much'", "give a size such as 500MB"),
        ("[tool.careen.benchmark]\nrounds = 0", "benchmark.rounds: Input should be greater"),
        ("[tool.careen.benchmark]\nscenarios = ['warm']", "benchmark.scenarios.0: Input should be"),
        ("engine = 'docker'", "engine: Input should be"),
    ],
)
def test_the_place_and_the_right_word_are_told(tmp_path: Path, table: str, expected: str) -> None:
    told = said(tmp_path, f"{HEAD}{table}\n")
    assert expected in told
    assert f"{tmp_path / 'pyproject.toml'}: [tool.careen] " in told
    assert told.endswith("docs/configuration.md lists every key")


def test_an_item_of_a_variables_list_names_the_variable(tmp_path: Path) -> None:
    told = said(tmp_path, HEAD, environment={"CAREEN_BENCHMARK_SCENARIOS": "cold,warm"})
    assert "environment variable CAREEN_BENCHMARK_SCENARIOS: Input should be" in told
    assert "'warm'" in told
    assert "pyproject" not in told


@pytest.mark.parametrize("value", ["many", "0", "1.5"])
def test_a_number_of_a_variable_that_is_none_names_the_variable(tmp_path: Path, value: str) -> None:
    told = said(tmp_path, HEAD, environment={"CAREEN_BENCHMARK_ROUNDS": value})
    assert "environment variable CAREEN_BENCHMARK_ROUNDS" in told


def test_a_flag_that_is_wrong_is_called_a_flag(tmp_path: Path) -> None:
    told = said(tmp_path, HEAD, flags={"benchmark.rounds": 0})
    assert told.startswith("flag benchmark.rounds: ")


def test_wrong_values_of_all_layers_are_told_at_once(tmp_path: Path) -> None:
    told = said(
        tmp_path,
        f"{HEAD}imgae = 'x'\n[tool.careen.bases]\nrefresh-days = 0\n",
        environment={"CAREEN_ENGINE_KIND": "podman"},
        flags={"benchmark.rounds": 0},
    )
    assert len(told.splitlines()) == 5
    for part in ("imgae", "bases.refresh-days", "CAREEN_ENGINE_KIND", "flag benchmark.rounds"):
        assert part in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[tool]\ncareen = true\n", "tool.careen is no table"),
        ("tool = 1\n", "tool is no table"),
        ("[tool.careen]\nimage = 'caf\xe9'\n", "it is no UTF-8 text"),
    ],
)
def test_a_file_of_another_form_is_told_with_its_path(
    tmp_path: Path, text: str, expected: str
) -> None:
    told = said(tmp_path, text)
    assert expected in told
    assert told.startswith(str(tmp_path / "pyproject.toml"))


UNITS = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20}
UNITS["GiB"] = 2**30


@given(
    st.integers(0, 10**6),
    st.integers(0, 9),
    st.sampled_from(sorted(UNITS)),
    st.sampled_from([str, str.lower, str.upper]),
    st.sampled_from(["", " ", "  "]),
)
def test_every_unit_in_any_case(count: int, tenths: int, unit: str, case: Any, blank: str) -> None:
    assert parse_size(f"{count}{blank}{case(unit)}") == count * UNITS[unit]
    assert parse_size(f"{count}.{tenths}{blank}{case(unit)}") == pytest.approx(
        (count + tenths / 10) * UNITS[unit], abs=1
    )
