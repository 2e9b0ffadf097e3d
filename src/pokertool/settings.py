"""What the service takes from its environment, read once when it starts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PACKAGE_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    """Where the service finds its data, its database, tesseract and the front end.

    Attributes:
        data_dir: Folder of the SQLite file; created when it is first needed.
        database_url: A PostgreSQL address, or None for the SQLite file.
        tesseract: Path or name of the tesseract program.
        frontend_dir: Folder of the built front end; it need not exist.

    Example:
        >>> Settings.from_environment({"POKERTOOL_DATA_DIR": "/data"}).data_dir.as_posix()
        '/data'
    """

    data_dir: Path = Path("data")
    database_url: str | None = None
    tesseract: str = "tesseract"
    frontend_dir: Path = PACKAGE_ROOT / "frontend" / "dist"

    @property
    def database_file(self) -> Path:
        """The SQLite file; it is used where there is no `database_url`."""
        return self.data_dir / "pokertool.db"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings; a variable that is unset or empty leaves the default."""
        env = os.environ if environment is None else environment
        return cls(
            data_dir=Path(env.get("POKERTOOL_DATA_DIR") or cls.data_dir),
            database_url=env.get("DATABASE_URL") or None,
            tesseract=env.get("POKERTOOL_TESSERACT") or cls.tesseract,
            frontend_dir=Path(env.get("POKERTOOL_FRONTEND_DIR") or cls.frontend_dir),
        )
