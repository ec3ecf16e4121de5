"""The int8 graph: weights with a scale per output, activations with a scale per token (docs/decisions/int8.md).

A token's activations depend on its own sentence alone, so a sentence's logits do not depend on its batch. Before
rounding, the channels of a layer's input are evened out (SmoothQuant, Xiao et al. 2023): divided by what calibration
sentences show of their range, the weights multiplied by it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from claimstance.model.encoding import Ids

Floats = NDArray[np.float32]

LEAST_OUTPUTS: Final = 16  # the last layer of a head has fewer, and stays fp32
LEAST_RANGE: Final = 1e-6  # of a token's activations, for one that has none
EVENED: Final = 0.5  # how much of a channel's range moves from the activations to the weights
GELU_MINIMUM: Final = -0.17
GELU_ZERO: Final = 45  # what stands for 0 after a GELU, which leaves 210 steps for what is above it
GELU_LEAST_MAXIMUM: Final = -GELU_MINIMUM * (255 - GELU_ZERO) / GELU_ZERO
ZERO: Final = 128  # what stands for 0 elsewhere, 127 steps on each side
WORD_VECTORS: Final = "word_embeddings.weight"


def quantize(model: Any, calibration: Sequence[Ids]) -> None:
    """Make the products of a fused fp32 graph int8, in place, and its word vectors; ``calibration`` are token ids."""
    nodes, arrays = list(model.graph.node), _arrays(model.graph)
    products = [node for node in nodes if node.op_type == "MatMul" and _outputs(arrays, node.input[1]) >= LEAST_OUTPUTS]
    after_gelu = {output for node in nodes if node.op_type == "Gelu" for output in node.output}
    inputs = list(dict.fromkeys(node.input[0] for node in products))
    ranges = _ranges(model, [name for name in inputs if name not in after_gelu], calibration)
    graph = _Graph()
    graph.add_common()
    for name in inputs:
        weights = [arrays[node.input[1]] for node in products if node.input[0] == name]
        even = None if name in after_gelu else _evening(ranges[name], np.hstack(weights))
        graph.add_tokens(name, even)
        for node in products:
            if node.input[0] == name:
                graph.add_product(node, arrays[node.input[1]], even)
    graph.add_word_vectors(nodes, arrays)
    model.graph.node.extend(graph.nodes)
    model.graph.initializer.extend(graph.initializers)
    _replace(model, products)


def _arrays(graph: Any) -> dict[str, Any]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}


def _outputs(arrays: dict[str, Any], name: str) -> int:
    return int(arrays[name].shape[-1]) if name in arrays else 0  # 0: no weights, but activations


def _ranges(model: Any, names: Sequence[str], sentences: Iterable[Ids]) -> dict[str, Floats]:
    """The largest absolute value of each channel of some tensors."""
    import onnxruntime

    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    shown.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    session = onnxruntime.InferenceSession(shown.SerializeToString(), providers=["CPUExecutionProvider"])
    ranges: dict[str, Floats] = {}
    for ids in sentences:
        for name, values in zip(names, session.run(list(names), {"input_ids": ids[None]}), strict=True):
            found = np.abs(values).max(axis=(0, 1))  # (b, t, k) to (k,)
            ranges[name] = np.maximum(ranges.get(name, found), found)
    return ranges


def _evening(ranges: Floats, weights: Floats) -> Floats:
    """What each channel (k,) of a layer's input is divided by; ``weights`` (k, n) are multiplied by it."""
    least = np.finfo(np.float32).tiny
    per_channel = np.maximum(ranges, 1e-5) ** EVENED / np.maximum(np.abs(weights).max(axis=1), 1e-5) ** (1 - EVENED)
    return np.asarray(np.maximum(per_channel / per_channel.mean(), least), dtype=np.float32)


