"""The torch model as an ONNX graph: fp32 held to torch's logits, int8 to its decisions, both refused otherwise."""

import logging
import shutil
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from claimstance import calibration
from claimstance.decoding import Floats, Logits
from claimstance.encoding import Batch, EncodedSentence, tokens_of
from claimstance.errors import ModelError
from claimstance.model import OUTPUTS, load_weights
from claimstance.model_folder import GRAPH
from claimstance.schema import Act, Example, Head, Kind, Stance, Strength
from claimstance.scoring import Scorer

FITTED: Final = {"kind": Kind, "act": Act, "strength": Strength, "stance": Stance, "sentiment": Stance}
BLOCK: Final = 16  # weights that share a scale
WORD_VECTORS: Final = "word_embeddings.weight"
TOKEN_LEVEL: Final = ("stance", "sentiment", "cues", "roles")


@dataclass(frozen=True, slots=True)
class ExportParams:
    """Tolerances are what the export is refused beyond."""

    int8: bool = True
    opset: int = 17
    logit_tolerance: float = 1e-3  # fp32 graph against torch, largest absolute difference
    min_agreement: float = 0.99  # int8 against torch: share of equal labels, per head
    max_f1_loss: float = 0.005  # int8 against torch: macro-F1, per head, with 95 % confidence
    max_error: float = 0.5  # thresholds are fitted for errors of 1 % up to this one
    confidence: float = 0.9  # of the bound on that error


def export_fp32(model_dir: Path, output: Path, params: ExportParams) -> None:
    """Write the fp32 graph (eager attention, dynamic batch and length) beside the model's config and tokenizer."""
    model = load_weights(model_dir, attention="eager")
    output.mkdir(parents=True, exist_ok=True)
    ids = torch.ones(2, 8, dtype=torch.int64)
    axes = {0: "b", 1: "t"}
    dynamic = {
        "input_ids": axes,
        "attention_mask": axes,
        **{n: axes if n in TOKEN_LEVEL else {0: "b"} for n in OUTPUTS},
    }
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer warns of constants that are constant here
        torch.onnx.export(
            model,
            (ids, torch.ones_like(ids)),
            str(output / GRAPH),
            input_names=["input_ids", "attention_mask"],
            output_names=list(OUTPUTS),
            dynamic_axes=dynamic,
            opset_version=params.opset,
            dynamo=False,
        )
    for name in ("tokenizer.json", "config.json"):
        shutil.copyfile(model_dir / name, output / name)


def quantize(folder: Path) -> None:
    """Replace a folder's graph by its fused int8 version (docs/decisions/int8.md).

    Weights are int8 with a scale per block of ``BLOCK``; activations are quantized per row and block as they come, so
    that a sentence's logits depend neither on its batch nor on padding. Word vectors are int8 with a scale per word.
    """
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    logging.getLogger("onnxruntime.quantization.matmul_nbits_quantizer").setLevel(logging.ERROR)
    model = _fused(folder)
    _quantize_word_vectors(model)
    quantizer = MatMulNBitsQuantizer(model, bits=8, block_size=BLOCK, is_symmetric=True, accuracy_level=4)
    quantizer.process()
    quantizer.model.save_model_to_file(str(folder / GRAPH))


def _fused(folder: Path) -> Any:
    import json

    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    options = FusionOptions("bert")
    options.use_multi_head_attention = True  # keeps the projections as matrix products, which can be quantized
    options.enable_embed_layer_norm = False
    return optimizer.optimize_model(
        str(folder / GRAPH),
        model_type="bert",
        num_heads=config["num_attention_heads"],
        hidden_size=config["hidden_size"],
        optimization_options=options,
        opt_level=0,
    ).model


