"""Weight averaging (Wortsman et al. 2022, "Model soups"): several models become one, at the cost of scoring one."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from claimstance.errors import ModelError
from claimstance.model.certainty import Calibration
from claimstance.model.folder import TOKENIZER, ModelConfig, read_config, seal
from claimstance.model.network import load_weights, save_weights


def average(models: Sequence[Path], output: Path) -> ModelConfig:
    """Write a model folder with the mean of the weights; tokenizer and windows are those of the first.

    Raises:
        ModelError: if a folder is no model, or is one of another shape.
    """
    first = load_weights(models[0])
    weights = [load_weights(folder).state_dict() for folder in models]
    for folder, other in zip(models, weights, strict=True):
        if [value.shape for value in other.values()] != [value.shape for value in weights[0].values()]:
            raise ModelError(f"{folder}: has another shape than {models[0]}; average models of one encoder")
    mean = {name: torch.stack([other[name].float() for other in weights]).mean(0) for name in weights[0]}
    first.load_state_dict(mean)
    save_weights(first, output)
    shutil.copyfile(models[0] / TOKENIZER, output / TOKENIZER)
    unfitted = replace(read_config(models[0]), thresholds=(), gate="", gate_broken=(), quantized=False, files={})
    return seal(output, unfitted.with_calibration(Calibration()))
