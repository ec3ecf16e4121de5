"""``claimstance annotate``: label news by hand, in three steps: write sheets, check label files, store the labels."""

import shutil
import sys
from pathlib import Path
from typing import Any, Final

import click

from claimstance.articles.inputs import InputOptions, read_units
from claimstance.commands.options import PATH, path_option
from claimstance.corpus import news
from claimstance.corpus.labelling import LabelProblem, read_labels, write_sheet
from claimstance.corpus.news import LabelledArticle, LabelledSentence, NewsHeader, NewsText, file_name
from claimstance.errors import CorpusError, InputError
from claimstance.records import atomic_path
from claimstance.schema import UnitError

LABELS: Final = ".labels"


@click.group()
def command() -> None:
    """Label news articles by hand: sheets to read, label files to check, standoff labels to store."""


@command.command("sheets")
@click.argument("inputs", nargs=-1, required=True)
@path_option("output", "Folder for the sheets.")
def sheets_command(inputs: tuple[str, ...], output: Path) -> None:
    """Write one numbered sheet an article of INPUTS; a labeller answers each NAME.txt with a NAME.labels."""
    click.echo(f"{output}: {write_sheets(inputs, output)} sheets", err=True)


@command.command("check")
@click.argument("folder", type=PATH)
def check_command(folder: Path) -> None:
    """Check every label file of FOLDER; the exit code is 1 if there is a problem."""
    problems = 0
    for path, (_, sentences, found) in read_folder(folder).items():
        for problem in found:
            click.echo(f"{path}:{problem.line}: {problem.message}")
        problems += len(found)
        click.echo(f"{path}: {len(sentences)} sentences, {len(found)} problems", err=True)
    sys.exit(1 if problems else 0)


@command.command("store")
@click.argument("folder", type=PATH)
@click.option("--source", required=True, help="Name of the source of the articles.")
@click.option("--split", type=click.Choice(["train", "dev", "test"]), default="train", show_default=True)
@click.option("--labeller", required=True, help="Who or what labelled.")
@path_option("output", "Folder for the standoff labels, such as data/news.")
@click.option("--texts", type=PATH, help="Also copy the articles to where prepare finds them, such as data/public.")
def store_command(folder: Path, source: str, split: str, labeller: str, output: Path, texts: Path | None) -> None:
    """Store the labels of FOLDER as offsets, without a word of the texts."""
    count = store(folder, output / source, {"source": source, "split": split, "labeller": labeller})
    if texts is not None:
        with atomic_path(texts / source / news.TEXTS) as place:
            shutil.copyfile(folder / news.TEXTS, place)
    click.echo(f"{output / source}: {count} articles", err=True)


def write_sheets(inputs: tuple[str, ...], output: Path) -> int:
    """Write the sheets and the texts, and return how many.

    Raises:
        InputError: if an input cannot be read.
    """
    texts = []
    for unit in read_units(inputs, InputOptions()):
        if isinstance(unit, UnitError):
            raise InputError(f"{unit.file}:{unit.row or 0}: {unit.reason}")
        texts.append(NewsText(unit.article_id, unit.body, unit.title, unit.url))
    if (output / news.TEXTS).exists():
        raise InputError(f"{output}: holds sheets already; name another folder")
    named: dict[str, str] = {}
    for text in texts:
        other = named.setdefault(file_name(text.id), text.id)
        if other != text.id or len({text.id for text in texts}) < len(texts):
            raise InputError(f"article {text.id!r}: its file would have the name of article {other!r}; change an id")
    output.mkdir(parents=True, exist_ok=True)
    for text in texts:
        sheet = write_sheet(text.id, text.title, text.text)
        (output / f"{file_name(text.id)}.txt").write_text(sheet, encoding="utf-8")
    news.write_texts(output / news.TEXTS, texts)
    return len(texts)


def read_folder(folder: Path) -> dict[Path, tuple[NewsText, list[LabelledSentence], list[LabelProblem]]]:
    """Return the article, the sentences and the problems of every label file.

    Raises:
        CorpusError: if the folder has no texts or no label files, or a label file belongs to no article.
    """
    if not (folder / news.TEXTS).is_file():
        raise CorpusError(f"{folder / news.TEXTS}: no such file; `claimstance annotate sheets` writes it")
    texts = {file_name(text.id): text for text in news.read_texts(folder / news.TEXTS).values()}
    found = {}
    for path in sorted(folder.glob(f"*{LABELS}")):
        text = texts.get(path.name.removesuffix(LABELS))
        if text is None:
            raise CorpusError(f"{path}: there is no article of this name in {folder / news.TEXTS}")
        found[path] = (text, *read_labels(path.read_text(encoding="utf-8"), text.title, text.text))
    if not found:
        raise CorpusError(f"{folder}: there are no label files (NAME{LABELS})")
    return found


def store(folder: Path, output: Path, header: dict[str, Any]) -> int:
    """Write the standoff labels of a folder and return the number of articles.

    Raises:
        CorpusError: if a label file has a problem.
    """
    articles = read_folder(folder)
    for path, (_, _, problems) in articles.items():
        if problems:
            raise CorpusError(
                f"{path}:{problems[0].line}: {problems[0].message}; run: claimstance annotate check {folder}"
            )
    for text, sentences, _ in articles.values():
        described = NewsHeader(article=text.id, sha256=text.sha256, url=text.url, **header)
        news.write_labels(output / f"{file_name(text.id)}.jsonl", LabelledArticle(described, tuple(sentences)))
    return len(articles)
