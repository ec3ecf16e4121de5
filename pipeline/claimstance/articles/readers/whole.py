"""Files that are one article each: text, pages, Word documents and mail."""

import email
import email.policy
import re
from email.message import EmailMessage, MIMEPart
from typing import Any

from claimstance.articles.decoding import LONGEST, TOO_LONG, decode_bytes
from claimstance.articles.html import declared_encoding, html_to_page
from claimstance.articles.readers.source import Rows, Source
from claimstance.errors import InputError, MissingExtraError


def all_bytes(source: Source) -> bytes:
    """Read the whole file.

    Raises:
        InputError: if it is too long for an article.
    """
    data: bytes = source.opened.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise InputError(TOO_LONG)
    return data


def text_rows(source: Source) -> Rows:
    """Yield the file's text."""
    yield {"text": decode_bytes(all_bytes(source))}


def page_rows(source: Source) -> Rows:
    """Yield the page's article."""
    yield page_row(all_bytes(source))


def page_row(data: bytes, declared: str | None = None) -> dict[str, Any]:
    """Return a page's article as a row; the ``declared`` encoding is that of its transport.

    Raises:
        InputError: if there is no text in it.
    """
    page = html_to_page(decode_bytes(data, declared or declared_encoding(data)))
    return {name: getattr(page, name) for name in ("title", "url", "outlet", "published")} | {"text": page.body}


def docx_rows(source: Source) -> Rows:
    """Yield a Word document's paragraphs and the cells of its tables, a line each."""
    import io

    try:
        import docx
    except ModuleNotFoundError:
        raise InputError(str(MissingExtraError("python-docx", "formats"))) from None
    try:
        document = docx.Document(io.BytesIO(all_bytes(source)))
    except Exception as error:
        raise InputError(f"no Word document: {error}") from None
    blocks: list[str] = []
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            cells = {cell._tc: cell for row in block.rows for cell in row.cells}  # a merged one comes once a column
            blocks += [cell.text for cell in cells.values()]
        else:
            blocks.append(block.text)
    about = document.core_properties
    yield {"text": "\n".join(filter(None, blocks)), "title": about.title or None}


def mail_rows(source: Source) -> Rows:
    """Yield the article of a message (.eml) or of a saved page (.mht)."""
    message = email.message_from_bytes(all_bytes(source), policy=email.policy.default)
    page, text = message.get_body(("html",)), message.get_body(("plain",))
    about = {"title": _header(message, "subject"), "published": _date(message)}
    about["url"] = _header(message, "snapshot-content-location")
    if text is not None and (page is None or about["url"] is None):
        yield about | {"text": decode_bytes(_content(text), text.get_content_charset())}
    elif page is not None:
        row = page_row(_content(page), page.get_content_charset())
        yield row | {name: value for name, value in about.items() if value and not row.get(name)}
    else:
        raise InputError("a message without text; convert it to text first")


def _content(part: MIMEPart) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _header(message: EmailMessage, name: str) -> str | None:
    value = message.get(name)
    return re.sub(r"\s+", " ", str(value)).strip() or None if value else None


def _date(message: EmailMessage) -> str | None:
    try:
        found = getattr(message["date"], "datetime", None)
    except (TypeError, ValueError):
        return None
    return found.isoformat() if found else None
