"""From plain values to records: what is wrong is said with the name of its field."""

from dataclasses import dataclass, field
from enum import StrEnum

import pytest

from claimstance.records import structure


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    number: int
    share: float = 0.0
    parts: tuple[Part, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)


def test_nested_records_enums_and_tuples_are_built_from_plain_values():
    found = structure(Whole, {"number": 1, "share": 2, "parts": [{"name": "a", "colour": "red"}], "weights": {"x": 3}})
    assert found == Whole(1, 2.0, (Part("a", Colour.RED),), {"x": 3.0})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"number": "1"}, "number: expected int, found '1'"),
        ({"number": True}, "number: expected int, found True"),
        ({"number": 1, "share": "x"}, "share: expected float, found 'x'"),
        ({"number": 1, "shares": 0.5}, "shares: unknown; did you mean 'share'?"),
        ({}, "number: missing"),
        ({"number": 1, "parts": [{"name": 2}]}, "parts.0.name: expected str, found 2"),
        ({"number": 1, "parts": [{"name": "a", "colour": "blue"}]}, "parts.0.colour: 'blue' is not a valid Colour"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(values, message):
    with pytest.raises(ValueError) as caught:
        structure(Whole, values)
    assert str(caught.value) == message
