"""Experiment tracking behind one small seam; this file and ``mlflow_model.py`` are all that import mlflow.

A training and its evaluation are one MLflow run: ``train`` writes the run's id to a small tracked file, ``evaluate``
goes on with it, and a stage that DVC restores from its cache still points to the run that made it.
"""

import hashlib
import json
import logging
import os
import re
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from claimstance.records import write_json

EXPERIMENT: Final = "claimstance"
_NOT_IN_NAMES = re.compile(r"[^\w\-. :/]", re.ASCII)


class Tracker(Protocol):
    """What a stage may tell an experiment tracker."""

    def params(self, values: Mapping[str, object]) -> None: ...
    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None: ...
    def artifact(self, path: Path, folder: str | None = None) -> None: ...
    def dataset(self, path: Path, context: str) -> None: ...


class NullTracker:
    """Tracks nothing; for tests, and for all but the first process under torchrun."""

    def params(self, values: Mapping[str, object]) -> None:
        """Do nothing."""

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Do nothing."""

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Do nothing."""

    def dataset(self, path: Path, context: str) -> None:
        """Do nothing."""


class MlflowTracker:
    """Writes to the active MLflow run."""

    def __init__(self) -> None:
        import mlflow

        self.mlflow: Any = mlflow

    def params(self, values: Mapping[str, object]) -> None:
        """Log what a person would compare between runs."""
        self.mlflow.log_params({name: str(value) for name, value in values.items()})

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Log numbers; characters that MLflow does not allow in names become underscores."""
        clean = {_NOT_IN_NAMES.sub("_", name): float(value) for name, value in values.items()}
        self.mlflow.log_metrics(clean, step=step)

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Keep a file, or all files of a folder, with the run."""
        if path.is_dir():
            self.mlflow.log_artifacts(str(path), artifact_path=folder)
        else:
            self.mlflow.log_artifact(str(path), artifact_path=folder)

    def dataset(self, path: Path, context: str) -> None:
        """Name a Parquet file of examples as an input of the run, by its hash and counts."""
        import pyarrow.parquet as pq

        table = pq.read_table(path, columns=["example_id", "corpus", "split", "text"])
        frame = table.to_pandas()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # mlflow warns of integer columns that could hold nulls
            data = self.mlflow.data.from_pandas(frame, source=str(path), name=path.stem, digest=digest)
        self.mlflow.log_input(data, context=context)


def tracking_uri() -> str:
    """``MLFLOW_TRACKING_URI``, else a sqlite file in the project's root.

    ``dvc exp run --temp`` and ``--queue`` work in a temporary copy; ``DVC_ROOT`` then names it, so the database is
    looked for in the checkout that the copy was made from.
    """
    given = os.environ.get("MLFLOW_TRACKING_URI")
    return given or f"sqlite:///{project_root() / 'mlflow.db'}"


def project_root() -> Path:
    """The checkout, also from within the temporary copy of a queued DVC experiment."""
    root = Path(os.environ.get("DVC_ROOT") or Path.cwd()).resolve()
    parts = root.parts
    for i in range(len(parts) - 2):  # <checkout>/.dvc/tmp/exps/<copy>
        if parts[i : i + 2] == (".dvc", "tmp"):
            return Path(*parts[:i])
    return root


@contextmanager
def tracked(stage: str, run_file: Path | None) -> Iterator[Tracker]:
    """An MLflow run for a stage: a new one for ``train``, for any other the run that ``run_file`` names.

    A stage that raises leaves its run FAILED, not RUNNING.
    """
    if os.environ.get("RANK", "0") != "0":
        yield NullTracker()
        return
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(tracking_uri())
    experiment = _experiment(mlflow)
    run_id = None if stage == "train" else _earlier_run(mlflow, run_file)
    name = None if run_id else os.environ.get("DVC_EXP_NAME")  # the UI and `dvc exp show` then agree
    tags = {**_tags(), "stage": stage}
    with mlflow.start_run(run_id=run_id, experiment_id=experiment, run_name=name, tags=tags) as run:
        yield MlflowTracker()
        if run_file is not None and stage == "train":
            write_json(run_file, {"run_id": run.info.run_id, "experiment": EXPERIMENT})


def _experiment(mlflow: Any) -> str:
    """Make the experiment if it is not there; the tag keeps the UI in its model-training view."""
    found = mlflow.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    artifacts = None
    if "MLFLOW_TRACKING_URI" not in os.environ:
        artifacts = (project_root() / "mlartifacts").as_uri()
    tags = {"mlflow.experimentKind": "custom_model_development"}
    return str(mlflow.create_experiment(EXPERIMENT, artifact_location=artifacts, tags=tags))


def _earlier_run(mlflow: Any, run_file: Path | None) -> str | None:
    if run_file is None or not run_file.is_file():
        return None
    run_id = str(json.loads(run_file.read_text(encoding="utf-8"))["run_id"])
    try:
        mlflow.get_run(run_id)
    except mlflow.exceptions.MlflowException:
        return None  # made on another machine: its database is not here
    return run_id


def _tags() -> dict[str, str]:
    lock = project_root() / "dvc.lock"
    tags = {
        "git_commit": _git("rev-parse", "HEAD"),
        "git_dirty": str(bool(_git("status", "--porcelain", "--untracked-files=no"))).lower(),
        "dvc_exp_name": os.environ.get("DVC_EXP_NAME", ""),
        "dvc_lock": hashlib.sha256(lock.read_bytes()).hexdigest()[:12] if lock.is_file() else "",
    }
    return {name: value for name, value in tags.items() if value}


def _git(*arguments: str) -> str:
    try:
        command = ["git", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""