def _quantize_word_vectors(model: Any) -> None:
    """Look up int8 rows and their scales instead of fp32 rows: (V, h) int8 and (V, 1) fp32."""
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    table = next(i for i in graph.initializer if i.name.endswith(WORD_VECTORS))
    lookup = next(node for node in graph.node if node.op_type == "Gather" and node.input[0] == table.name)
    rows = numpy_helper.to_array(table)
    scale = np.maximum(np.abs(rows).max(axis=1, keepdims=True) / 127, np.finfo(np.float32).tiny)
    graph.initializer.remove(table)
    graph.initializer.append(numpy_helper.from_array(np.rint(rows / scale).astype(np.int8), "words_int8"))
    graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), "words_scale"))
    ids, output = lookup.input[1], lookup.output[0]
    nodes = [
        helper.make_node("Gather", ["words_int8", ids], ["words_int8_rows"]),
        helper.make_node("Gather", ["words_scale", ids], ["words_scale_rows"]),
        helper.make_node("Cast", ["words_int8_rows"], ["words_fp32_rows"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["words_fp32_rows", "words_scale_rows"], [output]),
    ]
    place = list(graph.node).index(lookup)
    graph.node.remove(lookup)
    for offset, node in enumerate(nodes):
        graph.node.insert(place + offset, node)


def logit_difference(a: Callable[[Batch], Logits], b: Callable[[Batch], Logits], batches: Sequence[Batch]) -> float:
    """The largest absolute difference of two runtimes' logits, padding left out."""
    worst = 0.0
    for batch in batches:
        left, right = a(batch), b(batch)
        for name in OUTPUTS:
            difference = np.abs(left[name] - right[name])
            if name in TOKEN_LEVEL:
                difference = difference * batch.attention_mask[:, :, None]
            worst = max(worst, float(difference.max()))
    return worst


def agreement(
    reference: Sequence[Mapping[str, Floats]],
    other: Sequence[Mapping[str, Floats]],
    sentences: Sequence[EncodedSentence],
) -> dict[str, float]:
    """The share of equal decisions per head: one a sentence, or one a token (a role counts as a head's token)."""
    shares: dict[str, float] = {}
    for name in OUTPUTS:
        equal = [
            (_decisions(name, a[name], s) == _decisions(name, b[name], s)).ravel()
            for a, b, s in zip(reference, other, sentences, strict=True)
        ]
        shares[name] = float(np.concatenate(equal).mean())
    return shares


def _decisions(name: str, logits: Floats, sentence: EncodedSentence) -> Any:
    if name == "roles":
        return logits.reshape(len(sentence.ids), -1, 3).argmax(axis=-1)
    return np.asarray(logits.argmax(axis=-1))


def fit_temperatures(scorer: Scorer, examples: Sequence[Example]) -> dict[str, float]:
    """One temperature a head, on the graph that ships; 1 where dev has no label for it."""
    logits, gold = _dev_logits(scorer, examples)
    return {
        name: calibration.fit_temperature(np.stack(logits[name]), np.array(gold[name])) if gold[name] else 1.0
        for name in FITTED
    }


def _dev_logits(scorer: Scorer, examples: Sequence[Example]) -> tuple[dict[str, list[Any]], dict[str, list[int]]]:
    encoded = scorer.encoder.encode([example.text for example in examples])
    logits: dict[str, list[Any]] = {name: [] for name in FITTED}
    gold: dict[str, list[int]] = {name: [] for name in FITTED}
    for example, sentence, found in zip(examples, encoded, scorer.logits(encoded), strict=True):
        for name in ("kind", "act", "strength"):
            label = getattr(example, name)
            if label is not None:
                logits[name].append(found[name])
                gold[name].append(list(FITTED[name]).index(label))
        for head in (Head.STANCE, Head.SENTIMENT):
            for target in example.targets if head in example.labelled else ():
                tokens = tokens_of(target.span, sentence.offsets)
                logits[head.value].append(found[head.value][tokens].mean(axis=0))
                gold[head.value].append(list(Stance).index(target.stance))
    return logits, gold


def refuse_if(broken: Sequence[str], folder: Path) -> None:
    """Remove an exported folder that does not hold what it must.

    Raises:
        ModelError: with every broken condition, if there is one.
    """
    if broken:
        (folder / GRAPH).unlink(missing_ok=True)
        raise ModelError(f"{folder}: export refused, the graph does not agree with torch: {'; '.join(broken)}")
