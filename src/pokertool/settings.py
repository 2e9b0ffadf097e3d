"""What the service takes from its environment, read once when it starts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

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
        """Read the settings; a variable that is unset or empty leaves the default.

        Raises:
            OSError: The file of the database's password cannot be read.
        """
        env = os.environ if environment is None else environment
        return cls(
            data_dir=Path(env.get("POKERTOOL_DATA_DIR") or cls.data_dir),
            database_url=_database_url(env),
            tesseract=env.get("POKERTOOL_TESSERACT") or cls.tesseract,
            frontend_dir=Path(env.get("POKERTOOL_FRONTEND_DIR") or cls.frontend_dir),
        )


def _database_url(env: Mapping[str, str]) -> str | None:
    """`DATABASE_URL`, with the password of the file that `DATABASE_PASSWORD_FILE` names.

    A secret that is mounted as a file shows in no listing of the container's environment. What
    the address has of its own is left as it is, and so is one without a user.
    """
    url = env.get("DATABASE_URL") or None
    file = env.get("DATABASE_PASSWORD_FILE")
    if url is None or not file:
        return url
    scheme, _, rest = url.partition("://")
    user, at, place = rest.partition("@")
    if not at or ":" in user:
        return url
    password = Path(file).read_text(encoding="utf-8").removesuffix("\n")
    return f"{scheme}://{user}:{quote(password, safe='')}@{place}"
