"""The torch model as an ONNX graph: fp32 held to torch's logits, int8 to its decisions, both refused otherwise."""

import shutil
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from claimstance.errors import ModelError
from claimstance.evaluation import calibration
from claimstance.model import quantization
from claimstance.model.decoding import Floats
from claimstance.model.encoding import EncodedSentence, Ids, tokens_of
from claimstance.model.folder import GRAPH
from claimstance.model.network import OUTPUTS, load_weights
from claimstance.schema import Act, Example, Head, Kind, Stance, Strength
from claimstance.scoring.scorer import Forward, Scorer

FITTED: Final = {"kind": Kind, "act": Act, "strength": Strength, "stance": Stance, "sentiment": Stance}
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
    """Write the fp32 graph (dynamic batch and length, nothing padded) beside the model's config and tokenizer."""
    model = load_weights(model_dir, attention="eager")
    output.mkdir(parents=True, exist_ok=True)
    axes = {0: "b", 1: "t"}
    dynamic = {"input_ids": axes, **{n: axes if n in TOKEN_LEVEL else {0: "b"} for n in OUTPUTS}}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer warns of constants that are constant here
        torch.onnx.export(
            model,
            (torch.ones(2, 8, dtype=torch.int64),),
            str(output / GRAPH),
            input_names=["input_ids"],
            output_names=list(OUTPUTS),
            dynamic_axes=dynamic,
            opset_version=params.opset,
            dynamo=False,
        )
    for name in ("tokenizer.json", "config.json"):
        shutil.copyfile(model_dir / name, output / name)


def export_int8(folder: Path, calibration: Sequence[Ids]) -> None:
    """Replace a folder's fp32 graph by its int8 version; ``calibration`` are token ids (t,) of some sentences."""
    import onnx

    model = _fused(folder)
    quantization.quantize(model, calibration)
    onnx.save(model, str(folder / GRAPH))


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


def logit_difference(a: Forward, b: Forward, batches: Iterable[Ids]) -> float:
    """The largest absolute difference of two runtimes' logits."""
    pairs = ((a(ids), b(ids)) for ids in batches)
    return max(float(np.abs(left[name] - right[name]).max()) for left, right in pairs for name in OUTPUTS)


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
