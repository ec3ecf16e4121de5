"""Models by name: a folder, an MLflow run, a registered model such as ``models:/claimstance@champion``.

A model that MLflow holds on this machine's disk is read where it lies; one that a server holds is copied to the cache.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlparse

import yaml

from claimstance.errors import InputError, ModelError
from claimstance.model.folder import ACCURATE, CONFIG, default_model, model_folder
from claimstance.records import sha256
from claimstance.tracking.tracker import EXPERIMENT, connect, is_missing, project_root, tracking_uri

REGISTERED: Final = "claimstance"  # the name under which models are registered
CHAMPION: Final = "champion"
CANDIDATE: Final = "candidate"
SCHEME: Final = "models:/"
_RUN_ID: Final = re.compile(r"[0-9a-f]{32}")
_NAME: Final = re.compile(r"[\w .:+=,@-]+")


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model folder, and what MLflow knows of it.

    Attributes:
        name: What the user called it.
        folder: The model folder.
        run_id: The run that made it; null for a folder.
        model_id: MLflow's id of the logged model; null for a folder.
        data: The first characters of the sha256 of each data set of the run, by name.
    """

    name: str
    folder: Path
    run_id: str | None = None
    model_id: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)


def find(name: str) -> FoundModel:
    """Find a model folder by its path, ``accurate``, run id, run name, DVC experiment, or ``models:/`` address.

    Raises:
        InputError: if nothing has that name, or several runs have.
        ModelError: if the run holds no model, or ``accurate`` is not there.
    """
    if name == ACCURATE:
        return FoundModel(name, model_folder(name))
    if Path(name).is_dir():
        return FoundModel(name, Path(name))
    if name.startswith(SCHEME):
        return _registered(name)
    return of_run(name)


def released_or_champion() -> FoundModel:
    """Return the registered champion, or the released model where there is none."""
    champion = champion_version() if database_exists() else None
    if champion is not None:
        return find(f"{SCHEME}{REGISTERED}@{CHAMPION}")
    return FoundModel("the released model", default_model())


def database_exists() -> bool:
    """Whether there is anything to ask: MLflow would make an empty database where there is none."""
    uri = tracking_uri()
    return not uri.startswith("sqlite:///") or Path(uri.removeprefix("sqlite:///")).is_file()


def open_client() -> Any:
    """Return an MLflow client of the project's database.

    Raises:
        InputError: if there is none.
    """
    if not database_exists():
        raise InputError(f"{tracking_uri()}: there is no such database; train a model first, or name a model folder")
    return connect().MlflowClient(tracking_uri())


def champion_version(client: Any = None) -> Any:
    """Return the registered version that is the champion; null where there is none."""
    return version_by_alias(CHAMPION, client)


def version_by_alias(alias: str, client: Any = None) -> Any:
    """Return the version that has an alias; null where none has."""
    client = client or open_client()
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(REGISTERED, alias)
    except MlflowException as error:
        if not is_missing(error):
            raise
        return None


def find_run(name: str) -> Any:
    """Return the run that has an id, a name or the tag of a DVC experiment.

    Raises:
        InputError: if none has, or several.
    """
    client = open_client()
    from mlflow.exceptions import MlflowException

    if _RUN_ID.fullmatch(name):
        try:
            run = client.get_run(name)
        except MlflowException as error:
            if not is_missing(error):
                raise
            run = None
        if run is None or run.info.lifecycle_stage != "active":
            raise InputError(f"{name}: {tracking_uri()} has no such run; list them with: claimstance ui")
        return run
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None or not _NAME.fullmatch(name):
        raise InputError(f"{name}: no such folder and no such run; name a model folder, a run or models:/NAME@ALIAS")
    found: dict[str, Any] = {}
    for where in ("attributes.run_name", "tags.dvc_exp_name"):
        for run in client.search_runs([experiment.experiment_id], f"{where} = '{name}'"):
            found[run.info.run_id] = run
    if not found:
        raise InputError(
            f"{name}: no such folder, and no run or DVC experiment of that name in {tracking_uri()}; "
            "an experiment from another machine has to be run here"
        )
    if len(found) > 1:
        raise InputError(f"{name}: {len(found)} runs have this name; name one by its id: {', '.join(found)}")
    return next(iter(found.values()))


