"""What a model folder holds: weights or graph, ``tokenizer.json``, and ``claimstance.json``, which names their sha256.

Only safetensors, ONNX, JSON and text; nothing in it is ever unpickled.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from claimstance.errors import ModelError, ParamsError
from claimstance.records import sha256, write_json

CONFIG: Final = "claimstance.json"
TOKENIZER: Final = "tokenizer.json"
FORMAT_VERSION: Final = 3
GRAPH: Final = "model.onnx"
WEIGHT_FILES: Final = ("model.safetensors", GRAPH)


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """``thresholds`` has for each field the probability below which it needs review, for errors of 1 %, 2 %, 3 % …"""

    name: str
    version: str  # of the weights: the first 12 characters of their sha256
    max_tokens: int
    overlap: int
    quantized: bool = False
    temperatures: Mapping[str, float] = field(default_factory=dict)
    thresholds: Mapping[str, Sequence[float]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)  # sha256 by name
    format_version: int = FORMAT_VERSION
    gate: str = ""  # whether the graph agrees with torch: passed or failed; empty where nothing was compared
    gate_broken: Sequence[str] = ()  # the conditions that failed

    def thresholds_for(self, max_error: float) -> dict[str, float]:
        """The threshold of each field for an error of at most ``max_error``, rounded down to whole percent.

        Raises:
            ParamsError: if that is no share, or stricter or laxer than what the thresholds were fitted for.
        """
        percent = int(100 * max_error + 1e-9)
        most = min(map(len, self.thresholds.values()), default=percent)
        if not 1 <= percent <= max(most, 1):
            raise ParamsError(f"--max-error {max_error:g}: thresholds were fitted for 0.01 to {most / 100:g}")
        return {field: values[percent - 1] for field, values in self.thresholds.items()}


def default_model() -> Path:
    """The model that ships with the package: inside an installed wheel, or in the checkout that it was made from."""
    packaged = Path(__file__).parents[1] / "default_model"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "models" / "default"


def seal(folder: Path, config: ModelConfig) -> ModelConfig:
    """Write ``claimstance.json`` with the hash of every file that scoring reads; the weights' hash is the version."""
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
        config = ModelConfig(**values)
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: cannot be read: {error}") from None
    for name, expected in config.files.items():
        if not (folder / name).is_file():
            raise ModelError(f"{folder / name}: no such file, but {CONFIG} names it; copy the whole model folder again")
        if sha256(folder / name) != expected:
            raise ModelError(f"{folder / name}: the file was altered (sha256 differs); copy the model folder again")
    return config
