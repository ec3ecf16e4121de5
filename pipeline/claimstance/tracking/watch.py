"""What follows a training: losses and dev scores for the tracker, a bar and a table for the terminal."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import mean
from typing import Final, Self

from claimstance.evaluation import metrics
from claimstance.evaluation.overall import overall
from claimstance.model.predictor import Predictor
from claimstance.report.progress import Advance, progress
from claimstance.report.terminal import epochs_table, show
from claimstance.schema import Example
from claimstance.tracking.tracker import Tracker
from claimstance.training.checkpoints import Progress

LOGGED: Final = ("loss",)  # of the trainer's numbers; the others are noise in a comparison
OVERALL: Final = "overall"


class DevWatch:
    """Logs the loss, and dev scores after each epoch; what a killed training had logged is not logged again."""

    def __init__(self, predictor: Predictor, dev: Sequence[Example], tracker: Tracker, known: Progress) -> None:
        self.predictor = predictor
        self.dev = dev
        self.tracker = tracker
        self.known = known
        self.save: Callable[[], None] = lambda: None
        self._stack = ExitStack()
        self._advance: Advance | None = None
        self._started = time.monotonic()

    def keep_in(self, folder: Path) -> Self:
        """Write what was logged beside the checkpoints."""
        self.save = lambda: self.known.save(folder)
        return self

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self._count_time()
        self._stack.close()

    def on_log(self, step: int, numbers: Mapping[str, float]) -> None:
        """Log the loss."""
        found = {f"train/{name}": numbers[name] for name in LOGGED if name in numbers}
        if found and step > self.known.step:
            self.tracker.metrics(found, step=step)
            self.known.step = step
            self._count_time()
            self.save()

    def on_step(self, step: int, total: int) -> None:
        """Show how far the training is."""
        if self._advance is None:
            self._advance = self._stack.enter_context(progress("training, steps", total))
            self._advance(step - 1)
        self._advance(1)

    def on_epoch_end(self, epoch: float, step: int) -> float | None:
        """Predict dev with the model as it is, show and log one number a head; return the mean of the F1s."""
        if not self.dev:
            return None
        given = [[target.span for target in example.targets] for example in self.dev]
        predictions = self.predictor.predict([example.text for example in self.dev], given)
        scores = metrics.headline(metrics.evaluate(self.dev, predictions, bootstrap=0))
        score = mean(scores.values())
        if (share := overall(self.dev, predictions)) is not None:
            scores[OVERALL] = share["share"]
        if all(known["epoch"] < round(epoch, 3) for known in self.known.epochs):
            self.known.epochs.append({"epoch": round(epoch, 3), "mean_f1": score, **scores})
            self.tracker.metrics({f"dev/{n}": v for n, v in {"mean_f1": score, **scores}.items()}, step=step)
            self._count_time()
            self.save()
        if self.tracker.run_id:
            show(epochs_table(self.known.epochs))
        return score

    def _count_time(self) -> None:
        now = time.monotonic()
        self.known.seconds += now - self._started
        self._started = now
