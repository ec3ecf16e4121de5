"""One model on every test set that is there, beside its baselines and what others published."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from claimstance.corpus.articles import assign_articles, read_corpus
from claimstance.corpus.splits import UNSEEN, SplitParams
from claimstance.errors import InputError
from claimstance.evaluation import attribution
from claimstance.evaluation import test_sets as evaluation
from claimstance.evaluation.test_sets import EvaluateParams
from claimstance.model.export import fit_temperatures
from claimstance.model.folder import read_config
from claimstance.records import write_json
from claimstance.report.tables import table
from claimstance.scoring.scorer import ScoreOptions, load_scorer

KEPT_ASIDE: Final = ("test", UNSEEN)


@dataclass(frozen=True, slots=True)
class BenchmarkPaths:
    model: Path
    examples: Path  # folder, from prepare
    corpus: Path  # folder of annotated articles
    output: Path


def run(paths: BenchmarkPaths, params: EvaluateParams, splits: SplitParams) -> dict[str, Any]:
    """Write the details and print the table.

    Raises:
        InputError: if the examples are missing.
        ModelError: if the folder is no intact model.
    """
    scorer = load_scorer(paths.model, options=ScoreOptions(workers=os.cpu_count() or 1))
    sets = evaluation.read_sets(paths.examples)
    result: dict[str, Any] = {"model_version": read_config(paths.model).version, "sets": {}}
    for name, examples in sets.tests.items():
        click.echo(f"{name}: {len(examples)} sentences", err=True)
        predictions = evaluation.predict(scorer, examples)
        result["sets"][name] = evaluation.evaluate(scorer, examples, predictions, sets.train, params)
    temperatures = fit_temperatures(scorer, sets.own_dev or sets.dev)
    result["calibration"] = {
        name: evaluation.calibrate(scorer, temperatures, sets.tests[name], params)
        for name in KEPT_ASIDE
        if name in sets.tests
    }
    result["attribution"] = dict(_attribution(paths.corpus, splits, scorer))
    write_json(paths.output, result)
    click.echo(table(result))
    return result


def _attribution(corpus: Path, splits: SplitParams, scorer: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Speakers, target names and holders on each split; counter-pairs are no articles."""
    articles, problems = read_corpus(corpus)
    if problems:
        raise InputError(f"{corpus / str(problems[0])}; run: claimstance check {corpus}")
    _, assigned = assign_articles(articles, splits)
    for split in ("train", "dev", *KEPT_ASIDE):
        some = [a for a in articles if assigned[a.article_id] == split and a.style != "counter-pairs"]
        if some:
            yield split, attribution.evaluate(some, scorer)
