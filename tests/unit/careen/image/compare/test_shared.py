from __future__ import annotations

from careen.image.compare.shared import shared

from ..trees import file, image, layer

BASE, SYSTEM, ONE, TWO = (layer(file(name), diff_id=f"sha256:{name}") for name in "bsot")


def test_layers_of_three_images() -> None:
    text = ["RUN /bin/sh -c base # buildkit", "RUN API_TOKEN=x system"]
    found = shared(
        [
            image("slim", [BASE, SYSTEM, ONE], pull=[100, 50, 7], instructions=text),
            image("ml", [BASE, SYSTEM, TWO], pull=[90, 50, 700]),
            image("other", [BASE], pull=[80]),
        ]
    ).to_json()
    assert found == {
        "common_bytes": 100,
        "union_bytes": 857,
        "layers": [
            {"diff_id": "sha256:t", "pull_bytes": 700, "instruction": "", "images": ["ml"]},
            {
                "diff_id": "sha256:b",
                "pull_bytes": 100,
                "instruction": "RUN base",
                "images": ["slim", "ml", "other"],
            },
            {
                "diff_id": "sha256:s",
                "pull_bytes": 50,
                "instruction": "RUN API_TOKEN=(redacted) system",
                "images": ["slim", "ml"],
            },
            {"diff_id": "sha256:o", "pull_bytes": 7, "instruction": "", "images": ["slim"]},
        ],
        "images": [
            {"name": "slim", "own_bytes": 7, "shared_bytes": 150},
            {"name": "ml", "own_bytes": 700, "shared_bytes": 140},
            {"name": "other", "own_bytes": 0, "shared_bytes": 80},
        ],
    }


def test_a_layer_that_an_image_has_twice_counts_once() -> None:
    found = shared([image("a", [BASE, BASE], pull=[5, 5]), image("b", [ONE], pull=[1])])
    assert (found.common_bytes, found.union_bytes) == (0, 6)
    assert [(one.own_bytes, one.shared_bytes) for one in found.images] == [(5, 0), (1, 0)]


def test_two_images_of_one_name_are_two() -> None:
    found = shared([image("a", [BASE], pull=[5]), image("a", [ONE], pull=[1])])
    assert [one.own_bytes for one in found.images] == [5, 1]


def test_layers_of_which_nothing_is_known_are_different() -> None:
    unknown = layer(file("x"))
    found = shared([image("a", [unknown], pull=[5]), image("b", [unknown], pull=[5])])
    assert (found.common_bytes, found.union_bytes) == (0, 10)
