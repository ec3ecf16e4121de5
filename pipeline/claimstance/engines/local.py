"""The local engine: scores the remaining blocks shard by shard, and merges the shards into one file.

With ``Workers``, other processes score the shards, and this one reads the inputs.
"""

import json
import multiprocessing
import os
import shutil
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread
from typing import Any, Final

from filelock import FileLock, Timeout

from claimstance.engines import shards
from claimstance.engines.identities import renamed, repeated
from claimstance.engines.outputs import errors_of, format_of, merge
from claimstance.engines.shards import Block, Input, Key, Piece
from claimstance.errors import InputError, OutputError, WorkerError
from claimstance.records import atomic_path, write_json
from claimstance.schema import UnitError
from claimstance.scoring.scorer import ScoreOptions, Scorer, load_scorer

SHARDS_AHEAD: Final = 2  # per worker, read in advance
Progress = Callable[[dict[str, int]], None]


@dataclass(frozen=True, slots=True)
class Output:
    """Where a run writes.

    Attributes:
        manifest: Model and options; shards of other ones are never used.
        shard_units: Units of a block, and the least units of a shard.
    """

    path: Path
    manifest: dict[str, Any]
    keep: tuple[str, ...] = ()
    articles: Path | None = None
    shard_units: int = 64

    @property
    def parts(self) -> Path:
        return self.path.with_name(self.path.name + ".parts")

    @property
    def errors(self) -> Path:
        return errors_of(self.path)


@contextmanager
def opened(output: Output, force: bool) -> Iterator[None]:
    """Open the folder of shards and lock it.

    Raises:
        OutputError: if the file or folder belongs to something else (unless ``force``), or to a running run.
    """
    manifest = output.parts / "manifest.json"
    if output.articles is not None and output.articles.resolve() == output.path.resolve():
        raise OutputError(f"{output.articles}: --output and --articles need a file each")
    for path in filter(None, (output.path, output.articles)):
        if path.is_dir():
            raise OutputError(f"{path}: is a folder; name a file that ends in .parquet, .jsonl or .csv")
        format_of(path)
        if path.exists() and not manifest.is_file() and not force:
            raise OutputError(f"{path}: exists and is not from an earlier run of this command; --force replaces it")
    output.parts.mkdir(parents=True, exist_ok=True)
    with _locked(output.parts / "lock", output.path):
        if force:
            _empty(output.parts)
            output.path.unlink(missing_ok=True)
        if manifest.is_file():
            changed = _changed(json.loads(manifest.read_text(encoding="utf-8")), output.manifest)
            if changed:
                raise OutputError(f"{output.path}: made with other {' and '.join(changed)}; --force scores anew")
        _remove_temporary(output)
        write_json(manifest, output.manifest)
        yield


