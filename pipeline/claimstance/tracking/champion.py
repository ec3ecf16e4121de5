"""Registered versions of the model and their aliases: ``candidate`` is the newest, ``champion`` the one that serves."""

from collections.abc import Mapping
from typing import Any, Final

from claimstance.errors import InputError
from claimstance.tracking.registry import (
    CANDIDATE,
    CHAMPION,
    REGISTERED,
    FoundModel,
    champion_version,
    open_client,
)

BEFORE: Final = "champion_before"  # tag: the version that was champion before this one; empty if none was


def register(model: FoundModel) -> Any:
    """Register a run's model, once, and give it the alias ``candidate``.

    Raises:
        InputError: if the model is a folder, which MLflow does not hold.
    """
    if model.model_id is None:
        raise InputError(f"{model.name}: is a folder; promote takes a run, whose model MLflow holds")
    client = open_client()
    from mlflow.exceptions import MlflowException

    try:
        client.get_registered_model(REGISTERED)
    except MlflowException:
        client.create_registered_model(REGISTERED)
    source = f"models:/{model.model_id}"
    versions = client.search_model_versions(f"name='{REGISTERED}'")
    version = next((v for v in versions if v.source == source or v.model_id == model.model_id), None)
    if version is None:
        version = client.create_model_version(REGISTERED, source, run_id=model.run_id, model_id=model.model_id)
    client.set_registered_model_alias(REGISTERED, CANDIDATE, version.version)
    return version


def tag(version: Any, values: Mapping[str, str]) -> None:
    """Set tags of a registered version."""
    client = open_client()
    for name, value in values.items():
        client.set_model_version_tag(REGISTERED, version.version, name, value)


def crown(version: Any) -> str | None:
    """Make a version the champion, and return the number of the one before."""
    client = open_client()
    before = champion_version(client)
    number = None if before is None else str(before.version)
    if number != str(version.version):
        client.set_model_version_tag(REGISTERED, version.version, BEFORE, number or "")
        client.set_registered_model_alias(REGISTERED, CHAMPION, version.version)
    return number


def roll_back(dry_run: bool = False) -> tuple[str, str | None]:
    """Give the champion's place back to the version before it.

    Returns:
        The version that loses the place, and the one that takes it; null where the released model serves again.

    Raises:
        InputError: if there is no champion.
    """
    client = open_client()
    version = champion_version(client)
    if version is None:
        raise InputError("there is no champion to roll back from")
    before = version.tags.get(BEFORE) or None
    if not dry_run:
        if before is None:
            client.delete_registered_model_alias(REGISTERED, CHAMPION)
        else:
            client.set_registered_model_alias(REGISTERED, CHAMPION, before)
        client.set_model_version_tag(REGISTERED, version.version, "rolled_back_to", before or "the released model")
    return str(version.version), before
