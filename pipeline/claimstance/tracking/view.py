"""Addresses in MLflow's pages, and the view of the run list: the best run first, with the numbers that decide."""

import json
from typing import Final

from claimstance.tracking.tracker import EXPERIMENT, connect, tracking_uri

UI_PORT: Final = 5000  # where `make ui` listens
KEY: Final = "claimstance"
BEST: Final = "metrics.`test/overall`"
COLUMNS: Final = (
    "attributes.`Created`",
    BEST,
    *(f"metrics.`test/{name}`" for name in ("overall_low", "overall_high")),
    *(f"metrics.`test/{name}_f1`" for name in ("act", "strength", "stance", "source", "target")),
    "metrics.`behaviour/pass_rate`",
    "metrics.`behaviour/hostile_by_name_worst`",
    *(f"params.`{name}`" for name in ("encoder", "learning_rate", "epochs", "limit", "seed")),
    "tags.`gate`",
    "tags.`dvc_exp_name`",
)
STATE: Final = {
    "searchFilter": "",
    "orderByKey": BEST,
    "orderByAsc": False,
    "startTime": "ALL",
    "lifecycleFilter": "Active",
    "datasetsFilter": [],
    "modelVersionFilter": "All Runs",
    "selectedColumns": COLUMNS,
    "runsExpanded": {},
    "runsPinned": [],
    "runsHidden": [],
    "runsHiddenMode": "FIRST_10_RUNS",
    "groupBy": None,
}


def run_link(run_id: str = "", port: int = UI_PORT) -> str:
    """Return the address of a run, or of the list of runs, in the UI that `make ui` starts; empty if nothing tracks."""
    uri = tracking_uri()
    server = uri.rstrip("/") if uri.startswith("http") else f"http://127.0.0.1:{port}"
    experiment = connect().get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return ""
    return f"{server}/#/experiments/{experiment.experiment_id}/runs" + (f"/{run_id}" if run_id else "")


def shared_view(port: int) -> str:
    """Keep the view with the experiment, as MLflow keeps a shared one, and return its address; empty without runs."""
    link = run_link(port=port)
    if not link:
        return ""
    client = connect().MlflowClient()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    client.set_experiment_tag(experiment.experiment_id, f"mlflow.sharedViewState.{KEY}", json.dumps(STATE))
    return f"{link}?viewStateShareKey={KEY}"
