"""WARC files such as Common Crawl News, over warcio, a record at a time."""

from claimstance.articles.decoding import LONGEST, TOO_LONG
from claimstance.articles.readers.source import Rows, Source
from claimstance.articles.readers.whole import page_row
from claimstance.errors import InputError, MissingExtraError


def warc_rows(source: Source) -> Rows:
    """Yield a row a page that was answered with success; other records are no articles and are passed over."""
    try:
        from warcio.archiveiterator import ArchiveIterator
        from warcio.exceptions import ArchiveLoadFailed
    except ModuleNotFoundError:
        raise InputError(str(MissingExtraError("warcio", "formats"))) from None
    try:
        for record in ArchiveIterator(source.opened):
            if record.rec_type == "response" and _is_page(record.http_headers):
                yield _row(record)
    except ArchiveLoadFailed as error:
        raise InputError(f"no WARC that can be read: {error}") from None


def _is_page(headers: object) -> bool:
    if headers is None:
        return False
    kind = headers.get_header("Content-Type") or ""  # type: ignore[attr-defined]
    return headers.get_statuscode() == "200" and "html" in kind.lower()  # type: ignore[attr-defined]


def _row(record: object) -> dict[str, object] | InputError:
    data = record.content_stream().read(LONGEST + 1)  # type: ignore[attr-defined]
    if len(data) > LONGEST:
        return InputError(TOO_LONG)
    kind = record.http_headers.get_header("Content-Type") or ""  # type: ignore[attr-defined]
    declared = kind.lower().partition("charset=")[2].strip(" \"';") or None
    address = record.rec_headers.get_header("WARC-Target-URI")  # type: ignore[attr-defined]
    try:
        row = page_row(data, declared)
    except InputError as error:
        return InputError(f"{address}: {error}")
    return row | {"url": address, "id": record.rec_headers.get_header("WARC-Record-ID")}  # type: ignore[attr-defined]
