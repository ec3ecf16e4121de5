"""What users name (files, folders, globs) to the files in them, our own output left out."""

import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from glob import glob
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from claimstance.articles.readers import ENDINGS, ending_of, format_of, sniffed, why_not
from claimstance.articles.readers.source import uncompressed
from claimstance.errors import InputError

_OURS: Final = ({"input", "sentence_index", "kind_probability", "model_version"}, {"input", "body", "furniture"})
_ERRORS: Final = {"file", "row", "reason"}
_HEAD: Final = 2**16  # bytes
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class InputFile:
    """``name`` is what the user named, or a file found there; "-" is stdin. ``reason`` says why it is not read."""

    name: str
    format: str
    reason: str | None = None

    @property
    def is_stdin(self) -> bool:
        return self.name == "-"

    @property
    def shown(self) -> str:
        """The name as text: bytes that are no UTF-8 as ``\\xe9``."""
        return self.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

    @property
    def size(self) -> int:
        return 0 if self.reason else Path(self.name).stat().st_size


def list_files(inputs: Sequence[str], format_: str | None = None) -> Iterator[InputFile]:
    """Yield the files in order, each once; one that has no reader comes with the reason, our own output does not come.

    Raises:
        InputError: if a named input does not exist or matches nothing, or there is nothing that can be read at all.
    """
    waiting: list[InputFile] = []
    seen: set[str] = set()
    readable = ours = False
    for name in inputs:
        if name == "-":
            found = [InputFile(name, format_ or "txt")]
        else:
            paths = find_files(name)
            found = [_input_file(path, format_) for path in paths if not is_own_output(path)]
            ours = ours or len(found) < len(paths)
        for file in found:
            place = file.name if file.is_stdin else os.path.abspath(file.name)  # noqa: PTH100
            if place in seen:
                _log.warning("%s: named twice, read once", file.shown)
                continue
            seen.add(place)
            readable = readable or file.reason is None
            waiting.append(file)
        if readable:
            yield from waiting
            waiting.clear()
    if waiting:
        raise InputError(f"{waiting[0].shown}: {waiting[0].reason}" + _and_more(len(waiting) - 1))
    if ours and not readable:
        raise InputError(f"{inputs[0]}: holds nothing but what claimstance wrote")


def _and_more(count: int) -> str:
    return f" ({count} more files that are not read)" if count else ""


def _input_file(path: Path, format_: str | None) -> InputFile:
    if not path.is_file():
        reason = "a link to nothing" if path.is_symlink() and not path.exists() else "not a regular file"
        return InputFile(str(path), "", reason)
    kind = format_ or format_of(path) or _sniffed(path)
    return InputFile(str(path), kind or "", None if kind else why_not(path))


def _sniffed(path: Path) -> str | None:
    try:
        with path.open("rb") as opened:
            return sniffed(uncompressed(opened, path.name).read(2048), None)
    except (OSError, EOFError, pa.ArrowException, ValueError):
        return None


def find_files(name: str) -> list[Path]:
    """Return the files that an input names: itself, all in a folder that are not hidden, or a glob's matches.

    Raises:
        InputError: if there are none.
    """
    path = Path(name)
    if path.is_dir():
        found = sorted(_walk(path, {os.path.realpath(path)}))
        if not found:
            raise InputError(f"{name}: holds no file")
        return found
    if path.exists():
        return [path]
    matches = [Path(match) for match in sorted(glob(name, recursive=True)) if not Path(match).is_dir()]  # noqa: PTH207
    matches = [match for match in matches if not _in_a_loop(match.parent) and not _in_parts(match)]
    if not matches:
        raise InputError(f"{name}: no such file or folder")
    return matches


def _walk(folder: Path, seen: set[str]) -> Iterator[Path]:
    """Yield the files below a folder; links to folders are followed, each folder is entered once."""
    with os.scandir(folder) as entries:
        inside = sorted(entries, key=lambda entry: entry.name)
    for entry in inside:
        path = Path(entry.path)
        if entry.name.startswith("."):
            continue
        if not entry.is_dir():
            yield path
        elif not _is_parts(path) and not (entry.is_symlink() and _is_within(path, seen)):
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                yield from _walk(path, seen)


def _is_within(path: Path, seen: set[str]) -> bool:
    """Tell whether a link leads into a folder that is walked anyway."""
    real = Path(os.path.realpath(path))
    return any(str(parent) in seen for parent in (real, *real.parents))


@lru_cache(maxsize=4096)
def _in_a_loop(folder: Path) -> bool:
    """Whether a folder is reached through a symlink to a folder that holds it, as ``**`` in a glob may do for ever."""
    if folder.is_symlink() and folder.resolve() in (folder.parent.resolve(), *folder.parent.resolve().parents):
        return True
    return folder != folder.parent and _in_a_loop(folder.parent)


def _in_parts(path: Path) -> bool:
    return any(_is_parts(parent) for parent in path.parents)


@lru_cache(maxsize=4096)
def _is_parts(folder: Path) -> bool:
    return folder.name.endswith(".parts") and (folder / "manifest.json").is_file()


def is_own_output(path: Path) -> bool:
    """Tell whether a file is what ``score`` writes: claims, articles or errors; it is then named in the log."""
    if ENDINGS.get(ending_of(path)) not in ("jsonl", "csv", "parquet") or not path.is_file():
        return False
    try:
        columns = _columns(path)
    except (OSError, ValueError, RecursionError, pa.ArrowException):
        return False
    ours = any(some <= columns for some in _OURS) or (columns == _ERRORS and ".errors." in path.name)
    if ours:
        _log.warning("%s: written by claimstance, so it is not read", InputFile(str(path), "").shown)
    return ours


def _columns(path: Path) -> set[str]:
    if ENDINGS[ending_of(path)] == "parquet":
        return set(pq.read_schema(path).names)
    with path.open("rb") as opened:
        line = opened.readline(_HEAD).decode("utf-8", errors="replace")
    if path.suffix == ".csv":
        return set(line.strip().split(","))
    row: Any = json.loads(line) if line.startswith("{") else None
    return set(row) if isinstance(row, dict) else set()
