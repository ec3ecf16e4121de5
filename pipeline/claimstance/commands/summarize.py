"""``claimstance summarize``: the reports of a pipeline's stages, published where git tracks them."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from claimstance.commands.options import PATH, path_option
from claimstance.errors import InputError
from claimstance.records import atomic_path

PLOTS: Final = ("confusion-*.csv", "reliability-*.csv", "risk-coverage-*.csv")  # small text, which git can compare


@click.command()
@click.argument("reports", type=PATH, nargs=-1, required=True)
@path_option("evaluation", "Folder with the plots of evaluate.")
@path_option("metrics", "Folder for the reports.")
@path_option("plots", "Folder for the tables behind the plots.")
def command(reports: tuple[Path, ...], evaluation: Path, metrics: Path, plots: Path) -> None:
    """Copy the REPORTS of a pipeline's stages, and the tables behind the plots, to where git tracks them."""
    run(reports, evaluation, metrics, plots)


def run(reports: Sequence[Path], evaluation: Path, metrics: Path, plots: Path) -> None:
    """Copy all files, each whole or not at all, and remove plots that are no longer made.

    Raises:
        InputError: if a report is missing; nothing is copied then.
    """
    for report in reports:
        if not report.is_file():
            raise InputError(f"{report}: no such file; run the stage that makes it")
    made = [path for pattern in PLOTS for path in sorted(evaluation.glob(pattern))]
    for source, target in [(p, metrics / p.name) for p in reports] + [(p, plots / p.name) for p in made]:
        with atomic_path(target) as temporary:
            shutil.copyfile(source, temporary)
    for stale in set(plots.glob("*.csv")) - {plots / path.name for path in made}:
        stale.unlink()
