"""Shards of scored rows, each written atomically, with a record of the blocks in it.

A block is a range of units of one input. Its key contains the sha256 of the input, so that a changed input is scored
again and an unchanged one is not. A shard holds the rows of some blocks, in their order.
"""

import dataclasses
import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from claimstance.articles.columns import kept_column
from claimstance.articles.decoding import damage_in
from claimstance.articles.files import InputFile
from claimstance.engines.identities import identity
from claimstance.output import ScoredClaim
from claimstance.records import arrow_schema, atomic_path, sha256, structure, to_table, write_json
from claimstance.schema import Article, UnitError
from claimstance.scoring.scorer import ScoredArticle, Scorer, rows_table

COUNTED = ("units_read", "units_scored", "units_failed", "sentences", "windowed", "claims", "rows", "absent_targets",
           "replaced_characters", "garbled_texts", "cut_texts")  # fmt: skip
Skip = Callable[[int], bool]  # by the number of a unit, from 0
Key = tuple[str, str, int]  # input, content, number of the block's first unit


@dataclass(frozen=True, slots=True)
class Input:
    """An input: ``content`` is its sha256, or what else its rows depend on; ``read`` yields the units not skipped."""

    name: str
    content: str
    read: Callable[[Skip], Iterable[Article | UnitError | None]]  # null for a unit that is skipped


@dataclass(frozen=True, slots=True)
class Part:
    """One worker's part of an input: every ``of``-th block from block ``number`` on."""

    number: int = 0
    of: int = 1

    def has(self, block: int) -> bool:
        """Return whether a block, by its number, is in this part."""
        return block % self.of == self.number


WHOLE: Final = Part()


@dataclass(frozen=True, slots=True)
class Block:
    """Units to score; ``last`` marks the last block of an input."""

    key: Key
    units: tuple[Article | UnitError, ...]
    last: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A scored block: the place of its rows and errors in a shard, its counts, and each article's ``identity``."""

    key: Key
    shard: str
    first_row: int
    first_error: int
    last: bool
    counts: dict[str, int]
    ids: str = ""


