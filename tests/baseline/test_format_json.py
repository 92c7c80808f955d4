"""JSON output conforms to the schema in docs/ and has stable keys."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from check_factory import cell, every_verdict, incomparable, odd_checks, passing
from hypothesis import given, settings
from jsonschema import Draft202012Validator

import aser_bench
from aser_bench.baseline.formats import FORMATS
from aser_bench.baseline.options import TOLERANCES
from aser_bench.baseline.verdicts import VERDICTS

pytestmark = pytest.mark.usefixtures("named_folders")

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "check.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)

# While schema is 1, keys may be added but none of these is removed.
REQUIRED = {
    "": "schema aser_bench new baseline options exit_code passed sentence counts cells guards "
    "notes",
    "options": "metric margin alpha strict part allow tolerances",
    "cell": "corpus features model protocol train_condition test_condition verdict fails reason "
    "baseline value difference low high p p_holm test clusters differs command",
    "guard": "guard what verdict fails reason baseline value flag",
}
PARTS = {
    "": SCHEMA,
    "options": SCHEMA["properties"]["options"],
    "cell": SCHEMA["$defs"]["cell"],
    "guard": SCHEMA["$defs"]["guard"],
}


def strict(text):
    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def read(checked):
    result = strict(FORMATS["json"](checked))
    VALIDATOR.validate(result)
    return result


def test_the_schema_is_valid():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("part", PARTS)
def test_stable_keys_are_present(part):
    assert set(REQUIRED[part].split()) <= set(PARTS[part]["required"])
    assert PARTS[part]["additionalProperties"] is False


def objects(part):
    if isinstance(part, dict):
        if "properties" in part:
            yield part
        for value in part.values():
            yield from objects(value)


def test_every_property_is_described_and_required():
    result = list(objects(SCHEMA))
    assert len(result) == 5
    for part in result:
        assert all(each.get("description") for each in part["properties"].values())
        assert set(part["required"]) == set(part["properties"])


def test_the_schema_has_all_verdicts_and_tolerances():
    assert SCHEMA["$defs"]["verdict"]["enum"] == list(VERDICTS)
    tolerances = SCHEMA["properties"]["options"]["properties"]["tolerances"]
    assert list(tolerances["properties"]) == list(TOLERANCES)


@pytest.mark.parametrize(
    "checked", [every_verdict(), every_verdict(strict=True), incomparable("x"), passing()]
)
def test_every_check_conforms_to_the_schema(checked):
    result = read(checked)
    assert result["exit_code"] == checked.exit_code
    assert result["passed"] is (checked.exit_code == 0)
    assert result["sentence"] == checked.sentence
    assert [one["verdict"] for one in result["cells"]] == [one.verdict for one in checked.cells]
    assert [one["fails"] for one in result["guards"]] == list(map(checked.fails, checked.guards))


def test_the_file_starts_with_its_schema_and_ends_with_a_line():
    text = FORMATS["json"](every_verdict())
    assert text.startswith('{\n  "schema": 1,\n  "aser_bench": ')
    assert text.endswith("}\n")
    assert read(every_verdict())["aser_bench"] == aser_bench.__version__


def test_numbers_are_exact_and_undefined_ones_null():
    worse, missing, *_ = read(every_verdict())["cells"]
    assert (worse["value"], worse["p_holm"], worse["clusters"]) == (0.509, 0.0123, 20)
    assert missing["baseline"] == 0.551
    assert missing["value"] is missing["low"] is missing["p"] is None


def test_options_are_written_as_used():
    given = {"max-cpu-ratio": 1.5, "max-lag-shift": None, "max-lost": np.float32(2)}
    asked = read(every_verdict(margin=0.01, allow=("packages",), tolerances=given))["options"]
    assert asked["margin"] == 0.01
    assert asked["allow"] == ["packages"]
    assert asked["tolerances"]["max-cpu-ratio"] == 1.5
    assert asked["tolerances"]["max-lag-shift"] is None
    assert asked["tolerances"]["max-lost"] == 2
    assert asked["tolerances"]["max-feature-shift"] == TOLERANCES["max-feature-shift"].default


def test_numpy_numbers_are_written():
    result = read(
        passing(cell("same", value=np.float32(0.5), p=np.float64("nan"), clusters=np.int64(7)))
    )["cells"][0]
    assert (result["value"], result["p"], result["clusters"]) == (0.5, None, 7)


def test_unprintable_characters_are_escaped():
    name = 'dé中 "q" \\ \x1b\x7f\x9b\u202e\u2028 ##[error]'
    checked = replace(passing(cell("same", reason=name)), new="not utf-8: \udcff")
    text = FORMATS["json"](checked)
    assert "dé中" in text
    assert not set(text) & set("\x1b\x7f\x9b\u202e\u2028\udcff")
    assert "##[" not in text
    result = read(checked)
    assert result["cells"][0]["reason"] == name
    assert result["new"] == "not utf-8: \ufffd"


@settings(deadline=None)
@given(odd_checks)
def test_any_names_are_read_back_from_json(checked):
    text = FORMATS["json"](checked)
    result = strict(text.encode("utf-8").decode("utf-8"))
    VALIDATOR.validate(result)

    def sanitized(name):
        return "".join("\ufffd" if 0xD800 <= ord(char) < 0xE000 else char for char in name)

    assert result["notes"] == list(map(sanitized, checked.notes))
    assert [one["corpus"] for one in result["cells"]] == [
        sanitized(one.cell[0]) for one in checked.cells
    ]
