"""The contract and its file: joined, and all errors at once, each with its line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.config.load import load
from careen.contract.file import load_contract
from careen.errors import ConfigError

if TYPE_CHECKING:
    from careen.config.contract import ContractSettings

ROOT = Path(__file__).resolve().parents[4]
PROJECT = """\
[tool.careen]
image = "demo"
[tool.careen.variants.slim]
dockerfile = "Dockerfile"
[tool.careen.variants.distroless]
dockerfile = "Dockerfile"
[tool.careen.contract]
file = "contract.toml"
"""


def read(folder: Path, text: str, project: str = PROJECT) -> ContractSettings:
    (folder / "pyproject.toml").write_text(project)
    (folder / "contract.toml").write_text(text)
    return load_contract(load(folder, environment={}).settings)


def refused(folder: Path, text: str, project: str = PROJECT) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        read(folder, text, project)
    assert raised.value.exit_code == 2
    return str(raised.value.args[0]).replace(f"{folder}/", "").splitlines()


def test_the_file_and_the_project_are_joined(tmp_path: Path) -> None:
    contract = read(
        tmp_path,
        '[limits]\nmemory = "1GiB"\n[[http]]\npath = "/"\njson = { "a[0]" = 1 }\n',
        PROJECT + "port = 5001\n[tool.careen.contract.limits]\npids = 50\n",
    )

    assert (contract.port, contract.limits.pids, contract.limits.memory) == (5001, 50, 2**30)
    assert contract.limits.cpus == 2.0
    assert contract.http[0].json_path == {"a[0]": 1}


def test_without_a_file_the_project_has_all_of_it(tmp_path: Path) -> None:
    project = PROJECT.replace('file = "contract.toml"', "port = 80")

    assert read(tmp_path, "port = 90", project).port == 80


def test_all_errors_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = """\
prot = 5001
no-shell = ["distrolss"]
structure-tests = ["structure.yaml"]
[labels]
version = "("
[limits]
cpus = 0
memory = "much"
[[http]]
path = "/health"
json."database..reachable" = true
header = { Content-Type = "[" }
[[http]]
status = 200
[[http]]
path = "/a"
text = "*"
tmeout-seconds = 1
[[commands]]
command = []
"""
    told = refused(tmp_path, text)

    assert [line.partition(": ")[0] for line in told] == [
        f"contract.toml:{number}" for number in (1, 2, 3, 5, 7, 8, 11, 12, 13, 17, 18, 20)
    ]
    assert told[0].endswith("prot: unknown key; did you mean port?")
    assert told[1].endswith("no-shell[0]: unknown variant distrolss; did you mean distroless?")
    assert told[2].endswith("structure-tests[0]: there is no structure.yaml")
    assert "labels.version: '(' is no regular expression: missing )" in told[3]
    assert told[4].endswith("limits.cpus: Input should be greater than 0, not 0")
    assert "limits.memory" in told[5]
    assert "is no path in JSON: " in told[6]
    assert "http[0].header.Content-Type: '[' is no regular expression" in told[7]
    assert told[8].endswith("http[1].path: it is missing")
    assert "http[2].text: '*' is no regular expression" in told[9]
    assert told[10].endswith("unknown key; did you mean timeout-seconds?")
    assert "commands[0].command" in told[11]


FAULTS = {
    "prot = 1": 0,
    "port = 99999": 0,
    "no-shell = ['nobody']": 0,
    "[limits]\ncpus = 0": 1,
    "[[http]]\npath = '/'\nstatus = 1": 2,
    "[[http]]\npath = '/'\ntext = '('": 2,
    "[[http]]\nstatus = 200": 0,
    "[[load.requests]]\npath = '/'\njson.'a[' = 1": 2,
    "[[commands]]\ncommand = ['true']\nvariants = [\n  'nobody',\n]": 2,
    "[variants.nobody]": 0,
}


@given(st.permutations(sorted(FAULTS)), st.lists(st.sampled_from(["", "# x", "\t"]), max_size=3))
def test_each_error_has_its_own_line(
    tmp_path_factory: pytest.TempPathFactory, chosen: list[str], noise: list[str]
) -> None:
    # Keys of the top have to stand above the tables.
    chosen.sort(key=lambda statement: statement.startswith("["))
    chosen.remove("port = 99999" if len(noise) % 2 else "prot = 1")
    lines: list[str] = []
    wanted = []
    for statement in chosen:
        lines += noise
        wanted.append(len(lines) + 1 + FAULTS[statement])
        lines += statement.split("\n")
    told = refused(tmp_path_factory.mktemp("project"), "\n".join(lines))

    assert [int(line.split(":")[1]) for line in told] == wanted


def test_a_key_in_both_places_is_an_error_that_names_both(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        "# ours\nport = 1\n[limits]\npids = 3\n[labels]\na = 'x'\n",
        PROJECT + "port = 2\nlimits = { pids = 4 }\nlabels = { b = 'y' }\n",
    )

    both = "it stands in pyproject.toml, [tool.careen.contract]"
    assert told == [
        f"contract.toml:2: port: {both} port, as well",
        f"contract.toml:4: limits.pids: {both} limits.pids, as well",
    ]


def test_what_json_has_not_is_told(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        """\
[[http]]
path = "/"
json.at = 2024-05-17
json.near = [inf]
[[load.requests]]
path = "/"
json-body = { hands = [{ played = 2024-05-17T20:15:00Z }] }
""",
    )

    text = "JSON has no dates and times; write it as text:"
    body = "load.requests[0].json-body"
    assert told == [
        f"contract.toml:3: http[0].json.at: {text} '2024-05-17'",
        "contract.toml:4: http[0].json.near[0]: JSON has no inf",
        f"contract.toml:7: {body}.hands[0].played: {text} '2024-05-17 20:15:00+00:00'",
    ]


UPLOAD = """\
[[http]]
path = "/"
files = { image = "a.png" }
[[load.requests]]
path = "/"
body = ""
files = { x_y = "a.png" }
"""


def test_files_of_requests_are_found_from_the_project_s_folder(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    contract = read(tmp_path, UPLOAD)
    assert contract.http[0].files == {"image": tmp_path / "a.png"}
    assert contract.load.requests[0].files == {"x_y": tmp_path / "a.png"}

    in_project = PROJECT.replace('file = "contract.toml"', "http = [{ path = '/', files = {} }]")
    in_project = in_project.replace("files = {}", "files = { image = 'a.png' }")
    assert read(tmp_path, "", in_project).http[0].files == {"image": tmp_path / "a.png"}


def test_a_file_that_is_missing_and_a_second_body_are_told(tmp_path: Path) -> None:
    told = refused(tmp_path, UPLOAD.replace('body = ""', 'body = "x"'))
    assert told == [
        "contract.toml:3: http[0].files.image: there is no a.png",
        "contract.toml:7: load.requests[0].files.x_y: there is no a.png",
        "contract.toml:7: load.requests[0].files: the request has a body already",
    ]


def test_a_key_with_underscores_is_unknown_and_one_of_the_users_own_is_not(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        """\
no_shell = ["distroless"]
pytests_ = []
environment = { DATABASE_URL = "a" }
[[http]]
path = "/"
json_path = { "a.." = 1 }
json-body = { a_b = 1 }
[limits]
start_seconds = 1.0
""",
    )

    assert told == [
        "contract.toml:1: no_shell: unknown key; did you mean no-shell?",
        "contract.toml:2: pytests_: unknown key; did you mean pytest?",
        "contract.toml:6: http[0].json_path: unknown key; did you mean path?",
        "contract.toml:9: limits.start_seconds: unknown key; did you mean start-seconds?",
    ]


def test_an_error_of_the_project_has_its_line_too(tmp_path: Path) -> None:
    told = refused(tmp_path, "port = 1\n", PROJECT + "labels = { a = '(' }\n")

    assert len(told) == 1
    assert told[0].startswith("pyproject.toml:9: [tool.careen.contract] labels.a: '(' is no")


def test_a_file_that_is_no_toml_or_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path, "port = 1\nport = 2\n")[0].startswith("contract.toml:2: ")
    assert refused(tmp_path, "port = 1\nport = = 2\n")[0].startswith("contract.toml:2: ")
    assert refused(tmp_path, "\nno-shell = [\n")[0].startswith("contract.toml:3: ")
    (tmp_path / "contract.toml").unlink()
    with pytest.raises(ConfigError, match=r"there is no .*contract.toml"):
        load_contract(load(tmp_path, environment={}).settings)


def test_a_variant_has_limits_of_its_own(tmp_path: Path) -> None:
    contract = read(
        tmp_path,
        "[limits]\npids = 50\nstart-seconds = 1.0\n[variants.slim.limits]\nstart-seconds = 5.0\n",
    )

    assert contract.of("distroless") == contract
    own = contract.of("slim").limits
    assert (own.pids, own.start_seconds, contract.limits.start_seconds) == (50, 5.0, 1.0)


def test_this_repositorys_own_contract() -> None:
    contract = load_contract(load(ROOT, environment={}).settings)

    assert contract.http
    assert contract.of("current").limits.start_seconds != contract.limits.start_seconds
