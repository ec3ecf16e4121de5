"""Experiment tracking: a run in MLflow behind one small class.

A training and its evaluation are one MLflow run: ``train`` writes the run's id to a small tracked file, ``evaluate``
goes on with it, and a stage that DVC restores from its cache still points to the run that made it.
"""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from claimstance.records import sha256, write_json

EXPERIMENT: Final = "claimstance"
MEASURED: Final = "model_version"  # tag of a run whose model was measured
NOTE: Final = "mlflow.note.content"  # the description that the UI shows
_SQLITE: Final = "sqlite:///"
_NOT_IN_NAMES = re.compile(r"[^\w\-. :/]", re.ASCII)


class Tracker(Protocol):
    """What a stage may tell an experiment tracker."""

    run_id: str

    def params(self, values: Mapping[str, object]) -> None: ...
    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None: ...
    def measured(self, values: Mapping[str, float], data: Path, model_id: str) -> None: ...
    def tags(self, values: Mapping[str, str]) -> None: ...
    def artifact(self, path: Path, folder: str | None = None) -> None: ...
    def table(self, rows: Sequence[Mapping[str, object]], name: str) -> None: ...
    def dataset(self, path: Path, context: str) -> None: ...


class NullTracker:
    """Tracks nothing; for tests, and for all but the first process under torchrun."""

    run_id = ""

    def params(self, values: Mapping[str, object]) -> None:
        """Do nothing."""

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Do nothing."""

    def measured(self, values: Mapping[str, float], data: Path, model_id: str) -> None:
        """Do nothing."""

    def tags(self, values: Mapping[str, str]) -> None:
        """Do nothing."""

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Do nothing."""

    def table(self, rows: Sequence[Mapping[str, object]], name: str) -> None:
        """Do nothing."""

    def dataset(self, path: Path, context: str) -> None:
        """Do nothing."""


class MlflowTracker:
    """Writes to the active MLflow run."""

    def __init__(self, run_id: str) -> None:
        import mlflow

        self.mlflow: Any = mlflow
        self.run_id = run_id

    def params(self, values: Mapping[str, object]) -> None:
        """Log what a person would compare between runs."""
        self.mlflow.log_params({name: str(value) for name, value in values.items()})

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Log numbers; characters that MLflow does not allow in names become underscores."""
        self.mlflow.log_metrics(_clean(values), step=step)

    def measured(self, values: Mapping[str, float], data: Path, model_id: str) -> None:
        """Log what a logged model scored on a test set, linked to both."""
        from mlflow.entities import LoggedModelInput

        data_set = self._read(data)
        self.mlflow.log_input(data_set, context="test", model=LoggedModelInput(model_id))
        self.mlflow.log_metrics(_clean(values), model_id=model_id, dataset=data_set)

    def tags(self, values: Mapping[str, str]) -> None:
        """Set tags of the run; ``NOTE`` is its description."""
        self.mlflow.set_tags(dict(values))

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Keep a file, or all files of a folder, with the run."""
        if path.is_dir():
            self.mlflow.log_artifacts(str(path), artifact_path=folder)
        else:
            self.mlflow.log_artifact(str(path), artifact_path=folder)

    def table(self, rows: Sequence[Mapping[str, object]], name: str) -> None:
        """Keep a table with the run, which the UI compares with those of other runs."""
        import pandas as pd

        self.mlflow.log_table(pd.DataFrame(list(rows)), f"{name}.json")

    def dataset(self, path: Path, context: str) -> None:
        """Name a Parquet file of examples as an input of the run, by its hash and counts."""
        self.mlflow.log_input(self._read(path), context=context)

    def _read(self, path: Path) -> Any:
        import pyarrow.parquet as pq

        table = pq.read_table(path, columns=["example_id", "corpus", "split", "text"])
        frame = table.to_pandas()
        digest = sha256(path)[:32]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # mlflow warns of integer columns that could hold nulls
            return self.mlflow.data.from_pandas(frame, source=str(path), name=path.stem, digest=digest)


def _clean(values: Mapping[str, float]) -> dict[str, float]:
    return {_NOT_IN_NAMES.sub("_", name): float(value) for name, value in values.items()}


def tracking_uri() -> str:
    """``MLFLOW_TRACKING_URI``, else a sqlite file in the project's root.

    ``dvc exp run --temp`` and ``--queue`` work in a temporary copy; ``DVC_ROOT`` then names it, so the database is
    looked for in the checkout that the copy was made from. A relative sqlite path counts from there too.
    """
    given = os.environ.get("MLFLOW_TRACKING_URI")
    if given and not given.startswith(_SQLITE):
        return given
    return f"{_SQLITE}{_database(given or f'{_SQLITE}mlflow.db')}"


def artifact_uri(uri: str) -> str | None:
    """Return the folder for a new experiment's artefacts: beside a sqlite database, else what the server decides.

    Left to itself MLflow takes ``./mlruns``, which in the temporary copy of a DVC experiment is deleted with it.
    """
    return (_database(uri).parent / "mlartifacts").as_uri() if uri.startswith(_SQLITE) else None


