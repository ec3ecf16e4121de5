"""JSON: a line a row, or arrays, objects with a list, and objects over several lines."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from claimstance.articles.columns import mapping
from claimstance.articles.decoding import (
    LONGEST,
    TOO_LONG,
    decode_bytes,
    decoded_chunks,
    decoded_lines,
    encoding_of,
    head_of,
)
from claimstance.articles.readers.source import Rows, Source
from claimstance.errors import InputError

_DEEPEST: Final = 4  # levels at which a list of articles is looked for
_SPACE: Final = " \t\r\n\ufeff,"
_SPACES: Final = re.compile(f"[{_SPACE}]*")


def json_rows(source: Source) -> Rows:
    """Yield a row an object, whichever way they are written."""
    head = head_of(source.opened)
    if encoding_of(head, whole=False).startswith(("utf-16", "utf-32")):
        text = head.decode(encoding_of(head, whole=False), errors="replace")
    else:
        text = head.decode("utf-8", errors="replace")
    if _is_document(text.lstrip(_SPACE)):
        yield from _document_rows(source)
    else:
        yield from json_line_rows(source)


def _is_document(text: str) -> bool:
    first, end, rest = text.partition("\n")
    if first.startswith("["):
        return first.strip() == "[" or first.lstrip("[ \t").startswith("{")
    if first.startswith("{"):
        try:
            row = json.loads(first)
        except (ValueError, RecursionError):
            return bool(end) and re.match(r'\s*["}]', rest) is not None
        return not _is_article(row) and _list_in(row) is not None
    return False


def json_line_rows(source: Source) -> Rows:
    """Yield a row a line."""
    opened = source.opened
    first = True
    if encoding_of(head_of(opened), whole=False).startswith(("utf-16", "utf-32")):
        yield from (_row_of(line) for line in decoded_lines(opened) if line.strip())
        return
    while line := opened.readline(LONGEST + 1):
        if len(line) > LONGEST:
            while line and not line.endswith(b"\n"):
                line = opened.readline(LONGEST)
            yield InputError(TOO_LONG)
        elif line.strip():
            alone = first and not head_of(opened, 1)  # an answer of a news service in one long line
            yield from _articles(_row_of(line), source.text_column) if alone else [_row_of(line)]
            first = False


def _row_of(line: str | bytes) -> dict[str, Any] | InputError:
    try:
        row = json.loads(line if isinstance(line, str) else decode_bytes(line))
        return row if isinstance(row, dict) else InputError(f"not a JSON object: {str(row)[:60]!r}")
    except (ValueError, RecursionError):
        start = line[:60] if isinstance(line, str) else line[:60].decode("utf-8", "replace")
        return InputError(f"not JSON: {start.rstrip()!r}")
    except InputError as error:
        return error


def _document_rows(source: Source) -> Rows:
    for value in _values(decoded_chunks(source.opened)):
        yield from _articles(value, source.text_column)


def _articles(value: Any, text_column: str | None) -> Rows:
    """Yield an article, or those in the list that an answer of a news service is made around."""
    found = None if _is_article(value, text_column) else _list_in(value)
    for one in [value] if found is None else found:
        yield one if isinstance(one, dict | InputError) else InputError(f"not a JSON object: {str(one)[:60]!r}")


def _values(chunks: Iterator[str]) -> Iterator[Any]:
    """Yield the values of top-level arrays, or values one after another, with little more than one in memory."""
    decoder, text, at, in_array, step = json.JSONDecoder(), "", 0, False, 1
    while True:
        at = _SPACES.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if text[at : at + 1] == ("]" if in_array else "["):
            at, in_array = at + 1, not in_array
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except RecursionError:
            yield InputError("JSON that is nested too deep")
            return
        except ValueError:
            more = list(islice(chunks, step))  # twice as many each time, so that long values take linear time
            if not more or len(text) - at > LONGEST:
                if text[at:]:
                    yield InputError(TOO_LONG if more else f"not JSON: {text[at : at + 60].rstrip()!r}")
                return
            text, at, step = text[at:] + "".join(more), 0, step * 2
        else:
            step = 1
            yield value


def _is_article(row: Any, text_column: str | None = None) -> bool:
    if not isinstance(row, dict):
        return False
    try:
        fields = mapping(tuple(row), text_column)
    except InputError:
        return False
    text = row[fields["text"]]
    return isinstance(text, str) or (text is None and len(fields) > 1)


def _list_in(row: Any, depth: int = 0) -> list[Any] | None:
    """Find the list of objects that an answer of a news service is made around."""
    if not isinstance(row, dict) or depth > _DEEPEST:
        return None
    lists = [value for value in row.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
    if lists:
        return max(lists, key=len)
    return next((found for value in row.values() if (found := _list_in(value, depth + 1)) is not None), None)
