"""Export the model: ONNX int8 held to torch's decisions, temperatures and thresholds refitted on that graph."""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from claimstance.corpus.articles import CORPUS
from claimstance.evaluation import calibration, metrics
from claimstance.model import export
from claimstance.model.encoding import EncodedSentence, Ids, SentenceEncoder
from claimstance.model.export import FITTED, ExportParams, fit_temperatures
from claimstance.model.folder import read_config, seal
from claimstance.model.runtimes import onnx
from claimstance.records import read_records, write_json
from claimstance.schema import Example, Head, Stance
from claimstance.scoring.scorer import ScoreOptions, Scorer, load_scorer

CALIBRATION_SENTENCES: Final = 500


def run(model: Path, examples: Path, output: Path, report: Path, params: ExportParams) -> dict[str, Any]:
    """Export ``model`` to ``output``, check it against torch, fit temperatures and thresholds on dev.

    Whether two graphs agree is no question of new text, so they are compared on all of our own sentences and on the
    dev and test ones of all corpora: on a few dozen, one changed label is more than the tolerance.

    Raises:
        ModelError: if the graph disagrees with torch beyond the tolerances; the graph is removed then.
    """
    train, dev, test = (read_records(examples / f"{name}.parquet", Example) for name in ("train", "dev", "test"))
    compared = [example for example in train if example.corpus == CORPUS] + dev + test
    torch_scorer = load_scorer(model, runtime="torch")
    export.export_fp32(model, output, params)
    encoded = torch_scorer.encoder.encode([example.text for example in compared])
    result: dict[str, Any] = {"compared": len(compared), **_check_fp32(torch_scorer, encoded, output, params)}
    config = dataclasses.replace(read_config(model), quantized=params.int8, files={})
    if params.int8:
        export.export_int8(output, _calibration(torch_scorer.encoder, train))
    seal(output, config)
    scorer = load_scorer(output, options=ScoreOptions(workers=os.cpu_count() or 1))
    if params.int8:
        result |= _check_int8(torch_scorer, scorer, compared, encoded, output, params)
    # the promise of needs_review is about text labelled after the guide
    own = [example for example in dev if example.corpus == CORPUS] or dev
    temperatures = fit_temperatures(scorer, own)
    thresholds = fit_thresholds(scorer.with_temperatures(temperatures), own, params)
    sealed = seal(
        output,
        dataclasses.replace(config, temperatures=temperatures, thresholds=thresholds),
    )
    result |= {"temperatures": temperatures, "thresholds": thresholds, "model_version": sealed.version}
    write_json(report, result)
    return result


def _calibration(encoder: SentenceEncoder, examples: Sequence[Example]) -> list[Ids]:
    """Token ids (t,) of about ``CALIBRATION_SENTENCES``, from all corpora."""
    some = examples[:: max(1, len(examples) // CALIBRATION_SENTENCES)]
    encoded = encoder.encode([example.text for example in some])
    return [encoder.stack([s.ids[s.windows[0].start : s.windows[0].end]])[0] for s in encoded]


def _check_fp32(
    torch_scorer: Scorer, encoded: Sequence[EncodedSentence], output: Path, params: ExportParams
) -> dict[str, Any]:
    windows = (sentence.ids[w.start : w.end] for sentence in encoded for w in sentence.windows)
    batches = (torch_scorer.encoder.stack([ids]) for ids in windows)
    worst = export.logit_difference(torch_scorer.forward, onnx.load(output, os.cpu_count() or 1), batches)
    if worst > params.logit_tolerance:
        export.refuse_if([f"fp32 logits differ by {worst:.2g} (allowed {params.logit_tolerance:.2g})"], output)
    return {"fp32_logit_difference": worst}


def _check_int8(
    torch_scorer: Scorer,
    scorer: Scorer,
    examples: Sequence[Example],
    encoded: Sequence[EncodedSentence],
    output: Path,
    params: ExportParams,
) -> dict[str, Any]:
    shares = export.agreement(torch_scorer.logits(encoded), scorer.logits(encoded), encoded)
    given = [[target.span for target in example.targets] for example in examples]
    texts = [example.text for example in examples]
    losses = metrics.losses(examples, torch_scorer.predict(texts, given), scorer.predict(texts, given))
    labelled = {head for example in examples for head in example.labelled}
    for head in set(FITTED) - labelled:  # nothing trained it: its labels are noise in both
        del shares[head]
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


def fit_thresholds(scorer: Scorer, examples: Sequence[Example], params: ExportParams) -> dict[str, list[float]]:
    """Below which probability a field needs review, so that what is kept errs at most 1 %, 2 % … of the time."""
    given = [[target.span for target in example.targets] for example in examples]
    predictions = scorer.predict([example.text for example in examples], given)
    pairs: dict[str, list[tuple[float, bool]]] = {"kind": [], "act": [], "strength": [], "stance": []}
    for example, prediction in zip(examples, predictions, strict=True):
        for name in ("kind", "act", "strength"):
            label = getattr(example, name)
            if label is not None:
                pairs[name].append(_outcome(getattr(prediction, name), list(FITTED[name]).index(label)))
        if Head.STANCE in example.labelled:
            for target, found in zip(example.targets, prediction.given, strict=True):
                pairs["stance"].append(_outcome(found.stance, list(Stance).index(target.stance)))
    return {name: _thresholds(outcomes, params) for name, outcomes in pairs.items()}


def _thresholds(outcomes: Sequence[tuple[float, bool]], params: ExportParams) -> list[float]:
    probabilities, correct = np.array([p for p, _ in outcomes]), np.array([ok for _, ok in outcomes], dtype=bool)
    errors = [percent / 100 for percent in range(1, int(100 * params.max_error + 1e-9) + 1)]
    found = (calibration.threshold_for_error(probabilities, correct, error, params.confidence) for error in errors)
    return [round(threshold, 6) for threshold in found] if outcomes else [0.0] * len(errors)


def _outcome(probabilities: Sequence[float], gold: int) -> tuple[float, bool]:
    best = max(range(len(probabilities)), key=probabilities.__getitem__)
    return probabilities[best], best == gold
