"""The torch model as an ONNX graph, and how far the graph agrees with torch: fp32 in logits, int8 in decisions."""

import shutil
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from claimstance import heads
from claimstance.heads import Level
from claimstance.model import quantization
from claimstance.model.certainty import Floats
from claimstance.model.encoding import Ids
from claimstance.model.folder import GRAPH
from claimstance.model.network import load_weights


def export_fp32(model_dir: Path, output: Path, opset: int = 17) -> None:
    """Write the fp32 graph (dynamic batch and length, nothing padded) beside the model's config and tokenizer."""
    model = load_weights(model_dir, attention="eager")
    output.mkdir(parents=True, exist_ok=True)
    axes = {0: "b", 1: "t"}
    shapes = {name: {0: "b"} if heads.output_level(name) is Level.SENTENCE else axes for name in model.outputs}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer warns of constants that are constant here
        torch.onnx.export(
            model,
            (torch.ones(2, 8, dtype=torch.int64),),
            str(output / GRAPH),
            input_names=["input_ids"],
            output_names=list(model.outputs),
            dynamic_axes={"input_ids": axes, **shapes},
            opset_version=opset,
            dynamo=False,
        )
    for name in ("tokenizer.json", "config.json"):
        shutil.copyfile(model_dir / name, output / name)


def export_int8(folder: Path, calibration: Sequence[Ids]) -> bool:
    """Replace a folder's fp32 graph by its int8 version, and return whether its products can saturate.

    Args:
        folder: Of the model.
        calibration: Token ids (t,) of some sentences.
    """
    import onnx

    model = _fused(folder)
    quantization.quantize(model, calibration)
    onnx.save(model, str(folder / GRAPH))
    return quantization.can_saturate(model)


def _fused(folder: Path) -> Any:
    import json

    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    options = FusionOptions("bert")
    options.use_multi_head_attention = True  # keeps the projections as matrix products, which can be quantized
    options.enable_embed_layer_norm = False
    # in onnxruntime 1.32 these three take longer than what they replace, on a CPU
    options.enable_skip_layer_norm = options.enable_bias_skip_layer_norm = options.enable_bias_gelu = False
    optimized = optimizer.optimize_model(
        str(folder / GRAPH),
        model_type="bert",
        num_heads=config["num_attention_heads"],
        hidden_size=config["hidden_size"],
        optimization_options=options,
        opt_level=0,
    )
    for node in optimized.get_nodes_by_op_type("MultiHeadAttention"):
        if len(node.input) > 4:
            node.input[4] = ""  # the mask: nothing is padded
    optimized.prune_graph()
    return optimized.model


def logit_difference(reference: Sequence[Mapping[str, Floats]], other: Sequence[Mapping[str, Floats]]) -> float:
    """Return the largest absolute difference between the logits of the same sentences."""
    pairs = list(zip(reference, other, strict=True))
    return max(
        (float(np.abs(a[name] - b[name]).max(initial=0.0)) for a, b in pairs for name in heads.outputs()), default=0.0
    )


def agreement(reference: Sequence[Mapping[str, Floats]], other: Sequence[Mapping[str, Floats]]) -> dict[str, float]:
    """Return by output the share of equal decisions: of sentences, or of tokens."""
    shares: dict[str, float] = {}
    for name in heads.outputs():
        equal = [
            (_decisions(name, a[name]) == _decisions(name, b[name])).ravel()
            for a, b in zip(reference, other, strict=True)
        ]
        shares[name] = float(np.concatenate(equal).mean())
    return shares


def _decisions(output: str, logits: Floats) -> Any:
    """Return the most probable label of each head of an output, or tag of each token."""
    return np.stack([logits[..., heads.columns(head)].argmax(axis=-1) for head in heads.outputs()[output]])
