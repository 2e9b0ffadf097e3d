"""A waiver file that Python's own TOML reader gives up on is a fault of configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from careen.errors import ConfigError
from careen.scan.waivers import read_waivers

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("value", ["1" * 5000, "[" * 5000])
def test_a_waiver_file_beyond_pythons_limits(tmp_path: Path, value: str) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(f"x = {value}\n")
    with pytest.raises(ConfigError, match=r"waivers\.toml"):
        read_waivers(path)
