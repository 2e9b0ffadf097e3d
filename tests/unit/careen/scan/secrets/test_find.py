from __future__ import annotations

import dataclasses
import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careen.engine.paths import cache_folder
from careen.errors import ArchiveError, CareenError
from careen.image.tar.limits import Limits
from careen.scan.secrets import find
from careen.scan.secrets.find import search, secrets_in

from ...image import forms
from .planted import AWS_ID, FORMS, PASSWORD, checked, pem, target

if TYPE_CHECKING:
    from pathlib import Path

    from careen.scan.model import Secret

ENV = b"DB_PASSWORD=%s\n" % PASSWORD
LOWER: dict[str, bytes | str | None] = {
    "root/.aws/config": b"[default]\naws_access_key_id = " + AWS_ID + b"\n",
    "etc/tls/server.key": pem(b"RSA"),
    "srv/app/.env": ENV,
    "srv/app/main.py": b"print()\n",
}


def short(secrets: tuple[Secret, ...]) -> list[tuple[str, str, int | None, bool]]:
    return [(each.rule, each.path, each.layer, each.removed) for each in secrets]


REMOVED = [
    ("aws-access-key-id", "root/.aws/config", 1, True),
    ("private-key", "etc/tls/server.key", 1, True),
    ("dotenv-secret", "srv/app/.env", 1, True),
]


@pytest.mark.parametrize(
    "upper",
    [
        {"root/.aws/.wh.config": b"", "etc/tls/.wh.server.key": b"", "srv/app/.wh..env": b""},
        {"root/.wh..aws": b"", ".wh.etc": b"", "srv/app/.wh..wh..opq": b""},
        {"root/.aws/config": b"x", "etc/tls/server.key": b"", "srv": b"a file now"},
        {"root/.aws": "elsewhere", "etc": "elsewhere", "srv/app/.env": None},
    ],
    ids=["whiteouts", "whole folders", "overwritten", "replaced"],
)
def test_what_a_later_layer_took_away_is_found(
    tmp_path: Path, upper: dict[str, bytes | str | None]
) -> None:
    found = secrets_in(target(tmp_path, [LOWER, {"a": b"b"}, upper]))
    assert short(found) == REMOVED
    assert {each.instruction for each in found} == {"layer 0"}
    assert all(each.diff_id.startswith("sha256:") for each in found)


def test_what_is_still_there_is_not_removed(tmp_path: Path) -> None:
    found = secrets_in(target(tmp_path, [LOWER, {"srv/app/.wh.main.py": b""}]))
    assert {each.removed for each in found} == {False}
    assert len(found) == 3


def test_a_secret_that_moves_is_found_in_both_layers(tmp_path: Path) -> None:
    again = secrets_in(target(tmp_path, [{"a/.env": ENV}, {"a/.wh..env": b"", "b/.env": ENV}]))
    assert short(again) == [
        ("dotenv-secret", "a/.env", 1, True),
        ("dotenv-secret", "b/.env", 2, False),
    ]


def _linked(name: str, to: str) -> bytes:
    import io  # noqa: PLC0415 - the one test that makes a tar by hand
    import tarfile  # noqa: PLC0415

    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = tarfile.LNKTYPE, to
        archive.addfile(info)
    return sink.getvalue()


def test_a_file_lives_on_under_its_links_name(tmp_path: Path) -> None:
    layers: list[Any] = [{"a.env": ENV}, _linked("b", "a.env"), {".wh.a.env": b""}]
    assert short(secrets_in(target(tmp_path / "1", layers))) == [
        ("dotenv-secret", "a.env", 1, False)
    ]
    assert short(secrets_in(target(tmp_path / "2", [*layers, {".wh.b": b""}]))) == [
        ("dotenv-secret", "a.env", 1, True)
    ]
    # The link leads to what came after the secret.
    later: list[Any] = [{"a.env": ENV}, {"a.env": b"A=1"}, _linked("b", "a.env")]
    assert short(secrets_in(target(tmp_path / "3", later))) == [("dotenv-secret", "a.env", 1, True)]