class _Graph:
    """The nodes that take the place of fp32 products."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []

    def constant(self, name: str, value: Any) -> str:
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def add_common(self) -> None:
        """What all layers need: shapes, and as many zeros as there are tokens."""
        self.constant("minus_one", np.array([-1]))
        self.node("Shape", ["input_ids"], "shape_bt")
        self.node("Concat", ["shape_bt", "minus_one"], "shape_btk", axis=0)
        self.node("ReduceProd", ["shape_bt"], "tokens", keepdims=1)
        for name, value in (("zero", ZERO), ("gelu_zero", GELU_ZERO)):
            self.constant(name, np.array(value, dtype=np.uint8))
            self.node("Expand", [name, "tokens"], f"{name}s")
        self.constant("one", np.array(1, dtype=np.float32))
        self.constant("step", np.array(1 / (255 - ZERO), dtype=np.float32))
        self.constant("gelu_step", np.array(1 / (255 - GELU_ZERO), dtype=np.float32))
        self.constant("least_range", np.array(LEAST_RANGE, dtype=np.float32))
        self.constant("gelu_least_maximum", np.array(GELU_LEAST_MAXIMUM, dtype=np.float32))

    def add_tokens(self, name: str, even: Floats | None) -> None:
        """Round an input of products: ``{name}_int8`` (b · t, k) and ``{name}_scale`` (b · t, 1).

        Without ``even`` it is a GELU's output, whose least value is known.
        """
        rows = self.node("Flatten", [name], f"{name}_rows", axis=2)
        if even is None:
            prefix, bounded = "gelu_", rows
        else:
            prefix = ""
            rows = self.node("Mul", [rows, self.constant(f"{name}_evening", 1 / even)], f"{name}_even")
            bounded = self.node("Abs", [rows], f"{name}_size")
        largest = self.node("ReduceMax", [bounded], f"{name}_largest", axes=[1], keepdims=1)
        least = "gelu_least_maximum" if even is None else "least_range"
        bounded = self.node("Max", [largest, least], f"{name}_bounded")
        scale = self.node("Mul", [bounded, f"{prefix}step"], f"{name}_scale")
        flat = self.node("Reshape", [scale, "minus_one"], f"{name}_scales")
        self.node("QuantizeLinear", [rows, flat, f"{prefix}zeros"], f"{name}_int8", axis=0)

    def add_product(self, product: Any, weights: Floats, even: Floats | None) -> None:
        """One product (b, t, n) of rounded tokens and rounded weights (k, n)."""
        name, output = product.input[0], product.output[0]
        zero = "gelu_zero" if even is None else "zero"
        weights = weights if even is None else weights * even[:, None]
        scale = np.maximum(np.abs(weights).max(axis=0) / 127, np.finfo(np.float32).tiny).astype(np.float32)
        rounded = self.constant(f"{output}_weights", np.rint(weights / scale).astype(np.int8))
        scales = self.constant(f"{output}_scales", scale)
        inputs = [f"{name}_int8", rounded, "one", scales, zero]
        self.node("MatMulIntegerToFloat", inputs, f"{output}_unscaled", domain="com.microsoft")
        self.nodes[-1].name = product.name  # a layer's weights are found again by it
        self.node("Mul", [f"{output}_unscaled", f"{name}_scale"], f"{output}_rows")
        self.node("Reshape", [f"{output}_rows", "shape_btk"], output)

    def add_word_vectors(self, nodes: Sequence[Any], arrays: dict[str, Any]) -> None:
        """Look up int8 rows and their scales instead of fp32 rows: (V, h) int8 and (V, 1) fp32."""
        table = next(name for name in arrays if name.endswith(WORD_VECTORS))
        lookup = next(node for node in nodes if node.op_type == "Gather" and node.input[0] == table)
        rows = arrays[table]
        scale = np.maximum(np.abs(rows).max(axis=1, keepdims=True) / 127, np.finfo(np.float32).tiny)
        self.constant("words_int8", np.rint(rows / scale).astype(np.int8))
        self.constant("words_scale", scale.astype(np.float32))
        ids, output = lookup.input[1], lookup.output[0]
        self.node("Gather", ["words_int8", ids], "words_int8_rows")
        self.node("Gather", ["words_scale", ids], "words_scale_rows")
        self.node("Cast", ["words_int8_rows"], "words_fp32_rows", to=TensorProto.FLOAT)
        self.node("Mul", ["words_fp32_rows", "words_scale_rows"], output)
        lookup.op_type = "replaced"


def _replace(model: Any, products: Sequence[Any]) -> None:
    """Remove the products and the weights that nothing reads any more, and sort what is left."""
    from onnxruntime.transformers.onnx_model import OnnxModel

    graph = model.graph
    for node in [*products, *(node for node in graph.node if node.op_type == "replaced")]:
        graph.node.remove(node)
    read = {name for node in graph.node for name in node.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in read]:
        graph.initializer.remove(tensor)
    wrapped = OnnxModel(model)
    wrapped.topological_sort()
