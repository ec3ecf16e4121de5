"""RSS, Atom, NITF and NewsML-G2, over lxml; no entity is expanded and nothing is fetched."""

import io
from typing import Any, Final

from claimstance.articles.html import text_of_blocks, text_of_markup
from claimstance.articles.readers.source import Rows, Source
from claimstance.articles.readers.whole import all_bytes
from claimstance.errors import InputError

_TEXTS: Final = ("encoded", "content", "description", "summary")  # the fullest first
_UNWANTED: Final = ("script", "style", "media-reference", "body.end")


def xml_rows(source: Source) -> Rows:
    """Yield a row an item of a feed, or a news item."""
    from lxml import etree

    data = all_bytes(source)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, load_dtd=False)
    tree = etree.parse(io.BytesIO(data), parser).getroot()
    if tree is None:
        raise InputError("no XML that can be read")
    items = [node for node in tree.iter("{*}item", "{*}entry", "{*}newsItem", "{*}nitf") if not _inner(node)]
    if not items:
        raise InputError(f"no reader for XML of type {_name(tree)!r}: known are RSS, Atom, NITF and NewsML-G2")
    channel = _text(_first(tree, "title")) if _name(tree) in ("rss", "feed", "RDF") else None
    for item in items:
        yield _feed_row(item, channel) if _name(item) in ("item", "entry") else _news_row(item)


def _inner(node: Any) -> bool:
    """Tell whether a news item stands inside another one, as NITF does in NewsML."""
    return any(_name(parent) in ("newsItem", "nitf") for parent in node.iterancestors())


def _feed_row(item: Any, channel: str | None) -> dict[str, Any]:
    link = _first(item, "link")
    body = next((found for name in _TEXTS if (found := _markup(_child(item, name)))), None)
    return {
        "text": body,
        "title": _text(_child(item, "title")),
        "url": _text(link) or (link.get("href") if link is not None else None),
        "published": next(
            (d for n in ("pubDate", "published", "date", "updated") if (d := _text(_child(item, n)))), None
        ),
        "outlet": _text(_child(item, "source")) or channel,
        "id": _text(_child(item, "guid")) or _text(_child(item, "id")),
    }


def _news_row(item: Any) -> dict[str, Any] | InputError:
    body = next(
        (node for name in ("body.content", "inlineXML", "inlineData", "body") for node in item.iter(f"{{*}}{name}")),
        None,
    )
    if body is None:
        return InputError("a news item without text")
    titles = (_text(_first(item, name)) for name in ("hl1", "headline", "title"))
    issued = _first(item, "date.issue")
    created = _first(item, "versionCreated")
    return {
        "text": _body_text(body),
        "title": next(filter(None, titles), None),
        "published": issued.get("norm") if issued is not None else _text(created),
        "outlet": _text(_first(item, "infoSource")) or _text(_first(item, "doc.copyright")),
        "id": item.get("guid"),
    }


def _body_text(body: Any) -> str:
    """Return all text, a line a block; line ends within a block are spaces, as in HTML."""
    from lxml import etree

    etree.strip_elements(body, *(f"{{*}}{name}" for name in _UNWANTED), with_tail=False)
    for node in body.iter("*"):
        node.tag = "h2" if _name(node) == "hl2" else _name(node)
    return text_of_blocks(" ".join(etree.tostring(body, encoding="unicode", method="html", with_tail=False).split()))


def _name(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]


def _first(node: Any, name: str) -> Any:
    return next(node.iter(f"{{*}}{name}"), None)


def _child(node: Any, name: str) -> Any:
    return next(node.iterchildren(f"{{*}}{name}"), None)


def _text(node: Any) -> str | None:
    return " ".join("".join(node.itertext()).split()) or None if node is not None else None


def _markup(node: Any) -> str | None:
    if node is None:
        return None
    text = _body_text(node) if len(node) else text_of_markup("".join(node.itertext()))
    return text.strip() or None