def _database(uri: str) -> Path:
    return project_root() / uri.removeprefix(_SQLITE).partition("?")[0]


def project_root() -> Path:
    """The checkout, also from within the temporary copy of a queued DVC experiment."""
    root = Path(os.environ.get("DVC_ROOT") or Path.cwd()).resolve()
    parts = root.parts
    for i in range(len(parts) - 2):  # <checkout>/.dvc/tmp/exps/<copy>
        if parts[i : i + 2] == (".dvc", "tmp"):
            return Path(*parts[:i])
    return root


@contextmanager
def tracked(stage: str, run_file: Path | None, name: str = "", run_id: str = "") -> Iterator[Tracker]:
    """Open an MLflow run for a stage; one that raises is FAILED afterwards, one that is interrupted or ended KILLED.

    Args:
        stage: ``train`` makes a run. ``evaluate`` goes on with the run that ``run_file`` names, unless that one was
            evaluated before or belongs to another DVC experiment, whose training DVC took from its cache: then it
            makes a run of its own, with the params of the training's.
        run_file: Where ``train`` writes the run's id (JSON).
        name: Of a new run.
        run_id: Of an interrupted run to go on with.
    """
    if os.environ.get("RANK", "0") != "0":
        yield NullTracker()
        return
    mlflow = connect()
    earlier = None if stage == "train" else _earlier_run(mlflow, run_file)
    tracker = _started(mlflow, stage, earlier, name, run_id)
    status = "FAILED"
    before = _exit_when_terminated()
    try:
        yield tracker
        if run_file is not None and stage == "train":
            write_json(run_file, {"run_id": tracker.run_id, "experiment": EXPERIMENT})
        status = "FINISHED"
    except (KeyboardInterrupt, SystemExit):
        status = "KILLED"
        raise
    finally:
        mlflow.end_run(status)
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _started(mlflow: Any, stage: str, earlier: Any, name: str, run_id: str) -> MlflowTracker:
    """Begin a run, or go on with that of the training or of an interrupted stage."""
    tags, params = {**_tags(), "stage": stage}, {}
    if earlier is not None and not _taken(earlier):
        run_id = earlier.info.run_id
    elif earlier is not None:
        name, tags["trained_in"], params = name or earlier.info.run_name, earlier.info.run_id, earlier.data.params
    if run_id:
        known = _find_run(mlflow, run_id)
        run_id = run_id if known is not None else ""
        tags = {name: value for name, value in tags.items() if known is None or name not in known.data.tags}
    active = mlflow.start_run(
        run_id=run_id or None, experiment_id=_experiment(mlflow), run_name=None if run_id else name or None, tags=tags
    )
    tracker = MlflowTracker(active.info.run_id)
    if params:
        tracker.params(params)
    return tracker


def _exit_when_terminated() -> Any:
    """Make SIGTERM an exit with 143, so that the run is ended too; return the handler before, null in a thread."""
    if threading.current_thread() is not threading.main_thread():
        return None
    return signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def connect() -> Any:
    """Return mlflow, quiet, with the project's tracking store set."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(tracking_uri())
    return mlflow


def _experiment(mlflow: Any) -> str:
    """Make the experiment if it is not there; the tag keeps the UI in its model-training view."""
    found = mlflow.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    tags = {"mlflow.experimentKind": "custom_model_development"}
    place = artifact_uri(tracking_uri())
    return str(mlflow.create_experiment(EXPERIMENT, artifact_location=place, tags=tags))


def _earlier_run(mlflow: Any, run_file: Path | None) -> Any:
    """Return the run that a file names; null if there is none, or it was made on another machine."""
    if run_file is None or not run_file.is_file():
        return None
    return _find_run(mlflow, str(json.loads(run_file.read_text(encoding="utf-8"))["run_id"]))


def _find_run(mlflow: Any, run_id: str) -> Any:
    """Return a run; null if there is none, or it was deleted."""
    try:
        run = mlflow.get_run(run_id)
    except mlflow.exceptions.MlflowException as error:
        if not is_missing(error):
            raise
        return None
    return run if run.info.lifecycle_stage == "active" else None


def is_missing(error: Any) -> bool:
    """Return whether MLflow says that something does not exist, and not that its server or database fails."""
    return str(error.error_code) in ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND", "INVALID_PARAMETER_VALUE")


def _taken(run: Any) -> bool:
    """Return whether a run was evaluated before, or belongs to another DVC experiment."""
    tags = run.data.tags
    return MEASURED in tags or tags.get("dvc_exp_name", "") != os.environ.get("DVC_EXP_NAME", "")


def _tags() -> dict[str, str]:
    lock, commit = project_root() / "dvc.lock", _git("rev-parse", "HEAD")
    tags = {
        "git_commit": commit,
        "git_dirty": str(bool(_git("status", "--porcelain", "--untracked-files=no"))).lower() if commit else "",
        "dvc_exp_name": os.environ.get("DVC_EXP_NAME", ""),
        "dvc_lock": sha256(lock)[:12] if lock.is_file() else "",
    }
    return {name: value for name, value in tags.items() if value}


def _git(*arguments: str) -> str:
    try:
        command = ["git", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""
