"""Bytes and HTML to article bodies, and page furniture marked in them.

Furniture is marked and never deleted, so that offsets hold (label guide, "kind").
"""

import re
from html.parser import HTMLParser
from typing import Any, Final

from claimstance.errors import InputError
from claimstance.schema import Span

_MIN_SHARE: Final = 0.1  # of the visible text; where extraction keeps less, all of it is taken
_HIDDEN: Final = ("script", "style", "noscript", "template", "head", "nav", "footer", "iframe", "svg")
_MAX_NESTING: Final = 200  # trafilatura gives nothing beyond some 250 nested blocks
_BINARY: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_WHOLE_LINES: Final = (
    # errors
    r"oops!?|(?:oops!? )?something went wrong\.?|please try again(?: later)?\.?|(?:oops!? )?something went wrong\. please try again(?: later)?\.?",
    r"(?:an )?error (?:has )?occurred.{0,60}|page not found.{0,40}|(?:please )?(?:enable|turn on) javascript.{0,80}|loading\W*",
    # cookies and consent
    r"(?:this (?:web)?site|we|our (?:web)?site|our partners) uses? cookies.{0,200}|(?:accept|reject|allow) (?:all )?(?:cookies)?|accept all|reject all|"
    r"manage (?:preferences|cookies)|cookie (?:policy|settings|notice)|by (?:signing up|continuing|subscribing),? you agree.{0,160}",
    # subscribe, share, follow, support
    r"(?:please )?(?:subscribe|sign up|log ?in|register)\b.{0,40}\b(?:newsletter|newsletters|briefing|updates?|inbox|account|today|now|free|here|channel|e-?mails?|alerts?|continue|reading)\b.{0,80}",
    r"subscribe|sign ?up|sign in|log ?in|register|advertisement|sponsored(?: content)?|already a (?:member|subscriber)\?.{0,40}",
    r"(?:share|tweet|print|e-?mail|save)(?: (?:this|the) (?:article|story|page|post))?(?: (?:on|via|by) .{1,40})?|share (?:it|this)!?|have an opinion on this story\?.{0,60}",
    r"(?:follow|like|join|find|bookmark|watch) us\b.{0,120}|follow (?:our|the) (?:live|blog|latest).{0,80}|follow .{1,60}\bon (?:twitter|x|facebook|telegram|instagram|bluesky|mastodon)\b.{0,60}",
    r"(?:.{0,200}[.!?] )?(?:please )?(?:(?:follow|support|help) us\b|support our .{1,40}|become (?:our|a) (?:patron|member|supporter|subscriber)|donate\b).{0,120}",
    r"(?:liked|enjoyed|enjoying) (?:the|this|our) (?:article|story|journalism|work).{0,160}",
    r"you have (?:read )?\d+ .{0,30}\b(?:free )?articles?\b.{0,60}|your e-?mail(?: address)?|was this (?:article |page )?helpful\?|comments?(?: \(\d+\))?|leave a comment|advertisement",
    # links to other pieces
    r"(?:read (?:also|more|next|on)|also read|see also|related|more on this(?: story)?|watch|listen|most read|recommended|don't miss|you may also like|related (?:news|stories|articles|links|topics)|external links|sources|sister links)\s?(?::.*)?",
    # credits and rights
    r"(?:photos?|photographs?|picture|image|illustration|video|graphic|file photo|photo credit|image credit|credit|getty images|archive photo)\s?(?::|/|by\b|courtesy\b).{0,100}",
    r"(?:©|\(c\)|copyright\b).{0,120}|.{0,60}all rights reserved\.?|our standards: .{0,80}",
    r"\((?:additional )?(?:reporting|editing|writing) by .{1,160}\)|by [A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){1,3}(?:, .{1,60})?",
    r"(?:media |press )?contacts?: .{0,120}|(?:do you have|got) a (?:story|tip|news tip)\b.{0,80}|.{0,40}\be-?mail (?:us|the news ?desk)\b.{0,60}",
)
_LINE = re.compile("|".join(f"(?:{pattern})" for pattern in _WHOLE_LINES), re.IGNORECASE)
_BYLINE: Final = re.compile(r"by [A-Z]", re.IGNORECASE)
_MARKS: Final = " \t\u00a0•·*–—-▪●‣◦|»›>"


