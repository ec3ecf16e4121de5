"""``claimstance segment``: articles to sentences with true offsets."""

from pathlib import Path
from typing import Any

import click

from claimstance.commands.options import path_option, print_counts
from claimstance.records import read_records, write_json, write_records
from claimstance.schema import Article, Sentence
from claimstance.segmentation.sentences import segment_article


@click.command()
@path_option("articles", "Articles (Parquet), from ingest.")
@path_option("output", "Sentences (Parquet).")
@path_option("report", "Counts.")
def command(articles: Path, output: Path, report: Path) -> None:
    """Split articles into sentences with true offsets."""
    print_counts(run(articles, output, report))


def run(articles: Path, output: Path, report: Path) -> dict[str, Any]:
    """Split every article.

    Raises:
        InputError: if the articles file is missing or holds something else.
    """
    read = read_records(articles, Article)
    sentences = [sentence for article in read for sentence in segment_article(article)]
    write_records(output, Sentence, sentences)
    result = {
        "rows_in": len(read),
        "rows_out": len(sentences),
        "dropped": {},
        "furniture": sum(sentence.furniture for sentence in sentences),
        "articles_without_sentences": len(read) - len({sentence.article_id for sentence in sentences}),
    }
    write_json(report, result)
    return result
