"""Names of columns that other tools write, and the values of cells, as what ``Article`` needs."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from claimstance.errors import InputError
from claimstance.output import ScoredClaim

# The first name that a row has wins; case and outer spaces do not count. docs/schema.md says which tool writes which.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("text", "maintext", "body", "content", "article_text", "articlebody", "full_text", "fulltext",
             "story_text", "raw_text", "plain_text", "article"),
    "id": ("article_id", "id", "stories_id", "story_id", "guid", "uuid"),
    "title": ("title", "headline", "title_page"),
    "outlet": ("outlet", "source_domain", "media_name", "sourcecommonname", "publication", "publisher", "newspaper",
               "sitename", "site_name", "source_name", "source", "domain"),
    "published": ("published", "date_publish", "publish_date", "publishedat", "published_at", "published_date",
                  "date_published", "datepublished", "pubdate", "pub_date", "seendate", "date"),
    "url": ("url", "link", "canonical_url", "documentidentifier", "web_url", "permalink"),
    "targets": ("targets",),
}  # fmt: skip
_MISSING: Final = frozenset({"nan", "none", "null", "n/a", "na", "<na>", "[removed]", "[deleted]"})
_MILLISECONDS: Final = 10**11  # a larger number is no count of seconds that a newspaper would print


@lru_cache(maxsize=1024)
def mapping(columns: tuple[str, ...], text: str | None = None, identifier: str | None = None) -> dict[str, str]:
    """Say which column is which field of an article; ``text`` and ``identifier`` are named by the user.

    Raises:
        InputError: if there is no text, or two columns of its name.
    """
    plain: dict[str, list[str]] = {}
    for column in columns:
        plain.setdefault(column.strip().lower(), []).append(column)
    found = {}
    for field, names in NAMES.items():
        name = next((name for name in names if name in plain), None)
        if name is not None:
            exact = name if name in plain[name] else plain[name][0]
            found[field] = exact
    for field, asked in (("text", text), ("id", identifier)):
        if asked is not None:
            if asked not in columns:
                raise InputError(f"no column {asked!r}; found {_listed(columns)}")
            found[field] = asked
    if "text" not in found:
        raise InputError(f"no column 'text'; found {_listed(columns)}; name the one with the text by --text-column")
    return found


def check_header(columns: Sequence[str], text: str | None = None, identifier: str | None = None) -> None:
    """Refuse a table whose text cannot be told.

    Raises:
        InputError: if there is no text, or a column that is needed stands there twice.
    """
    needed = mapping(tuple(columns), text, identifier)
    names = [column.strip().lower() for column in columns]
    for column in needed.values():
        if (times := names.count(column.strip().lower())) > 1:
            raise InputError(f"{times} columns are named {column!r}; rename all but one")


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(map(repr, columns)) or "nothing"


def text_of(value: Any) -> str:
    """Return a cell's text.

    Raises:
        InputError: if it is missing, a mark of a missing one, or no string.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        raise InputError("the text is empty (null)")
    if not isinstance(value, str):
        raise InputError(f"text should be a string, found {type(value).__name__}")
    if value.strip().lower() in _MISSING:
        raise InputError(f"the text is {value.strip()!r}, which stands for a missing one")
    return value


def label_of(value: Any) -> str | None:
    """Return a cell as a short text: null for an empty one and NaN, whole numbers without a fraction."""
    if isinstance(value, Mapping):  # NewsAPI: {"id": null, "name": "The Herald"}
        value = value.get("name") or value.get("title") or value.get("id")
    if (
        value is None
        or value == ""
        or (isinstance(value, list) and not value)
        or (isinstance(value, float) and math.isnan(value))
    ):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() or None


def date_of(value: Any) -> str | None:
    """Return a date as it is given; a number counts seconds or milliseconds since 1970."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 10**8:
        seconds = value / 1000 if value > _MILLISECONDS else value
        try:
            return datetime.fromtimestamp(seconds, UTC).isoformat()
        except (OverflowError, OSError, ValueError):
            raise InputError(f"published: {value} is no date") from None
    return label_of(value)


def plain(value: Any) -> Any:
    """Return a cell as JSON takes it: NaN is null, what JSON lacks is its text."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def kept_column(name: str) -> str:
    """Return the output column of a ``--keep`` column; one that we write too gets the prefix ``input_``."""
    return f"input_{name}" if name in ScoredClaim.__dataclass_fields__ else name