def clean_text(text: str) -> str:
    """Make text that Arrow can hold: each lone surrogate and NUL becomes one U+FFFD, line ends become newlines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text)


def decode_bytes(data: bytes) -> str:
    """Decode UTF-8 or UTF-16 by its mark, else UTF-8, else Windows-1252 with what it lacks as U+FFFD.

    Raises:
        InputError: if the data are binary.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return clean_text(data.decode("utf-16", errors="replace"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if _BINARY.search(data):
            raise InputError("binary data, not text; convert the file to text, HTML, JSONL, CSV or Parquet") from None
        return clean_text(data.decode("cp1252", errors="replace"))
    if sum(map(text.count, map(chr, range(1, 9)))) > max(4, len(text) // 100):
        raise InputError("binary data, not text; convert the file to text, HTML, JSONL, CSV or Parquet")
    return clean_text(text)


def html_to_article(data: str) -> tuple[str | None, str, bool]:
    """Title, body and whether all visible text had to be taken, since extraction kept under a tenth of it.

    Raises:
        InputError: if there is no text at all.
    """
    from lxml import html as lxml_html
    from lxml.etree import LxmlError

    data = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "\ufffd", data)
    try:
        parser = lxml_html.HTMLParser(huge_tree=True, encoding="utf-8")
        tree = lxml_html.document_fromstring(data.encode("utf-8", errors="replace"), parser=parser)
    except (LxmlError, ValueError):
        raise InputError("no text in the HTML") from None
    visible = _visible_text(tree) or _flat_text(data)  # libxml2 gives up on very deep nesting
    title, extracted = (None, "") if data.count("<") > 5_000_000 else _extract(data, tree)
    if len(extracted) >= _MIN_SHARE * len(visible) and extracted:
        return title, clean_text(extracted), False
    if not visible:
        raise InputError("no text in the HTML")
    return title, clean_text(visible), True


def _extract(data: str, tree: Any) -> tuple[str | None, str]:
    import logging

    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    title = _title(tree)
    if _nesting(tree) > _MAX_NESTING:
        return title, ""
    document = trafilatura.bare_extraction(data, include_comments=False, include_tables=False, favor_recall=True)
    if document is None:
        return title, ""
    return getattr(document, "title", None) or title, getattr(document, "text", None) or ""


def _title(tree: Any) -> str | None:
    found = tree.findtext(".//title")
    return clean_text(" ".join(found.split())) or None if found else None


def _nesting(tree: Any) -> int:
    """The depth of the tree, by a walk that stops once it is clearly too deep."""
    level, depth = [tree], 0
    while level and depth <= _MAX_NESTING:
        level = [child for node in level for child in node]
        depth += 1
    return depth


def _visible_text(tree: Any) -> str:
    """All text outside scripts and navigation, a line a block; iterative, so that no nesting is too deep."""
    lines: list[str] = []
    for node in tree.iter():
        if not isinstance(node.tag, str) or node.tag in _HIDDEN:
            continue
        own = [node.text or ""] if node.tag not in ("html", "body") else []
        for text in (*own, node.tail or ""):
            if text.strip():
                lines.append(" ".join(text.split()))
    return "\n".join(lines)


def _flat_text(data: str) -> str:
    """All text outside scripts and navigation, without building a tree."""
    lines: list[str] = []
    hidden: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            if tag in _HIDDEN:
                hidden.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if hidden and hidden[-1] == tag:
                hidden.pop()

        def handle_data(self, data: str) -> None:
            if data.strip() and not hidden:
                lines.append(" ".join(data.split()))

    Parser().feed(data)
    return "\n".join(lines)


def mark_furniture(body: str) -> tuple[Span, ...]:
    """Whole lines that are page furniture: notices, calls to subscribe or share, credits, links to other pieces.

    Precise rather than complete: a news sentence that mentions cookies or support is never a whole-line match, and
    what the rules miss is left to the model's ``kind`` head.
    """
    spans = []
    for line in re.finditer(r"[^\n]+", body):
        text = line.group().strip(_MARKS)
        if text and len(text) <= 400 and _is_furniture(text):
            start = line.start() + line.group().index(text)
            spans.append(Span(start, start + len(text)))
    return tuple(spans)


def _is_furniture(text: str) -> bool:
    if not _LINE.fullmatch(text):
        return False
    if _BYLINE.match(text):  # "By Friday Norland …" is no byline: all its words must be names or a job
        return text[:2].lower() == "by" and not text.endswith(".")
    return True
