"""Asks the package indexes that pip is configured with for the files of distributions.

An answer is kept for a day: what an index has of a release grows, but slowly.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from careen.engine.paths import cache_folder, write_atomically
from careen.engine.process import run
from careen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pypi_simple import ProjectPage

_SETTING = re.compile(r"^(?P<where>[^'=]*?)\.(?P<key>[\w-]+)='(?P<value>.*)'$", re.MULTILINE)
_OF_INDEXES = ("index-url", "extra-index-url", "trusted-host")
_TIMEOUT = (10.0, 30.0)
_THREADS = 12
_KEPT_SECONDS = 24 * 3600.0


@dataclass(frozen=True)
class IndexFile:
    """A file that an index offers.

    Attributes:
        name: of the file.
        sha256: "" where the index does not say it.
        size: bytes; None where the index does not say it.
        requires_python: a specifier, "" for any.
        yanked: whether its author withdrew it.
        url: of the file, without credentials.
        uploaded: when, ISO 8601 in UTC; "" where the index does not say it.
    """

    name: str
    sha256: str = ""
    size: int | None = None
    requires_python: str = ""
    yanked: bool = False
    url: str = ""
    uploaded: str = ""

    @property
    def is_wheel(self) -> bool:
        """Whether it needs no compiler."""
        return self.name.endswith(".whl")


def indexes() -> tuple[str, ...]:
    """Give the addresses of the indexes that pip is configured with, the main one first.

    Raises:
        ProcessError: pip cannot be asked.
    """
    from pypi_simple import PYPI_SIMPLE_ENDPOINT  # noqa: PLC0415 - a quarter of a second

    found = _settings()
    extra = found.get("extra-index-url", "").split()
    return (found.get("index-url") or PYPI_SIMPLE_ENDPOINT, *extra)


def pip_configuration() -> str:
    """Give what another machine's pip needs of this one's configuration; "" where that is nothing.

    It may hold credentials: it is for a secret of a build, and for nothing else.

    Raises:
        ProcessError: pip cannot be asked.
    """
    found = _settings()
    lines = [f"{key} = {found[key]}" for key in _OF_INDEXES if found.get(key)]
    return "\n".join(["[global]", *lines, ""]) if lines else ""


def _settings() -> dict[str, str]:
    done = run([sys.executable, "-m", "pip", "config", "list"], timeout_seconds=60)
    found = _SETTING.finditer(done.stdout)
    return {match["key"]: match["value"].replace("\\n", " ") for match in found}


def files_of(
    names: Iterable[str], *, addresses: Sequence[str] = (), refresh: bool = False
) -> dict[str, list[IndexFile] | str]:
    """Give the files of distributions, by name; a text where no index could be asked.

    Args:
        names: as PEP 503 compares them.
        addresses: of the indexes; those of pip's configuration by default.
        refresh: ask again, though an answer of today is there.
    """
    asked = list(dict.fromkeys(names))
    folder = cache_folder() / "index"
    kept = {} if refresh else {name: _kept(folder, name, addresses) for name in asked}
    found: dict[str, list[IndexFile] | str] = {
        name: files for name, files in kept.items() if files is not None
    }
    missing = [name for name in asked if name not in found]
    if missing:
        where = tuple(addresses) or indexes()
        with ThreadPoolExecutor(_THREADS) as pool:
            answers = pool.map(lambda name: _ask(name, where), missing)
            for name, answer in zip(missing, answers, strict=True):
                found[name] = answer
                if isinstance(answer, list):
                    _keep(folder, name, addresses, answer)
    return {name: found[name] for name in asked}


def _ask(name: str, addresses: Sequence[str]) -> list[IndexFile] | str:
    """Ask every index; what one has and another cannot say is no failure."""
    files: dict[str, IndexFile] = {}
    refused = []
    for address in addresses:
        try:
            page = _page(name, address)
        except EngineError as error:
            refused.append(str(error.args[0]))
            continue
        for one in page.packages if page else ():
            files.setdefault(one.filename, _file(one))
    return list(files.values()) if files or not refused else "; ".join(refused)


def _page(name: str, address: str) -> ProjectPage | None:
    """Give an index's page of a distribution, None where it has none.

    Raises:
        EngineError: it cannot be asked; no credentials are in the message.
    """
    import requests  # noqa: PLC0415 - a quarter of a second
    from pypi_simple import NoSuchProjectError, ProjectPage, PyPISimple  # noqa: PLC0415 - likewise

    parts = urlsplit(address)
    if parts.scheme == "file":
        path = Path(unquote(parts.path)) / name / "index.html"
        return (
            ProjectPage.from_html(name, path.read_text(), path.as_uri()) if path.is_file() else None
        )
    try:
        with PyPISimple(endpoint=address) as client:
            return client.get_project_page(name, timeout=_TIMEOUT)
    except NoSuchProjectError:
        return None
    except requests.HTTPError as error:
        said = f"status {error.response.status_code}" if error.response is not None else "refused"
        raise EngineError(f"{parts.hostname} answers with {said}") from None
    except (requests.RequestException, ValueError) as error:
        kind = type(error).__name__
        raise EngineError(f"{parts.hostname} cannot be asked ({kind})") from None


def _file(one: Any) -> IndexFile:
    digests = one.digests or {}
    return IndexFile(
        one.filename,
        digests.get("sha256", ""),
        one.size,
        one.requires_python or "",
        bool(one.is_yanked),
        _without_credentials(str(one.url)),
        one.upload_time.isoformat() if one.upload_time else "",
    )


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def _path(folder: Path, name: str, addresses: Sequence[str]) -> Path:
    # What is kept of a file is a part of the name: an older careen kept less.
    form = [field.name for field in fields(IndexFile)]
    key = hashlib.sha256("\0".join([*form, *addresses]).encode()).hexdigest()[:8]
    return folder / f"{name}-{key}.json"


def _kept(folder: Path, name: str, addresses: Sequence[str]) -> list[IndexFile] | None:
    path = _path(folder, name, addresses)
    try:
        if not 0 <= time.time() - path.stat().st_mtime < _KEPT_SECONDS:
            return None
        return [IndexFile(*row) for row in json.loads(path.read_bytes())]
    except (OSError, ValueError, TypeError):
        return None


def _keep(folder: Path, name: str, addresses: Sequence[str], files: list[IndexFile]) -> None:
    rows = [list(vars(one).values()) for one in files]
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(_path(folder, name, addresses), json.dumps(rows).encode())
