"""Whether one model is better than another on the same examples, and by how much.

Every output of a test set has a paired difference, first model minus second, with its 95 % interval: whole articles
are drawn (bootstrap). Decisions also have McNemar's test, which counts the rows that only one of the two models has
right and takes them as independent. Both p-values are corrected over the outputs of a test set (Holm 1979).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np

from claimstance import heads
from claimstance.errors import ParamsError
from claimstance.evaluation import metrics, overall
from claimstance.evaluation.metrics import Pairing
from claimstance.evaluation.resampling import Difference, difference, pearson_of_sums, pearson_sums
from claimstance.evaluation.slices import MIN_CLAIMS, slices_of
from claimstance.heads import Level
from claimstance.schema import Example, Kind, Prediction

CLAIMS: Final = "claims_right"  # the overall measure
BETTER: Final = "better"
WORSE: Final = "worse"
MIXED: Final = "mixed"
SAME: Final = "no difference"
TOO_SMALL: Final = "too small to tell"
FEWEST: Final = 100  # resamples


@dataclass(frozen=True, slots=True)
class CompareParams:
    """How two models are compared.

    Attributes:
        bootstrap: Resamples of the articles, at least; where many outputs are corrected, as many more as it takes for
            one of them to be significant.
        seed: Of the resamples.
        alpha: Significance level, over all outputs of a test set together.
        power: Chance with which the smallest detectable difference is found.
        matters: The least difference that one cares about. Where nothing is found although this would have been,
            there is no difference; where it would not have been, the test set is too small to tell.
    """

    bootstrap: int = 5000
    seed: int = 0
    alpha: float = 0.05
    power: float = 0.8
    matters: float = 0.02

    def __post_init__(self) -> None:
        if self.bootstrap < FEWEST:
            raise ParamsError(f"bootstrap: {self.bootstrap}; at least {FEWEST} resamples are needed")


def compare(
    examples: Sequence[Example], first: Sequence[Prediction], second: Sequence[Prediction], params: CompareParams
) -> dict[str, Any]:
    """Compare two models on one test set, as JSON-safe numbers: per output and slice, with a verdict."""
    pairs = [*_claims(examples, first, second), *metrics.pairings(examples, first, second)]
    outputs = _tested([*pairs, *_certainty(examples, first, second)], params)
    return {
        "examples": len(examples),
        "groups": len({example.group for example in examples}),
        "verdict": verdict(outputs),
        "outputs": outputs,
        "slices": _by_slice(examples, first, second, params),
    }


def verdict(outputs: Mapping[str, Mapping[str, Any]]) -> str:
    """Return one verdict over the outputs of a test set; where nothing differs, that of the overall measure counts."""
    found = {value["verdict"] for value in outputs.values()}
    if {BETTER, WORSE} <= found:
        return MIXED
    for decided in (BETTER, WORSE):
        if decided in found:
            return decided
    if CLAIMS in outputs:
        return str(outputs[CLAIMS]["verdict"])
    return SAME if found == {SAME} else TOO_SMALL


def _tested(pairs: Sequence[Pairing], params: CompareParams) -> dict[str, dict[str, Any]]:
    """Return the numbers and the verdict of each output; the p-values are corrected over all of them."""
    # the least p-value is 2 / resamples, and Holm multiplies it by the number of outputs
    resamples = max(params.bootstrap, math.ceil(4 * len(pairs) / params.alpha))
    found = [difference(p.groups, *p.counts, p.score, resamples, params.seed) for p in pairs]
    tests = [None if pair.right is None else mcnemar(*pair.right) for pair in pairs]
    corrected = holm([None if d is None else d.p for d in found])
    corrected_tests = holm([None if test is None else test["p"] for test in tests])
    result = {}
    for i, pair in enumerate(pairs):
        sides = [float(pair.score(side.sum(axis=0, keepdims=True))[0]) for side in pair.counts]
        row: dict[str, Any] = {"first": sides[0], "second": sides[1], "difference": sides[0] - sides[1]}
        row |= {"n": len(pair.groups), "low": None, "high": None, "p": None, "p_holm": corrected[i], "detectable": None}
        if (one := found[i]) is not None:
            detectable = smallest_detectable(one.deviation, len(pairs), params)
            row |= {"low": one.low, "high": one.high, "p": one.p, "detectable": detectable}
        row["verdict"] = _verdict(found[i], corrected[i], row["detectable"], params)
        if (test := tests[i]) is not None:
            row["mcnemar"] = {**test, "p_holm": corrected_tests[i]}
        result[pair.name] = row
    return result


def _verdict(found: Difference | None, p: float | None, detectable: float | None, params: CompareParams) -> str:
    if found is None or p is None or detectable is None:
        return TOO_SMALL
    if p < params.alpha:
        return BETTER if found.value > 0 else WORSE
    return SAME if detectable <= params.matters else TOO_SMALL


def smallest_detectable(deviation: float, outputs: int, params: CompareParams) -> float:
    """Return the true difference that a test set of this size finds with the wanted power.

    It is (z(1 − α / 2m) + z(power)) × deviation: the normal approximation, at the strictest of Holm's m levels.
    """
    normal = NormalDist()
    return (normal.inv_cdf(1 - params.alpha / (2 * max(outputs, 1))) + normal.inv_cdf(params.power)) * deviation


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> dict[str, Any]:
    """McNemar's exact test: of the rows that only one model has right, is either model's share more than chance?"""
    from scipy.stats import binomtest

    only_first = sum(a and not b for a, b in zip(first, second, strict=True))
    only_second = sum(b and not a for a, b in zip(first, second, strict=True))
    changed = only_first + only_second
    p = float(binomtest(only_first, changed).pvalue) if changed else 1.0
    return {"only_first": only_first, "only_second": only_second, "p": p}


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p-values corrected for their number, after Holm (1979); null stays null and does not count."""
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, i) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        corrected[i] = highest
    return corrected


