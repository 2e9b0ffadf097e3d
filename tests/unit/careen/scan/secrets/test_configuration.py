from __future__ import annotations

from typing import Any

import pytest

from careen.scan.secrets.configuration import in_configuration

from .planted import FORMS, PASSWORD, checked, pem

TOKEN = checked(b"ghp_").decode()
WORD = PASSWORD.decode()


def found(config: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one.rule, one.place, one.path) for one, why in in_configuration(config) if not why]


def run(text: str) -> dict[str, Any]:
    return {"history": [{"created_by": text, "empty_layer": True}]}


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"Env": [f"A={TOKEN}"]}, ("github-token", "environment", "A")),
        ({"Env": [f"DB_PASSWORD={WORD}"]}, ("secret-in-environment", "environment", "DB_PASSWORD")),
        ({"Env": ["DSN=" + FORMS["database-url-password"].decode()]},
         ("database-url-password", "environment", "DSN")),
        ({"Labels": {"org.token": WORD}}, ("secret-in-label", "label", "org.token")),
        ({"Labels": {"about": TOKEN}}, ("github-token", "label", "about")),
        ({"Cmd": ["serve", "--api-token", WORD]}, ("secret-in-command", "command", "")),
        ({"Entrypoint": ["serve", f"--password={WORD}"]},
         ("secret-in-command", "command", "")),
        ({"Cmd": ["sh", "-c", f"DB_PASSWORD={WORD} serve"]},
         ("secret-in-command", "command", "")),
        ({"Healthcheck": {"Test": ["CMD", "curl", f"http://me:{WORD}@localhost/"]}},
         ("url-password", "command", "")),
        ({"OnBuild": [f"RUN login --token {WORD}"]}, ("secret-in-command", "command", "")),
    ],
)  # fmt: skip
def test_each_place(settings: dict[str, Any], what: tuple[str, str, str]) -> None:
    assert found({"config": settings}) == [what]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            f"|1 GITHUB_TOKEN={WORD} /bin/sh -c make # buildkit",
            ("secret-in-history", "GITHUB_TOKEN"),
        ),
        (f"RUN |2 A=1 TOKEN={TOKEN} /bin/sh -c make # buildkit", ("github-token", "TOKEN")),
        (f"/bin/sh -c #(nop)  ENV API_KEY={WORD}", ("secret-in-history", "API_KEY")),
        (f"ENV API_KEY {WORD}", ("secret-in-history", "API_KEY")),
        (
            f"RUN /bin/sh -c curl --password {WORD} host # buildkit",
            ("secret-in-history", "password"),
        ),
        (f"RUN pip install -i https://me:{WORD}@pypi.corp/simple x", ("url-password", "")),
        (f"RUN /bin/sh -c echo 'Bearer {TOKEN}' > /x", ("github-token", "")),
        (f"RUN <<EOF\ncat > k\n{pem(b'RSA').decode()}\nEOF", ("private-key", "")),
    ],
)
def test_the_history_and_what_is_shown_of_it(text: str, what: tuple[str, str]) -> None:
    [(secret, reason)] = in_configuration(run(text))
    assert (secret.rule, secret.path, secret.place, reason) == (*what, "history", "")
    assert WORD not in repr(secret)
    assert TOKEN[4:] not in repr(secret)
    # A RUN's build arguments stand before it, and are not shown at all.
    assert "(redacted)" in secret.instruction or secret.instruction == "RUN make"


def test_a_command_is_shown_without_its_secret() -> None:
    config = {"config": {"Entrypoint": ["serve", "--token", WORD, f"--x-key={WORD}", TOKEN]}}
    shown = {one.instruction for one, _ in in_configuration(config)}
    assert shown == {
        'ENTRYPOINT ["serve", "--token", "(redacted)", "--x-key=(redacted)", "(redacted)"]'
    }


def test_a_key_with_headers_is_not_shown() -> None:
    key = pem(b"RSA", headers=b"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n").decode()
    [(secret, _)] = in_configuration(run(f"RUN echo '{key}' > k && make"))
    assert secret.rule == "encrypted-private-key"
    assert secret.instruction == "RUN echo '(redacted) ' > k && make"


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"config": None, "history": None},
        {"config": {"Env": None, "Labels": None, "Cmd": None}},
        {"config": {"Env": "PASSWORD=x", "Labels": ["a"], "Cmd": "serve", "Healthcheck": []}},
        {"config": {"Env": [1, None], "Labels": {"password": 3}, "Cmd": [None, 1]}},
        {"history": [1, None, {"created_by": 3}, {}]},
        {
            "config": {
                "Env": [
                    "GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305",
                    "PATH=/bin",
                    "PYTHON_SHA256=0b7f",
                    "PASSWORD=changeme",
                    "TOKEN=",
                    "SECRET=$OTHER",
                    "API_KEY=/run/secrets/key",
                    "DB_PASSWORD=password",
                    "PWD=/srv/abcd",
                    "TOKEN_FILE=abcdefgh",
                    "PASSWORD",
                ]
            }
        },
        {"config": {"Cmd": ["serve", "--token-file", WORD, "--token", "--port", "--workers=4"]}},
        run("RUN |1 TOKEN= /bin/sh -c make"),
        run("RUN --mount=type=secret,id=token,env=TOKEN pip install x"),
        run("RUN pip install -i https://$USER:$PASSWORD@pypi.corp/simple x"),
        run("COPY --chown=1000 . /app"),
    ],
)
def test_what_holds_none(config: dict[str, Any]) -> None:
    assert found(config) == []


def test_an_example_is_one() -> None:
    [(secret, reason)] = in_configuration({"config": {"Env": ["ID=AKIA" + "IOSFODNN7EXAMPLE"]}})
    assert reason == "an example of AWS's own documentation"
    assert secret.masked == "AKIA... (20 characters)"


def test_a_secret_is_told_once_a_text() -> None:
    assert found(run(f"RUN A={TOKEN} login --token {TOKEN} && echo {TOKEN}")) == [
        ("github-token", "history", "token")
    ]


def test_a_long_command_is_cut() -> None:
    [(secret, _)] = in_configuration(run(f"RUN echo {'x ' * 500} {TOKEN}"))
    assert len(secret.instruction) == 303
