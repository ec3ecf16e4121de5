"""What a killed training leaves for its next start; this module imports no torch."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from claimstance.records import write_json
from claimstance.training.params import TrainParams

_STATE = "run.json"


def checkpoint_key(params: TrainParams, data_hash: str) -> str:
    """Return the name of the checkpoint folder; other params or data have another, so they never resume from it."""
    return hashlib.sha256(json.dumps([asdict(params), data_hash], sort_keys=True).encode()).hexdigest()[:16]


def has_checkpoint(folder: Path) -> bool:
    """Return whether a killed training can be resumed from this folder."""
    return any(folder.glob("checkpoint-*"))


@dataclass(slots=True)
class Progress:
    """What was told of a training so far, so that a resumed one does not tell it again.

    Attributes:
        run_id: Of the tracking run; empty if nothing tracks.
        step: The last step whose numbers were logged.
        epochs: Dev scores by epoch.
        seconds: Time spent in training, without the pauses.
    """

    run_id: str = ""
    step: int = 0
    epochs: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0

    def save(self, folder: Path) -> None:
        """Write it beside the checkpoints."""
        write_json(folder / _STATE, asdict(self))


def read_progress(folder: Path) -> Progress | None:
    """Return how far a killed training was; null where there is nothing to resume from."""
    path = folder / _STATE
    if not has_checkpoint(folder) or not path.is_file():
        return None
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Progress(**values)
