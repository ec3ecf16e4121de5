"""The scorer: articles to output rows. Runtimes and engines differ; this path does not."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Final

import pyarrow as pa

from claimstance.articles.inputs import InputOptions, read_table
from claimstance.errors import ParamsError
from claimstance.model.predictor import Batching, Predictor, load_predictor
from claimstance.output import ScoredClaim
from claimstance.records import structure, to_table
from claimstance.schema import Article, Prediction
from claimstance.scoring import rows
from claimstance.scoring.actors import name_actors
from claimstance.scoring.sentence import ScoredSentence, absent_targets, read_sentences
from claimstance.scoring.speakers import is_pronoun, resolve

UNITS: Final = ("article", "sentence")


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """How articles are scored.

    Attributes:
        unit: article, or sentence: the text is one sentence, not split.
        include_other: Also return sentences that claim nothing.
        batch_size: Most windows that pass the network together; never changes results.
        workers: Threads.
        max_error: Of the claims with an empty ``needs_review``, at most this share is not clean (docs/schema.md).
        min_probability: A found target or cue that is less probable is dropped.
        drop_pronouns: A found target that is a pronoun without a name in the article is dropped.
        also_found: Also find targets where some are given.
        aliases: Name by other name, for speakers and target names.
    """

    unit: str = "article"
    include_other: bool = False
    batch_size: int = 32
    workers: int = 1
    max_error: float = 0.2
    min_probability: float = 0.0
    drop_pronouns: bool = False
    also_found: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ParamsError(f"unit {self.unit!r}: expected {' or '.join(UNITS)}")
        if not 0 <= self.min_probability <= 1:  # NaN too
            raise ParamsError(f"--min-probability {self.min_probability:g}: expected a number from 0 to 1")


@dataclass(frozen=True, slots=True)
class ScoredArticle:
    """An article's rows, and what the summary counts.

    Attributes:
        windowed: Number of sentences longer than one window of the encoder.
        absent_targets: Given targets that no sentence mentions.
    """

    article: Article
    rows: list[ScoredClaim]
    sentences: int
    windowed: int
    absent_targets: tuple[str, ...]

    @property
    def claims(self) -> int:
        """Number of sentences that claim something."""
        return len({(row.part, row.sentence_index) for row in self.rows if row.kind == "claim"})


class Scorer:
    """Scores articles with one predictor; ``load_scorer`` opens a model."""

    def __init__(self, predictor: Predictor, options: ScoreOptions | None = None) -> None:
        self.predictor = predictor
        self.options = options or ScoreOptions()
        config = predictor.config
        self.model = rows.ModelInfo(
            config.name, config.version, config.threshold_for(self.options.max_error), config.claim
        )

    def score(self, texts: Sequence[str]) -> list[ScoredClaim]:
        """Score article texts; the ``input`` of each row is the text's position."""
        articles = [Article(article_id=str(i), input=f"text:{i}", body=text) for i, text in enumerate(texts)]
        return [row for scored in self.score_articles(articles) for row in scored.rows]

    def score_articles(self, articles: Sequence[Article]) -> list[ScoredArticle]:
        """Score articles together; their sentences share the batches."""
        unit = self.options.unit
        split = [(article, read_sentences(article, unit, self.options.also_found)) for article in articles]
        self._predict([record for _, records in split for record in records if not record.sentence.furniture])
        return [self._scored(article, records) for article, records in split]

    def _predict(self, records: Sequence[ScoredSentence]) -> None:
        predictions = self.predictor.predict_once([(record.text, record.mentions) for record in records])
        for record, prediction in zip(records, predictions, strict=True):
            record.set_prediction(_without_improbable(prediction, self.options.min_probability))

    def _scored(self, article: Article, records: Sequence[ScoredSentence]) -> ScoredArticle:
        resolve(records, self.options.aliases)
        if self.options.drop_pronouns:
            for record in records:
                _drop_pronouns(record)
        name_actors(records, self.options.aliases)
        found = [row for record in records for row in rows.sentence_rows(article, record, self.model)]
        kept = [row for row in found if self.options.include_other or row.kind == "claim"]
        windowed = sum(record.prediction is not None and record.prediction.windows > 1 for record in records)
        return ScoredArticle(article, kept, len(records), windowed, absent_targets(article, records))


