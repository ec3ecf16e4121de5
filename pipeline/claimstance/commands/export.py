"""``claimstance export``: a torch model to an ONNX graph, compared with torch and calibrated on dev."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from claimstance import heads
from claimstance.commands.options import params_option, path_option
from claimstance.corpus import news
from claimstance.corpus.articles import own
from claimstance.evaluation import metrics
from claimstance.evaluation.calibration import fit_calibration, fit_thresholds
from claimstance.model import gate
from claimstance.model.certainty import Floats
from claimstance.model.encoding import EncodedSentence, Ids, SentenceEncoder
from claimstance.model.folder import ModelConfig, read_config, seal
from claimstance.model.gate import GateParams
from claimstance.model.predictor import Batching, Predictor, load_predictor
from claimstance.params import load_section
from claimstance.processors import usable_processors
from claimstance.records import read_records, write_json
from claimstance.report.progress import progress
from claimstance.schema import Example

CALIBRATION_SENTENCES: Final = 500
Logits = list[dict[str, Floats]]  # of each sentence, by output


@dataclass(frozen=True, slots=True)
class ExportParams(GateParams):
    """The ``export`` section of ``params.yaml``.

    Attributes:
        hide_names: Let the graph read other names for those of listed countries and bodies.
        max_error: Thresholds for ``needs_review`` are fitted for errors of 1 % up to this share.
        confidence: Of the bound on that error.
    """

    int8: bool = True
    opset: int = 17
    hide_names: bool = True
    max_error: float = 0.5
    confidence: float = 0.9


@dataclass(frozen=True, slots=True)
class Compared:
    """The sentences on which a graph is compared with torch, and torch's logits."""

    examples: list[Example]
    encoded: list[EncodedSentence]
    logits: Logits


@click.command()
@path_option("model", "Model folder, from train.")
@path_option("examples", "Folder of examples, from prepare.")
@path_option("output", "Model folder to write.")
@path_option("report", "Agreement, gate and what was fitted on dev (JSON).")
@click.option("--for-release", is_flag=True, help="End with an error if the graph does not agree with torch.")
@params_option
def command(model: Path, examples: Path, output: Path, report: Path, for_release: bool, params: Path) -> None:
    """Export to ONNX int8, compare it with torch, and calibrate it on dev."""
    section = load_section(params, "export", ExportParams)
    result = run(model, examples, output, report, section)
    for line in (f"gate: {result['gate']}", *result["gate_broken"]):
        click.echo(line, err=True)
    if for_release:
        gate.check_release(output)


def run(model: Path, examples: Path, output: Path, report: Path, params: ExportParams) -> dict[str, Any]:
    """Export ``model`` to ``output``, compare it with torch, fit probabilities and thresholds on dev.

    The two are compared on our training sentences, all dev sentences and our test split: on a few dozen, one changed
    label is more than the tolerance. A graph that disagrees is written too, with the outcome in its config and
    in the report; ``model.gate.check_release`` refuses to release it.
    """
    from claimstance.model import export

    train, dev, test = (read_records(examples / f"{name}.parquet", Example) for name in ("train", "dev", "test"))
    torch_predictor = load_predictor(model, runtime="torch")
    torch_predictor.encoder.hide_names = params.hide_names  # what the graph will read
    compared = _compared(torch_predictor, own(train) + dev + test)
    config = dataclasses.replace(read_config(model), quantized=False, files={}, hide_names=params.hide_names)
    export.export_fp32(model, output, params.opset)
    fp32 = _sealed(output, config)
    difference = export.logit_difference(compared.logits, _logits(fp32, compared.encoded, "fp32 graph"))
    result: dict[str, Any] = {"compared": len(compared.examples), "fp32_logit_difference": difference}
    predictor = fp32
    if params.int8:
        saturates = export.export_int8(output, _calibration(torch_predictor.encoder, train))
        predictor = _sealed(output, dataclasses.replace(config, quantized=True, saturates=saturates))
        result |= _compare_int8(torch_predictor, predictor, compared)
    broken = gate.broken_conditions(result, params)
    result = {"gate": gate.outcome(broken), "gate_broken": broken, **result}
    fitted = fit_on_dev(predictor, dev, params)
    sealed = seal(output, dataclasses.replace(fitted, gate=result["gate"], gate_broken=broken))
    result |= what_was_fitted(sealed, params)
    write_json(report, result)
    return result


def fit_on_dev(predictor: Predictor, dev: Sequence[Example], params: ExportParams) -> ModelConfig:
    """Return the model's config with probabilities and thresholds fitted on real news, or else our corpus, or else all.

    ``needs_review`` promises an error rate on text labelled after the guide.
    """
    tuning = [example for example in dev if example.corpus == news.CORPUS] or own(dev) or dev
    fitted = predictor.with_calibration(fit_calibration(predictor, tuning))
    thresholds = fit_thresholds(fitted, tuning, params.max_error, params.confidence)
    return dataclasses.replace(fitted.config, thresholds=thresholds)


def what_was_fitted(config: ModelConfig, params: ExportParams) -> dict[str, Any]:
    """Return the part of a report that says what was fitted on dev."""
    fitted = {name: dataclasses.asdict(config)[name] for name in ("temperatures", "spans", "claim", "thresholds")}
    return fitted | {"confidence": params.confidence, "model_version": config.version}


def _sealed(folder: Path, config: ModelConfig) -> Predictor:
    seal(folder, config)
    return load_predictor(folder, batching=Batching(threads=usable_processors()))


def _compared(torch_predictor: Predictor, examples: list[Example]) -> Compared:
    encoded = torch_predictor.encoder.encode([example.text for example in examples])
    return Compared(examples, encoded, _logits(torch_predictor, encoded, "torch"))


def _logits(predictor: Predictor, encoded: Sequence[EncodedSentence], title: str) -> Logits:
    """Return the logits of each sentence; windows of one length pass together, which changes no result."""
    with progress(f"{title}, windows", sum(len(sentence.windows) for sentence in encoded)) as advance:
        predictor.on_windows = advance
        logits = predictor.logits(encoded)
        predictor.on_windows = None
    return logits


def _calibration(encoder: SentenceEncoder, examples: Sequence[Example]) -> list[Ids]:
    """Return token ids (t,) of about ``CALIBRATION_SENTENCES`` sentences from all corpora."""
    some = examples[:: max(1, len(examples) // CALIBRATION_SENTENCES)]
    encoded = encoder.encode([example.text for example in some])
    return [encoder.stack([s.ids[s.windows[0].start : s.windows[0].end]])[0] for s in encoded]


def _compare_int8(torch_predictor: Predictor, predictor: Predictor, compared: Compared) -> dict[str, Any]:
    from claimstance.model import export

    examples, encoded = compared.examples, compared.encoded
    logits = _logits(predictor, encoded, "int8 graph")
    shares = export.agreement(compared.logits, logits)
    texts = [example.text for example in examples]
    given = [[(target.span,) for target in example.targets] for example in examples]
    before = torch_predictor.decode(texts, encoded, compared.logits, given)
    losses = metrics.losses(examples, before, predictor.decode(texts, encoded, logits, given))
    labelled = {head for example in examples for head in example.labelled}
    for head in heads.with_labels():
        if head.name not in labelled:  # nothing trained it: its labels are noise in both
            del shares[head.output]
    return {
        "int8_agreement": shares,
        "int8_f1_loss": {name: loss for name, (loss, _) in losses.items()},
        "int8_f1_loss_at_least": {name: bound for name, (_, bound) in losses.items()},
    }
