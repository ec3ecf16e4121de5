"""The gate before a release: an exported graph has to decide as its torch model does.

``export`` measures and writes the outcome into the model folder, ``evaluate`` repeats it; only a release is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from claimstance.errors import ModelError
from claimstance.model.folder import read_config

PASSED: Final = "passed"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class GateParams:
    """What a graph may differ from torch by; part of the ``export`` section of ``params.yaml``.

    Attributes:
        logit_tolerance: Largest absolute difference between the fp32 graph's logits and torch's.
        min_agreement: Least share of equal labels of int8 and torch, for each output.
        max_f1_loss: Most F1 that int8 may lose, for each head, with 95 % confidence.
    """

    logit_tolerance: float = 1e-3
    min_agreement: float = 0.99
    max_f1_loss: float = 0.005


def broken_conditions(report: Mapping[str, Any], params: GateParams) -> list[str]:
    """Return every condition that an export report breaks, with the parameter that holds the limit and its value."""
    broken = []
    if (worst := report["fp32_logit_difference"]) > params.logit_tolerance:
        broken.append(f"fp32 logits differ by {worst:.2g} (export.logit_tolerance: {params.logit_tolerance:g})")
    broken += [
        f"{output}: {share:.2%} of labels agree (export.min_agreement: {params.min_agreement:g})"
        for output, share in report.get("int8_agreement", {}).items()
        if share < params.min_agreement
    ]
    losses = report.get("int8_f1_loss", {})
    broken += [
        f"{name}: F1 {losses[name]:.4f} lower, at least {bound:.4f} (export.max_f1_loss: {params.max_f1_loss:g})"
        for name, bound in report.get("int8_f1_loss_at_least", {}).items()
        if bound > params.max_f1_loss
    ]
    return broken


def outcome(broken: Sequence[str]) -> str:
    """Return ``passed`` or ``failed``."""
    return FAILED if broken else PASSED


def check_release(folder: Path) -> None:
    """Refuse a model folder that may not be released.

    Raises:
        ModelError: if the gate failed, naming each condition with its parameter, or was never measured.
    """
    config = read_config(folder)
    if config.gate == FAILED:
        raise ModelError(
            f"{folder}: not to be released, the graph does not agree with torch: {'; '.join(config.gate_broken)}"
        )
    if config.gate != PASSED:
        raise ModelError(f"{folder}: not to be released, it was never compared with torch; run claimstance export")
