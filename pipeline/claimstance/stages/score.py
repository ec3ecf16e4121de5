"""Score articles in batch: files, folders, globs, stdin or one text in, claims out."""

import dataclasses
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from claimstance.engines import local
from claimstance.inputs import InputOptions, find_files, read_text, read_units
from claimstance.model_folder import sha256
from claimstance.outputs import write_text
from claimstance.records import to_table
from claimstance.schema import Article, UnitError
from claimstance.scoring import Scorer, score_table

Progress = Callable[[Counter[str]], None]


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


def run(scorer: Scorer, request: ScoreRequest, progress: Progress = lambda _: None) -> dict[str, Any]:
    """Score everything and return the summary; units read = units scored + units failed.

    Raises:
        InputError: if an input does not exist.
        OutputError: if the output belongs to something else.
    """
    started = time.perf_counter()
    with closing(_units(request)) as stream:
        units = islice(stream, request.limit)
        if request.output is None:
            summary = _to_stdout(scorer, units, sys.stdout, sys.stderr)
        else:
            output = local.Output(request.output, _manifest(scorer, request), request.options.keep, request.articles)
            finished = local.open_output(output, request.force)
            if finished is not None:
                return {**finished, "nothing_left_to_do": True}
            summary = local.run(scorer, units, output, progress)
    return {**summary, "seconds": round(time.perf_counter() - started, 2)}


def _units(request: ScoreRequest) -> Generator[Article | UnitError, None, None]:
    if request.text is None:
        yield from read_units(request.inputs, request.options)
        return
    yield read_text(request.text, request.options)


def _to_stdout(scorer: Scorer, units: Iterable[Article | UnitError], out: IO[str], err: IO[str]) -> dict[str, Any]:
    """One article at a time, so that the first row comes soon; errors are lines on stderr."""
    counts: Counter[str] = Counter()
    for unit in units:
        counts["units_read"] += 1
        if isinstance(unit, UnitError):
            counts["units_failed"] += 1
            place = unit.file if unit.row is None else f"{unit.file}:{unit.row}"
            print(f"{place}: {unit.reason}", file=err)
            continue
        table = score_table(scorer, to_table(Article, [unit]))
        write_text(out, table, "jsonl")
        out.flush()
        counts["units_scored"] += 1
        counts["rows"] += table.num_rows
    return {name: counts[name] for name in ("units_read", "units_scored", "units_failed", "rows")}


def _manifest(scorer: Scorer, request: ScoreRequest) -> dict[str, Any]:
    return {
        "inputs": {str(path): sha256(path) for name in request.inputs if name != "-" for path in find_files(name)}
        or {"stdin or text": request.text},
        "model": {"name": scorer.config.name, "version": scorer.config.version},
        "options": {
            **dataclasses.asdict(request.options),
            "include_other": scorer.options.include_other,
            "max_error": scorer.options.max_error,
            "aliases": dict(scorer.options.aliases),
            "limit": request.limit,
            "articles": str(request.articles) if request.articles else None,
        },
    }
