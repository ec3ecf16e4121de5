"""``claimstance corrections``: what a reader corrected in a report, as an estimate of accuracy."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from claimstance.commands.options import PATH
from claimstance.report.corrections import accuracies
from claimstance.report.scored import read_scored

ORDER_NAMES = {"queue": "least certain first", "random": "random sample"}


@click.command()
@click.argument("file", type=PATH)
@click.argument("scored", type=PATH, nargs=-1, required=True)
def command(file: Path, scored: tuple[Path, ...]) -> None:
    """Check corrections downloaded from a report and print how often each field was right.

    Only the random sample estimates the accuracy of all claims; the queue holds the least certain ones.
    """
    table = Table("claims reviewed", "field", "right", "n", "share", "95 % interval")
    for a in accuracies(file, read_scored(scored)):
        share, interval = f"{a.right / a.n:.2f}", f"{a.low:.2f}–{a.high:.2f}"
        table.add_row(ORDER_NAMES[a.order], a.field, str(a.right), str(a.n), share, interval)
    Console().print(table)
