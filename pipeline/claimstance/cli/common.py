"""What the commands share: the group that turns errors into one line, and common options."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from claimstance import __version__
from claimstance.errors import ClaimstanceError, MissingExtraError

PATH = click.Path(path_type=Path)
Command = TypeVar("Command", bound=Callable[..., Any])
TRAIN_EXTRA = ("torch", "transformers", "datasets", "sklearn", "mlflow", "datasketch", "matplotlib", "scipy", "pandas")


class _Group(click.Group):
    """Turns the project's errors, missing extras and interrupts into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ClaimstanceError as error:
            _fail(str(error))
        except ModuleNotFoundError as error:
            name = (error.name or "").partition(".")[0]
            if name not in TRAIN_EXTRA:
                raise
            _fail(str(MissingExtraError(name, "train")))
        except OSError as error:
            if isinstance(error, BrokenPipeError):  # the reader of stdout has gone, as with `| head`
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                sys.exit(0)
            _fail(f"{error.filename or 'system'}: {error.strerror or error}")


def _fail(message: str) -> None:
    click.echo(f"Error: {' '.join(message.split())}", err=True)
    sys.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="claimstance")
def cli() -> None:
    """Who claims what, for or against whom, and how firmly: news articles in, a table of claims out."""


def with_params(command: Command) -> Command:
    return click.option("--params", type=PATH, default=Path("params.yaml"), show_default=True, help="Parameters.")(
        command
    )


def folder_option(name: str, help_text: str) -> Callable[[Command], Command]:
    return click.option(f"--{name}", type=PATH, required=True, help=help_text)


def say(report: dict[str, Any]) -> None:
    """Print a stage's counts, one a line."""
    for name, value in report.items():
        click.echo(f"{name}: {value}", err=True)
