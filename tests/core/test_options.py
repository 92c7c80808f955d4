"""Options of components: parsed from a spec and written to a spec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aser_bench.core.errors import UsageError
from aser_bench.core.options import Configurable, choice, integer, number, split_spec


@dataclass(frozen=True)
class Kettle(Configurable):
    heat: float = 100.0
    lid: str = "on"
    cups: int = 2

    component_type = "kettle"
    name = "kettle"
    options: ClassVar = {
        "heat": number(0, 100, "degrees"),
        "lid": choice("on", "off"),
        "cups": integer(1, 9),
    }


def test_spec_without_options_is_the_name():
    assert Kettle().spec == "kettle"
    assert Kettle().changed_options() == {}


def test_spec_contains_the_options_that_are_set():
    kettle = Kettle().with_options({"lid": "off", "heat": "12.50", "cups": "3"})
    assert kettle == Kettle(12.5, "off", 3)
    assert kettle.spec == "kettle:heat=12.5:lid=off:cups=3"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"heet": "1"}, "kettle kettle has no option 'heet'; did you mean 'heat'"),
        ({"lid": "half"}, "kettle kettle: lid=half must be on or off"),
        ({"heat": "101"}, "heat=101 must be a number from 0 to 100"),
        ({"heat": "nan"}, "heat=nan must be a number"),
        ({"cups": "1.5"}, "cups=1.5 must be a whole number from 1 to 9"),
        ({"cups": "-1"}, "cups=-1 must be a whole number"),
    ],
)
def test_rejects_unknown_options_and_invalid_values(given, message):
    with pytest.raises(UsageError, match=message):
        Kettle().with_options(given)


@given(st.floats(0, 100), st.sampled_from(["on", "off"]), st.integers(1, 9))
def test_component_is_restored_from_its_spec(heat, lid, cups):
    kettle = Kettle(heat, lid, cups)
    parts, options = split_spec(kettle.spec)
    assert parts == ["kettle"]
    assert Kettle().with_options(options) == kettle


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("a", (["a"], {})),
        ("a:b", (["a", "b"], {})),
        ("a:x=1:b", (["a", "b"], {"x": "1"})),
        ("a:x=1=2", (["a"], {"x": "1=2"})),
        ("", ([""], {})),
        ("x=", ([], {"x": ""})),
    ],
)
def test_spec_is_split_into_parts_and_options(spec, expected):
    assert split_spec(spec) == expected


def test_rejects_an_option_given_twice():
    with pytest.raises(UsageError, match="'a:x=1:x=2' gives the option 'x' twice"):
        split_spec("a:x=1:x=2")
