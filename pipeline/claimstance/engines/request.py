"""What a run of ``claimstance score`` is asked for, and the inputs that it reads."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from claimstance.articles.files import InputFile, list_files
from claimstance.articles.inputs import InputOptions, WantedUnits, read_file, read_text, read_units_of
from claimstance.engines.local import Workers
from claimstance.engines.ray import RaySetup
from claimstance.engines.shards import Input, Skip, content_of
from claimstance.schema import Article, UnitError


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """What to score and where to.

    Attributes:
        text: Replaces the inputs.
        output: Null for JSON lines on stdout.
        on_ray: Null for the local engine.
        workers: Of the local engine; null if this process scores.
    """

    inputs: tuple[str, ...]
    options: InputOptions
    text: str | None = None
    limit: int | None = None
    output: Path | None = None
    articles: Path | None = None
    force: bool = False
    strict: bool = False
    on_ray: RaySetup | None = None
    workers: Workers | None = None


@dataclass(frozen=True, slots=True)
class ProgressCallbacks:
    """Called with the bytes to read if they are known, the bytes read, and the counts of each shard."""

    total: Callable[[int | None], None] = lambda _: None
    read: Callable[[int], None] = lambda _: None
    scored: Callable[[dict[str, int]], None] = lambda _: None


def inputs_of(request: ScoreRequest, progress: ProgressCallbacks) -> Iterator[Input]:
    """Yield the inputs with what their rows depend on: their content and, with a limit, the units before them."""
    if request.text is not None:
        yield Input("--text", hashlib.sha256(request.text.encode("utf-8", "surrogatepass")).hexdigest(), _text(request))
        return
    files = list(list_files(request.inputs, request.options.format))
    progress.total(None if any(file.is_stdin for file in files) else sum(file.size for file in files))
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
            yield Input(file.shown, content, partial(_read, file, request, partial(tell, file.name)))
            if not file.is_stdin:  # what is scored already was not read
                tell(file.name, max(0, file.size - told.pop(file.name, 0)))
            continue
        if file.is_stdin:  # which cannot be read twice: kept
            kept = list(islice(read_units_of(file, request.options), left))
            count, read = len(kept), partial(_wanted, kept)
        else:
            count = sum(1 for _ in islice(read_units_of(file, request.options), left))
            read = partial(_first, count, file, request)
        yield Input(file.shown, f"{content}, {count} units", read)
        left -= count


def _read(file: InputFile, request: ScoreRequest, tell: Callable[[int], None], skip: Skip) -> WantedUnits:
    return read_file(file, request.options, skip, tell)


def _first(count: int, file: InputFile, request: ScoreRequest, skip: Skip) -> WantedUnits:
    return _wanted(islice(read_units_of(file, request.options), count), skip)


def _wanted(units: Iterable[Article | UnitError], skip: Skip) -> WantedUnits:
    return (None if skip(number) else unit for number, unit in enumerate(units))


def _text(request: ScoreRequest) -> Callable[[Skip], Iterable[Article | UnitError]]:
    return lambda _: [read_text(request.text or "", request.options)]
