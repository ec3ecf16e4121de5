"""``claimstance behave``: behavioural tests of a model (CheckList, Ribeiro et al. 2020)."""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import yaml

from claimstance import heads
from claimstance.commands.options import PATH, path_option
from claimstance.errors import InputError
from claimstance.evaluation import name_effect
from claimstance.heads import Level
from claimstance.model.decoding import most_likely
from claimstance.model.predictor import Batching, Predictor, load_predictor
from claimstance.params import parse_yaml
from claimstance.processors import usable_processors
from claimstance.records import read_records, structure, write_json
from claimstance.schema import Example, Prediction, Span
from claimstance.segmentation.casing import is_shouted, recase


@dataclass(frozen=True, slots=True)
class Case:
    """One behavioural case.

    Attributes:
        target: The mention in ``text`` whose stance counts.
        against: A second sentence to compare ``text`` with.
        expect: Labels of ``text`` by head.
        same: Heads whose labels must be equal in both sentences.
        differ: Heads whose labels must differ.
        lower: Whether the strength of ``text`` must be below that of ``against``.
        cues: Cues that must be found in ``text``.
        source: The words of its source, as they stand in ``text``.
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
    source: str | None = None


def read_cases(path: Path) -> list[Case]:
    """Read the cases, by capability.

    Raises:
        InputError: if the file is missing or a case is malformed.
    """
    try:
        content = parse_yaml(path.read_text(encoding="utf-8"))
        cases = [_case(capability, values) for capability, rows in content.items() for values in rows]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not a list of cases by capability: {' '.join(str(error).split())}") from None
    for case in cases:
        where, named = f"{path}: {case.capability}: {case.text!r}", {*case.expect, *case.same, *case.differ}
        labels = {head.name: head.labels for head in heads.with_labels() if head.level is Level.SENTENCE or case.target}
        if unknown := sorted(named - set(heads.by_name())):
            raise InputError(f"{where}: there is no head {unknown[0]!r}")
        if unlabelled := sorted(named - set(labels)):
            raise InputError(f"{where}: {unlabelled[0]} needs a target, or is a head of spans")
        if wrong := [f"{name}: {label}" for name, label in case.expect.items() if label not in labels[name]]:
            raise InputError(f"{where}: there is no label {wrong[0]!r}")
        if (case.same or case.differ or case.lower) and not (case.against or case.against_target):
            raise InputError(f"{where}: same, differ and lower need against or against_target")
        for text, target in ((case.text, case.target), (case.against, case.against_target or case.target)):
            if text and target and target not in text:
                raise InputError(f"{where}: the target {target!r} is not in {text!r}")
    return cases


def _case(capability: str, values: dict[str, Any]) -> Case:
    return structure(Case, {"capability": capability, **values})


@click.command()
@click.option("--model", required=True, help="Model folder, from export, or accurate.")
@path_option("cases", "Behavioural cases (YAML).")
@click.option("--names", type=PATH, help="Neutral sentences and names (YAML): does a name make them hostile?")
@click.option("--examples", type=PATH, help="Folder of examples: do the labels of dev stay when names are exchanged?")
@path_option("output", "Pass rates and failures (JSON).")
def command(model: str, cases: Path, names: Path | None, examples: Path | None, output: Path) -> None:
    """Test a model's behaviour: what must change, and what must not, when a sentence changes."""
    predictor = load_predictor(model, batching=Batching(threads=usable_processors()))
    result = run(predictor, cases, output, names, examples)
    click.echo(f"{result['pass_rate']:.1%} of {result['cases']} cases pass", err=True)
    if names is not None:
        told = result["names"]
        worst = f"most with {told['worst_name']}, {told['worst']:.1%} of {told['n']}"
        hidden = f"{len(told['hidden'])} of {len(told['by_name'])} names are hidden from the model"
        click.echo(f"neutral sentences called hostile: {told['mean']:.1%}; {worst}; {hidden}", err=True)
    for corpus, one in result.get("exchanged", {}).items():
        click.echo(f"labels kept with other names, {corpus}: {one['same']:.1%} of {one['n']}", err=True)


def run(
    predictor: Predictor, cases_file: Path, output: Path, names: Path | None = None, examples: Path | None = None
) -> dict[str, Any]:
    """Write the pass rate per capability, the cases that failed with what was found instead, and what names do."""
    result = measure(predictor, cases_file, names, examples)
    write_json(output, result)
    return result


def measure(
    predictor: Predictor, cases_file: Path, names: Path | None = None, examples: Path | None = None
) -> dict[str, Any]:
    """Return the pass rate per capability, the cases that failed with what was found instead, and what names do.

    Raises:
        InputError: if the file of cases or of neutral sentences is missing or malformed.
    """
    result = _capabilities(predictor, cases_file)
    if names is not None:
        result["names"] = name_effect.hostility(predictor, name_effect.read_neutral(names))
    if examples is not None:
        result["exchanged"] = name_effect.invariance(predictor, read_records(examples / "dev.parquet", Example))
    return result


def _capabilities(predictor: Predictor, cases_file: Path) -> dict[str, Any]:
    cases = read_cases(cases_file)
    first = _predict(predictor, [(case.text, case.target) for case in cases])
    second = _predict(predictor, [(case.against or case.text, case.against_target or case.target) for case in cases])
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
    if not flat:
        raise InputError(f"{cases_file}: there are no cases")
    return {
        "model_version": predictor.config.version,
        "pass_rate": sum(flat) / len(flat),
        "cases": len(flat),
        "by_capability": {name: {"pass_rate": sum(oks) / len(oks), "n": len(oks)} for name, oks in passed.items()},
        "failures": failures,
    }


def _predict(predictor: Predictor, rows: Sequence[tuple[str, str | None]]) -> list[dict[str, Any]]:
    """Predict each sentence as if it were a whole article: capitals are undone as ``score`` does."""
    spans = [[Span(text.index(target), text.index(target) + len(target))] if target else [] for text, target in rows]
    texts = [recase(text, {}) if is_shouted(text) else text for text, _ in rows]
    predictions = predictor.predict(texts, spans)
    return [_labels(text, prediction) for (text, _), prediction in zip(rows, predictions, strict=True)]


def _labels(text: str, prediction: Prediction) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for head in heads.of_level(Level.SENTENCE):
        found[head.name] = head.labels[most_likely(prediction.labels[head.name])]
    if prediction.given:
        for head in heads.of_level(Level.TARGET):
            found[head.name] = head.labels[most_likely(prediction.given[0].toward[head.name])]
    source = prediction.source.of(text) if prediction.source else None
    return {**found, "source": source, "cues": [cue.span.of(text).lower() for cue in prediction.cues]}


def _broken(case: Case, a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    broken = [f"{name}: {a[name]}, expected {label}" for name, label in case.expect.items() if a[name] != label]
    broken += [f"{name}: {a[name]} against {b[name]}, expected the same" for name in case.same if a[name] != b[name]]
    broken += [f"{name}: {a[name]} in both, expected a change" for name in case.differ if a[name] == b[name]]
    broken += [f"cues: {a['cues']}, expected {cue!r} among them" for cue in case.cues if cue not in a["cues"]]
    if case.source is not None and a["source"] != case.source:
        broken.append(f"source: {a['source']!r}, expected {case.source!r}")
    scale = heads.STRENGTH.labels  # from firm to open
    if case.lower and scale.index(a["strength"]) <= scale.index(b["strength"]):
        broken.append(f"strength: {a['strength']}, expected lower than {b['strength']}")
    return broken
