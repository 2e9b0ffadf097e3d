"""Sorts files by what they are, by one table of rules: the first that fits a file has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xxhash import xxh3_64_hexdigest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NATIVE, BYTECODE, TESTS = "native libraries", "bytecode", "tests"
OTHER = "other"


@dataclass(frozen=True)
class Rule:
    """What makes a file one of a kind: any of these.

    Attributes:
        kind: its name for people, in the plural.
        folders: a folder of this name is above it; where it begins with a `/`, this very path is.
        folder_suffixes: the name of a folder above it ends in a dot and one of these.
        suffixes: its name ends in a dot and one of these; a library's version is not a part of it.
        names: it is called so, upper or lower case.
        program: it has no suffix and may be executed.
    """

    kind: str
    folders: frozenset[str] = frozenset()
    folder_suffixes: frozenset[str] = frozenset()
    suffixes: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    program: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


RULES = (
    Rule(BYTECODE, suffixes=_words("pyc pyo")),
    Rule(
        "caches and logs", folders=_words("/var/cache /var/log /var/lib/apt/lists /tmp .cache .npm")
    ),
    Rule(
        "package records",
        folders=_words("/var/lib/dpkg /lib/apk/db /usr/lib/apk/db"),
        folder_suffixes=_words("dist-info egg-info"),
        suffixes=_words("egg-info"),
    ),
    Rule(TESTS, folders=_words("test tests idle_test __tests__"), names=_words("conftest.py")),
    Rule(NATIVE, suffixes=_words("so")),
    Rule(
        "development files",
        folders=_words("include pkgconfig cmake"),
        suffixes=_words("h hh hpp a la pc cmake pyx pxd c cc cpp f f90"),
    ),
    Rule("time zones", folders=_words("zoneinfo")),
    Rule(
        "translations",
        folders=_words("/usr/share/i18n locale LC_MESSAGES"),
        suffixes=_words("mo po pot"),
    ),
    Rule(
        "documentation",
        folders=_words("/usr/share/doc /usr/share/info /usr/share/man /usr/local/share/man"),
        suffixes=_words("md rst tex"),
        names=_words("license licence license.txt copying notice authors changelog readme"),
    ),
    Rule(
        "certificates",
        folders=_words("/etc/ssl /etc/pki /usr/share/ca-certificates"),
        suffixes=_words("pem crt cer"),
    ),
    Rule("fonts", suffixes=_words("ttf otf woff woff2 pfb pcf")),
    Rule("models", suffixes=_words("onnx pt pth safetensors h5 tflite gguf traineddata npz npy")),
    Rule("Python source", suffixes=_words("py pyi")),
    Rule("web files", suffixes=_words("js mjs cjs ts tsx jsx css scss html htm map wasm vue")),
    Rule("pictures", suffixes=_words("png jpg jpeg gif svg ico webp bmp tif tiff")),
    Rule("scripts", suffixes=_words("sh bash fish csh ps1 bat pl pm rb tcl awk")),
    Rule("programs", folders=_words("bin sbin libexec"), suffixes=_words("exe"), program=True),
    Rule("archives", suffixes=_words("whl zip gz xz bz2 zst tar tgz jar deb rpm")),
    Rule("configuration", folders=_words("/etc"), suffixes=_words("conf cfg ini toml yaml yml")),
    Rule(
        "data", suffixes=_words("json xml csv tsv txt dat db sqlite sqlite3 bin parquet pickle pkl")
    ),
)

KINDS = (*(rule.kind for rule in RULES), OTHER)
_LAST = len(RULES)
BYTECODE_RANK, NATIVE_RANK = KINDS.index(BYTECODE), KINDS.index(NATIVE)


def _numbers(words: Callable[[Rule], frozenset[str]]) -> dict[str, int]:
    """Give the number of the first rule that has a word."""
    found: dict[str, int] = {}
    for number, rule in enumerate(RULES):
        for word in words(rule):
            found.setdefault(word, number)
    return found


_FOLDERS = _numbers(lambda rule: rule.folders)
_LONGEST_FOLDER = max(map(len, _FOLDERS))
_FOLDER_SUFFIXES = _numbers(lambda rule: rule.folder_suffixes)
_SUFFIXES = _numbers(lambda rule: rule.suffixes)
_NAMES = _numbers(lambda rule: rule.names)
# Of the names with a suffix; a quick way to tell that a name is none of them.
_NAMED_LENGTHS = frozenset(len(name) for name in _NAMES if "." in name)
_PROGRAM = next(number for number, rule in enumerate(RULES) if rule.program)
_TEST_FOLDERS = next(rule.folders for rule in RULES if rule.kind == TESTS)


def _fingerprint() -> str:
    rows = [
        [sorted(value) if isinstance(value, frozenset) else value for value in vars(rule).values()]
        for rule in RULES
    ]
    return xxh3_64_hexdigest(repr(rows).encode())


# It changes with the table: numbers of its rules that were kept before mean nothing then.
FINGERPRINT = _fingerprint()


def kind(path: str, mode: int = 0o644) -> str:
    """Give the kind of the file at a path.

    >>> kind("usr/lib/libc.so.6"), kind("usr/lib/python3.13/tests/a.py"), kind("srv/thing")
    ('native libraries', 'tests', 'other')
    """
    folder, _, name = path.rpartition("/")
    return KINDS[min(folder_rank(folder), name_rank(name, mode))]


def folder_rank(folder: str) -> int:
    """Give the number of the first rule that a folder's path fits, `len(RULES)` for none."""
    found = step_rank(folder)
    while folder:
        folder = folder.rpartition("/")[0]
        found = min(found, step_rank(folder))
    return found


