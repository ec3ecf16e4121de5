"""Bytes to text, one way for every reader (``docs/decisions/encodings.md``).

The order: a byte order mark, valid UTF-8, what the file declares, then what the bytes look like. Bytes that the
encoding lacks become U+FFFD, which the summary counts.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Any, Final

from claimstance.articles.text import clean_text
from claimstance.errors import InputError

LONGEST: Final = 64 * 2**20  # bytes of one article
TOO_LONG: Final = "longer than 64 MiB, which is no article; split it"
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF8, "utf-8-sig"),
)  # fmt: skip
_BINARY: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BINARY_REASON: Final = "binary data, not text; convert the file to text, HTML, JSONL, CSV or Parquet"
_SAMPLE: Final = 2**16  # bytes
_TOO_SHORT: Final = 64  # bytes, too few to detect anything in
_FOREIGN: Final = 0.25  # share of bytes beyond ASCII from which a text is not in Latin letters
_GARBLED: Final = re.compile(
    r"Ã[\u0080-\u00bfƒ‚„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ€]|â€[œ™˜“”\u009d¦]|Â[£©®°·»«\u00a0]"
)  # UTF-8 as cp1252
_CUT: Final = re.compile(r"(?:…|\.\.\.) ?\[\+\d+ chars\]\s*$")  # NewsAPI gives the first 200 characters
_LATIN1: Final = ("ascii", "iso8859-1")  # browsers read both as Windows-1252


def decode_bytes(data: bytes, declared: str | None = None) -> str:
    """Decode one article's bytes, and make them text that Arrow can hold.

    Raises:
        InputError: if the data are binary.
    """
    encoding = encoding_of(data, declared)
    if encoding.startswith("utf-8"):
        text = data.decode(encoding, errors="replace")
        if sum(map(text.count, map(chr, range(1, 9)))) > max(4, len(text) // 100):
            raise InputError(_BINARY_REASON)
        return clean_text(text)
    if not encoding.startswith(("utf-16", "utf-32")) and _BINARY.search(data):
        raise InputError(_BINARY_REASON)
    return clean_text(data.decode(encoding, errors="replace"))


def encoding_of(data: bytes, declared: str | None = None, whole: bool = True) -> str:
    """Name the encoding of some bytes; unless they are the ``whole``, the last character may be cut."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    plain = codecs.lookup(declared).name if declared and _is_known(declared) else None
    if _is_utf8(data, whole) and (plain is None or not data.isascii() or plain in (*_LATIN1, "utf-8")):
        return "utf-8"
    if plain is not None and plain != "utf-8":
        return "cp1252" if plain in _LATIN1 else plain
    return _detected(data[:_SAMPLE])


def _is_known(name: str) -> bool:
    try:
        return codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError):
        return False


def _is_utf8(data: bytes, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _detected(data: bytes) -> str:
    """Guess an encoding: Windows-1252 for Latin letters, which a detector cannot tell from its relatives in English."""
    for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(data) > 3 and data[start::2].count(0) > 0.4 * len(data):
            return name
    if len(data) < _TOO_SHORT or sum(byte > 127 for byte in data) <= _FOREIGN * len(data):
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    return best.encoding if best is not None else "cp1252"


def decoded_lines(opened: Any) -> Iterator[str]:
    """Yield the lines of a binary file, with their ends; a line that is not UTF-8 is decoded by itself."""
    head = head_of(opened)
    encoding = encoding_of(head, whole=False)
    if encoding.startswith(("utf-16", "utf-32")):
        yield from codecs.getreader(encoding)(opened, "replace")
        return
    first = True
    while line := opened.readline(LONGEST):
        if first:
            line, first = line.removeprefix(codecs.BOM_UTF8), False
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text = line.decode(encoding if not encoding.startswith("utf-8") else _detected(line), errors="replace")
        yield from re.split(r"(?<=\r)(?!\n)", text) if "\r" in text[:-2] else (text,)


def decoded_chunks(opened: Any) -> Iterator[str]:
    """Yield a binary file's text in pieces of some 64 KiB, wherever its lines end."""
    decoder = codecs.getincrementaldecoder(encoding_of(head_of(opened), whole=False))(errors="replace")
    while data := opened.read(_SAMPLE):
        yield decoder.decode(data)
    yield decoder.decode(b"", final=True)


def damage_in(body: str) -> dict[str, int]:
    """Count what went wrong with a text before or while it was read."""
    return {
        "replaced_characters": body.count("\ufffd"),
        "garbled_texts": int(_GARBLED.search(body) is not None),
        "cut_texts": int(_CUT.search(body[-40:]) is not None),
    }


def head_of(opened: Any, size: int = _SAMPLE) -> bytes:
    """Return the first bytes of a file without moving in it, as many as are there at once."""
    return bytes(opened.peek(size)[:size]) if hasattr(opened, "peek") else b""