def test_a_path_through_a_link_to_a_folder(tmp_path: Path) -> None:
    layers: list[Any] = [{"usr/lib": None, "lib": "usr/lib"}, {"lib/x.env": ENV}]
    assert short(secrets_in(target(tmp_path / "1", layers))) == [
        ("dotenv-secret", "lib/x.env", 2, False)
    ]
    layers.append({"usr/lib/.wh.x.env": b""})
    assert short(secrets_in(target(tmp_path / "2", layers))) == [
        ("dotenv-secret", "lib/x.env", 2, True)
    ]


@pytest.mark.parametrize("kind", ["none", "gzip", "zstd"])
@pytest.mark.parametrize(
    ("layout", "packed"),
    [("docker-archive", "none"), ("oci-archive", "none"), ("oci-layout", "none"),
     ("docker-archive", "gzip"), ("oci-archive", "zstd")],
)  # fmt: skip
def test_every_form_of_an_image(tmp_path: Path, kind: str, layout: Any, packed: str) -> None:
    one = target(
        tmp_path, [LOWER, {".wh.etc": b""}, LOWER], kind=kind, layout=layout, packed=packed
    )
    found = short(secrets_in(one))
    assert found[1] == ("private-key", "etc/tls/server.key", 1, True)
    # A layer that comes twice is searched once, and found twice.
    assert [layer for _, _, layer, _ in found] == [1, 1, 1, 3, 3, 3]


def test_an_archive_of_an_old_docker_compressed_as_a_whole(tmp_path: Path) -> None:
    path = forms.write_tar(tmp_path / "old.tar.gz", forms.old_docker_files(), "gzip")
    from careen.engine.images import open_image  # noqa: PLC0415 - this form alone
    from careen.scan.model import Target  # noqa: PLC0415

    image = open_image(str(path), use_cache=False)
    assert secrets_in(Target("old", path, "docker-archive", image)) == ()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rule=st.sampled_from(sorted(FORMS)),
    kind=st.sampled_from(["none", "gzip", "zstd"]),
    before=st.binary(max_size=70_000),
    after=st.binary(max_size=3000),
    files=st.integers(0, 5),
)
def test_a_planted_secret_is_found_in_any_compression(
    tmp_path: Path, rule: str, kind: str, before: bytes, after: bytes, files: int
) -> None:
    layer: dict[str, Any] = {f"f{number}": before[:number] for number in range(files)}
    layer["x"] = before + b"\n" + FORMS[rule] + b"\n" + after
    found = search(target(tmp_path, [layer, {".wh.x": b""}], kind=kind), use_cache=False)
    assert (rule, "x", 1, True) in short(found.secrets)


def test_no_text_of_a_secret_leaves(tmp_path: Path) -> None:
    layer: dict[str, Any] = dict(FORMS)
    config = {"Env": [f"TOKEN_{n}={FORMS[rule].decode()}" for n, rule in enumerate(FORMS)],
              "Labels": {"password": PASSWORD.decode()},
              "Cmd": ["serve", "--token", PASSWORD.decode()]}  # fmt: skip
    lines: list[str] = []
    history = [
        {"created_by": f"RUN echo {each.decode()} > x", "empty_layer": number > 0}
        for number, each in enumerate(FORMS.values())
    ]
    one = target(tmp_path, [layer], settings=config, history=history)
    found = search(one, say=lines.append)
    assert len(found.secrets) >= 3 * len(FORMS)
    cache = b"".join(path.read_bytes() for path in (cache_folder() / "secrets").iterdir())
    shown = repr(found).encode() + cache + "".join(lines).encode()
    for rule, data in FORMS.items():
        for at in range(0, len(data) - 12, 6):
            piece = data[at : at + 12]
            public = rule in {"google-service-account", "database-url-password", "url-password"}
            if b"KEY" in piece or b"-----" in piece or public or not piece.isalnum():
                continue
            if piece in b"aws_secret_access_key accountname hooksslackcom":
                continue
            assert piece not in shown, rule
    assert PASSWORD not in shown


