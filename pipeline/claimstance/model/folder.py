"""The model folder: weights or graph, ``tokenizer.json``, and ``claimstance.json`` with their sha256.

Only safetensors, ONNX, JSON and text; nothing in it is ever unpickled.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from claimstance.errors import ModelError, ParamsError
from claimstance.model.certainty import Calibration, ClaimFit, SpanFit
from claimstance.records import sha256, structure, write_json
from claimstance.segmentation import listed_names

CONFIG: Final = "claimstance.json"
TOKENIZER: Final = "tokenizer.json"
FORMAT_VERSION: Final = 4
GRAPH: Final = "model.onnx"
WEIGHT_FILES: Final = ("model.safetensors", GRAPH)
ACCURATE: Final = "accurate"  # what users call the larger released model


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What ``claimstance.json`` holds.

    Attributes:
        version: Start of the sha256 of the weights.
        hide_names: Whether the model reads other names for those of listed countries and bodies.
        temperatures: By head.
        spans: How each head of spans turns scores into probabilities.
        claim: How the probability of a whole claim follows from these.
        thresholds: The probability of a claim below which it needs review, for errors of 1 %, 2 %, 3 % …
        files: sha256 by name.
    """

    name: str
    version: str
    max_tokens: int
    overlap: int
    hide_names: bool = False
    quantized: bool = False
    saturates: bool = True  # whether int8 products can leave 16 bits, as CPUs without VNNI add them
    temperatures: Mapping[str, float] = field(default_factory=dict)
    spans: Mapping[str, SpanFit] = field(default_factory=dict)
    claim: ClaimFit = field(default_factory=ClaimFit)
    thresholds: Sequence[float] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION
    gate: str = ""  # whether the graph agrees with torch: passed or failed; empty where nothing was compared
    gate_broken: Sequence[str] = ()  # the conditions that failed

    @property
    def calibration(self) -> Calibration:
        return Calibration(self.temperatures, self.spans, self.claim)

    def with_calibration(self, fitted: Calibration) -> "ModelConfig":
        return dataclasses.replace(self, temperatures=fitted.temperatures, spans=fitted.spans, claim=fitted.claim)

    @property
    def fitted(self) -> str:
        """A digest of what was fitted on dev, and of the names that are hidden; the version is of the weights alone."""
        values: list[Any] = [dataclasses.asdict(self.calibration), list(self.thresholds)]
        text = json.dumps([*values, listed_names.digest()] if self.hide_names else values, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def threshold_for(self, max_error: float) -> float:
        """Return the threshold for an error of at most ``max_error``, in whole percent; 0 if none was fitted.

        Raises:
            ParamsError: if no threshold was fitted for this error.
        """
        most = len(self.thresholds) or 100
        if not 0.01 <= max_error + 1e-9 < (most + 1) / 100:  # NaN too
            raise ParamsError(f"--max-error {max_error:g}: thresholds were fitted for 0.01 to {most / 100:g}")
        percent = int(100 * max_error + 1e-9)
        return self.thresholds[percent - 1] if self.thresholds else 0.0


def default_model() -> Path:
    """Return the folder of the model that ships with the package, in an installed wheel or in the checkout."""
    packaged = Path(__file__).parents[1] / "default_model"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "models" / "default"


def accurate_model() -> Path:
    """Return where the larger released model lies in a checkout of the repository; the package does not hold it."""
    return Path(__file__).parents[3] / "models" / ACCURATE


def model_folder(model: Path | str | None) -> Path:
    """Return the folder of a model: the one that ships where none is named, the larger one for the word ``accurate``.

    A ``Path`` is always a folder, and so is ``./accurate``.

    Raises:
        ModelError: if the larger model is asked for, and this is not a checkout of the repository.
    """
    if model is None:
        return default_model()
    if model != ACCURATE:
        return Path(model)
    if not accurate_model().is_dir():
        raise ModelError(
            f"{ACCURATE}: this model is not in the package; copy the folder models/{ACCURATE} of the repository, and "
            "give its path as the model"
        )
    return accurate_model()


def seal(folder: Path, config: ModelConfig) -> ModelConfig:
    """Write ``claimstance.json`` with the sha256 of every file that scoring reads, and the version."""
    names = [name for name in (*WEIGHT_FILES, TOKENIZER, "config.json") if (folder / name).is_file()]
    files = {name: sha256(folder / name) for name in names}
    weights = next(files[name] for name in WEIGHT_FILES if name in files)
    sealed = dataclasses.replace(config, files=files, version=weights[:12])
    write_json(folder / CONFIG, dataclasses.asdict(sealed))
    return sealed


def read_config(folder: Path) -> ModelConfig:
    """Read a model folder's config and check every file it names.

    Raises:
        ModelError: if the folder is no model, is of another format, lacks a file, or a file was altered.
    """
    path = folder / CONFIG
    if not path.is_file():
        raise ModelError(f"{folder}: not a claimstance model (there is no {CONFIG}); name a folder that holds one")
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = values.get("format_version", FORMAT_VERSION)
        if version != FORMAT_VERSION:
            raise ModelError(
                f"{path}: model format {version}, this claimstance reads {FORMAT_VERSION}; install a fitting version, "
                "or export the model anew"
            )
        config = structure(ModelConfig, values)
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: cannot be read: {error}") from None
    for name, expected in config.files.items():
        if not (folder / name).is_file():
            raise ModelError(f"{folder / name}: no such file, but {CONFIG} names it; copy the whole model folder again")
        if sha256(folder / name) != expected:
            raise ModelError(f"{folder / name}: the file was altered (sha256 differs); copy the model folder again")
    return config
