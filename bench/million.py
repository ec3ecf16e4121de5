"""Whether ``claimstance score`` stays flat in memory and linear in time: a long run, sampled while it goes on.

Sentences are made by repeating real ones with one word changed, and half of them come again soon, as syndicated news
does; the output is a row a sample and a plot::

    python bench/million.py sentences.jsonl --number 1000000 --report bench/million.csv --plot docs/million.svg

Memory is what all processes of the run hold together (PSS: pages that several share are counted once).
"""

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import psutil

SECONDS = 10  # between samples
REPEATED = 0.5  # of the sentences


def perturbed(texts: list[str], number: int) -> Iterator[str]:
    """``number`` sentences: the given ones with one word changed each time, or one of the last thousand once more."""
    chance = random.Random(0)  # noqa: S311
    words = [word for text in texts[:2000] for word in text.split()]
    recent: deque[str] = deque(maxlen=1000)
    for i in range(number):
        own = texts[i % len(texts)].split()
        own[chance.randrange(len(own))] = chance.choice(words)
        text = chance.choice(recent) if recent and chance.random() < REPEATED else " ".join(own)
        recent.append(text)
        yield text


def megabytes(process: psutil.Process) -> float:
    """What a process and its descendants hold together."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_full_info().pss
        except psutil.Error:  # it has just ended
            continue
    return total / 2**20


def samples(command: list[str], parts: Path) -> Iterator[tuple[float, int, float]]:
    """Seconds, sentences and megabytes while a command runs, and once more when it has ended."""
    started, seen, sentences, most = time.perf_counter(), set[Path](), 0, 0.0
    process = psutil.Popen(command, stdout=subprocess.PIPE, text=True)
    last = started
    while process.poll() is None:
        time.sleep(1)
        most = max(most, megabytes(process))  # the most since the last sample
        if time.perf_counter() - last >= SECONDS:
            for record in set(parts.glob("[0-9a-f]*.json")) - seen:
                seen.add(record)
                sentences += sum(piece["counts"]["sentences"] for piece in json.loads(record.read_text()))
            last = time.perf_counter()
            yield round(last - started, 1), sentences, round(most, 1)
            most = 0.0
    summary = json.loads(process.stdout.read())
    print(summary, file=sys.stderr)
    yield round(time.perf_counter() - started, 1), summary["sentences"], round(most, 1)


def plot(rows: list[tuple[float, int, float]], path: Path) -> None:
    """Time and memory over the number of sentences."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    figure, (above, below) = plt.subplots(2, 1, figsize=(7, 5), sharex=True, layout="constrained")
    seconds, sentences, held = zip(*rows, strict=True)
    above.plot(sentences, [value / 60 for value in seconds])
    above.set_ylabel("minutes")
    below.plot(sentences, held)
    below.set_ylabel("megabytes, all processes")
    below.set_ylim(0)
    below.set_xlabel("sentences")
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", type=Path, help="JSON lines with a text each")
    parser.add_argument("--number", type=int, default=1_000_000)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--plot", type=Path, required=True)
    arguments = parser.parse_args()
    with arguments.sentences.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    with tempfile.TemporaryDirectory() as folder, arguments.report.open("w", newline="") as file:
        path, output = Path(folder, "sentences.jsonl"), Path(folder, "claims.parquet")
        with path.open("w", encoding="utf-8") as made:
            made.writelines(json.dumps({"text": text}) + "\n" for text in perturbed(texts, arguments.number))
        command = [sys.executable, "-m", "claimstance", "score", str(path), "--unit", "sentence", "--language", "any"]
        rows, writer = [], csv.writer(file)
        writer.writerow(("seconds", "sentences", "megabytes"))
        for row in samples([*command, "--output", str(output), "--json"], output.with_name("claims.parquet.parts")):
            rows.append(row)
            writer.writerow(row)
            file.flush()
    plot(rows, arguments.plot)


if __name__ == "__main__":
    main()
