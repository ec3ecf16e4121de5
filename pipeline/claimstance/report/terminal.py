"""Tables for the terminal, on stderr."""

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE
from rich.table import Table

from claimstance.report.progress import console


def show(*tables: Table | str) -> None:
    """Print tables and lines on stderr; a line with a link is not broken."""
    for table in tables:
        plain = isinstance(table, str)
        console().print(table, soft_wrap=plain, markup=not plain, highlight=False)


def epochs_table(epochs: Sequence[Mapping[str, float]]) -> Table:
    """Return dev scores, one row an epoch; the best of each column is bold."""
    table = Table(title="dev, after each epoch", title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    names = [name for name in epochs[-1] if name != "epoch"]
    table.add_column("epoch", justify="right")
    for name in names:
        table.add_column(name.removesuffix("_f1").removesuffix("_span").replace("_", " "), justify="right")
    best = {name: max(epoch[name] for epoch in epochs) for name in names}
    for epoch in epochs:
        cells = [f"[bold]{epoch[n]:.3f}[/bold]" if epoch[n] == best[n] else f"{epoch[n]:.3f}" for n in names]
        table.add_row(f"{epoch['epoch']:g}", *cells)
    return table


def scores_table(title: str, rows: Mapping[str, Mapping[str, float | None]]) -> Table:
    """Return measures with their 95 % intervals; a column for each test set."""
    table = Table(title=title, title_justify="left", box=SIMPLE)
    table.add_column("measure")
    for name in rows:
        table.add_column(name, justify="right")
    measures = list(dict.fromkeys(m for row in rows.values() for m in row if not m.endswith(("_low", "_high"))))
    for measure in measures:
        table.add_row(measure, *(_cell(row, measure) for row in rows.values()))
    return table


def _cell(row: Mapping[str, float | None], measure: str) -> str:
    value, low, high = (row.get(name) for name in (measure, f"{measure}_low", f"{measure}_high"))
    if value is None:
        return ""
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} ({low:.3f}–{high:.3f})"
