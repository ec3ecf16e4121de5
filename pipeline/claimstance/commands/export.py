"""``claimstance export``: a torch model to an ONNX graph, compared with torch and calibrated on dev."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from claimstance import heads
from claimstance.commands.options import params_option, path_option, print_counts
from claimstance.corpus.articles import own
from claimstance.evaluation import metrics
from claimstance.evaluation.fitting import fit_temperatures, fit_thresholds
from claimstance.model.encoding import EncodedSentence, Ids, SentenceEncoder
from claimstance.model.folder import read_config, seal
from claimstance.model.predictor import Batching, Predictor, load_predictor
from claimstance.params import load_section
from claimstance.processors import usable_processors
from claimstance.records import read_records, write_json
from claimstance.schema import Example

CALIBRATION_SENTENCES: Final = 500


@dataclass(frozen=True, slots=True)
class ExportParams:
    """The ``export`` section of ``params.yaml``.

    Attributes:
        logit_tolerance: Largest absolute difference between the fp32 graph's logits and torch's.
        min_agreement: Least share of equal labels of int8 and torch, for each head.
        max_f1_loss: Most F1 that int8 may lose, for each head, with 95 % confidence.
        max_error: Thresholds for ``needs_review`` are fitted for errors of 1 % up to this share.
        confidence: Of the bound on that error.
    """

    int8: bool = True
    opset: int = 17
    logit_tolerance: float = 1e-3
    min_agreement: float = 0.99
    max_f1_loss: float = 0.005
    max_error: float = 0.5
    confidence: float = 0.9


@click.command()
@path_option("model", "Model folder, from train.")
@path_option("examples", "Folder of examples, from prepare.")
@path_option("output", "Model folder to write.")
@path_option("report", "Agreement, temperatures and thresholds (JSON).")
@params_option
def command(model: Path, examples: Path, output: Path, report: Path, params: Path) -> None:
    """Export to ONNX int8, compare it with torch, and calibrate it on dev."""
    section = load_section(params, "export", ExportParams)
    print_counts(run(model, examples, output, report, section))


def run(model: Path, examples: Path, output: Path, report: Path, params: ExportParams) -> dict[str, Any]:
    """Export ``model`` to ``output``, compare it with torch, fit temperatures and thresholds on dev.

    The two are compared on all of our own sentences and on the dev and test ones of all corpora: on a few dozen, one
    changed label is more than the tolerance.

    Raises:
        ModelError: if the graph disagrees with torch beyond the tolerances; the graph is removed then.
    """
    from claimstance.model import export

    train, dev, test = (read_records(examples / f"{name}.parquet", Example) for name in ("train", "dev", "test"))
    compared = own(train) + dev + test
    torch_predictor = load_predictor(model, runtime="torch")
    export.export_fp32(model, output, params.opset)
    encoded = torch_predictor.encoder.encode([example.text for example in compared])
    result: dict[str, Any] = {"compared": len(compared), **_check_fp32(torch_predictor, encoded, output, params)}
    config = dataclasses.replace(read_config(model), quantized=params.int8, files={})
    if params.int8:
        export.export_int8(output, _calibration(torch_predictor.encoder, train))
    seal(output, config)
    predictor = load_predictor(output, batching=Batching(threads=usable_processors()))
    if params.int8:
        result |= _check_int8(torch_predictor, predictor, compared, encoded, output, params)
    # needs_review promises an error rate on text labelled after the guide
    tuning = own(dev) or dev
    temperatures = fit_temperatures(predictor, tuning)
    calibrated = predictor.with_temperatures(temperatures)
    thresholds = fit_thresholds(calibrated, tuning, params.max_error, params.confidence)
    sealed = seal(output, dataclasses.replace(config, temperatures=temperatures, thresholds=thresholds))
    result |= {"temperatures": temperatures, "thresholds": thresholds, "model_version": sealed.version}
    write_json(report, result)
    return result


def _calibration(encoder: SentenceEncoder, examples: Sequence[Example]) -> list[Ids]:
    """Return token ids (t,) of about ``CALIBRATION_SENTENCES`` sentences from all corpora."""
    some = examples[:: max(1, len(examples) // CALIBRATION_SENTENCES)]
    encoded = encoder.encode([example.text for example in some])
    return [encoder.stack([s.ids[s.windows[0].start : s.windows[0].end]])[0] for s in encoded]


def _check_fp32(
    torch_predictor: Predictor, encoded: Sequence[EncodedSentence], output: Path, params: ExportParams
) -> dict[str, Any]:
    from claimstance.model import export
    from claimstance.model.runtimes import onnx

    windows = (sentence.ids[w.start : w.end] for sentence in encoded for w in sentence.windows)
    batches = (torch_predictor.encoder.stack([ids]) for ids in windows)
    worst = export.logit_difference(torch_predictor.forward, onnx.load(output, usable_processors()), batches)
    if worst > params.logit_tolerance:
        export.refuse_if([f"fp32 logits differ by {worst:.2g} (allowed {params.logit_tolerance:.2g})"], output)
    return {"fp32_logit_difference": worst}


def _check_int8(
    torch_predictor: Predictor,
    predictor: Predictor,
    examples: Sequence[Example],
    encoded: Sequence[EncodedSentence],
    output: Path,
    params: ExportParams,
) -> dict[str, Any]:
    from claimstance.model import export

    shares = export.agreement(torch_predictor.logits(encoded), predictor.logits(encoded))
    given = [[target.span for target in example.targets] for example in examples]
    texts = [example.text for example in examples]
    losses = metrics.losses(examples, torch_predictor.predict(texts, given), predictor.predict(texts, given))
    labelled = {head for example in examples for head in example.labelled}
    for head in heads.with_labels():
        if head.name not in labelled:  # nothing trained it: its labels are noise in both
            del shares[head.output]
    broken = [f"{n}: {share:.2%} of labels agree" for n, share in shares.items() if share < params.min_agreement]
    broken += [
        f"{n}: F1 {loss:.4f} lower (at least {bound:.4f})"
        for n, (loss, bound) in losses.items()
        if bound > params.max_f1_loss
    ]
    export.refuse_if(broken, output)
    return {
        "int8_agreement": shares,
        "int8_f1_loss": {name: loss for name, (loss, _) in losses.items()},
        "int8_f1_loss_at_least": {name: bound for name, (_, bound) in losses.items()},
    }