def test_what_a_command_wrote_into_the_file_is_not_shown(tmp_path: Path) -> None:
    netrc = b"machine a login b password " + PASSWORD
    made = f"RUN /bin/sh -c apt-get update && printf '{netrc.decode()}' > /root/.netrc # buildkit"
    history = [{"created_by": made}]
    [secret] = secrets_in(target(tmp_path, [{"root/.netrc": netrc}], history=history))
    assert secret.instruction == "RUN apt-get update && printf (redacted)"


def test_examples_are_listed_with_their_reason(tmp_path: Path) -> None:
    found = search(target(tmp_path, [{"a.md": b"AKIA" + b"IOSFODNN7EXAMPLE"}]))
    assert found.secrets == ()
    [aside] = found.aside
    assert aside.reason == "an example of AWS's own documentation"
    assert (aside.secret.path, aside.secret.masked) == ("a.md", "AKIA... (20 characters)")


def test_a_known_layer_is_not_read_again(tmp_path: Path) -> None:
    lines: list[str] = []
    one = target(tmp_path, [LOWER, {"a": b"b"}])
    first = search(one, say=lines.append)
    assert lines == ["searching 2 layers of test for secrets"]
    one.archive.unlink()
    assert search(one, say=lines.append) == first
    assert len(lines) == 1
    with pytest.raises(ArchiveError):
        search(one, use_cache=False)


def test_a_damaged_cache_is_no_cache(tmp_path: Path) -> None:
    one = target(tmp_path, [LOWER])
    first = search(one)
    [path] = (cache_folder() / "secrets").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    good = json.loads(path.read_bytes())
    other = {**good, "diff_id": "sha256:" + "0" * 64}
    worse = {**good, "hits": [{**good["hits"][0], "line": "x"}]}
    less = {**good, "hits": [{"rule": "x"}]}
    for bad in (
        b"",
        b"{",
        b"[]",
        b'{"hits": 1}',
        *(json.dumps(x).encode() for x in (other, worse, less)),
    ):
        path.write_bytes(bad)
        assert search(one) == first


def test_an_image_cannot_speak_for_anothers_layer(tmp_path: Path) -> None:
    good = target(tmp_path / "good", [LOWER])
    bad = target(tmp_path / "bad", [{"a": b"harmless"}])
    # An archive whose configuration claims the other's diff id, after it was read.
    lying = dataclasses.replace(
        bad,
        image=dataclasses.replace(
            bad.image,
            facts=tuple(
                dataclasses.replace(fact, diff_id=good.image.facts[0].diff_id)
                for fact in bad.image.facts
            ),
        ),
    )
    with pytest.raises(ArchiveError, match="holds another image"):
        search(lying)
    assert len(secrets_in(good)) == 3


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    one = target(tmp_path, [LOWER])
    one.archive.unlink()
    os.mkfifo(one.archive)
    with pytest.raises(ArchiveError, match="is no file and no folder"):
        search(one)


def test_limits_hold(tmp_path: Path) -> None:
    one = target(tmp_path, [{"a": bytes(200_000)}], kind="gzip")
    with pytest.raises(ArchiveError, match="limit most_unpacked_bytes"):
        search(one, limits=Limits(most_unpacked_bytes=100_000))


def test_a_layer_of_nothing_but_secrets_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "MOST_HITS", 20)
    layer = {f"{number}": checked(b"ghp_", number) for number in range(25)}
    with pytest.raises(ArchiveError, match="over 20 secrets"):
        search(target(tmp_path, [layer]))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=st.sampled_from(["none", "gzip", "zstd"]))
def test_hostile_archives_give_one_line_or_the_right_result(
    tmp_path: Path, data: st.DataObject, kind: str
) -> None:
    one = target(tmp_path, [LOWER, {".wh.srv": b""}], kind=kind)
    right = search(one, use_cache=False)
    archive = bytearray(one.archive.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(len(archive) - 1, 0)))
        if data.draw(st.booleans()):
            del archive[at:]
            archive += bytes(data.draw(st.integers(0, 1)))
        elif archive:
            archive[at] ^= data.draw(st.integers(1, 255))
    one.archive.write_bytes(archive)
    found, message = None, ""
    try:
        found = search(one, use_cache=False)
    except CareenError as error:
        message = str(error.args[0])
    assert "\n" not in message
    assert AWS_ID.decode() not in message
    assert found == (None if message else right)
