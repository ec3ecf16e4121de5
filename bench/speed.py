"""How fast ``claimstance score`` is beside what a user would pick instead, on the same sentences and cores.

One process at a time; the contenders take turns, so that a machine that slows down slows all of them::

    python bench/speed.py sentences.jsonl --report bench/speed.json

``sentences.jsonl`` has a ``text`` a line. The contenders have the shapes of what they stand for and random weights in
their heads (those of base size everywhere): what they say is noise, how long they take is not. Those of base size are
timed on 100 sentences, with one target each; the seconds are for all.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from claimstance import heads

REPEATS = 8  # of a product in one graph
SAMPLE = 100  # sentences that the largest models are timed on
BATCHES = (1, 8, 32)  # of which transformers.pipeline may use its best


def read_texts(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def pipeline(path: Path) -> dict[str, Any]:
    """transformers.pipeline with the packaged MiniLM, at the batch size that is best on a sample."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, TextClassificationPipeline

    from claimstance.model.encoders import encoder_folder

    folder = encoder_folder("packaged-minilm")
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3).eval()
    classify = TextClassificationPipeline(model=model, tokenizer=AutoTokenizer.from_pretrained(folder), device="cpu")
    texts = read_texts(path)
    rates = {}
    with torch.inference_mode():
        for size in BATCHES:
            started = time.perf_counter()
            classify(texts[:200], batch_size=size, truncation=True)
            rates[size] = 200 / (time.perf_counter() - started)
        best = max(rates, key=rates.__getitem__)
        started = time.perf_counter()
        classify(texts, batch_size=best, truncation=True)
    return {"seconds": time.perf_counter() - started, "batch_size": best}


def sorted_batches(path: Path) -> dict[str, Any]:
    """The bare encoder in torch, on batches of 32 sentences of like length, mean pooled: what embeddings cost."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    from claimstance.model.encoders import encoder_folder

    folder = encoder_folder("packaged-minilm")
    model, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    texts = sorted(read_texts(path), key=len)
    started = time.perf_counter()
    with torch.inference_mode():
        for i in range(0, len(texts), 32):
            batch = tokenizer(texts[i : i + 32], padding=True, truncation=True, max_length=256, return_tensors="pt")
            model(**batch).last_hidden_state.mean(1)
    return {"seconds": time.perf_counter() - started}


def zero_shot(path: Path) -> dict[str, Any]:
    """A zero-shot NLI model of base size: one pass for each act, strength and stance toward one target."""
    hypotheses = [f"The source {label}s." for label in heads.ACT.labels]
    hypotheses += [f"The statement is {label}." for label in heads.STRENGTH.labels]
    hypotheses += [f"The source is {label} toward the target." for label in heads.STANCE.labels]
    return _passes(path, hypotheses)


def one_per_target(path: Path) -> dict[str, Any]:
    """A model of base size that reads the sentence with one target, as NewsSentiment does: stance alone."""
    return _passes(path, ["the target"])


def _passes(path: Path, second: list[str]) -> dict[str, Any]:
    """Time passes of sentence pairs on a sample, by a BERT-base of random weights; seconds are for all sentences."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, TextClassificationPipeline

    from claimstance.model.encoders import encoder_folder

    tokenizer = AutoTokenizer.from_pretrained(encoder_folder("packaged-minilm"))
    model = BertForSequenceClassification(BertConfig(num_labels=3)).eval()
    classify = TextClassificationPipeline(model=model, tokenizer=tokenizer, device="cpu")
    texts = read_texts(path)
    pairs = [{"text": text, "text_pair": other} for text in texts[:SAMPLE] for other in second]
    with torch.inference_mode():
        classify(pairs[:8], batch_size=8, truncation=True)
        started = time.perf_counter()
        classify(pairs, batch_size=8, truncation=True)
    seconds = time.perf_counter() - started
    return {"seconds": seconds * len(texts) / min(len(texts), SAMPLE), "timed": min(len(texts), SAMPLE)}


def accurate(path: Path) -> dict[str, Any]:
    """The whole of ``claimstance score`` with the larger model."""
    return ours(path, "accurate")


