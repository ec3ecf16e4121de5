"""``claimstance suspects``: labels that models trained on the other articles contradict.

The ranking is that of confident learning (Northcutt, Jiang & Chuang 2021); see ``docs/decisions/label-errors.md``.
"""

import csv
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from claimstance import heads
from claimstance.commands.options import PATH, params_option, path_option
from claimstance.corpus import news
from claimstance.corpus.articles import read_sound_corpus, to_examples
from claimstance.errors import CorpusError
from claimstance.evaluation import metrics
from claimstance.params import load_section
from claimstance.records import read_records
from claimstance.schema import Cue, Example, Prediction, Span
from claimstance.training.params import TrainParams

Fit = Callable[[Sequence[Example], Sequence[Example]], list[Prediction]]  # train, held out → of the held out


@dataclass(frozen=True, slots=True)
class Suspect:
    """One label in doubt; ``score`` is the found label's probability minus that of ours, 1 for spans."""

    score: float
    example_id: str
    field: str
    ours: str
    found: str
    text: str


@click.command()
@click.argument("corpus", type=PATH, required=False)
@click.option("--examples", type=PATH, help="Instead of CORPUS: judge the real news in the train split of this folder.")
@click.option("--folds", type=click.IntRange(min=2), default=5, show_default=True, help="Trainings.")
@path_option("output", "What to look at again (CSV), the most doubtful first.")
@params_option
def command(corpus: Path | None, examples: Path | None, folds: int, output: Path, params: Path) -> None:
    """Find likely label errors: labels that models trained on the other articles contradict."""
    section = load_section(params, "train", TrainParams)
    if corpus is not None and examples is None:
        judged, others = _of_corpus(corpus)
    elif examples is not None and corpus is None:
        judged, others = _of_news(examples)
    else:
        raise click.UsageError("name either a CORPUS or --examples")
    found = run(judged, others, trained_fit(section), folds, output)
    click.echo(f"{output}: {len(found)} labels in doubt", err=True)


def run(examples: Sequence[Example], others: Sequence[Example], fit: Fit, folds: int, output: Path) -> list[Suspect]:
    """Cross-validate by article, and write every doubt, the most probable first.

    Args:
        examples: Those whose labels are judged.
        others: Those that every model sees.
        fit: What trains and predicts.
        folds: How many times.
        output: The CSV to write.

    Raises:
        CorpusError: if there are fewer articles than folds.
    """
    from sklearn.model_selection import GroupKFold

    groups = [example.group for example in examples]
    if len(set(groups)) < folds:
        raise CorpusError(f"{len(set(groups))} articles are too few for {folds} folds")
    found: list[Suspect] = []
    for number, (seen, held) in enumerate(GroupKFold(folds).split(examples, groups=groups), start=1):
        held_out = [examples[i] for i in held]
        predictions = fit([*others, *(examples[i] for i in seen)], held_out)
        found += suspects(held_out, predictions)
        click.echo(f"fold {number} of {folds}: {len(held_out)} sentences judged", err=True)
    found.sort(key=lambda suspect: (-suspect.score, suspect.example_id, suspect.field))
    _write(output, found)
    return found


def _of_corpus(corpus: Path) -> tuple[list[Example], list[Example]]:
    return [example for article in read_sound_corpus(corpus) for example in to_examples(article, "train")], []


def _of_news(folder: Path) -> tuple[list[Example], list[Example]]:
    """Return the real news of the train split, and the rest of it."""
    train = read_records(folder / "train.parquet", Example)
    judged = [example for example in train if example.corpus == news.CORPUS]
    if not judged:
        raise CorpusError(f"{folder}: holds no real news; prepare it with the texts (claimstance fetch)")
    return judged, [example for example in train if example.corpus != news.CORPUS]


def suspects(examples: Sequence[Example], predictions: Sequence[Prediction]) -> list[Suspect]:
    """Every decision whose likeliest label is not ours, and every cue that only one side has."""
    found: list[Suspect] = []
    for head in (head for head in heads.HEADS if head.reviewed):
        for decision in metrics.decisions(head, examples, predictions):
            if decision.gold != decision.found:
                margin = decision.probability - decision.gold_probability
                words = "" if decision.target is None else f" {decision.target.of(decision.example.text)!r}"
                found.append(_suspect(margin, decision.example, head.name + words, decision.gold, decision.found))
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


def trained_fit(params: TrainParams) -> Fit:
    """Return a function that trains a model on the examples seen and predicts the ones held out."""
    from claimstance.model.encoding import SentenceEncoder
    from claimstance.model.folder import TOKENIZER, ModelConfig
    from claimstance.model.predictor import Predictor
    from claimstance.training import features, loop

    def fit(seen: Sequence[Example], held: Sequence[Example]) -> list[Prediction]:
        with tempfile.TemporaryDirectory() as name:
            folder = loop.start_folder(Path(name), params)
            encoder = SentenceEncoder(folder / TOKENIZER, params.windows)
            data, _ = features.build_features(features.mix(seen, params), encoder)
            model = loop.train(loop.start_model(params), data, encoder, params, folder / "checkpoints")
        config = ModelConfig("claimstance", "", params.max_tokens, params.overlap)
        predictor = Predictor(config, encoder, loop.as_forward(model))
        given = [[target.span for target in example.targets] for example in held]
        return predictor.predict([example.text for example in held], given)

    return fit


def _write(path: Path, found: Sequence[Suspect]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["score", "example_id", "field", "ours", "found", "text"])
        writer.writerows([s.score, s.example_id, s.field, s.ours, s.found, s.text] for s in found)
