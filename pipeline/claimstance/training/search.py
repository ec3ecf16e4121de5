"""A sweep over params: which trainings it holds, and when one of them is hopeless. It imports no torch."""

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any, Final

from claimstance.errors import ParamsError
from claimstance.params import from_dict, read_yaml
from claimstance.training.params import TrainParams

GRID: Final = "grid"
RANDOM: Final = "random"
MEAN: Final = "mean_f1"  # of all heads that dev labels: what a sweep ranks by
FINISHED_FIRST: Final = 4  # trainings that have to finish before one is stopped
SHARE_FIRST: Final = 0.5  # of its epochs that a training is left alone


@dataclass(frozen=True, slots=True)
class Sweep:
    """A file that describes a sweep.

    Attributes:
        train: By name of a parameter of the ``train`` section: a list of values or, in a random search, a range
            ``{low, high, log}``. What is not named is as in ``params.yaml``.
        search: grid, every combination; or random.
        trials: Combinations that a random search draws.
        draw_seed: Of the draws.
        stop_hopeless: Stop a training that is below the median of the finished ones after as many epochs.
    """

    train: Mapping[str, Any]
    search: str = GRID
    trials: int = 10
    draw_seed: int = 0
    stop_hopeless: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """One training of a sweep; trials of one ``name`` differ by seed only."""

    name: str
    params: TrainParams
    varied: Mapping[str, Any] = field(default_factory=dict)


def read_sweep(path: Path) -> Sweep:
    """Read the file of a sweep.

    Raises:
        ParamsError: if it is missing or malformed.
    """
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ParamsError(f"{path}: should be like params.yaml, with lists of values under train")
    sweep = from_dict(Sweep, content, where=str(path))
    if sweep.search not in (GRID, RANDOM):
        raise ParamsError(f"{path}: search: expected grid or random, found {sweep.search!r}")
    if sweep.trials < 1:
        raise ParamsError(f"{path}: trials: {sweep.trials}; at least one is needed")
    if not isinstance(sweep.train, Mapping) or not sweep.train:
        raise ParamsError(f"{path}: train: name at least one parameter and its values")
    return sweep


def trials(sweep: Sweep, base: TrainParams, seeds: int = 1) -> list[Trial]:
    """Return the trainings of a sweep, each combination with every seed, beginning with the seed of ``base``.

    Raises:
        ParamsError: if a parameter is unknown or a value does not fit.
    """
    combinations = _grid(sweep) if sweep.search == GRID else _drawn(sweep)
    combinations = [values for i, values in enumerate(combinations) if values not in combinations[:i]]
    found = []
    for values in combinations:
        params = from_dict(TrainParams, {**asdict(base), **values}, where="train")
        name = " ".join(f"{key}={_short(value)}" for key, value in values.items())
        found += [Trial(name, replace(params, seed=params.seed + i), values) for i in range(seeds)]
    return found


def _grid(sweep: Sweep) -> list[dict[str, Any]]:
    for name, values in sweep.train.items():
        if not isinstance(values, list) or not values:
            raise ParamsError(f"train.{name}: a grid takes a list of values, found {values!r}")
    return [dict(zip(sweep.train, values, strict=True)) for values in itertools.product(*sweep.train.values())]


def _drawn(sweep: Sweep) -> list[dict[str, Any]]:
    rng = random.Random(sweep.draw_seed)  # noqa: S311, no secret hangs on it
    return [{name: _draw(name, spec, rng) for name, spec in sweep.train.items()} for _ in range(sweep.trials)]


def _draw(name: str, spec: Any, rng: random.Random) -> Any:
    if isinstance(spec, list) and spec:
        return rng.choice(spec)
    if not isinstance(spec, dict) or not {"low", "high"} <= set(spec) <= {"low", "high", "log"}:
        raise ParamsError(f"train.{name}: expected a list of values or a range {{low, high, log}}, found {spec!r}")
    low, high = spec["low"], spec["high"]
    if not all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high)):
        raise ParamsError(f"train.{name}: low and high have to be numbers, in YAML 1.0e-5 and not 1e-5; found {spec!r}")
    if not low < high or (spec.get("log") and low <= 0):
        raise ParamsError(f"train.{name}: low has to be below high, and above 0 with log; found {spec!r}")
    whole = isinstance(low, int) and isinstance(high, int)
    if spec.get("log"):
        drawn = math.exp(rng.uniform(math.log(low), math.log(high)))
        return round(drawn) if whole else float(f"{drawn:.3g}")
    return rng.randint(low, high) if whole else float(f"{rng.uniform(low, high):.3g}")


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def hopeless(curve: Sequence[float], epochs: int, finished: Sequence[Sequence[float]]) -> bool:
    """Return whether a training should stop, by the median rule (Golovin et al. 2017).

    Args:
        curve: Its dev score after each epoch so far.
        epochs: How many it has in all.
        finished: The curves of finished trainings; early stopping may have made them shorter.
    """
    share = len(curve) / epochs
    if share < SHARE_FIRST or share >= 1 or len(finished) < FINISHED_FIRST:
        return False
    at_share = [max(other[: len(curve)]) for other in finished]
    return max(curve) < median(at_share)


def summary(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row a combination, best first: mean and standard deviation over its seeds of each dev score.

    A combination with a stopped training comes after those that finished.
    """
    names = list(dict.fromkeys(result["name"] for result in results))
    rows = []
    for name in names:
        some = [result for result in results if result["name"] == name]
        done = [result for result in some if not result["stopped"]]
        scores = {head: [result["scores"][head] for result in done] for head in (done[0]["scores"] if done else ())}
        rows.append(
            {
                "name": name,
                "seeds": len(done),
                "stopped": len(some) - len(done),
                "mean": {head: mean(values) for head, values in scores.items()},
                "sd": {head: stdev(values) if len(values) > 1 else None for head, values in scores.items()},
                "models": [result["model"] for result in done],
            }
        )
    return sorted(rows, key=lambda row: (row["stopped"] > 0, -row["mean"].get(MEAN, 0.0)))
