"""``claimstance evaluate``: a model on every test set that is there, beside baselines and published numbers."""

import csv
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from claimstance import heads
from claimstance.commands.options import PATH, params_option, path_option
from claimstance.corpus import news
from claimstance.corpus.articles import assign_articles, read_sound_corpus
from claimstance.corpus.splits import UNSEEN, SplitParams
from claimstance.errors import InputError, ParamsError
from claimstance.evaluation import attribution, metrics, test_sets
from claimstance.evaluation.test_sets import EvaluateParams, TestSets
from claimstance.model.folder import ModelConfig, model_folder
from claimstance.model.predictor import Batching, Predictor, load_predictor
from claimstance.params import load_section
from claimstance.processors import usable_processors
from claimstance.records import read_json, write_json
from claimstance.report.headline import calibration_rows, class_rows, headline, score_rows, without_intervals
from claimstance.report.progress import progress
from claimstance.report.tables import table
from claimstance.report.terminal import scores_table, show
from claimstance.schema import Example, Prediction
from claimstance.tracking.description import describe, differences
from claimstance.tracking.tracker import MEASURED, NOTE, Tracker, tracked
from claimstance.tracking.view import run_link

KEPT_ASIDE: Final = ("test", UNSEEN)
CALIBRATED: Final = (*KEPT_ASIDE, "news-test")


@dataclass(frozen=True, slots=True)
class EvaluatePaths:
    """Paths that are null are left out."""

    model: Path
    examples: Path  # folder, from prepare
    output: Path | None = None
    details: Path | None = None
    plots: Path | None = None
    corpus: Path | None = None  # folder of annotated articles
    news: Path | None = None  # folder of labelled real news
    texts: Path | None = None  # folder of its fetched texts
    behaviour: Path | None = None  # report of behave
    export: Path | None = None  # report of export

    def __post_init__(self) -> None:
        if (self.news is None) != (self.texts is None):
            raise ParamsError("--news and --texts go together: labels and their texts")


@click.command()
@click.option("--model", help="Model folder, or accurate [default: the model that ships with the package].")
@path_option("examples", "Folder of examples, from prepare.")
@click.option("--output", type=PATH, help="Headline numbers and the outcome of the gate (JSON).")
@click.option("--details", type=PATH, help="Every number (JSON).")
@click.option("--plots", type=PATH, help="Folder for plots and the worst mistakes; it is emptied first.")
@click.option("--corpus", type=PATH, help="Folder of annotated articles: measures speakers and target names too.")
@click.option("--news", type=PATH, help="Folder of labelled real news, whose names are measured too; needs --texts.")
@click.option("--texts", type=PATH, help="Folder of the fetched texts of --news, such as data/public.")
@click.option("--behaviour", type=PATH, help="Report of behave on the same model (JSON), to join.")
@click.option("--export", type=PATH, help="Report of export on the same model (JSON), to join.")
@click.option("--run-file", type=PATH, help="The tracking run to continue, from train (JSON).")
@params_option
def command(model: str | None, run_file: Path | None, params: Path, **paths: Path | None) -> None:
    """Evaluate a model on every test set that is there, beside the baselines."""
    from claimstance.commands.prepare import PrepareParams

    section = load_section(params, "evaluate", EvaluateParams)
    splits = load_section(params, "prepare", PrepareParams)
    where = EvaluatePaths(model_folder(model), **paths)  # type: ignore[arg-type]
    if run_file is None:
        click.echo(table(run(where, section, splits)))
        return
    with tracked("evaluate", run_file) as tracker:
        details = run(where, section, splits)
        _track(tracker, where, details, differences(params))
    show(f"run: {run_link(tracker.run_id)}  (after `make ui`)")


