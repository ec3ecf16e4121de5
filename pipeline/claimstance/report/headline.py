"""Which of an evaluation's numbers a person looks at first: for the terminal, for DVC and for a list of runs."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

# six, of our own test split: what they are called, and where they stand in the details
HEADLINE: Final = {
    "overall": ("overall", "share"),
    "act_f1": ("act", "macro_f1"),
    "strength_f1": ("strength", "macro_f1"),
    "stance_f1": ("stance", "macro_f1"),
    "source_f1": ("source_span", "f1"),
    "target_f1": ("target_span", "f1"),
}
Numbers = dict[str, float | None]
Row = dict[str, object]


def headline(result: Mapping[str, Any]) -> Numbers:
    """Return the headline measures of one test set, as far as it labels them, with ``_low`` and ``_high``."""
    numbers: Numbers = {}
    for name, (field, measure) in HEADLINE.items():
        if (found := result.get(field)) is not None:
            numbers |= {name: found[measure], f"{name}_low": found["low"], f"{name}_high": found["high"]}
    return numbers


def without_intervals(numbers: Mapping[str, float | None]) -> dict[str, float]:
    """Return the numbers alone, for a table that has no room for intervals."""
    return {n: v for n, v in numbers.items() if v is not None and not n.endswith(("_low", "_high"))}


def score_rows(details: Mapping[str, Any]) -> Iterator[Row]:
    """Yield every head's number on every test set, with its interval and what the baselines reach."""
    for test_set, result in details["sets"].items():
        others = {**result.get("baselines", {}), "target_blind": result.get("target_blind", {})}
        for head, measure, value in _numbers(result):
            row: Row = {"test_set": test_set, "head": head, "measure": measure, "n": value.get("n")}
            row |= {"value": value[measure], "low": value.get("low"), "high": value.get("high")}
            yield row | {name: other.get(head, {}).get(measure) for name, other in others.items()}


def class_rows(details: Mapping[str, Any]) -> Iterator[Row]:
    """Yield precision, recall and F1 of every class on every test set."""
    for test_set, result in details["sets"].items():
        for head, value in result.items():
            if isinstance(value, dict):
                for label, scores in value.get("classes", {}).items():
                    yield {"test_set": test_set, "head": head, "label": label, **scores}


def calibration_rows(details: Mapping[str, Any]) -> Iterator[Row]:
    """Yield each head's calibration error before and after the fit on dev; heads of spans have no temperature."""
    for test_set, found in details["calibration"].items():
        for head, value in found.items():
            row: Row = {"test_set": test_set, "head": head, "temperature": value.get("temperature")}
            for side in ("before", "after"):
                row |= {f"{side}_{name}": value[side][name] for name in ("error", "low", "high")}
            yield row


def _numbers(result: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for head, value in result.items():
        if isinstance(value, dict):
            for measure in ("share", "macro_f1", "f1", "r"):
                if measure in value:
                    yield head, measure, value
                    break
