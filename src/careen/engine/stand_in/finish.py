"""What makes extracted packages look like the image that they stand in for."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from careen.engine.stand_in.rootfs import RootFs

# The files that Debian's official container images add, see debuerreotype's minimizing step.
_DOCKER_FILES = {
    "etc/apt/apt.conf.d/docker-clean": (
        'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb '
        '/var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };\n'
        'APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb '
        '/var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };\n'
        'Dir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n'
    ),
    "etc/apt/apt.conf.d/docker-gzip-indexes": (
        'Acquire::GzipIndexes "true";\nAcquire::CompressionTypes::Order:: "gz";\n'
    ),
    "etc/apt/apt.conf.d/docker-no-languages": 'Acquire::Languages "none";\n',
    "etc/apt/apt.conf.d/docker-autoremove-suggests": (
        'Apt::AutoRemove::SuggestsImportant "false";\n'
    ),
    "etc/dpkg/dpkg.cfg.d/docker": (
        "force-unsafe-io\n"
        "path-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\n"
        "path-exclude /usr/share/man/*\npath-exclude /usr/share/groff/*\n"
        "path-exclude /usr/share/info/*\npath-exclude /usr/share/locale/*\n"
        "path-exclude /usr/share/lintian/*\npath-exclude /usr/share/linda/*\n"
    ),
}
_PIP = """\
#!/usr/local/bin/python3
import sys
from pip._internal.cli.main import main
sys.exit(main())
"""
_NOT_IN_OFFICIAL = [
    r"etc/(hostname|resolv\.conf)",  # the making machine's
    r"dev/.+",
    r"var/log/.+",
    r"var/lib/apt/lists/.+",
    r"var/cache/apt/.+",
    r"var/cache/debconf/.*-old",
    r"var/cache/ldconfig/.+",
    r"var/lib/dpkg/.*-old",
    r"run/.+",
]
_DISTROLESS_LEFT_OUT = [
    r"usr/s?bin/(?!python).+",  # no shell, no dpkg, no perl, no tar
    r"s?bin",
    r"etc/(dpkg|apt|kernel|default|profile|profile\.d|skel|update-motd\.d)",
    r"usr/share/(base-files|bash-completion|doc-base|menu|dpkg|applications|pixmaps)",
    r"usr/share/doc/.*/(?!copyright).+",
    r"var/lib/dpkg/(?!status\.d(/|$)).+",  # scanners read what each package's entry says
    r"usr/lib/python3\.13/EXTERNALLY-MANAGED",
]
_ACCOUNTS = """\
root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
"""
_GROUP = "root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n"
_POSTGRES_LEFT_OUT = [
    r"usr/lib/postgresql/\d+/lib/(bitcode|pgxs|llvmjit.*)",  # compiling queries needs LLVM, 127 MB
    r"(usr/)?lib/systemd",
    r"usr/share/(bash-completion|doc-base|lintian)",
    r"var/lib/dpkg/(?!status\.d(/|$)).+",
]
_POSTGRES_ACCOUNTS = """\
root:x:0:0:root:/root:/bin/bash
_apt:x:42:65534::/nonexistent:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
postgres:x:999:999:PostgreSQL:/var/lib/postgresql:/bin/bash
"""
_POSTGRES_GROUP = """\
root:x:0:
tty:x:5:
shadow:x:42:
staff:x:50:
nogroup:x:65534:
postgres:x:999:
"""
_NSSWITCH = """\
passwd: files
group: files
shadow: files
hosts: files dns
networks: files
protocols: db files
services: db files
ethers: db files
rpc: db files
"""


def slim(root: RootFs) -> None:
    """Leave out what official slim images do not have, add what they add."""
    root.remove(_NOT_IN_OFFICIAL)
    for path, text in _DOCKER_FILES.items():
        root.add_file(path, text.encode())
    root.add_folder("var/cache/apt/archives/partial", mode=0o755)
    root.add_folder("var/lib/apt/lists/partial", mode=0o755)


def python(root: RootFs) -> None:
    """Give Debian's Python the look of the official image: names, pip and its folder."""
    root.remove([r"usr/lib/python3[^/]*/EXTERNALLY-MANAGED"])
    # Debian's packages compile at their installation; the published image leaves no bytecode of the
    # standard library, so that what does not compile it in its own Dockerfile does at every start.
    root.remove([r"usr/(local/)?(lib|share)/.*__pycache__"])
    program = root.matching(r"usr/bin/python3\.\d+")[0]
    version = program.removeprefix("usr/bin/python")
    library = f"usr/local/lib/python{version}"
    # pip installs into dist-packages here; official images have site-packages.
    root.remove([f"{library}/dist-packages"])
    root.add_folder(f"{library}/site-packages")
    root.add_link(f"{library}/dist-packages", "site-packages")
    for name in ("python", "python3", f"python{version}"):
        root.add_link(f"usr/local/bin/{name}", f"../../bin/python{version}")
    for name in ("pip", "pip3", f"pip{version}"):
        root.add_file(f"usr/local/bin/{name}", _PIP.encode(), mode=0o755)
    wheel = root.matching(r"usr/share/python-wheels/pip-.*\.whl")[0]
    add_wheel(root, root.read(wheel), files="", prefix=f"{library}/site-packages/")


