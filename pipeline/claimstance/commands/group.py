"""The command group: loads a command's file when the command is called, and turns errors into one line."""

import os
import sys
from importlib import import_module
from typing import Any, Final

import click

from claimstance import __version__
from claimstance.errors import ClaimstanceError, MissingExtraError

# Each command is the object ``command`` of the module of its name; a test compares these lines with the docstrings.
COMMANDS: Final = {
    "agree": "Compare two labellings of the same sentences: kappa for decisions, F1 for spans.",
    "annotate": "Label news articles by hand: sheets to read, label files to check, standoff labels to store.",
    "average": "Average the weights of MODELS that were trained further from the same model.",
    "behave": "Test a model's behaviour: what must change, and what must not, when a sentence changes.",
    "calibrate": "Fit the probabilities and the thresholds of a model anew.",
    "check": "Check an annotated corpus: spans, label counts, duplicates, leaks between splits.",
    "compare": "Compare model FIRST with model SECOND on the same test sets, and say which is better.",
    "corrections": "Check corrections downloaded from a report and print how often each field was right.",
    "docs": "Write the command reference, the model cards and the README's results.",
    "doctor": "Look for what is wrong with this checkout and machine, and say what to do.",
    "draw": "Draw sentences of an annotated corpus for a second, independent labelling.",
    "evaluate": "Evaluate a model on every test set that is there, beside the baselines.",
    "export": "Export to ONNX int8, compare it with torch, and calibrate it on dev.",
    "fetch": "Download the public corpora (all, or NAMES), or copy them from the folder CLAIMSTANCE_MIRROR.",
    "ingest": "Read files of news, in any format that is known, into articles.",
    "names": 'Propose which names in scored claims mean one actor: "Varga" is Lena Varga if no other Varga occurs.',
    "prepare": "Make examples from our corpus and the public ones, split by article.",
    "promote": "Register the model of RUN as candidate, and make it the champion if it passes the gate.",
    "release": "Write a released model from MODEL, a folder or run, with its reports and its card (README.md).",
    "report": "Make one HTML page of scored claims: threats, who is for or against whom, articles, review.",
    "score": "Score articles: files, folders, globs, or '-' for stdin.",
    "segment": "Split articles into sentences with true offsets.",
    "show": "Print scored claims as a readable table.",
    "spread": "Mean and standard deviation of MODELS of several seeds on every test set that is there.",
    "summarize": "Copy the REPORTS of a pipeline's stages, and the tables behind the plots, to where git tracks them.",
    "suspects": "Find likely label errors: labels that models trained on the other articles contradict.",
    "sweep": "Train every combination of a sweep's values, each with several seeds, and rank them on dev.",
    "train": "Train the model; a killed training resumes from its newest checkpoint.",
    "ui": "Start MLflow's pages on 127.0.0.1, and print the link of the list of runs.",
}
TRAIN_EXTRA: Final = (
    "torch", "transformers", "datasets", "sklearn", "mlflow", "datasketch", "matplotlib", "scipy", "pandas",
)  # fmt: skip


class _Group(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"claimstance.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            import difflib

            close = difflib.get_close_matches(name, COMMANDS, n=1)
            ctx.fail(f"there is no command {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
        return super().resolve_command(ctx, args)

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
        except KeyboardInterrupt:
            sys.exit(130)
        except OSError as error:
            if isinstance(error, BrokenPipeError):  # the reader of stdout has gone, as with `| head`
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                sys.exit(0)
            _fail(f"{error.filename or 'system'}: {error.strerror or error}")
        except Exception as error:
            if type(error).__module__ != "mlflow.exceptions":  # which only some commands import
                raise
            _fail(f"MLflow: {error}; see: claimstance doctor")


def _fail(message: str) -> None:
    click.echo(f"Error: {' '.join(message.split())}", err=True)
    sys.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="claimstance")
def cli() -> None:
    """Who claims what, for or against whom, and how firmly: news articles in, a table of claims out."""
