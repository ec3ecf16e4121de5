"""Pages to article bodies, over trafilatura (``docs/decisions/html-extraction.md``), and mark-up out of text cells."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any, Final

from claimstance.articles.text import clean_text
from claimstance.errors import InputError

_MIN_SHARE: Final = 0.1  # of the visible text; where extraction keeps less, all of it is taken
_FULLER: Final = 1.2  # a body in JSON-LD that is so many times as long as the extracted one is the whole of a teaser
_HIDDEN: Final = ("script", "style", "noscript", "template", "head", "nav", "footer", "iframe", "svg")
_DELETED: Final = ("del", "s", "strike")
_MAX_NESTING: Final = 200  # trafilatura gives nothing beyond some 250 nested blocks
_NOT_IN_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_MOST_TAGS: Final = 5_000_000
_DECLARED: Final = re.compile(rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_TAG: Final = re.compile(
    r"</(?:p|div|a|span|strong|em|b|i|u|li|ul|ol|h[1-6]|blockquote|figure|q|table|body|html|article)\s*>|<(?:br|hr|p)\s*/?>",
    re.I,
)
_NAMED: Final = r"(?:amp|quot|nbsp|apos|[lr][sd]quo|[mn]dash|hellip|#\d{2,5}|#x[0-9a-f]{2,4});"
_ENTITY: Final = re.compile(f"&{_NAMED}", re.IGNORECASE)
_TWICE: Final = re.compile(f"&(?:amp;)+(?={_NAMED})", re.IGNORECASE)  # "&amp;mdash;": some tool has escaped twice
_BLOCKS: Final = ("p", "div", "br", "hr", "li", "ul", "ol", "blockquote", "figure", "figcaption", "tr", "td", "th",
                  "dt", "dd", "article", "section", "h1", "h2", "h3", "h4", "h5", "h6")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """A page's article."""

    body: str
    title: str | None = None
    url: str | None = None
    outlet: str | None = None
    published: str | None = None


def declared_encoding(data: bytes) -> str | None:
    """Return the encoding that a page's ``meta`` or an XML declaration names."""
    found = _DECLARED.search(data[:4096])
    return found.group(1).decode("ascii") if found else None


def html_to_page(data: str) -> Page:
    """Extract the article of a page.

    Raises:
        InputError: if there is no text at all.
    """
    from lxml.etree import LxmlError

    data = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "\ufffd", data)
    try:
        tree = _parsed(data)
    except (LxmlError, ValueError):
        raise InputError("no text in the HTML") from None
    body_in_data = _json_ld_body(tree)
    _mark_quotations(tree)
    _keep_headings_and_captions(tree)
    visible = _visible_text(tree) or _flat_text(data)  # libxml2 gives up on very deep nesting
    page = Page("") if data.count("<") > _MOST_TAGS else _extracted(tree)
    if len(body_in_data) > _FULLER * len(page.body):
        return replace(page, body=clean_text(body_in_data))
    if page.body and len(page.body) >= _MIN_SHARE * len(visible):
        return page
    if not visible:
        raise InputError("no text in the HTML")
    return replace(page, body=clean_text(visible))


def _parsed(data: str) -> Any:
    from lxml import html as lxml_html

    data = _NOT_IN_XML.sub(
        "\ufffd", _TWICE.sub("&", data)
    )  # lxml reads these signs, but does not take them in a changed text
    parser = lxml_html.HTMLParser(huge_tree=True, encoding="utf-8")
    return lxml_html.document_fromstring(data.encode("utf-8", errors="replace"), parser=parser)


def _mark_quotations(tree: Any) -> None:
    """Put the marks of ``q`` into the text, and drop what is marked as deleted."""
    for node in list(tree.iter("q", *_DELETED)):
        if node.getparent() is None:
            continue
        if node.tag == "q":
            node.text = "“" + (node.text or "")
            if len(node):
                node[-1].tail = (node[-1].tail or "") + "”"
            else:
                node.text += "”"
            node.drop_tag()
        else:
            node.drop_tree()


def _json_ld_body(tree: Any) -> str:
    """Return the longest ``articleBody`` that the page's JSON-LD states for an article."""
    bodies = [""]
    for node in tree.iter("script"):
        if node.get("type") == "application/ld+json" and node.text:
            try:
                value = json.loads(node.text)
            except (ValueError, RecursionError):
                continue
            bodies.extend(_article_bodies(value))
    body = max(bodies, key=len)
    return text_of_markup(body).strip()


