"""The contract of POST /api/ocr."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.contract.conftest import Client, Reply

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize("name", ["table.png", "table.jpg"])
def test_a_screenshot_is_read(ocr_client: Client, screenshots: dict[str, bytes], name: str) -> None:
    reply = ocr_client.upload("/api/ocr", screenshots[name])

    assert reply.status == 200, reply.text
    reading = reply.json()
    assert "Pot" in reading["text"]
    assert reading["pot"] == 1250
    assert reading["stacks"] == [980, 1000]
    assert reading["unit"] == "$"


def test_the_image_is_prepared_where_opencv_is_installed(
    ocr_client: Client, screenshots: dict[str, bytes]
) -> None:
    has_opencv = ocr_client.get("/health").json()["ml"]

    reading = ocr_client.upload("/api/ocr", screenshots["table.png"]).json()
    assert reading["preprocessing"] == ("opencv" if has_opencv else "none")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not an image",
        b"GIF89a" + bytes(100),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
    ],
)
def test_a_file_that_is_no_image(client: Client, content: bytes) -> None:
    assert_names_image(client.upload("/api/ocr", content))


def test_a_damaged_image(ocr_client: Client, screenshots: dict[str, bytes]) -> None:
    header = screenshots["table.png"][:33]

    assert_names_image(ocr_client.upload("/api/ocr", header + bytes(200)))


def test_an_image_that_claims_to_be_huge(client: Client, screenshots: dict[str, bytes]) -> None:
    image = bytearray(screenshots["table.png"])
    image[16:24] = bytes([0, 1, 0, 0, 0, 1, 0, 0])  # 65536 by 65536 pixels

    assert_names_image(client.upload("/api/ocr", bytes(image)))


def test_no_file_at_all(client: Client, screenshots: dict[str, bytes]) -> None:
    assert_names_image(client.upload("/api/ocr", screenshots["table.png"], field="picture"))
    assert_names_image(client.request("POST", "/api/ocr", b"", Content_Type="image/png"))
    assert_names_image(
        client.request("POST", "/api/ocr", b"--x", Content_Type="multipart/form-data")
    )


def test_a_declared_length_over_the_limit_is_refused_before_the_body(client: Client) -> None:
    with client.connection() as connection:
        connection.putrequest("POST", "/api/ocr")
        connection.putheader("Content-Type", "multipart/form-data; boundary=x")
        connection.putheader("Content-Length", str(1024 * MEBIBYTE))
        connection.endheaders()
        assert connection.sock is not None
        connection.sock.settimeout(10)
        response = connection.getresponse()
        assert response.status == 413
        assert b"error" in response.read()


def test_an_upload_over_the_limit(client: Client) -> None:
    assert_too_large(client.upload("/api/ocr", bytes(11 * MEBIBYTE)))


def test_a_file_just_over_the_limit(client: Client) -> None:
    assert_too_large(client.upload("/api/ocr", bytes(10 * MEBIBYTE + 1)))


def test_an_undeclared_length_is_counted_while_reading(client: Client) -> None:
    envelope = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    with client.connection() as connection:
        connection.request(
            "POST",
            "/api/ocr",
            iter([envelope, *[bytes(MEBIBYTE)] * 11, b"\r\n--x--\r\n"]),
            {"Content-Type": "multipart/form-data; boundary=x", "Transfer-Encoding": "chunked"},
            encode_chunked=True,
        )
        response = connection.getresponse()
        assert response.status == 413
        assert b"error" in response.read()


def test_other_bodies_have_a_smaller_limit(client: Client) -> None:
    reply = client.post("/api/hands", {"hole": ["As", "Kd"], "notes": "x" * 2 * MEBIBYTE})

    assert_too_large(reply)


def assert_names_image(reply: Reply) -> None:
    answer = reply.json()
    assert reply.status == 422, answer
    assert [detail["field"] for detail in answer["details"]] == ["image"]
    assert answer["details"][0]["reason"]
    assert "Traceback" not in reply.text


def assert_too_large(reply: Reply) -> None:
    assert reply.status == 413, reply.text
    assert reply.json()["details"][0]["reason"]