def blocks(source: Input, done: dict[int, Piece], size: int, part: Part = WHOLE) -> Iterator[Block | Piece]:
    """An input's blocks in order, those that are done as the pieces that hold them; of a ``part``, every so many."""
    done = {first: piece for first, piece in done.items() if part.has(first // size)}
    last = max(done, default=-1)
    if part == WHOLE and last >= 0 and done[last].last and len(done) == last // size + 1:
        yield from (done[first] for first in sorted(done))
        return

    def is_skipped(number: int) -> bool:
        return number // size * size in done or not part.has(number // size)

    waiting = dict(done)
    previous: Block | None = None
    begun = -1  # the block of the newest unit, wanted or not
    for begun, group in groupby(enumerate(source.read(is_skipped)), lambda pair: pair[0] // size * size):
        units = tuple(unit for _, unit in group if unit is not None)
        if not units:
            continue
        if previous is not None:
            yield previous
        yield from (waiting.pop(number) for number in sorted(waiting) if number < begun)
        previous = Block((source.name, source.content, begun), units, last=False)
    if previous is not None:
        yield dataclasses.replace(previous, last=previous.key[2] == begun)
    yield from (waiting[number] for number in sorted(waiting))


def content_of(file: InputFile) -> str:
    """Return the sha256 of an input; for stdin, which cannot be read again, a value that never recurs."""
    if file.is_stdin:
        return f"stdin {uuid.uuid4()}"
    if file.reason is not None:
        return f"not read: {file.reason}"
    try:
        return sha256(Path(file.name))
    except OSError as error:
        return f"unreadable: {error.strerror}"


def digest(text: str) -> str:
    """Return the first 16 hexadecimal digits of a text's sha256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def schema_of(keep: Sequence[str]) -> pa.Schema:
    """Return the schema of the output contract, followed by the ``--keep`` columns."""
    contract = arrow_schema(ScoredClaim)
    return pa.schema(
        [*contract, *(pa.field(name, pa.string()) for name in map(kept_column, keep))], metadata=contract.metadata
    )


def article_table(articles: Iterable[Article]) -> pa.Table:
    """Return the table that ``--articles`` writes: the texts that offsets point into."""
    return to_table(Article, articles).select(["article_id", "input", "title", "body", "furniture"])


def write_shard(
    scorer: Scorer, some: Sequence[Block], folder: Path, keep: Sequence[str], articles: bool
) -> list[Piece]:
    """Score blocks into one shard; its record is written last, and a shard without record is ignored."""
    name = digest(json.dumps([block.key for block in some]))
    read = [unit for block in some for unit in block.units if isinstance(unit, Article)]
    scored = scorer.score_articles(read)
    table = rows_table(scored)
    with atomic_path(folder / f"{name}.parquet") as temporary:
        pq.write_table(_contract(table, keep), temporary)
    with atomic_path(folder / f"{name}.errors.jsonl") as temporary:
        errors = [unit for block in some for unit in block.units if isinstance(unit, UnitError)]
        lines = [json.dumps(dataclasses.asdict(error), ensure_ascii=False) + "\n" for error in errors]
        temporary.write_text("".join(lines), encoding="utf-8")
    if articles:
        with atomic_path(folder / f"{name}.articles.parquet") as temporary:
            pq.write_table(article_table(read), temporary)
    pieces = list(_pieces(name, some, scored))
    write_json(folder / f"{name}.json", [dataclasses.asdict(piece) for piece in pieces])
    return pieces


def _contract(table: pa.Table, keep: Sequence[str]) -> pa.Table:
    for name in map(kept_column, keep):
        if name not in table.column_names:
            table = table.append_column(pa.field(name, pa.string()), pa.nulls(table.num_rows, pa.string()))
    schema = schema_of(keep)
    return table.select(schema.names).cast(schema)


def _pieces(shard: str, some: Sequence[Block], scored: Sequence[ScoredArticle]) -> Iterator[Piece]:
    rest, row, error = iter(scored), 0, 0
    for block in some:
        of_block = [next(rest) for unit in block.units if isinstance(unit, Article)]
        failed = len(block.units) - len(of_block)
        counts = {
            "sentences": sum(article.sentences for article in of_block),
            "windowed": sum(article.windowed for article in of_block),
            "claims": sum(article.claims for article in of_block),
            "rows": sum(len(article.rows) for article in of_block),
            "absent_targets": sum(len(article.absent_targets) for article in of_block),
            **_damage(of_block),
            "units_read": len(block.units),
            "units_scored": len(of_block),
            "units_failed": failed,
        }
        ids = "".join(identity(article.article.article_id, article.article.input) for article in of_block)
        yield Piece(block.key, shard, row, error, block.last, counts, ids)
        row, error = row + counts["rows"], error + failed


def _damage(scored: Sequence[ScoredArticle]) -> Counter[str]:
    found: Counter[str] = Counter()
    for article in scored:
        found.update(damage_in(article.article.body))
    return found


def read_pieces(folder: Path) -> dict[tuple[str, str], dict[int, Piece]]:
    """Return the scored blocks in a folder by input, then by first unit."""
    found: dict[tuple[str, str], dict[int, Piece]] = {}
    for record in sorted(folder.glob("*.json")):
        if len(record.stem) != 16:
            continue
        for values in json.loads(record.read_text(encoding="utf-8")):
            piece = structure(Piece, values)
            found.setdefault(piece.key[:2], {})[piece.key[2]] = piece
    return found


def read_rows(folder: Path, pieces: Iterable[Piece], ending: str = "parquet") -> Iterator[pa.Table]:
    """Yield the rows of blocks in the given order, or with ending ``articles.parquet`` their articles."""
    of_articles = ending != "parquet"
    for shard, group in groupby(pieces, lambda piece: piece.shard):
        table = pq.read_table(folder / f"{shard}.{ending}")
        starts = _article_starts(folder / f"{shard}.json") if of_articles else {}
        for piece in group:
            first = starts[piece.key] if of_articles else piece.first_row
            yield table.slice(first, piece.counts["units_scored" if of_articles else "rows"])


def _article_starts(record: Path) -> dict[Key, int]:
    starts, start = {}, 0
    for values in json.loads(record.read_text(encoding="utf-8")):
        starts[tuple(values["key"])] = start
        start += values["counts"]["units_scored"]
    return starts


def read_errors(folder: Path, pieces: Iterable[Piece]) -> Iterator[str]:
    """Yield the errors of blocks in the given order, as JSON lines."""
    for shard, group in groupby(pieces, lambda piece: piece.shard):
        some = [piece for piece in group if piece.counts["units_failed"]]
        if some:
            lines = (folder / f"{shard}.errors.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
            for piece in some:
                yield from lines[piece.first_error : piece.first_error + piece.counts["units_failed"]]


def remove_unused(folder: Path, pieces: Iterable[Piece]) -> None:
    """Delete the shards with none of these blocks; records first, so that no shard is left incomplete."""
    used = {piece.shard for piece in pieces}
    for ending in ("json", "parquet", "errors.jsonl"):
        for path in folder.glob(f"{'?' * 16}.*{ending}"):
            if path.name.partition(".")[0] not in used:
                path.unlink(missing_ok=True)


def totals(pieces: Iterable[Piece]) -> dict[str, Any]:
    """Return the sum of the counts of all blocks."""
    result = dict.fromkeys(COUNTED, 0)
    for piece in pieces:
        for name, number in piece.counts.items():
            result[name] += number
    return result
