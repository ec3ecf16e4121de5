"""Text exports of Nexis and Factiva, split into their articles."""

import re
from collections.abc import Iterator
from typing import Any, Final

from claimstance.articles.decoding import decode_bytes
from claimstance.articles.readers.source import Rows, Source
from claimstance.articles.readers.whole import all_bytes
from claimstance.articles.text import clean_text
from claimstance.errors import InputError

_NEXIS_START: Final = re.compile(r"^[ \t]*(?:\d+ of \d+ DOCUMENTS|Document \d+ of \d+)[ \t]*$", re.MULTILINE)
_NEXIS_FIELD: Final = re.compile(r"^[ \t]*([A-Z][A-Z-]{3,24}):[ \t]*(.*)$")
_NEXIS_BEFORE: Final = ("BYLINE", "SECTION", "LENGTH", "DATELINE", "HIGHLIGHT")
_NEXIS_AFTER: Final = (
    "LOAD-DATE", "LANGUAGE", "PUBLICATION-TYPE", "DOCUMENT-TYPE", "JOURNAL-CODE", "GRAPHIC", "SUBJECT", "COMPANY",
    "TICKER", "INDUSTRY", "GEOGRAPHIC", "CITY", "STATE", "COUNTRY", "PERSON", "ORGANIZATION", "CORRECTION-DATE",
    "SERIES", "TYPE", "URL", "DISTRIBUTION", "ACC-NO",
)  # fmt: skip
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DATE: Final = re.compile(
    rf"\b(?:({'|'.join(_MONTHS)})\.? (\d{{1,2}}),? (\d{{4}})|(\d{{1,2}}) ({'|'.join(_MONTHS)}) (\d{{4}}))\b"
)
_FACTIVA_FIELD: Final = re.compile(
    r"^(SE|HD|BY|CR|WC|PD|ET|SN|SC|ED|PG|LA|CY|LP|TD|CO|IN|NS|RE|IPD|IPC|PUB|AN)(?: +(.*))?$"
)
_FACTIVA_START: Final = re.compile(r"^(?:SE|HD) ", re.MULTILINE)
_FACTIVA_END: Final = re.compile(r"^AN .*$", re.MULTILINE)


def is_nexis(head: str) -> bool:
    """Tell whether a text begins as Nexis exports do."""
    return _NEXIS_START.search(head[:4000]) is not None and re.search(r"^LENGTH: ", head, re.MULTILINE) is not None


def is_factiva(head: str) -> bool:
    """Tell whether a text begins as Factiva exports do."""
    return all(re.search(rf"^{tag}\b", head, re.MULTILINE) for tag in ("HD", "PD", "SN", "LP"))


def nexis_rows(source: Source) -> Rows:
    """Yield a row an article."""
    text = clean_text(decode_bytes(all_bytes(source)))
    starts = [match.end() for match in _NEXIS_START.finditer(text)]
    ends = [*[match.start() for match in _NEXIS_START.finditer(text)][1:], len(text)]
    for start, end in zip(starts, ends, strict=True):
        yield _nexis_row(text[start:end])


def _nexis_row(text: str) -> dict[str, Any] | InputError:
    paragraphs = [part.strip("\n") for part in re.split(r"\n[ \t]*\n", text) if part.strip()]
    row: dict[str, Any] = {"outlet": paragraphs.pop(0).strip() if paragraphs else None}
    body: list[str] = []
    begun = False
    for paragraph in paragraphs:
        field = _NEXIS_FIELD.match(paragraph)
        date = date_in(paragraph) if len(paragraph) < 120 else None
        if field and field.group(1) == "LENGTH":
            begun = True
        elif field and (field.group(1) in _NEXIS_BEFORE or not begun):
            continue
        elif field and field.group(1) in _NEXIS_AFTER:
            break  # the copyright follows too; "BLITZER: Will you go?" is text
        elif begun:
            body.append(re.sub(r"^[ \t]+", "", paragraph, flags=re.MULTILINE))
        elif date and "published" not in row:
            row["published"] = date
        elif not paragraph.startswith(" " * 10):
            row["title"] = " ".join(paragraph.split())
    return row | {"text": "\n\n".join(body)} if body else InputError("a Nexis document without text after LENGTH:")


def factiva_rows(source: Source) -> Rows:
    """Yield a row an article."""
    text = clean_text(decode_bytes(all_bytes(source)))
    ends = [match.end() for match in _FACTIVA_END.finditer(text)]
    if not ends or text[ends[-1] :].strip():
        ends.append(len(text))
    start = 0
    for end in ends:
        if _FACTIVA_START.search(text, start, end):
            yield _factiva_row(text[start:end])
        start = end


def _factiva_row(text: str) -> dict[str, Any] | InputError:
    fields = dict(_factiva_fields(text))
    body = "\n\n".join(filter(None, (fields.get("LP"), fields.get("TD"))))
    if not body:
        return InputError("a Factiva document without LP and TD")
    number = re.search(r"Document (\w+)", fields.get("AN", ""))
    return {
        "text": body,
        "title": " ".join(fields.get("HD", "").split()) or None,
        "outlet": fields.get("SN"),
        "published": date_in(fields.get("PD", "")) or fields.get("PD"),
        "id": number.group(1) if number else None,
    }


def _factiva_fields(text: str) -> Iterator[tuple[str, str]]:
    name: str = ""
    lines: list[str] = []
    for line in text.split("\n"):
        if found := _FACTIVA_FIELD.match(line):
            yield name, "\n".join(lines).strip()
            name, lines = found.group(1), [found.group(2) or ""]
        else:
            lines.append(line.strip())
    yield name, "\n".join(lines).strip()


def date_in(text: str) -> str | None:
    """Return the first date that is written out in English, as year-month-day."""
    found = _DATE.search(text)
    if found is None:
        return None
    month, day, year, day2, month2, year2 = found.groups()
    return f"{int(year or year2):04}-{_MONTHS.index(month or month2) + 1:02}-{int(day or day2):02}"
