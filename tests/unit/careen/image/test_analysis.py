"""An analysis puts an image's figures together, in the form that its schema says."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from careen.image.analysis import analyze, document, schema
from careen.image.gate.rules import make_rules

from .crafted import CASES, MB
from .examples import STAND_IN
from .trees import debian, file, image, layer

WASTED = {  # facts: what no container can see of the nine crafted images
    "overwrite": MB,
    "remove-directory": 2 * MB,
    "opaque-directory": 2 * MB,
    "directory-becomes-link": 2 * MB,
    "absent-whiteout": 2 * MB,
}


@pytest.mark.parametrize(("name", "wasted"), WASTED.items())
def test_the_crafted_images(name: str, wasted: int) -> None:
    found = document([analyze(image(name, [layer(*one) for one in CASES[name]]))], [])
    jsonschema.validate(found, schema())
    assert found["reclaimable_bytes"] == wasted
    assert sum(one["hidden_bytes"] for one in found["layers"]) == wasted
    assert found["total_bytes"] == found["unpacked_bytes"] + wasted
    assert found["waste"]["causes"][0]["advice"]


def test_several_images_are_one_document_with_what_they_share() -> None:
    common = layer(file("a", 100, 1), diff_id="sha256:" + 64 * "a")
    images = [
        image(
            "one", [common, layer(file("b", 5, 2), diff_id="sha256:" + 64 * "b")], labels=STAND_IN
        ),
        image("other", [common]),
    ]
    found = document([analyze(one) for one in images], images)
    jsonschema.validate(found, schema())
    assert [one["name"] for one in found["images"]] == ["one", "other"]
    assert [one["stand_in"] for one in found["images"]] == [True, False]
    assert found["images"][0]["stand_ins"] == ["made from Debian packages; recipe b523999e355c"]
    assert [len(one["images"]) for one in found["shared"]["layers"]] == [2, 1]


def test_what_is_unique_is_known_above_a_base_alone() -> None:
    common = layer(file("a", 100, 1), diff_id="sha256:" + 64 * "a")
    whole = image("whole", [common, layer(file("b", 5, 2), diff_id="sha256:" + 64 * "b")])
    base, stranger = (
        image("base", [common]),
        image("stranger", [layer(file("c", 1, 3), diff_id="sha256:" + 64 * "c")]),
    )

    above = analyze(whole, base=base)
    assert above["unique_bytes"] == whole.facts[1].compressed_bytes
    assert above["base"] == "base"
    assert [one["in_base"] for one in above["layers"]] == [True, False]
    for found in (analyze(whole), analyze(whole, base=stranger)):
        assert (found["unique_bytes"], found["base"]) == (None, "")
        assert [one["in_base"] for one in found["layers"]] == [None, None]


def test_rules_and_the_numbers_of_dive_are_there_when_they_are_asked_for() -> None:
    made = image("made", [layer(*one) for one in CASES["overwrite"]])
    rules = make_rules([("pyproject.toml", {"max-reclaimable": "1kB", "max-layers": 2})])
    found = document([analyze(made, rules=rules, dive=True)], [made])
    jsonschema.validate(found, schema())
    assert [rule["status"] for rule in found["rules"]] == ["failed", "passed"]
    assert found["dive"]["wasted_bytes"] == 2 * MB
    assert "rules" not in analyze(made)
    assert "dive" not in analyze(made)


def test_a_secret_in_an_instruction_is_not_told() -> None:
    made = image("made", [debian()])
    told = "RUN curl -H --token hunter2 # buildkit"
    made = replace(made, facts=(replace(made.facts[0], instruction=told),))
    assert "hunter2" not in json.dumps(analyze(made))