@contextmanager
def _locked(path: Path, output: Path) -> Iterator[None]:
    lock = FileLock(path, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise OutputError(f"{output}: another run is writing it; wait for it, or name another output") from None
    try:
        yield
    finally:
        lock.release()


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "lock":
            path.unlink()


def _remove_temporary(output: Output) -> None:
    """Delete the temporary files of a killed run."""
    for path in (*output.parts.glob(".*.tmp"), *output.path.parent.glob(f".{output.path.name}.*.tmp")):
        path.unlink(missing_ok=True)


def _changed(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    plain = json.loads(json.dumps(new))
    return [key for key in sorted({*old, *plain}) if old.get(key) != plain.get(key)]


@dataclass(frozen=True, slots=True)
class Workers:
    """Processes that open the model and score shards."""

    count: int
    model: Path | None = None
    runtime: str | None = None


@dataclass(slots=True)
class Run:
    """One pass over the inputs.

    Attributes:
        scorer: Null if all blocks are scored already.
        plan: The keys of all blocks, in order.
        pieces: The scored blocks by key.
        waiting: Blocks that do not fill a shard yet.
        ahead: Most shards that may wait for the pool.
    """

    scorer: Scorer | None
    output: Output
    progress: Progress
    strict: bool = False
    plan: list[Key] = field(default_factory=list)
    pieces: dict[Key, Piece] = field(default_factory=dict)
    waiting: list[Block] = field(default_factory=list)
    pool: ProcessPoolExecutor | None = None
    ahead: int = 0
    running: deque[Future[list[Piece]]] = field(default_factory=deque)

    def add(self, block: Block | Piece) -> None:
        """Add a scored block, or a block to score; score the waiting ones when they fill a shard.

        Raises:
            InputError: if ``strict`` and a unit cannot be read.
        """
        self.plan.append(block.key)
        if self.strict and (errors := list(self._errors(block))):
            raise failed(errors[0])
        if isinstance(block, Piece):
            self._took([block])
            return
        self.waiting.append(block)
        if sum(len(other.units) for other in self.waiting) >= self.output.shard_units:
            self._score_waiting(self.pool)

    def _errors(self, block: Block | Piece) -> Iterator[UnitError]:
        if isinstance(block, Block):
            yield from (unit for unit in block.units if isinstance(unit, UnitError))
        else:
            yield from (UnitError(**json.loads(line)) for line in shards.read_errors(self.output.parts, [block]))

    def flush(self) -> None:
        """Score the waiting blocks, and wait until all are scored."""
        self._score_waiting(self.pool if self.running else None)
        self._collect(0)

    def _score_waiting(self, pool: ProcessPoolExecutor | None) -> None:
        if not self.waiting:
            return
        some, self.waiting = self.waiting, []
        where = (self.output.parts, self.output.keep, self.output.articles is not None)
        if pool is not None:
            self.running.append(pool.submit(_write_shard, some, *where))
            self._collect(self.ahead)
        elif self.scorer is not None:
            self._took(shards.write_shard(self.scorer, some, *where))

    def _collect(self, ahead: int) -> None:
        while len(self.running) > ahead:
            self._took(self.running.popleft().result())

    def _took(self, pieces: list[Piece]) -> None:
        self.pieces |= {piece.key: piece for piece in pieces}
        self.progress(shards.totals(pieces))

    def finish(self) -> dict[str, Any]:
        """Merge the shards, unless the output holds exactly these blocks already."""
        self.flush()
        output = self.output
        ordered = [self.pieces[key] for key in self.plan]
        again = repeated(piece.ids for piece in ordered)
        summary = {**shards.totals(ordered), "repeated_ids": len(again)}
        done = output.parts / "done"
        state = json.dumps([(piece.key, piece.counts) for piece in ordered])
        errors = output.errors if summary["units_failed"] else None
        there = all(path.exists() for path in (output.path, output.articles, errors, done) if path is not None)
        if there and done.read_text(encoding="utf-8") == shards.digest(state):
            return {**summary, "nothing_left_to_do": True}
        done.unlink(missing_ok=True)
        if output.articles:
            tables = shards.read_rows(output.parts, ordered, "articles.parquet")
            merge(renamed(tables, again), output.articles, shards.article_table([]).schema)
        _write_errors(output, ordered)
        merge(renamed(shards.read_rows(output.parts, ordered), again), output.path, shards.schema_of(output.keep))
        done.write_text(shards.digest(state), encoding="utf-8")
        shards.remove_unused(output.parts, ordered)
        return summary


def place_of(unit: UnitError) -> str:
    """Return file and row of a unit."""
    return unit.file if unit.row is None else f"{unit.file}:{unit.row}"


def failed(unit: UnitError) -> InputError:
    """Return the error that ``--strict`` raises for a unit."""
    return InputError(f"{place_of(unit)}: {unit.reason} (--strict stops at the first unit that fails)")


def run(
    scorer: Scorer,
    sources: Iterable[Input],
    output: Output,
    progress: Progress,
    strict: bool = False,
    workers: Workers | None = None,
) -> dict[str, Any]:
    """Score the remaining blocks, merge the shards and return the summary; ``progress`` gets each shard's counts.

    Raises:
        InputError: if ``strict`` and a unit cannot be read.
        WorkerError: if one of the ``workers`` dies.
    """
    found = shards.read_pieces(output.parts)
    with _pool(workers, scorer.options) if workers else nullcontext() as pool:
        this = Run(scorer, output, progress, strict, pool=pool, ahead=SHARDS_AHEAD * workers.count if workers else 0)
        for source in sources:
            for block in shards.blocks(source, found.get((source.name, source.content), {}), output.shard_units):
                this.add(block)
        this.flush()
    return this.finish()


@contextmanager
def _pool(workers: Workers, options: ScoreOptions) -> Iterator[ProcessPoolExecutor]:
    """Yield processes with the model open; after an error, running shards are finished and waiting ones dropped."""
    arguments = (workers, replace(options, workers=1))
    pool = ProcessPoolExecutor(workers.count, multiprocessing.get_context("spawn"), _open, arguments)
    try:
        yield pool
    except BrokenProcessPool:
        raise WorkerError(
            "a worker process died (killed, or out of memory); run the same command again, perhaps with fewer --workers"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


_in_worker: list[Scorer] = []


def _open(workers: Workers, options: ScoreOptions) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the reading process handles Ctrl-C and ends this one
    os.environ["OMP_NUM_THREADS"] = "1"  # else torch uses every processor in each process
    Thread(target=_die_with_parent, daemon=True).start()
    _in_worker.append(load_scorer(workers.model, workers.runtime, options=options))


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _write_shard(some: Sequence[Block], folder: Path, keep: Sequence[str], articles: bool) -> list[Piece]:
    return shards.write_shard(_in_worker[0], some, folder, keep, articles)


def _write_errors(output: Output, pieces: list[Piece]) -> None:
    if any(piece.counts["units_failed"] for piece in pieces):
        with atomic_path(output.errors) as temporary, temporary.open("w", encoding="utf-8") as file:
            file.writelines(shards.read_errors(output.parts, pieces))
    else:
        output.errors.unlink(missing_ok=True)
