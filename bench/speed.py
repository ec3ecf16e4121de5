"""How fast ``claimstance score`` is beside what a user would pick instead, on the same sentences and cores.

One process at a time; the contenders take turns, so that a machine that slows down slows all of them::

    python bench/speed.py sentences.jsonl --report bench/speed.json

``sentences.jsonl`` has a ``text`` a line. The contenders load ready-made encoders of MiniLM's size with a head of
random weights: what they say is noise, how long they take is not.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BATCHES = (1, 8, 32)  # of which transformers.pipeline may use its best


def read_texts(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def pipeline(path: Path) -> dict[str, Any]:
    """transformers.pipeline with the packaged MiniLM, at the batch size that is best on a sample."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, TextClassificationPipeline

    from claimstance.model import encoder_folder

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

    from claimstance.model import encoder_folder

    folder = encoder_folder("packaged-minilm")
    model, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    texts = sorted(read_texts(path), key=len)
    started = time.perf_counter()
    with torch.inference_mode():
        for i in range(0, len(texts), 32):
            batch = tokenizer(texts[i : i + 32], padding=True, truncation=True, max_length=256, return_tensors="pt")
            model(**batch).last_hidden_state.mean(1)
    return {"seconds": time.perf_counter() - started}


def ours(path: Path) -> dict[str, Any]:
    """The whole of ``claimstance score``: reading, scoring, writing Parquet."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "claimstance", "score", str(path), "--unit", "sentence", "--language", "any"]
        command += ["--output", f"{folder}/claims.parquet", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    summary = json.loads(done.stdout)
    return {"seconds": summary["seconds"], "units_failed": summary["units_failed"]}


CONTENDERS = {"transformers.pipeline": pipeline, "torch, sorted batches": sorted_batches, "claimstance score": ours}


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
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=CONTENDERS)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(CONTENDERS[arguments.only](arguments.sentences)))
        return
    report = json.dumps(compare(arguments.sentences, arguments.rounds), indent=2)
    if arguments.report:
        arguments.report.write_text(report + "\n", encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
