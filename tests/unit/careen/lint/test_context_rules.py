"""Each rule of the build context: what it finds, and what it lets be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from careen.config.load import load
from careen.errors import UsageError
from careen.lint import context_rules
from careen.lint.context_check import Build, check_contexts, check_variants, ignore_of
from careen.lint.context_view import git_ignored_names
from careen.lint.secret_files import by_content, by_name, worth_opening

from .contexts import COPY_ALL, found, of_rule, view

ROOT = Path(__file__).parents[4]
GUIDE = (ROOT / "tests/data/guide/dockerignore").read_text(encoding="utf-8")
KEY = (
    b"-----BEGIN %s PRIVATE KEY-----\n" % b"OPENSSH"
    + b"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
)


def test_the_guides_own_list() -> None:
    files = [
        ".git/HEAD", "__pycache__/a.pyc", "src/app/__pycache__/b.pyc", "src/app/c.pyc",
        "src/.DS_Store", "requirements.txt", "requirements-core.txt", "web/node_modules/x/index.js",
        "src/.env",
        "src/app/main.py", "src/app/test_main.py", "assets/pokertool-icon.png", "README.md",
    ]  # fmt: skip
    one = view(files, GUIDE)

    root_only = {
        finding.message.split()[0]: finding.severity for finding in of_rule(one, "ignore-root-only")
    }
    needed = of_rule(one, "ignore-needed-file")

    assert {"__pycache__/", "*.py[cod]", "node_modules/", ".DS_Store", ".env"} <= root_only.keys()
    assert {root_only[name] for name in ("__pycache__/", "*.py[cod]", ".DS_Store")} == {"warning"}
    line = GUIDE.splitlines().index("*.txt") + 1
    assert [(finding.line, finding.severity) for finding in needed] == [(line, "warning")]
    assert "requirements-core.txt" in needed[0].message
    assert [finding.message for finding in of_rule(one, "secret-in-context")] == [
        "src/.env (environment variables) can be copied into the image"
    ]
    useless = {
        finding.message.partition(" does nothing")[0] for finding in of_rule(one, "ignore-shadowed")
    }
    assert {".git/", "*.log", ".pytest_cache/", "!assets/pokertool-icon.png"} <= useless


def test_this_repositorys_own_lists_have_no_finding() -> None:
    settings = load(ROOT, environment={}).settings
    checked = check_variants(settings, list(settings.variants))

    assert [finding for one in checked for finding in one.findings] == []
    assert [name for one in checked for name in one.builds if "slim" in name] == ["slim", "slim-ml"]
    reductions = {one.ignore: one.measured.reduction for one in checked}
    assert reductions[".dockerignore"] is not None
    assert reductions[".dockerignore"] > 0.8


@pytest.mark.parametrize(
    ("files", "ignore", "expected"),
    [
        pytest.param(["a"], None, [("ignore-file-missing", 1, "warning")], id="no list"),
        pytest.param(["a"], "# none\n", [], id="an empty list"),
        pytest.param(["a"], "\n[\n", [("ignore-pattern-refused", 2, "error")], id="refused"),
        pytest.param(["a|b", "bc"], "a|b*\n", [("ignore-operator", 1, "warning")], id="operator"),
        pytest.param(
            ["src/a.pyc", "a.pyc"], "*.pyc\n", [("ignore-root-only", 1, "warning")], id="root only"
        ),
        pytest.param(
            ["src/a.md", "a.md"], "*.md\n", [("ignore-root-only", 1, "info")], id="a wildcard"
        ),
        pytest.param(["src/a.pyc", "a.pyc"], "/*.pyc\n", [], id="a slash says so"),
        pytest.param(["src/a.pyc"], "**/*.pyc\n", [], id="every depth"),
        pytest.param(["src/a.pyc"], "src\n*.pyc\n", [], id="left out by another"),
        pytest.param(["src/build/a.py", "build/b"], "build\n", [], id="a name of a package"),
        pytest.param(
            ["a", "docs/b"], "docs\ndocs/\n", [("ignore-shadowed", 2, "info")], id="twice"
        ),
        pytest.param(["a", "docs/b"], "*\ndocs\n", [("ignore-shadowed", 2, "info")], id="all"),
        pytest.param(["docs/b", "docs/c"], "*\n!docs\ndocs/b\n", [], id="an exception between"),
        pytest.param(
            ["docs/b/c"], "docs/b\ndocs\n", [("ignore-shadowed", 1, "info")], id="a folder above"
        ),
        pytest.param(
            ["docs/b/c"], "docs\ndocs/b/*\n", [("ignore-shadowed", 2, "info")], id="below it"
        ),
        pytest.param(
            ["README.md"], "!README.md\n*.md\n", [("ignore-shadowed", 1, "warning")], id="order"
        ),
        pytest.param(["a.md"], "*.md\n!a.md\n", [], id="an exception that works"),
        pytest.param(
            ["x/a.png", "b.png"],
            "/*.png\n!x/a.png\n",
            [("ignore-shadowed", 2, "warning")],
            id="an exception from nothing",
        ),
        pytest.param(
            ["a"],
            "../b\n.\n",
            [("ignore-matches-nothing", n, "warning") for n in (1, 2)],
            id="never",
        ),
        pytest.param(["a"], "b/c\n", [("ignore-matches-nothing", 1, "info")], id="nothing"),
        pytest.param(["a"], "b*\nx/.y\n", [], id="wildcards and hidden names"),
        pytest.param(["a"], "*\n!b*\n", [("ignore-matches-nothing", 2, "info")], id="let in"),
        pytest.param(["a"], "*\n!b\n", [("ignore-matches-nothing", 2, "info")], id="no exception"),
        pytest.param(["a"], "**/__pycache__\n.env\nx/dist/\ny/dist/*\n", [], id="precautions"),
        pytest.param(
            ["docs/a", "docs/b"],
            "docs\n!docs/a\ndocs\n",
            [("ignore-sends-empty", 2, "error")],
            id="arrives empty",
        ),
        pytest.param(
            ["requirements.txt", "requirements-core.txt"],
            "*.txt\n!requirements.txt\n",
            [("ignore-needed-file", 1, "warning")],
            id="requirements",
        ),
        pytest.param(
            ["requirements/core.txt"],
            "**/*.txt\n",
            [("ignore-needed-file", 1, "warning")],
            id="a folder of requirements",
        ),
        pytest.param(["requirements-dev.txt"], "requirements-dev.txt\n", [], id="by its name"),
        pytest.param(["requirements-dev.txt"], "requirements-*.txt\n", [], id="by a part of it"),
        pytest.param(["requirements.txt", "a"], "*\n!a\n", [], id="all but one"),
        pytest.param([".git/HEAD"], "# none\n", [("git-in-context", 1, "warning")], id="git"),
        pytest.param(["a/.git"], ".git\n", [("git-in-context", 1, "warning"),
                                            ("ignore-root-only", 1, "warning")], id="a submodule"),
        pytest.param([".env"], "# none\n", [("secret-in-context", 1, "error")], id="a secret"),
        pytest.param([".env"], None, [("ignore-file-missing", 1, "warning"),
                                      ("secret-in-context", 1, "error")], id="a secret, no list"),
    ],
)  # fmt: skip
def test_rules(files: list[str], ignore: str | None, expected: list[tuple[str, int, str]]) -> None:
    assert found(view(files, ignore)) == expected


@pytest.mark.parametrize(
    ("copy", "ignore", "expected"),
    [
        ("COPY conf/a.txt /", "**/*.txt\n", [("ignore-needed-file", 1, "error")]),
        ("COPY conf /", "conf\n", [("ignore-needed-file", 1, "error")]),
        ("COPY conf/*.txt /", "**/*.txt\n", [("ignore-needed-file", 1, "error")]),
        ("COPY conf /", "conf/a.txt\n", []),
        ("COPY conf /", "conf\n!conf/b.ini\n", []),
        ("COPY none /", "conf\n", []),
        ("COPY . /", "conf\n", []),
        ("RUN --mount=type=bind,source=conf/a.txt,target=/a true", "conf\n",
         [("ignore-needed-file", 1, "error")]),
    ],
)  # fmt: skip
def test_sources_that_are_left_out(
    copy: str, ignore: str, expected: list[tuple[str, int, str]]
) -> None:
    one = view(["conf/a.txt", "conf/b.ini", "z"], ignore, f"FROM scratch\n{copy}\n")
    assert found(one) == expected


def test_a_list_that_run_installs_from(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM a\nCOPY . .\nRUN pip install -r lists/base.txt && pip install -c /x/c.txt x\n"
    )
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/base.txt").write_text("a\n")
    (tmp_path / ".dockerignore").write_text("lists\n")

    (checked,) = check_contexts(tmp_path, [Build("one", tmp_path / "Dockerfile", {})])

    assert [(one.rule, one.severity) for one in checked.findings] == [
        ("ignore-needed-file", "warning")
    ]
    assert (
        "lists leaves out lists/base.txt, which Dockerfile:3 needs" in checked.findings[0].message
    )


def test_what_no_instruction_reads_is_a_hint() -> None:
    one = view([".env", ".git/HEAD", "a"], "# none\n", "FROM scratch\nCOPY a /\n")
    assert found(one) == [("git-in-context", 1, "info"), ("secret-in-context", 1, "info")]


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("a/.env", "environment variables"),
        (".env.production", "environment variables"),
        (".env.example", ""),
        (".env.sample", ""),
        ("id_rsa", "a private key"),
        ("id_rsa.pub", ""),
        ("x/.aws/credentials", "access keys"),
        ("credentials", ""),
        ("a.p12", "a private key"),
        ("cacert.pem", ""),
        ("env", ""),
    ],
)
def test_secrets_by_name(path: str, what: str) -> None:
    assert by_name(path) == what


@pytest.mark.parametrize(
    ("path", "head", "what"),
    [
        ("a.pem", KEY, "a private key"),
        ("a.pem", b"Bag Attributes\n" + KEY, "a private key"),
        ("a.pem", b"-----BEGIN CERTIFICATE-----\nMIIB\n", ""),
        ("a.py", b'HEADER = "-----BEGIN RSA PRIVATE KEY-----"\n', ""),
        ("a.py", b"-----BEGIN RSA PRIVATE KEY-----\nshort\n", ""),
        (".npmrc", b"//a.example/:_authToken=npm_1\n", "a token"),
        (".npmrc", b"//a.example/:_authToken=${TOKEN}\n", ""),
        (".npmrc", b"# _authToken=old\nsave-exact=true\n", ""),
        ("a.txt", b"//a.example/:_authToken=npm_1\n", ""),
        (".pypirc", b"[pypi]\npassword = x\n", "a password"),
        ("pip.conf", b"index-url = https://a:b@c.example/\n", "a password in an address"),
        ("pip.conf", b"index-url = https://c.example/\n", ""),
        ("key.json", b'{"private_key": "-----BEGIN', "a service account's key"),
    ],
)
def test_secrets_by_content(path: str, head: bytes, what: str) -> None:
    assert by_content(path, head) == what


def test_a_key_is_found_in_what_is_sent() -> None:
    files = ["deploy", "tls/left-out"]
    one = view(files, "tls\n", COPY_ALL, contents=dict.fromkeys(files, KEY))
    assert [re.sub(r" can.*", "", each.message) for each in of_rule(one, "secret-in-context")] == [
        "deploy (a private key)"
    ]


def test_only_small_files_are_opened_and_not_all_of_them() -> None:
    sizes = [("empty", 0), ("a", 1), ("large", 65_537), ("b", 65_536), ("c", 1)]
    assert worth_opening(sizes, 2) == ["a", "b"]


def test_files_that_were_not_looked_into_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context_rules, "MOST_OPENED", 2)
    (told,) = of_rule(view(["a", "b", "c"], "# none\n"), "secret-in-context")
    assert told.message.startswith("1 of the files")


def test_what_git_ignores() -> None:
    text = "# no\n/build/\n*.log\n!keep\nweb/out\n**/deep\n\n"
    assert git_ignored_names(text) == {"build", "*.log", "out", "deep"}
    assert git_ignored_names(text, deep=True) == {"*.log", "deep"}
    one = view(["src/gen/a", "gen/b"], "gen\n", gitignore="gen/\n")
    assert found(one) == [("ignore-root-only", 1, "warning")]


def test_the_dockerfiles_own_list_wins(tmp_path: Path) -> None:
    dockerfile = tmp_path / "docker/Dockerfile"
    dockerfile.parent.mkdir()
    assert ignore_of(tmp_path, dockerfile).path == ""
    (tmp_path / ".dockerignore").write_text("a\n")
    assert ignore_of(tmp_path, dockerfile).path == ".dockerignore"
    (tmp_path / "docker/Dockerfile.dockerignore").touch()
    assert ignore_of(tmp_path, dockerfile).path == "docker/Dockerfile.dockerignore"


def test_what_is_wrong_with_the_request_is_told(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    one = Build("one", tmp_path / "Dockerfile", {})
    with pytest.raises(UsageError, match=r"none: the build context cannot be read: No such file"):
        check_contexts(tmp_path / "none", [one])
    (tmp_path / ".dockerignore").mkdir()
    with pytest.raises(UsageError, match=r"\.dockerignore: Is a directory"):
        check_contexts(tmp_path, [one])


def test_the_json_form(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY a /\n")
    (tmp_path / "a").write_text("12345")
    builds = [Build(name, tmp_path / "Dockerfile", {}) for name in ("one", "two")]

    (checked,) = check_contexts(tmp_path, builds)
    data = checked.to_json()

    assert data["builds"] == ["one", "two"]
    assert (data["dockerfile"], data["ignore_file"]) == ("Dockerfile", None)
    assert data["before"] == {"files": 2, "bytes": 27}
    assert data["reached"] == {"files": 1, "bytes": 5}
    assert [finding["rule"] for finding in data["findings"]] == ["ignore-file-missing"]
