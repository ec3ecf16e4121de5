"""Likely label errors: where a model that has not seen an article is sure of another label than ours.

The idea is confident learning's self-confidence ranking (Northcutt, Jiang & Chuang 2021); see docs/decisions.
"""

import csv
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from claimstance.corpus.articles import AnnotatedArticle, read_corpus, to_examples
from claimstance.errors import CorpusError
from claimstance.evaluation import metrics
from claimstance.schema import Cue, Example, Prediction, Span

if TYPE_CHECKING:
    from claimstance.training.loop import TrainParams  # torch takes seconds to import

DECISIONS: Final = ("kind", "act", "strength", "stance")
Fit = Callable[[Sequence[Example], Sequence[Example]], list[Prediction]]  # train, held out → of the held out


@dataclass(frozen=True, slots=True)
class Suspect:
    """One label in doubt. ``score`` is the probability of the label found less that of ours, for spans 1."""

    score: float
    example_id: str
    field: str
    ours: str
    found: str
    text: str


def run(corpus: Path, fit: Fit, folds: int, output: Path) -> list[Suspect]:
    """Cross-validate by article, and write every doubt, the surest first.

    Raises:
        CorpusError: if the corpus is missing, has problems, or has fewer articles than folds.
    """
    from sklearn.model_selection import GroupKFold

    articles, problems = read_corpus(corpus)
    if problems:
        raise CorpusError(f"{corpus / str(problems[0])}; run: claimstance check {corpus}")
    if len(articles) < folds:
        raise CorpusError(f"{corpus}: {len(articles)} articles are too few for {folds} folds")
    examples = _examples(articles)
    found: list[Suspect] = []
    groups = [example.group for example in examples]
    for number, (seen, held) in enumerate(GroupKFold(folds).split(examples, groups=groups), start=1):
        held_out = [examples[i] for i in held]
        predictions = fit([examples[i] for i in seen], held_out)
        found += suspects(held_out, predictions)
        click.echo(f"fold {number} of {folds}: {len(held_out)} sentences judged", err=True)
    found.sort(key=lambda suspect: (-suspect.score, suspect.example_id, suspect.field))
    _write(output, found)
    return found


def _examples(articles: Sequence[AnnotatedArticle]) -> list[Example]:
    return [example for article in articles for example in to_examples(article, "train")]


def suspects(examples: Sequence[Example], predictions: Sequence[Prediction]) -> list[Suspect]:
    """Every decision whose likeliest label is not ours, and every cue that only one side has."""
    found: list[Suspect] = []
    for head in DECISIONS:
        for decision in metrics.decisions(head, examples, predictions):
            if decision.gold != decision.found:
                margin = decision.probability - decision.gold_probability
                field = head if decision.target is None else f"{head} {decision.target.of(decision.example.text)!r}"
                found.append(_suspect(margin, decision.example, field, decision.gold, decision.found))
    for example, prediction in zip(examples, predictions, strict=True):
        found += _cues(example, prediction)
    return found


def _suspect(score: float, example: Example, field: str, ours: str, found: str) -> Suspect:
    return Suspect(round(float(score), 4), example.example_id, field, ours, found, example.text)


def _cues(example: Example, prediction: Prediction) -> Iterator[Suspect]:
    """A cue of ours that nothing found touches, one found that nothing of ours touches, or one of another type."""
    if example.kind != "claim":
        return
    for cue in example.cues:
        touching = [other for other in prediction.cues if other.span.overlaps(cue.span)]
        if all(other.type is not cue.type for other in touching):
            found = " ".join(_named(other, example) for other in touching) or "none"
            yield _suspect(1.0, example, "cues", _named(cue, example), found)
    for cue in prediction.cues:
        if not _touches(cue.span, example.cues):
            yield _suspect(1.0, example, "cues", "none", _named(cue, example))


def _touches(span: Span, cues: Sequence[Cue]) -> bool:
    return any(cue.span.overlaps(span) for cue in cues)


def _named(cue: Cue, example: Example) -> str:
    return f"{cue.span.of(example.text)!r} {cue.type}"


def trained_fit(params: "TrainParams") -> Fit:
    """A fit that trains the model anew on what is seen, and judges what is held out."""
    from claimstance.model.encoding import SentenceEncoder
    from claimstance.model.folder import TOKENIZER, ModelConfig
    from claimstance.model.runtimes import torch as torch_runtime
    from claimstance.scoring.scorer import ScoreOptions, Scorer
    from claimstance.training import loop as training
    from claimstance.training.features import build_features

    def fit(seen: Sequence[Example], held: Sequence[Example]) -> list[Prediction]:
        with tempfile.TemporaryDirectory() as name:
            folder = training.start_folder(Path(name), params)
            encoder = SentenceEncoder(folder / TOKENIZER, params.windows)
            data, _ = build_features(seen, encoder, params)
            model = training.train(training.start_model(params), data, encoder, params, folder / "checkpoints")
        config = ModelConfig("claimstance", "", params.max_tokens, params.overlap)
        scorer = Scorer(config, encoder, torch_runtime.wrap(model), ScoreOptions())
        given = [[target.span for target in example.targets] for example in held]
        return scorer.predict([example.text for example in held], given, calibrated=False)

    return fit


def _write(path: Path, found: Sequence[Suspect]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["score", "example_id", "field", "ours", "found", "text"])
        writer.writerows([s.score, s.example_id, s.field, s.ours, s.found, s.text] for s in found)
