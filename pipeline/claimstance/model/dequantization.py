"""The weights of an exported graph for torch: to score on a GPU, and to fine-tune a model that ships as ONNX.

The weights of an int8 graph stay rounded: a weight is its int8 value times the scale of its output channel, divided by
the smoothing factor of its input channel (``quantization.quantize``); a word vector is its int8 row times its scale.
The fused biases of query, key and value are split.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from claimstance.errors import MissingExtraError

WORDS = "encoder.embeddings.word_embeddings.weight"


def read_graph(path: Path) -> dict[str, Tensor]:
    """Return the parameters of a graph that ``claimstance export`` wrote, by their torch names.

    Raises:
        MissingExtraError: if onnx is not installed.
    """
    try:
        import onnx
        from onnx import numpy_helper
    except ModuleNotFoundError:
        raise MissingExtraError("onnx", "train") from None
    graph = onnx.load(path).graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    found = {name: array for name, array in arrays.items() if name.endswith((".weight", ".bias"))}
    if "words_int8" in arrays:
        found[WORDS] = arrays["words_int8"].astype(np.float32) * arrays["words_scale"]
    for node in graph.node:
        found.update(_parameters(node, arrays))
    return {name: torch.tensor(array, dtype=torch.float32) for name, array in found.items()}


def _parameters(node: Any, arrays: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the parameters that a node holds under another name than torch: a layer's weights or fused biases."""
    if node.op_type in ("MatMulIntegerToFloat", "MatMul") and node.input[1] in arrays:
        weights = arrays[node.input[1]]  # (in, out)
        if node.op_type == "MatMulIntegerToFloat":
            weights = weights * arrays[node.input[3]]
            if (evening := node.input[0].removesuffix("_int8") + "_evening") in arrays:
                weights = weights * arrays[evening][:, None]
        yield f"{_layer(node.name)}.weight", weights.T
    elif node.op_type == "MultiHeadAttention":
        attention = _layer(node.input[0]).removesuffix(".query")
        for name, bias in zip(("query", "key", "value"), np.split(arrays[node.input[3]], 3), strict=True):
            yield f"{attention}.{name}.bias", bias


def _layer(name: str) -> str:
    """Return a node's layer: "toward.0" for "/toward/toward.0/MatMul", where a nested module repeats its parent."""
    parts = name.strip("/").split("/")[:-1]
    if len(parts) > 1 and parts[-1].startswith(f"{parts[-2]}."):
        parts.pop(-2)
    return ".".join(parts)
