"""``claimstance names``: which names in scored claims probably mean one actor."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from claimstance.commands.options import PATH
from claimstance.records import write_json
from claimstance.report.aliases import as_aliases, propose
from claimstance.report.scored import read_scored


@click.command()
@click.argument("scored", type=PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=PATH, required=True, help="The proposals, to edit and pass to `score --aliases`.")
def command(scored: tuple[Path, ...], output: Path) -> None:
    """Propose which names in scored claims mean one actor: "Varga" is Lena Varga if no other Varga occurs.

    Read the proposals, delete what is wrong, and score again with `--aliases`.
    """
    proposals = propose(read_scored(scored))
    write_json(output, as_aliases(proposals))
    table = Table("name", "rows", "also called", "rows", "where the other names stand")
    for one in proposals:
        others, times = "\n".join(one.others), str(sum(one.others.values()))
        cells = (one.name, str(one.rows), others, times, "\n".join(one.examples))
        table.add_row(*map(Text, cells))  # plain strings would be read as mark-up
    if proposals:
        Console().print(table)
    click.echo(f"{output}: {len(proposals)} names with other names")
