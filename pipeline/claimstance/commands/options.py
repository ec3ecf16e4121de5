"""Options and output that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

PATH = click.Path(path_type=Path)
Command = TypeVar("Command", bound=Callable[..., Any])


def params_option(command: Command) -> Command:
    """Add ``--params``."""
    return click.option("--params", type=PATH, default=Path("params.yaml"), show_default=True, help="Parameters.")(
        command
    )


def path_option(name: str, help_text: str) -> Callable[[Command], Command]:
    """Return a required option that takes a file or folder."""
    return click.option(f"--{name}", type=PATH, required=True, help=help_text)


def print_counts(report: dict[str, Any]) -> None:
    """Print a stage's counts on stderr, one a line."""
    for name, value in report.items():
        click.echo(f"{name}: {value}", err=True)
