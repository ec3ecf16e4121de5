"""The Ray engine: the same shards as the local one, scored by the workers of any Ray cluster.

The inputs, the model and the output's folder must be on a storage that every node sees. Each worker opens the model
once. A worker that dies is replaced and its task done again; what was written stays, so a run that is stopped goes on
with the same command, on this engine or the local one.
"""

import json
import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from claimstance.articles.files import InputFile
from claimstance.articles.inputs import InputOptions, read_file
from claimstance.articles.readers import WHOLE
from claimstance.engines import shards
from claimstance.engines.local import Output, Progress, Run
from claimstance.engines.shards import Input, Part, Piece, content_of
from claimstance.errors import MissingExtraError, ParamsError
from claimstance.records import structure
from claimstance.scoring.scorer import ScoreOptions, load_scorer

ANSWER_SECONDS: Final = 5
TASK_BYTES: Final = 8 * 2**20  # of input at most: smaller files share a task, larger ones are cut into parts
LEAST_TASK_BYTES: Final = 2**16
TASKS_A_WORKER: Final = 4  # at least, so that no worker is idle at the end


@dataclass(frozen=True, slots=True)
class RaySetup:
    """The model that each worker opens, and the cluster.

    There are at most ``workers``, of one core each.
    """

    model: Path
    runtime: str | None = None
    device: str = "cpu"
    address: str | None = None
    workers: int = 2
    folder: Path = field(default_factory=Path.cwd)


@dataclass(frozen=True, slots=True)
class Task:
    """Files to score, or a part of one file."""

    files: tuple[InputFile, ...]
    part: Part = shards.WHOLE


def tasks_of(files: Sequence[InputFile], size_of: Callable[[InputFile], int], workers: int) -> Iterator[Task]:
    """Cut the inputs into tasks of about the same size."""
    share = sum(map(size_of, files)) // (TASKS_A_WORKER * workers)
    most = max(LEAST_TASK_BYTES, min(TASK_BYTES, share))
    together: list[InputFile] = []
    total = 0
    for file in files:
        size = size_of(file)
        if size > most and file.format not in WHOLE:
            count = -(-size // most)
            yield from (Task((file,), Part(number, count)) for number in range(count))
            continue
        together.append(file)
        total += size
        if total >= most:
            yield Task(tuple(together))
            together, total = [], 0
    if together:
        yield Task(tuple(together))


class _Worker:
    """Scores tasks; Ray makes one in each of its worker processes."""

    def __init__(self, setup: RaySetup, options: ScoreOptions, reading: InputOptions, output: Output) -> None:
        os.chdir(setup.folder)  # names of inputs and outputs are relative to it
        self.scorer = load_scorer(setup.model, setup.runtime, setup.device, replace(options, workers=1))
        self.reading, self.output = reading, output
        self.found = shards.read_pieces(output.parts)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Score one task (JSON) and return its pieces (JSON)."""
        task = json.loads(row["task"])
        this = Run(self.scorer, self.output, lambda _: None)
        for values in task["files"]:
            file = structure(InputFile, values)
            source = Input(file.shown, content_of(file), partial(read_file, file, self.reading))
            done = self.found.get((source.name, source.content), {})
            for block in shards.blocks(source, done, self.output.shard_units, Part(**task["part"])):
                this.add(block)
        this.flush()
        return {"pieces": json.dumps([asdict(this.pieces[key]) for key in this.plan])}


def run(
    setup: RaySetup,
    work: tuple[Sequence[InputFile], InputOptions, ScoreOptions],
    output: Output,
    progress: Progress,
    strict: bool = False,
) -> dict[str, Any]:
    """Score the remaining blocks on the cluster, merge the shards here, and return the summary.

    Raises:
        MissingExtraError: if Ray is not installed.
        ParamsError: if there is no cluster at the address.
        InputError: if ``strict`` and a unit cannot be read.
    """
    files, reading, options = work
    by_file: dict[str, list[Piece]] = {}
    arrived = Run(None, output, progress, strict)  # tells of each piece, and refuses one with a unit that failed
    tasks = list(tasks_of(files, lambda file: file.size, setup.workers))
    for row in _results(tasks, (setup, options, reading, output)):
        for values in json.loads(row["pieces"]):
            piece = structure(Piece, values)
            arrived.add(piece)
            by_file.setdefault(piece.key[0], []).append(piece)
    this = Run(None, output, lambda _: None)
    for file in files:
        for piece in sorted(by_file.get(file.shown, ()), key=lambda piece: piece.key[2]):
            this.add(piece)
    return this.finish()


def _refuse_silence(address: str | None) -> None:
    """Fail at once if nothing answers at host:port; Ray would try for a minute."""
    host, _, port = (address or "").rpartition(":")
    if not port.isdigit() or "//" in host:
        return
    try:
        socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS).close()
    except OSError as error:
        raise ParamsError(f"--address {address}: nothing answers there ({error.strerror or error})") from None


def _results(tasks: Sequence[Task], arguments: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    setup: RaySetup = arguments[0]
    try:
        import ray
    except ModuleNotFoundError:
        raise MissingExtraError("ray", "ray") from None
    if not tasks:
        return
    started = not ray.is_initialized()
    if started:
        _refuse_silence(setup.address)
        try:
            ray.init(address=setup.address, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
        except (ConnectionError, ValueError) as error:
            raise ParamsError(f"--address {setup.address}: {str(error).splitlines()[0]}") from None
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    rows = [{"task": json.dumps(asdict(task))} for task in tasks]
    size = max(1, min(setup.workers, len(tasks)))
    try:
        data = ray.data.from_items(rows, override_num_blocks=len(rows))
        pool = ray.data.ActorPoolStrategy(size=size)
        scored = data.map(cast(Any, _Worker), fn_constructor_args=arguments, compute=pool)
        yield from scored.iter_rows()
    finally:
        if started:
            ray.shutdown()
