"""How much more labelled news would help: scores on real dev over the number of sentences, with the same steps.

Every training starts from the same model and draws equally many sentences of real news, so each more often where there
are fewer, and equally many of the other corpora; without real news it draws our corpus more often instead::

    python bench/learning_curve.py --examples data/examples --params bench/learning-curve.yaml \\
        --start MODEL --output out/curve --report bench/learning-curve.json

Scores are those of the torch model, before anything is fitted on dev.

A finished training is kept, so that the same command goes on. The examples need real news (`claimstance fetch`).
"""

import argparse
import json
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from claimstance.corpus import news
from claimstance.corpus.articles import CORPUS
from claimstance.evaluation import metrics, test_sets
from claimstance.evaluation.overall import is_clean, overall
from claimstance.model.folder import read_config
from claimstance.model.predictor import load_predictor
from claimstance.params import load_section
from claimstance.records import read_records, write_json, write_records
from claimstance.schema import Example
from claimstance.training.params import TrainParams

SEVERAL = 2  # of the largest sizes are trained with every seed


def subset(examples: Sequence[Example], size: int) -> list[Example]:
    """Return whole articles of real news, in an order that is the same for every size, until there are ``size``."""
    groups = sorted({example.group for example in examples})
    order = {groups[i]: place for place, i in enumerate(np.random.default_rng(0).permutation(len(groups)))}
    chosen: list[Example] = []
    if not size:
        return chosen
    for example in sorted(examples, key=lambda example: order[example.group]):
        if len(chosen) >= size and example.group != chosen[-1].group:
            break
        chosen.append(example)
    return chosen


def train(folder: Path, examples: Sequence[Example], dev: Sequence[Example], params: TrainParams) -> dict[str, Any]:
    """Train one model in its own folder, unless it is there, and return its scores on dev."""
    scores = folder / "scores.json"
    version = read_config(Path(params.start_from)).version
    settings = json.loads(json.dumps({"params": asdict(params), "examples": len(examples), "start": version}))
    known = json.loads(scores.read_text(encoding="utf-8")) if scores.is_file() else {}
    if known.get("settings") != settings:
        write_records(folder / "examples" / "train.parquet", Example, examples)
        write_records(folder / "examples" / "dev.parquet", Example, dev)
        (folder / "params.yaml").write_text(yaml.safe_dump({"train": settings["params"]}), encoding="utf-8")
        command = ["claimstance", "train", "--params", folder / "params.yaml", "--examples", folder / "examples"]
        command += ["--output", folder / "model", "--report", folder / "train.json"]
        subprocess.run(list(map(str, command)), check=True)  # noqa: S603
        predictor = load_predictor(folder / "model")
        predictions = test_sets.predict(predictor, dev)
        found = metrics.headline(metrics.evaluate(dev, predictions, bootstrap=0))
        if (share := overall(dev, predictions)) is not None:
            found["overall"] = share["share"]
        claims = [pair for pair in zip(dev, predictions, strict=True) if pair[0].kind == "claim"]
        found["clean"] = sum(is_clean(*pair) for pair in claims) / len(claims)
        known = {"settings": settings, "scores": found}
        write_json(scores, known)
    result: dict[str, Any] = known["scores"]
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=Path, required=True, help="folder of examples, from prepare")
    parser.add_argument("--params", type=Path, required=True, help="params of the trainings")
    parser.add_argument("--start", required=True, help="model folder that has seen no real news")
    parser.add_argument("--sizes", type=int, nargs="+", default=[0, 500, 1500, 3000], help="besides all")
    parser.add_argument("--draws", type=int, default=6000, help="sentences of real news in a training")
    parser.add_argument("--seeds", type=int, nargs="+", default=[13, 14, 15])
    parser.add_argument("--output", type=Path, required=True, help="folder for the trainings")
    parser.add_argument("--report", type=Path, required=True, help="file for the curve (JSON)")
    arguments = parser.parse_args()

    every = read_records(arguments.examples / "train.parquet", Example)
    dev = [e for e in read_records(arguments.examples / "dev.parquet", Example) if e.corpus == news.CORPUS]
    real = [example for example in every if example.corpus == news.CORPUS]
    others = [example for example in every if example.corpus != news.CORPUS]
    own = sum(example.corpus == CORPUS for example in others)
    section = load_section(arguments.params, "train", TrainParams)
    ours = section.repeat.get(CORPUS, 1.0)
    section = replace(section, start_from=arguments.start, epochs=1)
    sizes = [*arguments.sizes, len(real)]
    rows = []
    for size in sizes:
        chosen = subset(real, size)
        often = {news.CORPUS: arguments.draws / len(chosen)} if chosen else {CORPUS: ours + arguments.draws / own}
        params = replace(section, repeat={**section.repeat, **often}, repeat_plain={**section.repeat_plain, **often})
        seeds = arguments.seeds if size in sizes[-SEVERAL:] else arguments.seeds[:1]
        found = [
            train(arguments.output / f"{size}-{seed}", [*others, *chosen], dev, replace(params, seed=seed))
            for seed in seeds
        ]
        mean = {name: statistics.mean(one[name] for one in found) for name in found[0]}
        sd = {name: statistics.stdev(one[name] for one in found) for name in found[0]} if len(found) > 1 else {}
        rows.append({"sentences": len(chosen), "seeds": len(found), "mean": mean, "sd": sd})
        print(json.dumps(rows[-1]), flush=True)
    start = read_config(Path(arguments.start)).version
    write_json(arguments.report, {"start": start, "dev": len(dev), "draws": arguments.draws, "curve": rows})


if __name__ == "__main__":
    main()
