"""``claimstance promote``: register a run's model, and make it the champion if it passes the gate."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import click

from claimstance.commands import behave, compare
from claimstance.commands.options import PATH, params_option
from claimstance.errors import ModelError, ParamsError
from claimstance.evaluation.comparison import WORSE, CompareParams
from claimstance.model.folder import read_config
from claimstance.model.gate import FAILED, PASSED
from claimstance.model.predictor import Predictor, load_predictor
from claimstance.params import load_section
from claimstance.tracking import champion, registry
from claimstance.tracking.registry import FoundModel

ROUNDS: Final = 3  # of the measurement of speed


@dataclass(frozen=True, slots=True)
class PromoteParams:
    """The ``promote`` section of ``params.yaml``; int8's agreement with torch has its limits in ``export``.

    Attributes:
        min_behaviour: Least share of behavioural cases that pass.
        max_behaviour_loss: Most by which that share may be below the champion's.
        max_slowdown: Most by which the model may be slower than the champion, as a share; null: speed is not measured.
        bootstrap: Resamples of the comparison with the champion.
        matters: The least difference that matters there.
    """

    min_behaviour: float = 0.8
    max_behaviour_loss: float = 0.01
    max_slowdown: float | None = None
    bootstrap: int = 5000
    matters: float = 0.02


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of the gate, and what was found."""

    name: str
    passed: bool
    reason: str


@click.command()
@click.argument("run_name", metavar="RUN", required=False)
@click.option("--examples", type=PATH, help="Folder of examples, from prepare.")
@click.option("--cases", type=PATH, help="Behavioural cases (YAML).")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--rollback", is_flag=True, help="Give the champion's place back to the version before it.")
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON on stdout.")
@params_option
def command(
    run_name: str | None, examples: Path | None, cases: Path | None, rollback: bool, params: Path, **flags: bool
) -> None:
    """Register the model of RUN as candidate, and make it the champion if it passes the gate."""
    if rollback:
        if run_name is not None:
            raise click.UsageError("--rollback takes no RUN")
        _roll_back(flags["dry_run"])
        return
    if run_name is None or examples is None or cases is None:
        raise click.UsageError("name a RUN, --examples and --cases")
    section = load_section(params, "promote", PromoteParams)
    result = run(run_name, examples, cases, section, flags["dry_run"])
    _print(result, flags["as_json"])
    if not result["passed"]:
        failed = [f"{check['name']}: {check['reason']}" for check in result["checks"] if not check["passed"]]
        raise ModelError(f"{run_name}: is not made champion; {'; '.join(failed)}")


def run(name: str, examples: Path, cases: Path, params: PromoteParams, dry_run: bool = False) -> dict[str, Any]:
    """Check a run's model against the champion, and unless ``dry_run`` register it and move the aliases.

    Raises:
        InputError: if there is no such run, or the models were measured on other data.
        ModelError: if the run holds no intact model.
    """
    model, best = registry.of_run(name), registry.released_or_champion()
    if model.model_id == best.model_id:
        raise ParamsError(f"{name}: is the champion already")
    compared = compare.run(model, best, examples, CompareParams(params.bootstrap, matters=params.matters))
    checks = list(gate(model, best, compared, cases, params))
    passed = all(check.passed for check in checks)
    version = read_config(model.folder).version
    result: dict[str, Any] = {"run_id": model.run_id, "model_version": version, "against": best.name, "passed": passed}
    result |= {"dry_run": dry_run, "checks": [asdict(check) for check in checks], "registered": None, "before": None}
    if not dry_run:
        compare.log(model, compared)
        registered = champion.register(model)
        tags = {check.name: f"{PASSED if check.passed else FAILED}: {check.reason}" for check in checks}
        champion.tag(registered, {**tags, "gate": PASSED if passed else FAILED, "model_version": version})
        result["registered"] = str(registered.version)
        if passed:
            result["before"] = champion.crown(registered)
    return result


def gate(
    model: FoundModel, best: FoundModel, compared: dict[str, Any], cases: Path, params: PromoteParams
) -> Iterator[Check]:
    """Yield every condition that a champion has to meet; ``compared`` is the comparison of the two."""
    config = read_config(model.folder)
    never = "the graph was never compared with torch; run claimstance export"
    agreement = "; ".join(config.gate_broken) or ("the graph decides as torch does" if config.gate else never)
    yield Check("int8", config.gate == PASSED, agreement)
    worse = [
        f"{output} on {name} {value['difference']:+.3f} ({value['low']:+.3f} to {value['high']:+.3f})"
        for name, result in compared["sets"].items()
        for output, value in result["outputs"].items()
        if value["verdict"] == WORSE
    ]
    yield Check("outputs", not worse, f"worse: {', '.join(worse)}" if worse else compared["verdict"])
    predictors = load_predictor(model.folder), load_predictor(best.folder)
    rates = [behave.measure(predictor, cases)["pass_rate"] for predictor in predictors]
    least = max(params.min_behaviour, rates[1] - params.max_behaviour_loss)
    told = f"{rates[0]:.1%} of the cases pass, at least {least:.1%} have to ({best.name}: {rates[1]:.1%})"
    yield Check("behaviour", rates[0] >= least, told)
    if params.max_slowdown is not None:
        yield _speed(predictors, cases, params.max_slowdown)


def _speed(predictors: tuple[Predictor, Predictor], cases: Path, max_slowdown: float) -> Check:
    """Time both models on the sentences of the behavioural cases, turn about; the fastest round counts."""
    texts = [case.text for case in behave.read_cases(cases)]
    rates = [0.0, 0.0]
    for _ in range(ROUNDS):
        for i, predictor in enumerate(predictors):
            start = time.perf_counter()
            predictor.predict(texts)
            rates[i] = max(rates[i], len(texts) / (time.perf_counter() - start))
    told = f"{rates[0]:.0f} sentences/s against {rates[1]:.0f}"
    return Check("speed", rates[0] >= (1 - max_slowdown) * rates[1], told)


def _roll_back(dry_run: bool) -> None:
    version, before = champion.roll_back(dry_run)
    now = f"version {before}" if before else "the released model"
    click.echo(f"{'would serve' if dry_run else 'serves'} again: {now} (before: version {version})")


def _print(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    for check in result["checks"]:
        click.echo(f"{PASSED if check['passed'] else FAILED:7} {check['name']}: {check['reason']}")
    if result["dry_run"]:
        click.echo(f"dry run: it would {'' if result['passed'] else 'not '}become champion; nothing was changed")
    elif result["passed"]:
        before = f"version {result['before']}" if result["before"] else "the released model"
        click.echo(f"version {result['registered']} is the champion now (before: {before})")
    else:
        click.echo(f"version {result['registered']} is the candidate; the champion stays")