def _claims(
    examples: Sequence[Example], first: Sequence[Prediction], second: Sequence[Prediction]
) -> Iterator[Pairing]:
    """Yield the overall measure: the share of claims whose act, strength, source and every stance are right."""
    rows = [
        (example.group, overall.is_right(example, a), overall.is_right(example, b))
        for example, a, b in zip(examples, first, second, strict=True)
        if overall.counts(example)
    ]
    if rows:
        groups, *right = (list(column) for column in zip(*rows, strict=True))
        yield _accuracy(CLAIMS, groups, right[0], right[1])


def _accuracy(name: str, groups: Sequence[str], first: Sequence[bool], second: Sequence[bool]) -> Pairing:
    counts = [np.array([[right, 1.0] for right in side]) for side in (first, second)]
    return Pairing(name, groups, (counts[0], counts[1]), overall.share, (first, second))


def _certainty(
    examples: Sequence[Example], first: Sequence[Prediction], second: Sequence[Prediction]
) -> Iterator[Pairing]:
    """Yield the correlation of expected strength with the corpus's own rating, where it has one."""
    rows = [row for row in zip(examples, first, second, strict=True) if row[0].certainty is not None]
    if rows:
        rated = np.array([example.certainty for example, _, _ in rows], dtype=float)
        counts = (
            pearson_sums(rated, np.array([metrics.firmness(one) for _, one, _ in rows])),
            pearson_sums(rated, np.array([metrics.firmness(other) for _, _, other in rows])),
        )
        yield Pairing("certainty_r", [example.group for example, _, _ in rows], counts, pearson_of_sums)


def _by_slice(
    examples: Sequence[Example], first: Sequence[Prediction], second: Sequence[Prediction], params: CompareParams
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what ``_tested`` says of each slice with enough claims: claims right, and accuracy of the decisions.

    The p-values are corrected over all slices and their outputs together.
    """
    slices: dict[str, list[int]] = {}
    for i, example in enumerate(examples):
        if example.kind is Kind.CLAIM:
            for name in slices_of(example):
                slices.setdefault(name, []).append(i)
    pairs = []
    for name, rows in sorted(slices.items()):
        if len(rows) >= MIN_CLAIMS:
            some = [[side[i] for i in rows] for side in (examples, first, second)]
            pairs += [_named(name, pair) for pair in _slice_pairs(*some)]  # type: ignore[arg-type]
    result: dict[str, dict[str, dict[str, Any]]] = {}
    for key, value in _tested(pairs, params).items():
        name, output = key.split("\n")
        result.setdefault(name, {})[output] = value
    return result


def _named(slice_name: str, pair: Pairing) -> Pairing:
    return Pairing(f"{slice_name}\n{pair.name}", pair.groups, pair.counts, pair.score, pair.right)


def _slice_pairs(
    examples: Sequence[Example], first: Sequence[Prediction], second: Sequence[Prediction]
) -> Iterator[Pairing]:
    yield from _claims(examples, first, second)
    for head in (heads.ACT, heads.STRENGTH, heads.STANCE):
        a, b = metrics.decisions(head, examples, first), metrics.decisions(head, examples, second)
        if a:
            right = [[d.gold == d.found for d in side] for side in (a, b)]
            yield _accuracy(head.name, [d.example.group for d in a], *right)


def most_changed(
    examples: Sequence[Example], first: Sequence[Prediction], second: Sequence[Prediction], n: int
) -> list[dict[str, Any]]:
    """Return the ``n`` sentences whose gold labels' probabilities differ most, summed over their decisions."""
    rows: dict[str, dict[str, Any]] = {}
    for head in heads.of_level(Level.SENTENCE, Level.TARGET):
        both = metrics.decisions(head, examples, first), metrics.decisions(head, examples, second)
        for a, b in zip(*both, strict=True):
            empty = {"example_id": a.example.example_id, "text": a.example.text, "change": 0.0, "decisions": []}
            row = rows.setdefault(a.example.example_id, empty)
            row["change"] += abs(a.gold_probability - b.gold_probability)
            if a.found != b.found:
                target = None if a.target is None else a.target.of(a.example.text)
                row["decisions"].append(
                    {"head": head.name, "target": target, "gold": a.gold, "first": a.found, "second": b.found}
                )
    changed = [row for row in rows.values() if row["change"] > 0]
    return sorted(changed, key=lambda row: -row["change"])[:n]


def sentence(first: str, second: str, sets: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the verdict on two models in one sentence, with what was found on each test set."""
    found = [f"on {name} {_told(value)}" for name, value in sets.items()]
    return f"{first} against {second}: {'; '.join(found)}."


def _told(result: Mapping[str, Any]) -> str:
    outputs = result["outputs"]
    sure = {name: value for name, value in outputs.items() if value["verdict"] in (BETTER, WORSE)}
    if sure:
        parts = [
            f"{name} {value['difference']:+.3f} ({value['low']:+.3f} to {value['high']:+.3f})"
            for name, value in sure.items()
        ]
        return f"{result['verdict']}: {', '.join(parts)}"
    if result["verdict"] == SAME:
        return SAME
    name = CLAIMS if CLAIMS in outputs else max(outputs, key=lambda key: outputs[key]["detectable"] or 0, default="")
    least = outputs[name]["detectable"] if name else None
    seen = f"; {name} would have to differ by {least:.3f} to be seen" if least is not None else ""
    return f"the test set is too small to tell ({result['groups']} articles{seen})"
