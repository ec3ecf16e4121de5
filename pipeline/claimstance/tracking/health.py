"""What may be wrong with the tracking of runs: the database, moved artefacts, runs that never ended."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlparse

import yaml

from claimstance.tracking.registry import database_exists, open_client
from claimstance.tracking.tracker import EXPERIMENT, project_root, tracking_uri

OK: Final = "ok"
WARNING: Final = "warning"
PROBLEM: Final = "problem"
PAGE: Final = 50  # runs or models that are asked for at a time


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, and what to do about it; ``advice`` is empty where nothing is to be done."""

    name: str
    status: str
    found: str
    advice: str = ""


def tracking_findings() -> Iterator[Finding]:
    """Yield what is to say of the tracking database and its runs."""
    uri = tracking_uri()
    if "MLFLOW_TRACKING_URI" in os.environ:
        yield Finding("tracking", OK, "MLFLOW_TRACKING_URI is set, and names the place of the runs")
    if not database_exists():
        yield Finding("tracking", OK, f"{uri}: no database yet; the first training makes it")
        return
    if find_spec("mlflow") is None:
        yield Finding("tracking", WARNING, f"{uri}: mlflow is not installed", "pip install 'claimstance[train]'")
        return
    try:
        _probe(uri)
        client = open_client()
        experiment = client.get_experiment_by_name(EXPERIMENT)
    except Exception as error:  # of sqlalchemy, of MLflow, of the network: whatever makes it unreadable
        reason = " ".join(str(error).split())[:200]
        advice = f"if another version of MLflow made it: mlflow db upgrade {uri}; else restore the file or move it away"
        yield Finding("tracking", PROBLEM, f"{uri}: cannot be read ({type(error).__name__}: {reason})", advice)
        return
    if experiment is None:
        yield Finding("tracking", OK, f"{uri}: readable; no experiment {EXPERIMENT!r} yet")
        return
    order = ["attributes.start_time DESC"]
    runs = list(_pages(partial(client.search_runs, [experiment.experiment_id], max_results=PAGE, order_by=order)))
    yield Finding("tracking", OK, f"{uri}: readable, {len(runs)} runs")
    yield _artefacts(client, experiment)
    yield from _running(runs)
    yield from current_run(project_root(), runs)


def _probe(uri: str) -> None:
    """Raise at once if a sqlite file cannot be read; MLflow tries again for most of a minute."""
    if uri.startswith("sqlite:///"):
        file = Path(uri.removeprefix("sqlite:///")).resolve()
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT COUNT(*) FROM experiments")


def _artefacts(client: Any, experiment: Any) -> Finding:
    """Say whether artefacts lie where the database says; MLflow stores absolute paths."""
    models = _pages(partial(client.search_logged_models, [experiment.experiment_id], max_results=PAGE))
    places = [_local(model.artifact_location) for model in models]
    lost = [place for place in places if place is not None and not place.is_dir()]
    root = _local(experiment.artifact_location)
    if not lost:
        return Finding("artefacts", OK, f"{experiment.artifact_location}: {len(places)} models, all there")
    here = project_root() / "mlartifacts"
    advice = "restore the folder from a backup, or train again"
    if root is not None and not root.is_dir() and here.is_dir():
        advice = f"the checkout was moved; link the old place to the new one: ln -s {here} {root}"
    return Finding("artefacts", PROBLEM, f"{len(lost)} of {len(places)} models are gone, such as {lost[0]}", advice)


def _pages(search: Callable[..., Any]) -> Iterator[Any]:
    """Yield everything that a search of MLflow finds, page by page."""
    token = None
    while token != "":
        page = search(page_token=token)
        yield from page
        token = page.token or ""


def _local(uri: str) -> Path | None:
    parsed = urlparse(uri)
    return Path(unquote(parsed.path)) if parsed.scheme in ("", "file") else None


def _running(runs: list[Any]) -> Iterator[Finding]:
    left = [run for run in runs if run.info.status == "RUNNING"]
    for run in left:
        since = datetime.fromtimestamp(run.info.start_time / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
        advice = f"if nothing trains: train again to resume it, or: mlflow runs delete --run-id {run.info.run_id}"
        yield Finding("runs", WARNING, f"{run.info.run_name} is RUNNING since {since}", advice)
    if not left:
        yield Finding("runs", OK, "none is left RUNNING")


def current_run(root: Path, runs: list[Any]) -> Iterator[Finding]:
    """Say whether the model of ``dvc.lock`` comes from the newest run, and whether the checkout holds it."""
    locked = _locked_run_file(root)
    if locked is None:
        return
    file, digest = locked
    if not file.is_file():
        yield Finding("dvc.lock", WARNING, f"{file.name} of the lock is not there", "dvc checkout, or dvc repro")
        return
    if hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest() != digest:
        advice = "commit the lock that `dvc repro` writes, or go back: git checkout dvc.lock metrics && dvc checkout"
        yield Finding("dvc.lock", WARNING, f"{file.name} is not the one that dvc.lock names", advice)
    run_id = str(json.loads(file.read_text(encoding="utf-8")).get("run_id"))
    if run_id not in {run.info.run_id for run in runs}:
        found = f"the model of dvc.lock comes from run {run_id}, which this database does not have"
        yield Finding("current run", OK, f"{found}: it was made on another machine")
        return
    newest = next(run for run in runs if _is_training(run))
    if newest.info.run_id != run_id:
        found = f"the newest run is {newest.info.run_name}; the model of dvc.lock comes from an earlier one, {run_id}"
        yield Finding("current run", WARNING, found, "to work with the newest: dvc exp apply NAME; else nothing")
    else:
        yield Finding("current run", OK, f"the model of dvc.lock comes from the newest run, {newest.info.run_name}")


def _is_training(run: Any) -> bool:
    """Return whether a run is of the pipeline's train stage: not of a sweep, nor of an evaluation of its own."""
    tags = run.data.tags
    return tags.get("stage") == "train" and not {"trained_in", "mlflow.parentRunId"} & set(tags)


def _locked_run_file(root: Path) -> tuple[Path, str] | None:
    """Return the file that names the current run, and the md5 that ``dvc.lock`` has of it."""
    try:
        lock = yaml.safe_load((root / "dvc.lock").read_text(encoding="utf-8"))
        outputs = lock["stages"]["train"]["outs"]
        out = next(one for one in outputs if Path(one["path"]).name == "run.json")
        return root / out["path"], str(out["md5"])
    except (OSError, KeyError, TypeError, StopIteration, yaml.YAMLError):
        return None
