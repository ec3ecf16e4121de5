"""The local engine: units in shards, each written whole, so that a killed run continues where it stopped."""

import dataclasses
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from claimstance.arrow import arrow_schema
from claimstance.errors import OutputError
from claimstance.outputs import format_of, merge_parts
from claimstance.records import atomic_path, to_table, write_json
from claimstance.schema import Article, ScoredClaim, UnitError
from claimstance.scoring import Scorer, score_table

Units = Iterable[Article | UnitError]
Counts = Counter[str]


@dataclass(frozen=True, slots=True)
class Output:
    """``manifest`` names inputs, model and options: a folder of parts with another manifest is never continued."""

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
        return self.path.with_name(self.path.stem + ".errors.jsonl")

    @property
    def schema(self) -> pa.Schema:
        kept = [pa.field(name, pa.string()) for name in self.keep]
        return pa.schema([*arrow_schema(ScoredClaim), *kept], metadata=arrow_schema(ScoredClaim).metadata)


def open_output(output: Output, force: bool) -> dict[str, Any] | None:
    """Make or find the folder of parts; gives the finished run's summary if nothing is left to do.

    Raises:
        OutputError: if the file or the folder belongs to something else, unless ``force``.
    """
    format_of(output.path)
    manifest_file, done_file = output.parts / "manifest.json", output.parts / "done.json"
    if force:
        shutil.rmtree(output.parts, ignore_errors=True)
        output.path.unlink(missing_ok=True)
    if output.path.exists() and not manifest_file.is_file():
        raise OutputError(f"{output.path}: exists and is not from an earlier run of this command; --force replaces it")
    if manifest_file.is_file():
        changed = _changed(json.loads(manifest_file.read_text(encoding="utf-8")), output.manifest)
        if changed:
            raise OutputError(f"{output.path}: made with other {' and '.join(changed)}; --force scores anew")
        if done_file.is_file() and output.path.exists():
            summary: dict[str, Any] = json.loads(done_file.read_text(encoding="utf-8"))
            return summary
    output.parts.mkdir(parents=True, exist_ok=True)
    write_json(manifest_file, output.manifest)
    return None


def _changed(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    plain = json.loads(json.dumps(new))
    return [key for key in sorted({*old, *plain}) if old.get(key) != plain.get(key)]


def run(scorer: Scorer, units: Units, output: Output, progress: Callable[[Counts], None]) -> dict[str, Any]:
    """Score what is not scored yet, merge the parts, and give the summary; ``progress`` gets each shard's counts."""
    stream, counts, index = iter(units), Counter[str](), 0
    while chunk := list(islice(stream, output.shard_units)):
        record = output.parts / f"part-{index:06d}.json"
        if not record.is_file():  # written last: a shard without it was cut short
            _write_shard(scorer, chunk, output, record)
        shard = Counter(json.loads(record.read_text(encoding="utf-8")))
        counts += shard
        progress(shard)
        index += 1
    return _finish(output, counts)


def _write_shard(scorer: Scorer, chunk: list[Article | UnitError], output: Output, record: Path) -> None:
    articles = [unit for unit in chunk if isinstance(unit, Article)]
    errors = [unit for unit in chunk if isinstance(unit, UnitError)]
    table = score_table(scorer, to_table(Article, articles))
    for name in output.keep:
        if name not in table.column_names:
            table = table.append_column(pa.field(name, pa.string()), pa.nulls(table.num_rows, pa.string()))
    counts = json.loads(table.schema.metadata[b"counts"])
    with atomic_path(record.with_suffix(".parquet")) as temporary:
        pq.write_table(table.select(output.schema.names).cast(output.schema), temporary)
    with atomic_path(record.with_suffix(".errors")) as temporary:
        lines = [json.dumps(dataclasses.asdict(error), ensure_ascii=False) + "\n" for error in errors]
        temporary.write_text("".join(lines), encoding="utf-8")
    if output.articles:
        with atomic_path(record.with_suffix(".articles")) as temporary:
            pq.write_table(article_table(articles), temporary)
    units = {"units_read": len(chunk), "units_scored": len(articles), "units_failed": len(errors)}
    write_json(record, {**units, **counts, "rows": table.num_rows})


def article_table(articles: Iterable[Article]) -> pa.Table:
    """What the offsets point into: the columns that ``--articles`` writes."""
    return to_table(Article, articles).select(["article_id", "input", "title", "body", "furniture"])


def _finish(output: Output, counts: Counts) -> dict[str, Any]:
    merge_parts(_parts(output, ".parquet"), output.path, output.schema)
    if output.articles:
        merge_parts(_parts(output, ".articles"), output.articles, article_table([]).schema)
    if counts["units_failed"]:
        with atomic_path(output.errors) as temporary, temporary.open("w", encoding="utf-8") as file:
            file.writelines(part.read_text(encoding="utf-8") for part in _parts(output, ".errors"))
    else:
        output.errors.unlink(missing_ok=True)
    names = ("units_read", "units_scored", "units_failed", "sentences", "claims", "rows", "absent_targets")
    summary: dict[str, Any] = {name: counts[name] for name in names}
    write_json(output.parts / "done.json", summary)
    for part in [*_parts(output, "")]:
        part.unlink()
    return summary


def _parts(output: Output, ending: str) -> Iterator[Path]:
    yield from sorted(output.parts.glob(f"part-*{ending}"))
