"""The settings: their layers, where a value came from, and what is said of a wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.config.load import (
    choose,
    find_root,
    image_names,
    load,
    load_if_any,
    records_folder,
)
from careen.config.values import parse_size
from careen.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """
[tool.careen]
image = "demo"
[tool.careen.variants.slim]
dockerfile = "slim.Dockerfile"
budgets = { unpacked-size = "500MB" }
[tool.careen.variants.guide]
dockerfile = "guide.Dockerfile"
"""


def project(folder: Path, text: str = PROJECT) -> Path:
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_layers_are_merged_in_their_order(tmp_path: Path) -> None:
    root = project(tmp_path, PROJECT + "[tool.careen.engine]\nkind = 'docker'\n")
    plain = load(root, environment={})
    by_variable = load(root, environment={"CAREEN_ENGINE_KIND": "embedded"})
    by_flag = load(
        root,
        environment={"CAREEN_ENGINE_KIND": "embedded"},
        flags={"engine.kind": "auto", "benchmark.rounds": 3},
    )

    assert [each.settings.engine.kind for each in (plain, by_variable, by_flag)] == [
        "docker",
        "embedded",
        "auto",
    ]
    assert plain.origin["engine.kind"] == "pyproject.toml"
    assert plain.origin["benchmark.rounds"] == "defaults"
    assert by_variable.origin["engine.kind"] == "CAREEN_ENGINE_KIND"
    assert by_flag.origin["benchmark.rounds"] == "flag"
    assert by_flag.settings.benchmark.rounds == 3


def test_variables_take_the_type_of_their_setting(tmp_path: Path) -> None:
    settings = load(
        project(tmp_path),
        environment={
            "CAREEN_BASES_STAND_INS": "false",
            "CAREEN_BENCHMARK_SCENARIOS": "cold, no-op",
            "CAREEN_ENGINE_MIN_FREE_DISK": "1GiB",
            "CAREEN_CACHE_HOME": "/somewhere",
        },
    ).settings

    assert settings.bases.stand_ins is False
    assert settings.benchmark.scenarios == ("cold", "no-op")
    assert settings.engine.min_free_disk == 2**30


def test_an_unknown_variable_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean CAREEN_ENGINE_KIND"):
        load(project(tmp_path), environment={"CAREEN_ENGINE_KIMD": "auto"})


def test_all_wrong_keys_are_told_at_once_with_the_nearest_known_one(tmp_path: Path) -> None:
    text = PROJECT.replace("budgets", "budgts") + "[tool.careen.engine]\nkimd = 'auto'\n"
    with pytest.raises(ConfigError) as raised:
        load(project(tmp_path, text), environment={})

    message = str(raised.value)
    assert "variants.slim.budgts: unknown key; did you mean budgets?" in message
    assert "engine.kimd: unknown key; did you mean kind?" in message
    assert str(tmp_path / "pyproject.toml") in message


def test_a_wrong_value_of_a_variable_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="environment variable CAREEN_ENGINE_KIND"):
        load(project(tmp_path), environment={"CAREEN_ENGINE_KIND": "podman"})


def test_toml_that_does_not_parse_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="line 2"):
        load(project(tmp_path, "[tool]\nx = = 1\n"), environment={})


def test_the_root_is_the_nearest_folder_with_a_table_of_careen(tmp_path: Path) -> None:
    inner = project(tmp_path) / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\n")
    assert find_root(inner) == tmp_path


def test_no_table_at_all_says_how_to_write_one(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    with pytest.raises(ConfigError, match=r"tool\.careen\.variants"):
        find_root(tmp_path)


def test_choose_gives_all_or_the_named(tmp_path: Path) -> None:
    settings = load(project(tmp_path), environment={}).settings
    assert choose(settings, []) == ["slim", "guide"]
    assert choose(settings, ["guide", "guide"]) == ["guide"]
    with pytest.raises(UsageError, match="did you mean slim"):
        choose(settings, ["slmi"])


def test_no_variant_at_all_is_an_error(tmp_path: Path) -> None:
    settings = load(project(tmp_path, "[tool.careen]\n"), environment={}).settings
    with pytest.raises(ConfigError, match="no variant"):
        choose(settings, [])


@given(st.integers(min_value=0, max_value=10**15))
def test_sizes_of_whole_bytes_read_back(count: int) -> None:
    assert parse_size(count) == parse_size(f"{count}") == parse_size(f"{count} B") == count


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "1 TBX", "1e3", True, None, -5])
def test_what_is_no_size_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="500MB"):
        parse_size(text)


def test_images_and_records_are_named_without_the_models_of_all_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.careen]\nimage = "demo"\n[tool.careen.build]\nrecords = "kept"\n'
        "[tool.careen.variants.slim]\n"
    )
    inside = tmp_path / "src"
    inside.mkdir()
    assert image_names(["slim", "other:1", "slim"], inside) == ["demo:slim", "other:1"]
    assert records_folder(inside) == tmp_path / "kept"
    monkeypatch.setenv("CAREEN_IMAGE", "renamed")
    assert image_names(["slim"], inside) == ["renamed:slim"]


def test_outside_of_a_project_names_are_as_they_are(tmp_path: Path) -> None:
    assert image_names(["slim"], tmp_path) == ["slim"]
    assert records_folder(tmp_path) is None
    assert load_if_any(tmp_path) is None
    with pytest.raises(UsageError, match="no image is named"):
        image_names([], tmp_path)


@pytest.mark.parametrize(
    ("image", "good"),
    [
        ("demo", True),
        ("ghcr.io/team/demo", True),
        ("localhost:5000/demo", True),
        ("demo:1", False),
        ("/demo", False),
        ("Team/demo", False),
        ("demo/", False),
    ],
)
def test_an_image_is_a_repository_with_or_without_its_registry(
    tmp_path: Path, image: str, good: bool
) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[tool.careen]\nimage = "{image}"\n')
    if good:
        assert load(tmp_path, environment={}).settings.image == image
    else:
        with pytest.raises(ConfigError, match="image"):
            load(tmp_path, environment={})
