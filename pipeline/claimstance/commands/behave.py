"""Behavioural tests: what must change, and what must not, when a sentence changes (CheckList, Ribeiro et al. 2020)."""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from claimstance.errors import InputError
from claimstance.model.decoding import most_likely
from claimstance.records import write_json
from claimstance.schema import Act, Kind, Prediction, Span, Stance, Strength
from claimstance.scoring.scorer import Scorer

FIELDS: Final[dict[str, list[str]]] = {
    "kind": list(Kind),
    "act": list(Act),
    "strength": list(Strength),
    "stance": list(Stance),
}


@dataclass(frozen=True, slots=True)
class Case:
    """``expect`` fixes labels of ``text``; ``against`` is a second sentence, with ``same`` or ``differ`` fields.

    ``lower`` asks for a strength that is lower than that of ``against``. ``target`` is the mention whose stance counts.
    """

    capability: str
    text: str
    target: str | None = None
    against: str | None = None
    against_target: str | None = None
    expect: dict[str, str] = dataclasses.field(default_factory=dict)
    same: tuple[str, ...] = ()
    differ: tuple[str, ...] = ()
    lower: bool = False
    cues: tuple[str, ...] = ()


def read_cases(path: Path) -> list[Case]:
    """Read the cases, by capability.

    Raises:
        InputError: if the file is missing or a case is malformed.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        cases = [_case(capability, values) for capability, rows in content.items() for values in rows]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (yaml.YAMLError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not a list of cases by capability: {' '.join(str(error).split())}") from None
    for case in cases:
        for text, target in ((case.text, case.target), (case.against, case.against_target or case.target)):
            if text and target and target not in text:
                raise InputError(f"{path}: {case.capability}: the target {target!r} does not stand in {text!r}")
    return cases


def _case(capability: str, values: dict[str, Any]) -> Case:
    lists: dict[str, Any] = {name: tuple(values[name]) for name in ("same", "differ", "cues") if name in values}
    return Case(capability, **{**values, **lists})


def run(scorer: Scorer, cases_file: Path, output: Path) -> dict[str, Any]:
    """Write the pass rate per capability, and the cases that failed with what was found instead."""
    cases = read_cases(cases_file)
    first = _predict(scorer, [(case.text, case.target) for case in cases])
    second = _predict(scorer, [(case.against or case.text, case.against_target or case.target) for case in cases])
    passed: dict[str, list[bool]] = defaultdict(list)
    failures = []
    for case, a, b in zip(cases, first, second, strict=True):
        broken = _broken(case, a, b)
        passed[case.capability].append(not broken)
        if broken:
            failures.append(
                {"capability": case.capability, "text": case.text, "against": case.against, "broken": broken}
            )
    flat = [ok for oks in passed.values() for ok in oks]
    result = {
        "pass_rate": sum(flat) / len(flat),
        "cases": len(flat),
        "by_capability": {name: {"pass_rate": sum(oks) / len(oks), "n": len(oks)} for name, oks in passed.items()},
        "failures": failures,
    }
    write_json(output, result)
    return result


def _predict(scorer: Scorer, rows: Sequence[tuple[str, str | None]]) -> list[dict[str, Any]]:
    spans = [[Span(text.index(target), text.index(target) + len(target))] if target else [] for text, target in rows]
    predictions = scorer.predict([text for text, _ in rows], spans)
    return [_labels(text, prediction) for (text, _), prediction in zip(rows, predictions, strict=True)]


def _labels(text: str, prediction: Prediction) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("kind", "act", "strength"):
        found[name] = str(FIELDS[name][most_likely(getattr(prediction, name))])
    if prediction.given:
        found["stance"] = str(list(Stance)[most_likely(prediction.given[0].stance)])
    return {**found, "cues": [cue.span.of(text).lower() for cue in prediction.cues]}


def _broken(case: Case, a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    broken = [f"{name}: {a[name]}, expected {label}" for name, label in case.expect.items() if a[name] != label]
    broken += [f"{name}: {a[name]} against {b[name]}, expected the same" for name in case.same if a[name] != b[name]]
    broken += [f"{name}: {a[name]} in both, expected a change" for name in case.differ if a[name] == b[name]]
    broken += [f"cues: {a['cues']}, expected {cue!r} among them" for cue in case.cues if cue not in a["cues"]]
    scale = [str(label) for label in Strength]  # from firm to open
    if case.lower and scale.index(a["strength"]) <= scale.index(b["strength"]):
        broken.append(f"strength: {a['strength']}, expected lower than {b['strength']}")
    return broken