def of_run(name: str) -> FoundModel:
    """Find the newest model of a run.

    Raises:
        InputError: if there is no such run, or several.
        ModelError: if the run holds no model.
    """
    run = find_run(name)
    models = open_client().search_logged_models(
        [run.info.experiment_id],
        filter_string=f"source_run_id = '{run.info.run_id}'",
        order_by=[{"field_name": "creation_timestamp", "ascending": False}],
        max_results=1,
    )
    if not models:
        raise ModelError(f"{name}: the run holds no model; evaluate logs one: run the evaluate stage with its run file")
    return _found(run.info.run_name or name, models[0], run)


def _registered(uri: str) -> FoundModel:
    client = open_client()
    from mlflow.exceptions import MlflowException

    name, at, alias = uri.removeprefix(SCHEME).strip("/").partition("@")
    try:
        if at:
            version = client.get_model_version_by_alias(name, alias)
        elif "/" in name:
            version = client.get_model_version(*name.split("/", 1))
        else:
            return _with_run(uri, client.get_logged_model(name))
        model_id = version.model_id or str(version.source).rpartition("/")[2]
        return _with_run(uri, client.get_logged_model(model_id))
    except MlflowException as error:
        reason = str(error.message).splitlines()[0]
        raise InputError(f"{uri}: no such model in {tracking_uri()} ({reason}); see: claimstance ui") from None


def _with_run(name: str, model: Any) -> FoundModel:
    return _found(name, model, open_client().get_run(model.source_run_id) if model.source_run_id else None)


def _found(name: str, model: Any, run: Any) -> FoundModel:
    folder = _inner(_local(model), name)
    data = {} if run is None else {d.dataset.name: d.dataset.digest for d in run.inputs.dataset_inputs}
    return FoundModel(name, folder, run.info.run_id if run is not None else None, model.model_id, data)


def _local(model: Any) -> Path:
    """Return the folder of a logged model on this machine; one from a server is copied to the cache once."""
    parsed = urlparse(model.artifact_location)
    if parsed.scheme in ("", "file"):
        return Path(unquote(parsed.path))
    cache: Path = project_root() / ".cache" / "models" / model.model_id
    if not (cache / "MLmodel").is_file():
        import mlflow

        cache.mkdir(parents=True, exist_ok=True)
        mlflow.artifacts.download_artifacts(
            artifact_uri=model.artifact_location, dst_path=str(cache), tracking_uri=tracking_uri()
        )
    return cache


def _inner(logged: Path, name: str) -> Path:
    """Return the model folder inside of what MLflow logged."""
    try:
        flavour = yaml.safe_load((logged / "MLmodel").read_text(encoding="utf-8"))["flavors"]["python_function"]
        folder: Path = logged / flavour["artifacts"]["model"]["path"]
    except (OSError, KeyError, TypeError, yaml.YAMLError):
        raise ModelError(f"{name}: {logged} holds no model of claimstance; was the artefact folder moved?") from None
    if not (folder / CONFIG).is_file():
        raise ModelError(f"{name}: {folder}: there is no {CONFIG}; the logged model is incomplete, log it again")
    return folder


def differing_data(model: FoundModel, examples: Path) -> list[str]:
    """Return the test sets of a folder that are not those which the model's run was measured on."""
    wrong = []
    for path in sorted(examples.glob("*.parquet")):
        digest = model.data.get(path.stem)
        if digest is not None and path.stem not in ("train", "dev") and not sha256(path).startswith(digest):
            wrong.append(path.stem)
    return wrong