def node(root: RootFs) -> None:
    """Put Node's programs on PATH as the official image has them: links into their packages."""
    for name, target in (
        ("npm", "npm/bin/npm-cli.js"),
        ("npx", "npm/bin/npx-cli.js"),
        ("corepack", "corepack/dist/corepack.js"),
    ):
        root.remove([f"usr/local/bin/{name}"])
        root.add_link(f"usr/local/bin/{name}", f"../lib/node_modules/{target}")
    root.add_link("usr/local/bin/nodejs", "node")


def distroless(root: RootFs) -> None:
    """Leave programs and package management out; add accounts and the certificate bundle."""
    root.remove(_DISTROLESS_LEFT_OUT)
    version = root.matching(r"usr/bin/python3\.\d+")[0].removeprefix("usr/bin/python")
    root.add_link("usr/bin/python3", f"python{version}")
    bundle = [root.read(path) for path in root.matching(r"usr/share/ca-certificates/.*\.crt")]
    root.remove([r"usr/share/ca-certificates"])
    root.add_file("etc/ssl/certs/ca-certificates.crt", b"".join(bundle))
    root.add_file("etc/passwd", _ACCOUNTS.encode())
    root.add_file("etc/group", _GROUP.encode())
    root.add_file("etc/nsswitch.conf", _NSSWITCH.encode())
    root.add_folder("root", mode=0o700)
    root.add_folder("tmp", mode=0o1777)
    root.add_folder("var/tmp", mode=0o1777)
    root.add_folder("home/nonroot", mode=0o700, owner=65532)


def postgres(root: RootFs) -> None:
    """Leave out what a server does not run, add its account and the folders that it writes."""
    root.remove(_POSTGRES_LEFT_OUT)
    root.add_file("etc/passwd", _POSTGRES_ACCOUNTS.encode())
    root.add_file("etc/group", _POSTGRES_GROUP.encode())
    root.add_folder("var/lib/postgresql", owner=999)
    # As the published image has it: a fresh volume takes over owner and mode, so that any user
    # that the container runs as can set up a cluster in it.
    root.add_folder("var/lib/postgresql/data", mode=0o1777, owner=999)
    root.add_folder("run/postgresql", mode=0o3777, owner=999)


def add_wheel(root: RootFs, wheel: bytes, *, files: str, prefix: str) -> None:
    """Unpack the files of a wheel that stand below *files* to *prefix*."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        for info in archive.infolist():
            path = info.filename.removeprefix(files)
            if info.is_dir() or not info.filename.startswith(files) or ".." in path.split("/"):
                continue
            mode = 0o755 if (info.external_attr >> 16) & 0o111 else 0o644
            root.add_file(prefix + path, archive.read(info), mode=mode)
