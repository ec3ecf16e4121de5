"""The ONNX runtime, which the base install scores with."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime

from claimstance.errors import ModelError
from claimstance.model.decoding import Logits
from claimstance.model.encoding import Ids
from claimstance.model.folder import GRAPH

# fused, these take longer on a CPU than what they replace (docs/decisions/int8.md)
SLOWER_FUSED: Final = {"SkipLayerNormFusion", "BiasSkipLayerNormFusion", "BiasGeluFusion", "EmbedLayerNormFusion"}
# one MatMulInteger: a (4, 4) uint8 times 127s (4, 16) int8
PRODUCT: Final = Path(__file__).with_name("product.onnx")


@cache
def saturates() -> bool:
    """Return whether this CPU's int8 products saturate: before VNNI (2019) sums of two products stop at 16 bits."""
    session = onnxruntime.InferenceSession(PRODUCT.read_bytes(), providers=["CPUExecutionProvider"])
    (product,) = session.run(None, {"a": np.full((4, 4), 255, dtype=np.uint8)})
    return bool((product != 4 * 255 * 127).any())


def load(model_dir: Path, threads: int = 1, exact: bool = True) -> Callable[[Ids], Logits]:
    """Open the graph; the session may be called from several threads, each call on ``threads`` cores.

    ``exact`` takes slower kernels where this CPU's products saturate; a graph whose products cannot needs none.

    Raises:
        ModelError: if the folder holds no graph, or onnxruntime refuses it.
    """
    path = model_dir / GRAPH
    if not path.is_file():
        raise ModelError(f"{model_dir}: there is no {GRAPH}; run `claimstance export`, or score with --runtime torch")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if exact and saturates():
        options.add_session_config_entry("session.x64quantprecision", "1")  # slower kernels, which do not
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER_FUSED
        )
    except Exception as error:  # onnxruntime's errors share no base class
        raise ModelError(f"{path}: onnxruntime cannot open it: {str(error).splitlines()[0]}") from None
    names = [output.name for output in session.get_outputs()]

    def forward(input_ids: Ids) -> Logits:
        return dict(zip(names, session.run(names, {"input_ids": input_ids}), strict=True))

    return forward
