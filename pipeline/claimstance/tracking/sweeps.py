"""A sweep in MLflow: one parent run, and each training a child of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from claimstance.tracking.registry import database_exists, open_client
from claimstance.tracking.tracker import Tracker, tracked

PARENT: Final = "mlflow.parentRunId"  # tag by which the UI shows a run under another


def open_parent(name: str, known: str | None) -> str:
    """Return the id of a sweep's run: the one that is known, if the database has it, else a new one."""
    if known is not None and database_exists():
        from mlflow.exceptions import MlflowException

        try:
            open_client().update_run(known, status="RUNNING")
            return known
        except MlflowException:
            pass  # from another machine, or deleted
    with tracked("sweep", None):
        import mlflow

        active: Any = mlflow.active_run()
        run_id = str(active.info.run_id)
        mlflow.set_tag("mlflow.runName", name)
    open_client().update_run(run_id, status="RUNNING")
    return run_id


def close_parent(run_id: str, best: Mapping[str, float], report: Path, status: str = "FINISHED") -> None:
    """End a sweep's run with the scores of its best combination and its report."""
    client = open_client()
    for name, value in best.items():
        client.log_metric(run_id, f"best/{name}", value)
    if report.is_file():
        client.log_artifact(run_id, str(report))
    client.set_terminated(run_id, status)


@contextmanager
def child(parent: str, name: str, run_file: Path, run_id: str = "") -> Iterator[Tracker]:
    """Open a run for one training of a sweep, or go on with an interrupted one."""
    with tracked("train", run_file, run_id=run_id) as tracker:
        import mlflow

        mlflow.set_tags({PARENT: parent, "mlflow.runName": name})
        yield tracker


class WatchedTracker:
    """A tracker that also tells what dev scored after each epoch."""

    def __init__(self, tracker: Tracker, on_epoch: Callable[[float], None]) -> None:
        self._tracker = tracker
        self._on_epoch = on_epoch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tracker, name)

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Log numbers; the mean of dev's F1s goes to ``on_epoch``."""
        self._tracker.metrics(values, step)
        if (score := values.get("dev/mean_f1")) is not None:
            self._on_epoch(score)
