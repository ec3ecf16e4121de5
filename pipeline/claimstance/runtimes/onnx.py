"""The ONNX runtime, which the base install scores with."""

from collections.abc import Callable
from pathlib import Path

import onnxruntime

from claimstance.decoding import Logits
from claimstance.encoding import Batch
from claimstance.errors import ModelError
from claimstance.model_folder import GRAPH


def load(model_dir: Path, threads: int = 1) -> Callable[[Batch], Logits]:
    """Open the graph; the session may be called from several threads, each call on ``threads`` cores.

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
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base class
        raise ModelError(f"{path}: onnxruntime cannot open it: {str(error).splitlines()[0]}") from None
    names = [output.name for output in session.get_outputs()]

    def forward(batch: Batch) -> Logits:
        feed = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
        return dict(zip(names, session.run(names, feed), strict=True))

    return forward