def ours(path: Path, model: str = "") -> dict[str, Any]:
    """The whole of ``claimstance score``: reading, scoring, writing Parquet."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "claimstance", "score", str(path), "--unit", "sentence", "--language", "any"]
        command += ["--output", f"{folder}/claims.parquet", "--json", *(["--model", model] if model else [])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    summary = json.loads(done.stdout)
    return {"seconds": summary["seconds"], "units_failed": summary["units_failed"]}


def products(_: Path) -> dict[str, Any]:
    """Which share of the encoder's time its int8 products would take alone, one thread, on batches as they come."""
    import numpy as np
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    from claimstance.model.folder import default_model
    from claimstance.model.predictor import BATCH_TOKENS

    folder = default_model()
    graph = onnx.load(folder / "model.onnx").graph
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    layers = [shapes[node.input[1]] for node in graph.node if node.op_type == "MatMulIntegerToFloat"]
    rng = np.random.default_rng(0)

    def bare(m: int, k: int, n: int) -> float:
        """Seconds of one uint8 by int8 product, from several in one graph, so that a call's cost does not count."""
        weights = [rng.integers(-127, 127, (k, n), dtype=np.int8) for _ in range(REPEATS)]
        model = helper.make_graph(
            [helper.make_node("MatMulInteger", ["a", f"b{i}"], [f"c{i}"]) for i in range(REPEATS)],
            "products",
            [helper.make_tensor_value_info("a", TensorProto.UINT8, [m, k])],
            [helper.make_tensor_value_info(f"c{i}", TensorProto.INT32, [m, n]) for i in range(REPEATS)],
            [numpy_helper.from_array(array, f"b{i}") for i, array in enumerate(weights)],
        )
        model = helper.make_model(model, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(model.SerializeToString(), options)
        feed = {"a": rng.integers(0, 255, (m, k)).astype(np.uint8)}
        return fastest(lambda: session.run(None, feed)) / REPEATS

    from claimstance.model.runtimes.onnx import load

    forward = load(folder)
    shares = {}
    for length in (16, 32, 64):
        batch = BATCH_TOKENS // length
        ids = rng.integers(1000, 20000, (batch, length))
        alone = {shape: bare(batch * length, *shape) for shape in set(layers)}
        shares[length] = sum(alone[shape] for shape in layers) / fastest(lambda ids=ids: forward(ids))
    return shares


def fastest(call: Callable[[], Any]) -> float:
    """Seconds of the fastest of many calls."""
    seconds = []
    for _ in range(60):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def profile(path: Path) -> dict[str, float]:
    """Milliseconds a sentence that each part of scoring takes in one process, reading and writing left out."""
    import cProfile
    import pstats

    from claimstance.records import to_table
    from claimstance.schema import Article
    from claimstance.scoring.scorer import ScoreOptions, load_scorer, score_table

    scorer = load_scorer(options=ScoreOptions(unit="sentence"))
    texts = read_texts(path)[:4000]
    table = to_table(Article, [Article(str(i), str(i), text) for i, text in enumerate(texts)])
    started = time.perf_counter()
    score_table(scorer, table)
    whole = time.perf_counter() - started
    scorer.predictor._seen.clear()
    profiler = cProfile.Profile()
    profiler.runcall(score_table, scorer, table)
    stats = pstats.Stats(profiler).stats
    parts = {
        "sentences": ("segmentation/sentences.py", "segment_article"),
        "tokens": ("model/encoding.py", "encode"),
        "the encoder": ("model/predictor.py", "_forward_windows"),
        "decoding": ("model/decoding.py", "decode"),
        "speakers and targets": ("scoring/speakers.py", "resolve"),
        "rows": ("scoring/rows.py", "sentence_rows"),
        "the output table": ("records.py", "to_table"),
    }
    found = {
        part: sum(
            cumulative
            for (file, _, name), (_, _, _, cumulative, _) in stats.items()
            if file.endswith(f"claimstance/{where[0]}") and name == where[1]
        )
        for part, where in parts.items()
    }
    per_sentence = {part: round(1000 * seconds / len(texts), 3) for part, seconds in found.items()}
    return {**per_sentence, "all, without the profiler": round(1000 * whole / len(texts), 3)}


CONTENDERS = {
    "transformers.pipeline": pipeline,
    "torch, sorted batches": sorted_batches,
    "zero-shot NLI of base size, a pass a label": zero_shot,
    "a model of base size, a pass a target": one_per_target,
    "claimstance score --model accurate": accurate,
    "claimstance score": ours,
}
DETAILS = {"products": products, "profile": profile}


def in_a_process(name: str, path: Path) -> dict[str, Any]:
    """Run one contender in a process of its own; memory is the peak of the largest process in its tree."""
    process = subprocess.Popen([sys.executable, __file__, str(path), "--only", name], stdout=subprocess.PIPE)  # noqa: S603
    assert process.stdout is not None  # noqa: S101
    output = process.stdout.read()
    usage = os.wait4(process.pid, 0)[2]
    return json.loads(output) | {"megabytes": round(usage.ru_maxrss / 1024)}


def first_row(path: Path) -> float:
    """Seconds from the start of the process to the first row on stdout."""
    command = [sys.executable, "-m", "claimstance", "score", str(path), "--unit", "sentence", "--include-other"]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101
        process.stdout.readline()
        seconds = time.perf_counter() - started
        process.kill()
    return seconds


def help_seconds() -> float:
    """Seconds that ``claimstance --help`` takes."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "claimstance", "--help"], capture_output=True, check=True)
    return time.perf_counter() - started


def compare(path: Path, rounds: int) -> dict[str, Any]:
    """Every contender in turn, ``rounds`` times."""
    n = len(read_texts(path))
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTENDERS}
    for _ in range(rounds):
        for name, results in runs.items():
            results.append(in_a_process(name, path))
            print(name, results[-1], file=sys.stderr)
    rates = {name: statistics.median(n / run["seconds"] for run in results) for name, results in runs.items()}
    return {
        "sentences": n,
        "rounds": rounds,
        "cores": os.cpu_count(),
        "sentences_per_second": rates,
        "ours_against": {name: rates["claimstance score"] / rate for name, rate in rates.items()},
        "megabytes": {name: max(run["megabytes"] for run in results) for name, results in runs.items()},
        "first_row_seconds": statistics.median(first_row(path) for _ in range(5)),
        "help_seconds": statistics.median(help_seconds() for _ in range(5)),
        "int8_products_share": products(path),
        "milliseconds_a_sentence": profile(path),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=[*CONTENDERS, *DETAILS], help="one of the parts")
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps((CONTENDERS | DETAILS)[arguments.only](arguments.sentences)))
        return
    report = json.dumps(compare(arguments.sentences, arguments.rounds), indent=2)
    if arguments.report:
        arguments.report.write_text(report + "\n", encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