def run(paths: EvaluatePaths, params: EvaluateParams, splits: SplitParams | None = None) -> dict[str, Any]:
    """Measure a model folder, show the headline numbers, write what ``paths`` names.

    Raises:
        InputError: if the examples are missing, or a report to join is of another model.
        CorpusError: if the corpus has a problem.
        ModelError: if the folder is no intact model.
    """
    predictor = load_predictor(paths.model, batching=Batching(threads=usable_processors()))
    joined = _joined(paths, predictor.config)
    details = measure(predictor, paths, params, splits or SplitParams()) | joined
    numbers = {name: headline(details["sets"][name]) for name in KEPT_ASIDE if name in details["sets"]}
    show(scores_table(f"model {predictor.config.version}", numbers), _gate_line(predictor.config))
    if paths.details is not None:
        write_json(paths.details, details)
    if paths.output is not None:
        write_json(paths.output, summary(details))
    return details


def _joined(paths: EvaluatePaths, config: ModelConfig) -> dict[str, Any]:
    """Return what the model's folder and the reports of other stages say of it."""
    joined: dict[str, Any] = {"gate": config.gate, "gate_broken": list(config.gate_broken)}
    for name, path in (("behaviour", paths.behaviour), ("export", paths.export)):
        if path is not None:
            joined[name] = read_json(path)
            if (version := joined[name]["model_version"]) != config.version:
                raise InputError(f"{path}: is of model {version}, not of {config.version}; run that stage again")
    return joined


def _gate_line(config: ModelConfig) -> str:
    broken = "".join(f"\n  {condition}" for condition in config.gate_broken)
    return f"gate: {config.gate or 'not measured'}{broken}"


def _track(tracker: Tracker, paths: EvaluatePaths, details: dict[str, Any], differs: list[str]) -> None:
    """Log the folder that was measured, then its numbers, linked to it and to the test sets."""
    if not tracker.run_id:
        return
    from claimstance.tracking import mlflow_model

    version = details["model_version"]
    model_id = mlflow_model.log(paths.model, {MEASURED: version, "gate": details["gate"]})
    shown = {name: headline(details["sets"][name]) for name in KEPT_ASIDE if name in details["sets"]}
    for name, numbers in shown.items():
        kept = {f"{name}/{n}": v for n, v in numbers.items() if v is not None and (name == "test" or "overall" in n)}
        tracker.measured(kept, paths.examples / f"{name}.parquet", model_id)
    tracker.metrics(_beside(details))
    for name, rows in (("scores", score_rows), ("classes", class_rows), ("calibration", calibration_rows)):
        tracker.table(list(rows(details)), f"tables/{name}")
    for path, folder in ((paths.output, None), (paths.details, None), (paths.plots, "evaluation")):
        if path is not None and path.parent != paths.plots:
            tracker.artifact(path, folder)
    notes = [f"model `{version}`, gate: {details['gate'] or 'not measured'}", *details["gate_broken"]]
    notes += [f"[this run]({run_link(tracker.run_id)})", f"[all runs]({run_link()})"]
    tracker.tags({MEASURED: version, "gate": details["gate"], NOTE: describe(differs, shown["test"], notes)})


def _beside(details: dict[str, Any]) -> dict[str, float]:
    """Return the one number each of the behavioural tests and of the export."""
    found: dict[str, float] = {}
    if "behaviour" in details:
        found["behaviour/pass_rate"] = details["behaviour"]["pass_rate"]
        if names := details["behaviour"].get("names"):
            found |= {"behaviour/hostile_by_name": names["mean"], "behaviour/hostile_by_name_worst": names["worst"]}
    if shares := details.get("export", {}).get("int8_agreement"):
        found["export/min_agreement"] = min(shares.values())
    return found


