"""A model on each test set, beside baselines, its target-blind control and a swap of targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from claimstance import heads
from claimstance.corpus import news
from claimstance.corpus.articles import CORPUS, own
from claimstance.corpus.splits import UNSEEN
from claimstance.errors import InputError
from claimstance.evaluation import calibration, metrics, slices
from claimstance.evaluation.baselines import BASELINES, Baseline
from claimstance.evaluation.overall import overall
from claimstance.heads import Head, Level
from claimstance.model.certainty import Calibration, ClaimFit
from claimstance.model.predictor import Predictor
from claimstance.records import read_records
from claimstance.schema import Example, Prediction, Span, Target

PUBLIC: Final = "public-"


@dataclass(frozen=True, slots=True)
class EvaluateParams:
    """The ``evaluate`` section of ``params.yaml``.

    Attributes:
        bootstrap: Resamples for the intervals.
        worst: Mistakes listed a head.
        max_error: The error rate whose thresholds for ``needs_review`` are measured.
    """

    bootstrap: int = 1000
    seed: int = 0
    worst: int = 40
    max_error: float = 0.2


@dataclass(frozen=True, slots=True)
class TestSets:
    """What ``prepare`` wrote; ``tests`` has ``test``, ``unseen`` where there is one, and the public ones by name."""

    train: list[Example]
    dev: list[Example]
    tests: dict[str, list[Example]]

    @property
    def own_dev(self) -> list[Example]:
        return own(self.dev)


def read_sets(folder: Path) -> TestSets:
    """Read every test set that is there.

    Raises:
        InputError: if train, dev or test are missing, or test is empty.
    """
    train, dev, test = (read_records(folder / f"{name}.parquet", Example) for name in ("train", "dev", "test"))
    if not test:
        raise InputError(f"{folder / 'test.parquet'}: there are no test examples; set prepare.test_fraction above 0")
    tests = {"test": test}
    unseen = folder / f"{UNSEEN}.parquet"
    if unseen.is_file() and (examples := read_records(unseen, Example)):
        tests[UNSEEN] = examples
    for path in sorted(folder.glob(f"{news.CORPUS}-test.parquet")):
        tests[path.stem] = read_records(path, Example)
    for path in sorted(folder.glob(f"{PUBLIC}*-test*.parquet")):
        tests[path.stem.removeprefix(PUBLIC)] = read_records(path, Example)
    return TestSets(train, dev, tests)


def predict(predictor: Predictor, examples: Sequence[Example], target_blind: bool = False) -> list[Prediction]:
    """Predict examples with their gold targets given."""
    given = [[target.span for target in example.targets] for example in examples]
    return predictor.predict([example.text for example in examples], given, target_blind)


def evaluate(
    predictor: Predictor,
    examples: Sequence[Example],
    predictions: Sequence[Prediction],
    baselines: "Baselines",
    params: EvaluateParams,
) -> dict[str, Any]:
    """Return all metrics of one test set."""
    result = metrics.evaluate(examples, predictions, params.bootstrap, params.seed)
    if (share := overall(examples, predictions, params.bootstrap, params.seed)) is not None:
        result["overall"] = share
    if any(example.targets for example in examples):
        blind = predict(predictor, examples, target_blind=True)
        result["target_blind"] = metrics.evaluate(examples, blind, 0)
        result["several_targets"] = _several_targets(examples, predictions, blind)
        result["target_swap"] = _target_swap(predictor, examples)
    if own(examples):
        result["rows"] = slices.rows_right(examples, predictions)
        result["slices"] = slices.by_slice(examples, predictions)
    fitted = baselines.for_set(examples)
    result["baselines"] = {n: metrics.evaluate(examples, b.predict(examples), 0) for n, b in fitted.items()}
    return result


class Baselines:
    """The baselines, fitted once for each training corpus or group of corpora."""

    def __init__(self, train: Sequence[Example]) -> None:
        self.train = train
        self._fitted: dict[frozenset[str], Mapping[str, Baseline]] = {}

    def for_set(self, examples: Sequence[Example]) -> Mapping[str, Baseline]:
        """Return the baselines for a test set.

        They are fitted on what is labelled after our guide, or on the public corpora that label the same.
        """
        labelled, ours = set(examples[0].labelled), {CORPUS, news.CORPUS}
        alike = {e.corpus for e in self.train if labelled & set(e.labelled)}
        corpora = ours if own(examples) else alike - ours
        key = frozenset(corpora & {e.corpus for e in self.train} or {e.corpus for e in self.train})
        if key not in self._fitted:
            some = [example for example in self.train if example.corpus in key]
            self._fitted[key] = {name: baseline().fit(some) for name, baseline in BASELINES.items()}
        return self._fitted[key]


def _several_targets(
    examples: Sequence[Example], predictions: Sequence[Prediction], blind: Sequence[Prediction]
) -> dict[str, Any]:
    """Return macro-F1 in sentences with several targets, of the model and of its target-blind control."""
    rows = [row for row in zip(examples, predictions, blind, strict=True) if len(row[0].targets) > 1]
    if not rows:
        return {}
    some, seen, unseen = (list(column) for column in zip(*rows, strict=True))
    head = _toward(examples)
    scores = [metrics.evaluate(some, side, 0)[head.name]["macro_f1"] for side in (seen, unseen)]
    return {"model": scores[0], "target_blind": scores[1], "sentences": len(rows)}


def _toward(examples: Sequence[Example]) -> Head:
    """Return the target head that these examples label."""
    target_heads = heads.of_level(Level.TARGET)
    return next(head for head in target_heads if any(head.name in example.labelled for example in examples))


def _target_swap(predictor: Predictor, examples: Sequence[Example]) -> dict[str, Any]:
    """Return the accuracy before and after two targets with different labels are swapped; labels keep their places."""
    head = _toward(examples)
    pairs = [pair for example in examples if (pair := swap_targets(example)) is not None]
    if not pairs:
        return {}
    before, after = (
        metrics.decisions(head, side, predict(predictor, side)) for side in map(list, zip(*pairs, strict=True))
    )
    return {
        "before": float(np.mean([d.gold == d.found for d in before])),
        "after": float(np.mean([d.gold == d.found for d in after])),
        "stayed": float(np.mean([b.found == a.found for b, a in zip(before, after, strict=True)])),
        "sentences": len(pairs),
    }


def swap_targets(example: Example) -> tuple[Example, Example] | None:
    """Return the example with two targets of different labels, and the same with their words swapped; or null.

    Only names are swapped, since a pronoun or a description may not fit. The result has no other labels.
    """
    named = [target for target in example.targets if target.span.of(example.text)[:1].isupper()]
    ordered = sorted(named, key=lambda target: target.span.start)
    other = next((target for target in ordered[1:] if target.stance is not ordered[0].stance), None)
    if other is None or ordered[0].span.overlaps(other.span):
        return None
    first, text = ordered[0], example.text
    words = first.span.of(text), other.span.of(text)
    between = text[first.span.end : other.span.start]
    swapped = text[: first.span.start] + words[1] + between + words[0] + text[other.span.end :]
    second_start = first.span.start + len(words[1]) + len(between)
    targets = (
        Target(Span(first.span.start, first.span.start + len(words[1])), first.stance),
        Target(Span(second_start, second_start + len(words[0])), other.stance),
    )
    judged = tuple(head.name for head in heads.of_level(Level.TARGET) if head.name in example.labelled)
    alone = replace(example, targets=(first, other), labelled=judged, masked=())
    return alone, replace(alone, text=swapped, targets=targets)


def measure_calibration(
    predictor: Predictor, test: Sequence[Example], params: EvaluateParams
) -> dict[str, dict[str, Any]]:
    """Return by head the calibration error before and after the fit on dev, of the spans that are shown then."""
    sides = {"before": predictor.with_calibration(Calibration()), "after": predictor}
    predictions = {side: predict(of_side, test) for side, of_side in sides.items()}
    result: dict[str, dict[str, Any]] = {}
    for head in heads.HEADS:
        of_head = {
            side: _calibration(found, params)
            for side, predicted in predictions.items()
            if (found := metrics.outcomes(head, test, predicted))
        }
        if set(of_head) == set(sides):
            result[head.name] = of_head
            if head.level is not Level.SPANS:
                result[head.name]["temperature"] = predictor.calibration.temperatures.get(head.name, 1.0)
    return result


def _calibration(found: Sequence[metrics.Outcome], params: EvaluateParams) -> dict[str, Any]:
    groups, probabilities, correct = (list(column) for column in zip(*found, strict=True))
    sure, right = np.array(probabilities), np.array(correct)
    error = calibration.expected_calibration_error(sure, right, bootstrap=params.bootstrap, groups=groups)
    return {
        "error": error.error,
        "low": error.low,
        "high": error.high,
        "n": error.n,
        "curve": calibration.reliability_curve(sure, right),
        "risk_coverage": calibration.risk_coverage(sure, right),
    }


def measure_review(
    test: Sequence[Example], predictions: Sequence[Prediction], fit: ClaimFit, threshold: float
) -> dict[str, Any] | None:
    """Return how many claims need no review, and how many of these are not clean; null without claims."""
    found = calibration.claims(test, predictions)
    if not found:
        return None
    probabilities = np.array([fit.probability(claim.decisions) for claim in found])
    clean = np.array([claim.clean for claim in found])
    kept = clean[probabilities >= threshold]
    return {
        "threshold": threshold,
        "claims": len(clean),
        "clean": float(clean.mean()),
        "kept": len(kept) / len(clean),
        "error": 1 - float(kept.mean()) if len(kept) else 0.0,
        "n": len(kept),
        "risk_coverage": calibration.risk_coverage(probabilities, clean),
    }


def worst_mistakes(examples: Sequence[Example], predictions: Sequence[Prediction], n: int) -> list[dict[str, Any]]:
    """Return each head's ``n`` most probable wrong decisions, in order."""
    rows = []
    for head in heads.with_labels():
        wrong = [d for d in metrics.decisions(head, examples, predictions) if d.gold != d.found]
        for d in sorted(wrong, key=lambda d: -d.probability)[:n]:
            target = None if d.target is None else d.target.of(d.example.text)
            rows.append(
                {"head": head.name, "gold": d.gold, "found": d.found, "probability": round(d.probability, 4),
                 "target": target, "text": d.example.text, "example_id": d.example.example_id}
            )  # fmt: skip
    return rows
