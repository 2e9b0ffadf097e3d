"""A real Chromium for tests: the machine's own, or Debian's, unpacked beside the system.

Nothing of the machine is changed: the packages that it lacks are downloaded and verified by
careen's private apt into careen's cache, unpacked there, and found again by the next run.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from careen.engine import apt
from careen.engine.packages import Toolbox
from careen.engine.paths import cache_folder, locked, write_atomically
from careen.engine.process import run
from careen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium draws no text at all without a font.
PACKAGES = ("chromium", "fonts-dejavu-core")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A container's /dev/shm is often 64 MB.
    "--disable-dev-shm-usage",
)
_FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>{root}/usr/share/fonts</dir>
  <cachedir>{folder}/fontconfig</cachedir>
  <alias><family>sans</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>system-ui</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>ui-monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """A browser program, and the variables that it alone is started with."""

    program: str
    environment: dict[str, str] = field(default_factory=dict)


@contextmanager
def launched() -> Iterator[Browser]:
    """Give a running headless Chromium, and end it."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - for these tests alone

    found = obtain_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.program,
            args=list(ARGUMENTS),
            env={**os.environ, **found.environment},
        )
        try:
            yield browser
        finally:
            browser.close()


def obtain_chromium() -> Chromium:
    """Give the machine's Chromium, else one that is unpacked in careen's cache.

    Raises:
        EngineError: the machine has none and no apt of Debian to fetch one with.
    """
    for name in PROGRAMS:
        if own := shutil.which(name):
            return Chromium(own)
    host = apt.read_host()
    if host.distribution != "debian" or not apt.is_available():
        raise EngineError(
            "no Chromium is on PATH, and only Debian has a package of it that unpacks",
            hint=f"install one of {', '.join(PROGRAMS)}",
        )
    folder = cache_folder() / "chromium"
    toolbox = Toolbox(folder)
    _unpack(toolbox, host)
    fonts = folder / "fonts.conf"
    write_atomically(fonts, _FONTS.format(root=toolbox.root, folder=folder).encode())
    return Chromium(
        str(toolbox.root / "usr/lib/chromium/chromium"),
        {"LD_LIBRARY_PATH": _libraries(toolbox.root), "FONTCONFIG_FILE": str(fonts)},
    )


def _unpack(toolbox: Toolbox, host: apt.Host) -> None:
    marker = toolbox.folder / "chromium.unpacked.json"
    with locked(toolbox.folder / "lock"):
        if marker.exists() and json.loads(marker.read_text())["suite"] == host.codename:
            return
        # The host's own release: what is unpacked has to run with the host's libc.
        private = toolbox.private_apt(host, host.codename)
        installed = _installed()
        missing = [name for name in private.closure(PACKAGES) if name not in installed]
        shutil.rmtree(toolbox.root, ignore_errors=True)
        files = private.download(missing, toolbox.folder / "downloads")
        for file in files:
            apt.unpack(file, toolbox.root)
        versions = {"suite": host.codename, "packages": _versions(files)}
        write_atomically(marker, json.dumps(versions, indent=1).encode())
        shutil.rmtree(toolbox.folder / "downloads")


def _installed() -> set[str]:
    form = "${db:Status-Abbrev} ${Package}\n"
    lines = run(["dpkg-query", "-W", "-f", form]).stdout.splitlines()
    return {line.split()[-1] for line in lines if line.startswith("ii")}


def _versions(files: Sequence[Path]) -> dict[str, str]:
    names = (file.name.split("_") for file in files)
    return {name: version for name, version, *_ in names}


def _libraries(root: Path) -> str:
    """Give every folder of shared objects below a root, as LD_LIBRARY_PATH has them."""
    objects = [*root.glob("usr/lib/**/*.so*"), *root.glob("lib/**/*.so*")]
    return os.pathsep.join(sorted({str(path.parent) for path in objects}))
