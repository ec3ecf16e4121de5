"""The int8 graph: weights with a scale per output, activations with a scale per token (docs/decisions/int8.md).

A token's activations depend on its own sentence alone, so a sentence's logits do not depend on its batch. Before
rounding, each channel of a layer's input is divided by a smoothing factor, and its weights are multiplied by it
(SmoothQuant, Xiao et al. 2023); the factors come from the ranges on calibration sentences.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from claimstance.model.encoding import Ids

Floats = NDArray[np.float32]

LEAST_OUTPUTS: Final = 16  # layers with fewer outputs, the last ones of the heads, stay fp32
LEAST_RANGE: Final = 1e-6  # of a token's activations; avoids a division by 0
SMOOTHING: Final = 0.6  # share of a channel's range that moves from the activations to the weights (alpha)
GELU_SMALLEST: Final = 0.1  # share of a GELU's channels, those of the smallest factors, that are not smoothed
GELU_MINIMUM: Final = -0.17
GELU_ZERO: Final = 45  # zero point after a GELU: 210 steps are left for positive values
GELU_LEAST_MAXIMUM: Final = -GELU_MINIMUM * (255 - GELU_ZERO) / GELU_ZERO
ZERO: Final = 128  # zero point elsewhere: 127 steps on each side
WORD_VECTORS: Final = "word_embeddings.weight"


def quantize(model: Any, calibration: Sequence[Ids]) -> None:
    """Quantize the matrix products and word vectors of a fused fp32 graph in place; ``calibration`` are token ids."""
    nodes, arrays = list(model.graph.node), _arrays(model.graph)
    products = [node for node in nodes if node.op_type == "MatMul" and _outputs(arrays, node.input[1]) >= LEAST_OUTPUTS]
    after_gelu = {output for node in nodes if node.op_type == "Gelu" for output in node.output}
    inputs = list(dict.fromkeys(node.input[0] for node in products))
    ranges = _ranges(model, inputs, calibration)
    graph = _Graph()
    graph.add_common()
    for name in inputs:
        weights = [arrays[node.input[1]] for node in products if node.input[0] == name]
        smoothing = _smoothing_factors(ranges[name], np.hstack(weights))
        gelu = name in after_gelu
        if gelu:  # no factor below 1: the least value of a GELU stays its least
            smoothing = np.maximum(smoothing / np.quantile(smoothing, GELU_SMALLEST), 1).astype(np.float32)
        graph.add_tokens(name, smoothing, gelu)
        for node in products:
            if node.input[0] == name:
                graph.add_product(node, arrays[node.input[1]], smoothing, gelu)
    graph.add_word_vectors(nodes, arrays)
    model.graph.node.extend(graph.nodes)
    model.graph.initializer.extend(graph.initializers)
    _replace(model, products)


def can_saturate(model: Any) -> bool:
    """Return whether two neighbouring products can leave 16 bits, as CPUs without VNNI add them: see ``_scales``."""
    arrays = _arrays(model.graph)
    products = [arrays[node.input[1]] for node in model.graph.node if node.op_type == "MatMulIntegerToFloat"]
    return any(int(_largest_sums(weights.astype(np.int32)).max()) * 255 >= 2**15 for weights in products)


def _arrays(graph: Any) -> dict[str, Any]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}


def _outputs(arrays: dict[str, Any], name: str) -> int:
    return int(arrays[name].shape[-1]) if name in arrays else 0  # 0: no weights, but activations


def _ranges(model: Any, names: Sequence[str], sentences: Iterable[Ids]) -> dict[str, Floats]:
    """Return the largest absolute value of each channel of some tensors."""
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


def _smoothing_factors(ranges: Floats, weights: Floats) -> Floats:
    """Return the factor (k,) that a layer's input is divided by and its ``weights`` (k, n) are multiplied by."""
    least = np.finfo(np.float32).tiny
    per_channel = np.maximum(ranges, 1e-5) ** SMOOTHING / np.maximum(np.abs(weights).max(axis=1), 1e-5) ** (
        1 - SMOOTHING
    )
    return np.asarray(np.maximum(per_channel / per_channel.mean(), least), dtype=np.float32)