def step_rank(folder: str) -> int:
    """Give the number of the first rule that a folder fits by its last name and its own path.

    The smallest number of a folder and of all above it is its `folder_rank`.
    """
    name = folder.rpartition("/")[2]
    return min(
        _FOLDERS.get(name, _LAST),
        _FOLDERS.get(f"/{folder}", _LAST),
        _FOLDER_SUFFIXES.get(name.rpartition(".")[2], _LAST),
    )


def name_rank(name: str, mode: int) -> int:
    """Give the number of the first rule that a file's name and mode fit, `len(RULES)` for none.

    The smaller one of a file's two ranks is the number of its kind in KINDS.
    """
    lower = name.lower()
    suffix = lower.rpartition(".")[2]
    if suffix not in _SUFFIXES or len(suffix) + 1 >= len(lower):
        suffix = _suffix(lower)
        if not suffix and mode & 0o111:
            return min(_NAMES.get(lower, _LAST), _PROGRAM)
    found = _SUFFIXES.get(suffix, _LAST)
    return min(found, _NAMES[lower]) if lower in _NAMES else found


def name_ranks(names: Iterable[str], modes: Iterable[int], are_files: Iterable[int]) -> bytes:
    """Give `name_rank` of many files; `len(RULES)` of what is none.

    >>> [KINDS[rank] for rank in name_ranks(["a.so.1", "a.PY", "a.py"], [0o644] * 3, [1, 1, 0])]
    ['native libraries', 'Python source', 'other']
    """
    suffixes, lengths = _SUFFIXES.get, _NAMED_LENGTHS
    found = bytearray()
    append = found.append
    for name, mode, is_file in zip(names, modes, are_files, strict=True):
        if not is_file:
            append(_LAST)
            continue
        # What most names are: a suffix of the table behind something, and no name of the table.
        stem, _, suffix = name.rpartition(".")
        rank = suffixes(suffix) if stem else None
        if rank is None or (len(name) in lengths and name.lower() in _NAMES):
            rank = name_rank(name, mode)
        append(rank)
    return bytes(found)


def step_ranks(folders: Iterable[str]) -> list[int]:
    """Give `step_rank` of many folders.

    >>> [KINDS[rank] for rank in step_ranks(["a", "a/bin", "var/log", "a-1.dist-info"])]
    ['other', 'programs', 'caches and logs', 'package records']
    """
    rank_of, suffixes = _FOLDERS.get, _FOLDER_SUFFIXES
    found = []
    for folder in folders:
        name = folder.rpartition("/")[2]
        rank = rank_of(name, _LAST)
        # Few folders are as short as the paths of the table, or have a suffix.
        if len(folder) <= _LONGEST_FOLDER or name.rpartition(".")[2] in suffixes:
            rank = step_rank(folder)
        found.append(rank)
    return found


def in_tests(folder: str) -> bool:
    """Tell whether a folder is one of tests, or in one."""
    return not _TEST_FOLDERS.isdisjoint(folder.split("/"))


def _suffix(name: str) -> str:
    """Give what stands behind the last dot, without a library's version.

    >>> _suffix("libz.so.1.3.1"), _suffix("python3.13"), _suffix("a.py"), _suffix(".bashrc")
    ('so', '', 'py', '')
    """
    stem, dot, suffix = name.rpartition(".")
    while dot and suffix.isdigit():
        stem, dot, suffix = stem.rpartition(".")
    return suffix if dot and stem else ""
