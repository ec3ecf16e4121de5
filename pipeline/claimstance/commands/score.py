"""Score articles in batch: files, folders, globs, stdin or one text in, claims out."""

import dataclasses
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

from claimstance.articles.inputs import InputFile, InputOptions, list_files, read_file, read_text, read_units
from claimstance.engines import local, ray
from claimstance.engines.local import failed, place_of
from claimstance.engines.outputs import write_text
from claimstance.engines.ray import RaySetup
from claimstance.engines.shards import Skip, Source, content_of
from claimstance.errors import ParamsError
from claimstance.records import to_table
from claimstance.schema import Article, UnitError
from claimstance.scoring.scorer import ScoreOptions, Scorer, score_table

ARTICLES_A_BLOCK: Final = 64
ROWS_A_BLOCK: Final = 1024  # with --unit sentence


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """What to score and where to; ``text`` replaces the inputs, no ``output`` means JSON lines on stdout."""

    inputs: tuple[str, ...]
    options: InputOptions
    text: str | None = None
    limit: int | None = None
    output: Path | None = None
    articles: Path | None = None
    force: bool = False
    strict: bool = False
    on_ray: RaySetup | None = None  # the local engine where there is none
    workers: local.Workers | None = None  # of the local engine; where there are none, this process scores


@dataclass(frozen=True, slots=True)
class Progress:
    """What hears of the work: the bytes to read if they are known, those read, and the counts of each shard."""

    total: Callable[[int | None], None] = lambda _: None
    read: Callable[[int], None] = lambda _: None
    scored: Callable[[dict[str, int]], None] = lambda _: None


def run(scorer: Scorer, request: ScoreRequest, progress: Progress | None = None) -> dict[str, Any]:
    """Score everything and return the summary; units read = units scored + units failed.

    Raises:
        InputError: if an input does not exist, or ``strict`` and a unit cannot be read.
        OutputError: if the output belongs to something else.
    """
    started = time.perf_counter()
    progress = progress or Progress()
    if request.output is None:
        summary = _to_stdout(scorer, request, sys.stdout, sys.stderr)
    else:
        size = ROWS_A_BLOCK if request.options.unit == "sentence" else ARTICLES_A_BLOCK
        output = local.Output(request.output, _manifest(scorer, request), request.options.keep, request.articles, size)
        if request.text is not None:
            read_text(request.text, request.options)  # what is wrong with it is the user's error, not a unit's
        with local.opened(output, request.force):
            if request.on_ray is None:
                sources = _sources(request, progress)
                summary = local.run(scorer, sources, output, progress.scored, request.strict, request.workers)
            else:
                summary = _run_on_ray(request.on_ray, scorer.options, request, output, progress)
    return {**summary, "seconds": round(time.perf_counter() - started, 2)}


def _run_on_ray(
    setup: RaySetup, options: ScoreOptions, request: ScoreRequest, output: local.Output, progress: Progress
) -> dict[str, Any]:
    files = list(list_files(request.inputs, request.options)) if request.text is None else []
    if not files or request.limit is not None or any(file.is_stdin for file in files):
        raise ParamsError("--engine ray scores whole files: no --text, no --limit, no stdin")
    return ray.run(setup, (files, request.options, options), output, progress.scored, request.strict)


def _sources(request: ScoreRequest, progress: Progress) -> Iterator[Source]:
    """The inputs by content. With a limit, what an input gives depends on how many units came before it, too."""
    if request.text is not None:
        yield Source(
            "--text", hashlib.sha256(request.text.encode("utf-8", "surrogatepass")).hexdigest(), _text(request)
        )
        return
    files = list(list_files(request.inputs, request.options))
    progress.total(None if any(file.is_stdin for file in files) else sum(map(_size, files)))
    left = request.limit
    told: Counter[str] = Counter()

    def tell(name: str, size: int) -> None:
        told[name] += size
        progress.read(size)

    for file in files:
        if left == 0:
            return
        content = content_of(file)
        if left is None:
            yield Source(file.name, content, partial(_read, file, request, partial(tell, file.name)))
            if not file.is_stdin:  # what is scored already was not read
                tell(file.name, max(0, _size(file) - told.pop(file.name, 0)))
            continue
        if file.is_stdin:  # which cannot be read twice: kept
            kept = list(islice(read_file(file, request.options), left))
            count, read = len(kept), partial(_wanted, kept)
        else:
            count = sum(1 for _ in islice(read_file(file, request.options), left))
            read = partial(_first, count, file, request)
        yield Source(file.name, f"{content}, {count} units", read)
        left -= count


def _size(file: InputFile) -> int:
    return Path(file.name).stat().st_size


def _read(
    file: InputFile, request: ScoreRequest, tell: Callable[[int], None], skip: Skip
) -> Iterator[Article | UnitError]:
    return read_file(file, request.options, skip, tell)


def _first(count: int, file: InputFile, request: ScoreRequest, skip: Skip) -> Iterator[Article | UnitError]:
    return _wanted(islice(read_file(file, request.options), count), skip)


def _wanted(units: Iterable[Article | UnitError], skip: Skip) -> Iterator[Article | UnitError]:
    return (unit for number, unit in enumerate(units) if not skip(number))


def _text(request: ScoreRequest) -> Callable[[Skip], Iterable[Article | UnitError]]:
    return lambda _: [read_text(request.text or "", request.options)]


def _to_stdout(scorer: Scorer, request: ScoreRequest, out: IO[str], err: IO[str]) -> dict[str, Any]:
    """One article at a time, so that the first row comes soon; errors are lines on stderr."""
    counts: Counter[str] = Counter()
    text = request.text
    units = read_units(request.inputs, request.options) if text is None else [read_text(text, request.options)]
    for unit in islice(units, request.limit):
        counts["units_read"] += 1
        if isinstance(unit, UnitError):
            if request.strict:
                raise failed(unit)
            counts["units_failed"] += 1
            print(f"{place_of(unit)}: {unit.reason}", file=err)
            continue
        table = score_table(scorer, to_table(Article, [unit]))
        write_text(out, table, "jsonl")
        out.flush()
        counts["units_scored"] += 1
        counts["rows"] += table.num_rows
    return {name: counts[name] for name in ("units_read", "units_scored", "units_failed", "rows")}


def _manifest(scorer: Scorer, request: ScoreRequest) -> dict[str, Any]:
    return {
        "model": {"name": scorer.config.name, "version": scorer.config.version, "int8": scorer.config.quantized},
        "options": {
            **dataclasses.asdict(request.options),
            "include_other": scorer.options.include_other,
            "max_error": scorer.options.max_error,
            "aliases": dict(scorer.options.aliases),
            "articles": str(request.articles) if request.articles else None,
        },
    }
