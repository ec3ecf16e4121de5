"""The comparison of two models as tables: in a terminal, and as Markdown for a tracking run."""

import html
from collections.abc import Iterator
from typing import Any, Final

from rich.table import Table
from rich.text import Text

STYLES: Final = {"better": "green", "worse": "red", "mixed": "yellow"}
HEADER: Final = (
    "test set",
    "output",
    "n",
    "first",
    "second",
    "difference (95 %)",
    "p",
    "McNemar",
    "seen from",
    "verdict",
)
NOTE: Final = (
    "p and McNemar are corrected over the outputs of a test set (Holm); "
    "seen from: the least difference that a test set of this size finds in four of five cases."
)


def tables(result: dict[str, Any]) -> Iterator[Table]:
    """Yield the outputs, the slices that differ, and the sentences that changed most."""
    outputs = Table(*HEADER, title=f"first: {result['first']['name']}, second: {result['second']['name']}")
    outputs.caption = NOTE
    for row in output_rows(result):
        outputs.add_row(*row[:-1], Text(row[-1], style=STYLES.get(row[-1], "")))
    yield outputs
    if slices := list(slice_rows(result)):
        table = Table(
            "test set", "slice", "output", "n", "difference (95 %)", "p (Holm)", title="Slices that may differ"
        )
        table.caption = "Shown where the interval leaves out 0; with many slices some do by chance."
        for row in slices:
            table.add_row(*map(Text, row))
        yield table
    if result["changed"]:
        table = Table("change", "sentence", "first", "second", "gold", title="Sentences that changed most")
        for change in result["changed"]:
            table.add_row(*_changed(change))
        yield table


def output_rows(result: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each output of each test set."""
    for name, value in result["sets"].items():
        for output, numbers in value["outputs"].items():
            yield (
                name,
                output,
                str(numbers["n"]),
                f"{numbers['first']:.3f}",
                f"{numbers['second']:.3f}",
                _difference(numbers),
                _p(numbers["p_holm"]),
                _p(numbers.get("mcnemar", {}).get("p_holm")),
                "" if numbers["detectable"] is None else f"{numbers['detectable']:.3f}",
                numbers["verdict"],
            )


def slice_rows(result: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each slice whose difference has an interval that leaves out 0."""
    for name, value in result["sets"].items():
        for slice_name, outputs in value["slices"].items():
            for output, numbers in outputs.items():
                if numbers["low"] is not None and (numbers["low"] > 0 or numbers["high"] < 0):
                    yield (name, slice_name, output, str(numbers["n"]), _difference(numbers), _p(numbers["p_holm"]))


def markdown(result: dict[str, Any]) -> str:
    """Return the verdict and the outputs as Markdown."""
    rows = "\n".join(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in output_rows(result))
    names = f"first: {result['first']['name']}, second: {result['second']['name']}"
    head = f"| {' | '.join(HEADER)} |\n|{'---|' * len(HEADER)}"
    return f"# {_cell(result['verdict'])}\n\n{_cell(names)}\n\n{head}\n{rows}\n\n{NOTE}\n"


def _cell(text: str) -> str:
    return html.escape(text, quote=False).replace("|", "\\|")


def _difference(numbers: dict[str, Any]) -> str:
    if numbers["low"] is None:
        return f"{numbers['difference']:+.3f}"
    return f"{numbers['difference']:+.3f} ({numbers['low']:+.3f} to {numbers['high']:+.3f})"


def _p(value: float | None) -> str:
    return "" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


def _changed(change: dict[str, Any]) -> tuple[str | Text, ...]:
    sides = [
        Text("\n".join(f"{_of(decision)} {decision[side]}" for decision in change["decisions"]))
        for side in ("first", "second", "gold")
    ]
    return (f"{change['change']:.2f}", Text(f"{change['set']}: {change['text']}"), *sides)


def _of(decision: dict[str, Any]) -> str:
    return decision["head"] if decision["target"] is None else f"{decision['head']} ({decision['target']})"
