"""``claimstance draw``: a random sample of a corpus for a second labelling that sees only the text."""

import json
import random
from pathlib import Path

import click

from claimstance.commands.options import PATH, path_option
from claimstance.corpus.articles import AnnotatedArticle, read_sound_corpus
from claimstance.errors import CorpusError

FIRST, SHEET = "first.jsonl", "sheet.txt"
MARK = ">>"


@click.command()
@click.argument("corpus", type=PATH)
@click.option("--number", "-n", type=click.IntRange(min=1), default=500, show_default=True, help="How many sentences.")
@click.option("--seed", type=int, required=True, help="Seed of the random sample.")
@path_option("output", "Folder for first.jsonl (the labels) and sheet.txt (the text without them).")
def command(corpus: Path, number: int, seed: int, output: Path) -> None:
    """Draw sentences of an annotated corpus for a second, independent labelling."""
    click.echo(f"{output}: {run(corpus, number, seed, output)} sentences", err=True)


def run(corpus: Path, n: int, seed: int, output: Path) -> int:
    """Write the labels as they stand (``first.jsonl``), and the articles without labels, the drawn sentences marked.

    The second labeller gets ``sheet.txt`` and the label guide, and writes lines like those of ``first.jsonl``, whose
    ``id`` is the mark's; ``claimstance agree`` compares the two. Counter-pairs are not drawn: seen side by side they
    would give each other away. Returns how many sentences were drawn.

    Raises:
        CorpusError: if the corpus is missing, has problems, or is smaller than ``n``; or if the folder holds a draw.
    """
    articles = read_sound_corpus(corpus)
    if (output / FIRST).exists():
        raise CorpusError(f"{output / FIRST}: there is a draw already; name another folder")
    drawable = [f"{a.article_id}:{s.line}" for a in articles for s in a.sentences if s.pair is None]
    if n > len(drawable):
        raise CorpusError(f"{corpus}: {len(drawable)} sentences can be drawn, {n} were asked for")
    drawn = set(random.Random(seed).sample(drawable, n))  # noqa: S311, no secret
    output.mkdir(parents=True, exist_ok=True)
    lines = [line for article in articles for line in _first(corpus, article, drawn)]
    (output / FIRST).write_text("".join(lines), encoding="utf-8")
    (output / SHEET).write_text("\n".join(sheet for a in articles if (sheet := _sheet(a, drawn))), encoding="utf-8")
    return n


def _first(corpus: Path, article: AnnotatedArticle, drawn: set[str]) -> list[str]:
    labels = (corpus / f"{article.article_id}.jsonl").read_text(encoding="utf-8").split("\n")
    names = [(sentence.line, f"{article.article_id}:{sentence.line}") for sentence in article.sentences]
    return [
        json.dumps({"id": name, **json.loads(labels[line - 1])}, ensure_ascii=False) + "\n"
        for line, name in names
        if name in drawn
    ]


def _sheet(article: AnnotatedArticle, drawn: set[str]) -> str:
    lines, position, found = [f"# {article.article_id}"], 0, False
    for sentence in article.sentences:
        if "\n\n" in article.text[position : sentence.span.start]:
            lines.append("")
        name = f"{article.article_id}:{sentence.line}"
        found |= name in drawn
        lines.append(f"{MARK} {name} {sentence.text}" if name in drawn else f"   {sentence.text}")
        position = sentence.span.end
    return "\n".join(lines) + "\n" if found else ""