def _scales(weights: Floats) -> Floats:
    """Return the scale (n,) of each output of ``weights`` (k, n), such that no product can saturate.

    CPUs without VNNI add the products of two neighbouring inputs in 16 bits. Inputs are at most 255, so the two weights
    must not add up to more than 128: 255 · 128 < 2¹⁵. They are scaled to 127, which leaves room for rounding both.
    """
    scales: Floats = np.maximum(_largest_sums(weights) / 127, np.finfo(np.float32).tiny).astype(np.float32)
    return scales


def _largest_sums(weights: Any) -> Any:
    """Return for each output of ``weights`` (k, n) the largest sum of two neighbours of one sign, without the sign."""
    even = np.pad(weights, ((0, len(weights) % 2), (0, 0)))
    pairs = even.reshape(-1, 2, weights.shape[1])  # (k / 2, 2, n)
    return np.maximum(*(np.maximum(sign * pairs, 0).sum(axis=1).max(axis=0) for sign in (1, -1)))


class _Graph:
    """The nodes that replace the fp32 products."""

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
        """Add what all layers need: shapes, and one zero point a token."""
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

    def add_tokens(self, name: str, smoothing: Floats, gelu: bool) -> None:
        """Quantize an input of products to ``{name}_int8`` (b · t, k) and ``{name}_scale`` (b · t, 1).

        ``gelu`` says that it is a GELU's output, whose least value is known.
        """
        prefix = "gelu_" if gelu else ""  # of its constants
        rows = self.node("Flatten", [name], f"{name}_rows", axis=2)
        rows = self.node("Mul", [rows, self.constant(f"{name}_evening", 1 / smoothing)], f"{name}_smoothed")
        bounded = rows if gelu else self.node("Abs", [rows], f"{name}_size")
        largest = self.node("ReduceMax", [bounded], f"{name}_largest", axes=[1], keepdims=1)
        least = "gelu_least_maximum" if gelu else "least_range"
        bounded = self.node("Max", [largest, least], f"{name}_bounded")
        scale = self.node("Mul", [bounded, f"{prefix}step"], f"{name}_scale")
        flat = self.node("Reshape", [scale, "minus_one"], f"{name}_scales")
        self.node("QuantizeLinear", [rows, flat, f"{prefix}zeros"], f"{name}_int8", axis=0)

    def add_product(self, product: Any, weights: Floats, smoothing: Floats, gelu: bool) -> None:
        """Add one product (b, t, n) of quantized tokens and quantized weights (k, n)."""
        name, output = product.input[0], product.output[0]
        zero = "gelu_zero" if gelu else "zero"
        weights = weights * smoothing[:, None]
        scale = _scales(weights)
        rounded = self.constant(f"{output}_weights", np.rint(weights / scale).astype(np.int8))
        scales = self.constant(f"{output}_scales", scale)
        inputs = [f"{name}_int8", rounded, "one", scales, zero]
        self.node("MatMulIntegerToFloat", inputs, f"{output}_unscaled", domain="com.microsoft")
        self.nodes[-1].name = product.name  # dequantization finds a layer's weights by it
        self.node("Mul", [f"{output}_unscaled", f"{name}_scale"], f"{output}_rows")
        self.node("Reshape", [f"{output}_rows", "shape_btk"], output)

    def add_word_vectors(self, nodes: Sequence[Any], arrays: dict[str, Any]) -> None:
        """Replace the fp32 word vectors by int8 rows (V, h) and their scales (V, 1)."""
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
    """Remove the products and unused weights, and sort the remaining nodes."""
    from onnxruntime.transformers.onnx_model import OnnxModel

    graph = model.graph
    for node in [*products, *(node for node in graph.node if node.op_type == "replaced")]:
        graph.node.remove(node)
    read = {name for node in graph.node for name in node.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in read]:
        graph.initializer.remove(tensor)
    wrapped = OnnxModel(model)
    wrapped.topological_sort()
