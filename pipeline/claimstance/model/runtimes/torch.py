"""The torch runtime, for evaluation and GPUs."""

from collections.abc import Callable
from pathlib import Path

import torch

from claimstance.errors import ParamsError
from claimstance.model.decoding import Logits
from claimstance.model.encoding import Ids
from claimstance.model.network import ClaimModel, load_weights


def load(model_dir: Path, device: str = "cpu") -> Callable[[Ids], Logits]:
    """Open a model folder that ``train`` or ``export`` wrote.

    Raises:
        ModelError: if the folder holds no torch model.
        ParamsError: if the device is unknown or missing.
    """
    try:
        model = load_weights(model_dir).to(device)
    except (RuntimeError, AssertionError) as error:
        raise ParamsError(f"--device {device}: {str(error).splitlines()[0]}") from None
    return wrap(model)


def wrap(model: ClaimModel, bf16: bool = False) -> Callable[[Ids], Logits]:
    """Return a model in memory as a ``Forward``, which switches it to inference mode for each call."""

    def forward(input_ids: Ids) -> Logits:
        device = next(model.parameters()).device  # a trainer may have moved the model since
        was_training = model.training
        model.eval()
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            outputs = model(torch.from_numpy(input_ids).to(device))
        model.train(was_training)
        return {name: tensor.float().cpu().numpy() for name, tensor in zip(model.outputs, outputs, strict=True)}

    return forward
