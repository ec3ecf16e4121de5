"""Readers of files: one module a format, registered here by name, by ending and by what a file begins with."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from claimstance.articles.readers.delimited import delimited_rows
from claimstance.articles.readers.exports import factiva_rows, is_factiva, is_nexis, nexis_rows
from claimstance.articles.readers.json_lines import json_rows
from claimstance.articles.readers.parquet import parquet_rows
from claimstance.articles.readers.source import COMPRESSED, Rows, Source
from claimstance.articles.readers.warc import warc_rows
from claimstance.articles.readers.whole import docx_rows, mail_rows, page_rows, text_rows
from claimstance.articles.readers.xml import xml_rows

READERS: Final[dict[str, Callable[[Source], Rows]]] = {
    "txt": text_rows, "html": page_rows, "jsonl": json_rows, "csv": delimited_rows, "parquet": parquet_rows,
    "xml": xml_rows, "warc": warc_rows, "docx": docx_rows, "mail": mail_rows, "nexis": nexis_rows,
    "factiva": factiva_rows,
}  # fmt: skip
WHOLE: Final = ("txt", "html", "docx", "mail")  # one file is one article
ENDINGS: Final = {
    ".txt": "txt", ".text": "txt", ".md": "txt", ".html": "html", ".htm": "html", ".xhtml": "html", ".php": "html",
    ".asp": "html", ".aspx": "html", ".jsp": "html", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".parquet": "parquet", ".pq": "parquet", ".xml": "xml", ".rss": "xml",
    ".atom": "xml", ".nitf": "xml", ".warc": "warc", ".docx": "docx", ".eml": "mail", ".mht": "mail",
    ".mhtml": "mail",
}  # fmt: skip
CONVERT: Final = {
    ".pdf": "convert it to text first (pdftotext)", ".rtf": "convert it to text first", ".doc": "save it as .docx",
    ".odt": "save it as .docx", ".xls": "save it as .csv", ".xlsx": "save it as .csv", ".zip": "unpack it first",
    ".tar": "unpack it first", ".7z": "unpack it first",
}  # fmt: skip
_HTML: Final = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html|head|body|div|p)\b", re.I | re.S
)
_XML: Final = re.compile(rb"\s*(?:<\?xml|<(?:rss|feed|nitf|newsItem|newsMessage)\b)", re.I)
_MAIL: Final = re.compile(
    rb"(?:[A-Za-z-]+: [^\n]*\n(?:[ \t][^\n]*\n)*)*(?:MIME-Version|Snapshot-Content-Location|Message-ID): ", re.I
)


def ending_of(path: Path) -> str:
    """Return a name's ending in lower case, that of a compression aside."""
    while path.suffix.lower() in COMPRESSED:
        path = path.with_suffix("")
    return path.suffix.lower()


def format_of(path: Path) -> str | None:
    """Return the format that a file's ending names."""
    return ENDINGS.get(ending_of(path))


def sniffed(head: bytes, named: str | None) -> str | None:
    """Return the format that the first bytes show, or the named one where they show nothing else."""
    if named in ("html", "txt", None) and _MAIL.match(head):
        return "mail"
    if named == "txt":
        text = head.decode("utf-8", errors="replace").replace("\r\n", "\n")
        return "nexis" if is_nexis(text) else "factiva" if is_factiva(text) else "txt"
    if named in ("xml", None) and _HTML.match(head):
        return "html"
    if named is not None:
        return named
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"WARC/"):
        return "warc"
    if _XML.match(head):
        return "xml"
    return "jsonl" if re.match(rb"\s*[\[{]\s*[\"{]", head) else None


def why_not(path: Path) -> str:
    """Say why a file has no reader, and what to do."""
    ending = ending_of(path)
    return f"no reader for {ending or 'a name without ending'}: {CONVERT.get(ending, 'name its format by --format')}"