def _article_bodies(value: Any) -> Iterator[str]:
    values = value if isinstance(value, list) else [value]
    for item in values:
        if isinstance(item, dict):
            if isinstance(item.get("articleBody"), str):
                yield item["articleBody"]
            yield from _article_bodies(item.get("@graph", []))


def _extracted(tree: Any) -> Page:
    import logging

    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    title = _title(tree)
    if _nesting(tree) > _MAX_NESTING:
        return Page("", title)
    found = trafilatura.bare_extraction(
        tree,
        include_comments=False,
        include_tables=True,
        favor_recall=True,
        with_metadata=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    if found is None:
        return Page("", title)
    values = found if isinstance(found, dict) else found.as_dict()
    about = (_clean(values.get(name)) for name in ("url", "sitename", "date"))
    url, outlet, published = about
    body = re.sub(r"^\|.*\|[ \t]*$", _cells, clean_text(values.get("text") or ""), flags=re.MULTILINE)
    return Page(body, _clean(values.get("title")) or title, url, outlet, published)


def _cells(row: re.Match[str]) -> str:
    """A line a cell; a row of marks alone stands between a table's head and its body."""
    cells = (cell.strip() for cell in row.group().strip(" \t|").split("|"))
    return "\n".join(cell for cell in cells if cell.strip("-"))


def _clean(value: Any) -> str | None:
    return clean_text(" ".join(str(value).split())) or None if value else None


def _title(tree: Any) -> str | None:
    return _clean(tree.findtext(".//title"))


def _nesting(tree: Any) -> int:
    """The depth of the tree, by a walk that stops once it is clearly too deep."""
    level, depth = [tree], 0
    while level and depth <= _MAX_NESTING:
        level = [child for node in level for child in node]
        depth += 1
    return depth


def _visible_text(tree: Any) -> str:
    """All text outside scripts and navigation, a line a block; iterative, so that no nesting is too deep."""
    from lxml.etree import iterwalk

    found: list[str] = []
    walk = iterwalk(tree, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        if event == "start" and node.tag in _HIDDEN:
            walk.skip_subtree()
            continue
        end = "\n" if node.tag in _BLOCKS else ""
        found += [end, (node.text if event == "start" else node.tail) or ""]
    lines = (" ".join(line.split()) for line in "".join(found).split("\n"))
    return "\n".join(filter(None, lines))


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


def _keep_headings_and_captions(tree: Any) -> None:
    """Make subheadings of the article and captions paragraphs, which trafilatura keeps."""
    for node in tree.iter("h2", "h3", "h4"):
        if any(parent.tag in ("article", "main") for parent in node.iterancestors()):
            node.tag = "p"
    for node in list(tree.iter("figcaption")):
        figure = next(node.iterancestors("figure"), None)
        if figure is not None and figure.getparent() is not None:
            node.tag = "p"
            figure.addnext(node)


def has_markup(text: str) -> bool:
    """Tell whether a text cell holds HTML: tags that close or break, or entities."""
    return ("<" in text and _TAG.search(text) is not None) or ("&" in text and _ENTITY.search(text) is not None)


def text_of_markup(text: str) -> str:
    """Return the text of a cell with HTML in it, a line a block; text without mark-up stays as it is."""
    if "\\n" in text and "\n" not in text:  # line ends that some tool has escaped twice
        text = re.sub(r"(?<=[.!?”\"’)])(?:(?:\\r)?\\n)+", "\n", text)
    if not has_markup(text):
        return text
    if not _TAG.search(text):
        return html.unescape(_TWICE.sub("&", text))
    return text_of_blocks(text)


def text_of_blocks(markup: str) -> str:
    """Return the text of HTML, a line a block."""
    tree = _parsed(f"<div>{markup}</div>")
    _mark_quotations(tree)
    for node in list(tree.iter(*_HIDDEN[:4], *_BLOCKS)):
        if node.tag in _HIDDEN:
            node.drop_tree()
        else:
            node.text = "\n" + (node.text or "")
            node.tail = "\n" + (node.tail or "")
    lines = (" ".join(line.split()) for line in tree.text_content().split("\n"))
    return "\n".join(line for line in lines if line)
