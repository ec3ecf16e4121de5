"""``claimstance ui``: MLflow's pages over the project's runs, on this machine alone."""

import os
import sys

import click

from claimstance.errors import ParamsError
from claimstance.tracking.tracker import tracking_uri
from claimstance.tracking.view import run_link, shared_view


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=5000, show_default=True)
def command(port: int) -> None:
    """Start MLflow's pages on 127.0.0.1, and print the link of the list of runs.

    The list shows the run with the best overall test score first. MLflow's own front page opens its view for language
    models, where trained models do not appear.
    """
    uri = tracking_uri()
    if uri.startswith("http"):
        raise ParamsError(f"MLFLOW_TRACKING_URI names a server; open {run_link()}")
    link = shared_view(port)
    click.echo(f"runs: {link}" if link else "there are no runs yet; run `dvc exp run`")
    sys.stdout.flush()
    os.execvpe(sys.executable, arguments(uri, port), {**os.environ, **ENVIRONMENT})  # noqa: S606


# job execution starts a process a kind of job, all of them for evaluating language models
ENVIRONMENT = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


def arguments(uri: str, port: int) -> list[str]:
    """Return the command line of MLflow's server: one worker, this machine only."""
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--backend-store-uri", uri]
    return [sys.executable, "-m", "mlflow", "ui", *options]
