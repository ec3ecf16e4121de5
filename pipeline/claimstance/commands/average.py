"""``claimstance average``: one model from several that were trained further from the same one."""

from pathlib import Path

import click

from claimstance.commands.options import PATH, path_option
from claimstance.model.folder import read_config, seal


@click.command()
@click.argument("models", type=PATH, nargs=-1, required=True)
@path_option("output", "Model folder.")
@click.option("--half", is_flag=True, help="Keep the weights in half precision: half the size, to train further from.")
def command(models: tuple[Path, ...], output: Path, half: bool) -> None:
    """Average the weights of MODELS that were trained further from the same model."""
    from claimstance.training.averaging import average  # imports torch

    average(models, output)
    if half:
        _halve(output)


def _halve(folder: Path) -> None:
    """Round the weights of a model folder to 16 bits; training and scoring read them back as 32."""
    from safetensors.torch import load_file, save_file

    from claimstance.model.network import WEIGHTS

    config = read_config(folder)  # before its file is another
    save_file({name: tensor.half() for name, tensor in load_file(folder / WEIGHTS).items()}, folder / WEIGHTS)
    seal(folder, config)
