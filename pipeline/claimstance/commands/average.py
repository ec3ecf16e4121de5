"""``claimstance average``: one model from several that were trained further from the same one."""

from pathlib import Path

import click

from claimstance.commands.options import PATH, path_option


@click.command()
@click.argument("models", type=PATH, nargs=-1, required=True)
@path_option("output", "Model folder.")
def command(models: tuple[Path, ...], output: Path) -> None:
    """Average the weights of MODELS that were trained further from the same model."""
    from claimstance.training.averaging import average  # imports torch

    average(models, output)