def _drop_pronouns(record: ScoredSentence) -> None:
    """Drop the found targets that are pronouns without a name, in place."""
    dropped = [one for one in record.targets if one.origin == "found" and not one.name and is_pronoun(one.text)]
    if record.prediction is not None and dropped:
        record.prediction = _with_missed(record.prediction, [one.probability for one in dropped])
        record.targets = tuple(one for one in record.targets if one not in dropped)


def _without_improbable(prediction: Prediction, least: float) -> Prediction:
    """Return the prediction without the targets and cues that are less probable."""
    cues = tuple(cue for cue in prediction.spans.get("cues", ()) if cue.probability >= least)
    targets = tuple(target for target in prediction.targets if (target.probability or 0.0) >= least)
    kept = dataclasses.replace(prediction, spans={**prediction.spans, "cues": cues}, targets=targets)
    return _with_missed(kept, [target.probability for target in prediction.targets if target not in targets])


def _with_missed(prediction: Prediction, dropped: Sequence[float | None]) -> Prediction:
    """Return the prediction with the probability that a target is missed, now that some are dropped."""
    missed = 1 - (1 - prediction.missed.get("target", 0.0)) * prod(1 - (probability or 0.0) for probability in dropped)
    return dataclasses.replace(prediction, missed={**prediction.missed, "target": missed})


def score_table(scorer: Scorer, table: pa.Table, reading: InputOptions | None = None) -> pa.Table:
    """Score a table of articles; for Arrow, pandas, polars and Spark.

    The table has the columns of an input file: ``text`` and optionally ``id``, ``title``, ``outlet``, ``published``,
    ``url`` and ``targets`` (lists), or other names that the schema lists; or those of ``Article``. Ids may be
    numbers, dates may be dates, and what is missing null or NaN. ``reading`` holds what the options of the command
    line hold. In pandas or polars::

        claims = score_table(scorer, pa.Table.from_pandas(frame)).to_pandas()
        claims = pl.from_arrow(score_table(scorer, frame.to_arrow()))

    Returns:
        Rows of the output contract; the ``--keep`` columns follow.

    Raises:
        InputError: if a row of a table with ``text`` cannot be read.
    """
    if {"input", "body", "furniture"} <= set(table.column_names):
        articles = [structure(Article, row) for row in table.to_pylist()]
    else:
        reading = reading or InputOptions()
        articles = read_table(table, dataclasses.replace(reading, unit=scorer.options.unit))
    return rows_table(scorer.score_articles(articles))


def rows_table(scored: Sequence[ScoredArticle]) -> pa.Table:
    """Return the rows of scored articles, followed by the ``--keep`` columns of their inputs."""
    result = to_table(ScoredClaim, [row for article in scored for row in article.rows])
    kept = [json.loads(article.article.kept or "{}") for article in scored for _ in article.rows]
    for column in dict.fromkeys(name for row in kept for name in row):
        result = result.append_column(pa.field(column, pa.string()), pa.array([_text(row.get(column)) for row in kept]))
    return result


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def load_scorer(
    model: Path | str | None = None,
    runtime: str | None = None,
    device: str = "cpu",
    options: ScoreOptions | None = None,
) -> Scorer:
    """Open a model folder, or ``accurate`` [default: the model that ships with the package].

    Raises:
        ModelError: if the folder is no intact model, or has none for this runtime.
        MissingExtraError: if the torch runtime is not installed.
        ParamsError: if the runtime or device is unknown.
    """
    options = options or ScoreOptions()
    batching = Batching(options.batch_size, options.workers)
    return Scorer(load_predictor(model, runtime, device, batching), options)