def measure(predictor: Predictor, paths: EvaluatePaths, params: EvaluateParams, splits: SplitParams) -> dict[str, Any]:
    """Return every number of a predictor, and write its plots."""
    sets = test_sets.read_sets(paths.examples)
    baselines = test_sets.Baselines(sets.train)
    result: dict[str, Any] = {"model_version": predictor.config.version, "sets": {}, "calibration": {}, "review": {}}
    threshold = predictor.config.threshold_for(params.max_error)
    for name, examples in sets.tests.items():
        with progress(f"{name}, sentences", len(examples)) as advance:
            predictions = test_sets.predict(predictor, examples)
            result["sets"][name] = test_sets.evaluate(predictor, examples, predictions, baselines, params)
            advance(len(examples))
        if name in CALIBRATED:
            result["calibration"][name] = test_sets.measure_calibration(predictor, examples, params)
            result["review"][name] = test_sets.measure_review(
                examples, predictions, predictor.calibration.claim, threshold
            )
        if name == "test" and paths.plots is not None:
            write_plots(paths.plots, examples, predictions, result["calibration"][name], params)
    result["dev"] = _dev(predictor, sets)
    if paths.corpus is not None:
        result["attribution"] = dict(_attribution(paths.corpus, splits, predictor))
    if paths.news is not None and paths.texts is not None:
        articles, result["news_without_text"] = _news_articles(paths.news, paths.texts)
        for split in (name for name in ("train", "dev", "test") if name in articles):
            scores = attribution.evaluate(articles[split], predictor)
            result.setdefault("attribution", {})[f"news-{split}"] = scores
    return result


def _dev(predictor: Predictor, sets: TestSets) -> dict[str, Any]:
    dev = sets.own_dev
    return metrics.evaluate(dev, test_sets.predict(predictor, dev), 0) if dev else {}


def _attribution(corpus: Path, splits: SplitParams, predictor: Predictor) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield by split how well speakers, target names and holders are found; counter-pairs are no articles."""
    articles = read_sound_corpus(corpus)
    _, assigned = assign_articles(articles, splits)
    for split in ("train", "dev", *KEPT_ASIDE):
        some = [a for a in articles if assigned[a.article_id] == split and a.style != "counter-pairs"]
        if some:
            yield split, attribution.evaluate(list(map(attribution.annotated, some)), predictor)


def _news_articles(labels: Path, texts: Path) -> tuple[dict[str, list[attribution.Article]], int]:
    """Return the articles of real news by split, and how many are left out because their texts were not fetched."""
    splits: dict[str, list[attribution.Article]] = {}
    missing = 0
    for _, article, text in news.read_articles(labels, texts):
        if text is None:
            missing += 1
        else:
            splits.setdefault(article.header.split, []).append(attribution.real(article, text))
    if missing:
        click.echo(f"{texts}: texts of {labels} that are missing: {missing}; run claimstance fetch --news", err=True)
    return splits, missing


def summary(details: dict[str, Any]) -> dict[str, Any]:
    """Return about ten numbers, and the outcome of the gate."""
    sets = details["sets"]
    result: dict[str, Any] = {"test": without_intervals(headline(sets["test"]))}
    if UNSEEN in sets:
        result[UNSEEN] = {n: v for n, v in without_intervals(headline(sets[UNSEEN])).items() if n == "overall"}
    beside = {name.replace("/", "_"): value for name, value in _beside(details).items()}
    return {**result, **beside, "gate": details["gate"] or "not measured"}


def write_plots(
    folder: Path,
    test: Sequence[Example],
    predictions: Sequence[Prediction],
    calibrated: dict[str, dict[str, Any]],
    params: EvaluateParams,
) -> None:
    """Write confusion matrices, reliability plots and the worst mistakes of one test set."""
    from claimstance.report import plots

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for head in heads.with_labels():
        if found := metrics.decisions(head, test, predictions):
            plots.confusion(folder / f"confusion-{head.name}.png", head, found)
            rows = [{"actual": d.gold, "predicted": d.found} for d in found]
            _write_csv(folder / f"confusion-{head.name}.csv", rows)
    _write_csv(folder / "worst.csv", test_sets.worst_mistakes(test, predictions, params.worst))
    for name, value in calibrated.items():
        sides = {side: value[side]["curve"] for side in ("before", "after")}
        plots.reliability(folder / f"reliability-{name}.png", name, sides)
        _write_csv(folder / f"reliability-{name}.csv", sides["after"])
        _write_csv(folder / f"risk-coverage-{name}.csv", value["after"]["risk_coverage"])
    curves = {name: value["after"]["risk_coverage"] for name, value in calibrated.items()}
    plots.risk_coverage(folder / "risk-coverage.png", curves)


def _write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        if rows:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
