"""``claimstance docs``: the generated documentation: command reference, model cards, README results."""

import re
import shutil
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
from jinja2 import Environment, PackageLoader, StrictUndefined

from claimstance.commands.group import cli
from claimstance.commands.options import path_option
from claimstance.errors import InputError
from claimstance.model.folder import ACCURATE, read_config
from claimstance.records import read_json
from claimstance.report.tables import attribution_table, table

BEGIN: Final = "<!-- results: written by `make docs` -->"
END: Final = "<!-- end of results -->"
BENCHMARK: Final = "benchmark.json"
CARD: Final = "README.md"


@dataclass(frozen=True, slots=True)
class DocsPaths:
    """The models hold a folder ``run`` with the reports of the runs that made them."""

    model: Path
    accurate: Path
    reference: Path
    card: Path
    readme: Path


@click.command()
@path_option("model", "Folder of the released model, with the reports of its run.")
@path_option("accurate", "Folder of the larger released model, with the reports of its run.")
@path_option("reference", "The command reference to write (Markdown).")
@path_option("card", "The model card to write (Markdown).")
@path_option("readme", "The README, whose results are replaced.")
def command(**paths: Path) -> None:
    """Write the command reference, the model cards and the README's results."""
    run(DocsPaths(**paths), cli)


def run(paths: DocsPaths, group: click.Group) -> None:
    """Write all of them.

    Raises:
        InputError: if a report is missing, or the README lacks the place for the results.
    """
    paths.reference.write_text(reference(group), encoding="utf-8")
    for model in (paths.model, paths.accurate):
        write_card(model)
    shutil.copyfile(paths.model / CARD, paths.card)
    results = table(_report(paths.model, BENCHMARK), _report(paths.accurate, BENCHMARK))
    text = paths.readme.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise InputError(f"{paths.readme}: the lines {BEGIN!r} and {END!r} should mark where the results go")
    fresh = re.sub(
        f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: f"{BEGIN}\n{results}\n{END}", text, flags=re.DOTALL
    )
    paths.readme.write_text(fresh, encoding="utf-8")


def write_card(model: Path) -> None:
    """Write a model's card into its folder.

    Raises:
        InputError: if a report is missing.
    """
    (model / CARD).write_text(card(model), encoding="utf-8")


def _report(model: Path, name: str) -> dict[str, Any]:
    path = model / "run" / name
    if not path.is_file():
        raise InputError(f"{path}: no such file; copy the reports of the model's run there")
    return read_json(path)


def _optional(model: Path, name: str) -> dict[str, Any] | None:
    """Return a report of the long way on which only some models were made; null where there is none."""
    return _report(model, name) if (model / "run" / name).is_file() else None


def _reading(model: Path) -> str:
    """Return what readers found in its rows; empty where nobody has read any."""
    path = model / "run" / "reading.md"
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def reference(group: click.Group) -> str:
    """Every command's help, as Markdown."""
    pages = ["# Commands\n\nWritten by `make docs` from `claimstance COMMAND --help`; do not edit."]
    return "\n\n".join([*pages, *_help(group, group.context_settings)]) + "\n"


def _help(group: click.Group, settings: Mapping[str, Any], names: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the help of each command of a group, and of the commands in these."""
    parent = click.Context(group)
    for name in group.list_commands(parent):
        if (page := group.get_command(parent, name)) is not None:
            path = (*names, name)
            page = copy(page)
            page._help_option = None  # click keeps that of whoever asked first, also without the group's -h
            context = click.Context(page, info_name=" ".join(("claimstance", *path)), terminal_width=100, **settings)
            yield f"{'#' * (1 + len(path))} {' '.join(path)}\n\n```text\n{page.get_help(context)}\n```"
            if isinstance(page, click.Group):
                yield from _help(page, settings, path)


def card(model: Path) -> str:
    """The model card, from the reports beside the model."""
    environment = Environment(  # noqa: S701, Markdown of our own numbers: nothing from an article goes in
        loader=PackageLoader("claimstance", "report"), undefined=StrictUndefined, keep_trailing_newline=True
    )
    benchmark = _report(model, BENCHMARK)
    return environment.get_template("model-card.md.jinja").render(
        config=read_config(model),
        encoder=read_json(model / "config.json"),
        larger=model.name == ACCURATE,
        export=_report(model, "export.json"),
        train=_report(model, "train.json"),
        distil=_optional(model, "distil.json"),
        spread=_optional(model, "spread.json"),
        prepare=_report(model, "prepare.json"),
        benchmark=benchmark,
        attribution=attribution_table(benchmark),
        behave=_report(model, "behave.json"),
        reading=_reading(model),
        megabytes=(model / "model.onnx").stat().st_size / 1e6,
        results=table(benchmark),
    )
