"""Feeds, news XML, mail, Word, WARC, exports of archives, and pages: each with the right articles."""

import gzip
import json

import pytest

from claimstance.articles.inputs import InputOptions, read_units

TEXT = "The ferry guild accused the harbour office of hiding its debts, the steward said."


def read(path, **options):
    return list(read_units([str(path)], InputOptions(**{"language": "any"} | options)))


RSS = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>Courier</title><item><title>Guild accuses office</title>
<link>https://courier.example/1</link><pubDate>Wed, 02 Apr 2031 08:00:00 GMT</pubDate>
<description><![CDATA[<p>{TEXT}</p>]]></description></item><item><title>Mayor resigns</title><description>{TEXT}</description>
</item></channel></rss>"""
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Courier</title><entry><title>Guild accuses office</title>
<link href="https://courier.example/1"/><updated>2031-04-02</updated><content type="html">&lt;p&gt;{TEXT}&lt;/p&gt;</content></entry></feed>"""
NITF = f"""<nitf><head><title>x</title><docdata><date.issue norm="20310402T080000Z"/></docdata></head><body><body.head>
<hedline><hl1>Guild accuses office</hl1></hedline></body.head><body.content><p>{TEXT}</p><p>It denied it.</p></body.content></body></nitf>"""
NEWSML = f"""<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:x:1"><itemMeta><versionCreated>2031-04-02</versionCreated>
</itemMeta><contentMeta><headline>Guild accuses office</headline></contentMeta><contentSet><inlineXML>
<html xmlns="http://www.w3.org/1999/xhtml"><body><p>{TEXT}</p><p>It denied it.</p></body></html></inlineXML></contentSet></newsItem>"""


@pytest.mark.parametrize(
    ("data", "count", "date"),
    [
        (RSS, 2, "Wed, 02 Apr 2031 08:00:00 GMT"),
        (ATOM, 1, "2031-04-02"),
        (NITF, 1, "20310402T080000Z"),
        (NEWSML, 1, "2031-04-02"),
    ],
    ids=["rss", "atom", "nitf", "newsml"],
)
def test_feeds_and_news_items_are_read(tmp_path, data, count, date):
    (tmp_path / "a.xml").write_text(data)
    units = read(tmp_path)
    assert len(units) == count
    assert units[0].body.split("\n")[0] == TEXT
    assert (units[0].title, units[0].published) == ("Guild accuses office", date)


def test_news_xml_loses_no_text_and_gives_none_twice(tmp_path):
    body = "<div>We will strike.<p>More\n came <media-reference>x.jpg</media-reference>later.</p></div>"
    items = "<ul><li><p>One.</p></li></ul><hl2>What comes</hl2><blockquote>They lied.</blockquote>"
    (tmp_path / "a.xml").write_text(
        f"<nitf><body><body.content>{body}<script>x()</script>Then all left.{items}</body.content></body></nitf>"
    )
    assert read(tmp_path)[0].body.split("\n") == [
        "We will strike.", "More came later.", "Then all left.", "One.", "What comes", "They lied.",
    ]  # fmt: skip


def test_other_xml_is_refused_by_name(tmp_path):
    (tmp_path / "a.xml").write_text("<invoice><sum>3</sum></invoice>")
    assert "no reader for XML of type 'invoice'" in read(tmp_path)[0].reason


MHT = """MIME-Version: 1.0
Content-Type: multipart/related; boundary="b1"
Snapshot-Content-Location: https://courier.example/1

--b1
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<html><head><title>Guild accuses</title></head><body><article><p>The guild =E2=80=9Cwill not yield=E2=80=9D to the har=
bour office.</p></article></body></html>
--b1--
"""


@pytest.mark.parametrize("name", ["a.mht", "a.html", "a.eml"])
def test_a_saved_page_is_read_whatever_its_ending(tmp_path, name):
    (tmp_path / name).write_text(MHT)
    (unit,) = read(tmp_path)
    assert unit.body == "The guild “will not yield” to the harbour office." and unit.url == "https://courier.example/1"


def test_a_message_is_an_article(tmp_path):
    (tmp_path / "a.eml").write_text(
        f"From: a@b.example\nSubject: Strike\nDate: Wed, 02 Apr 2031 08:00:00 +0000\n\n{TEXT}\n"
    )
    (unit,) = read(tmp_path)
    assert (unit.body.strip(), unit.title, unit.published) == (TEXT, "Strike", "2031-04-02T08:00:00+00:00")


def test_a_word_document_is_an_article(tmp_path):
    docx = pytest.importorskip("docx")
    document = docx.Document()
    document.add_paragraph(TEXT)
    document.add_paragraph("The office denied it.")
    document.save(str(tmp_path / "a.docx"))
    assert read(tmp_path)[0].body == f"{TEXT}\nThe office denied it."


def test_a_merged_cell_of_a_word_table_is_read_once(tmp_path):
    docx = pytest.importorskip("docx")
    document = docx.Document()
    table = document.add_table(rows=2, cols=3)
    table.cell(0, 0).merge(table.cell(1, 2)).text = TEXT
    document.save(str(tmp_path / "a.docx"))
    assert read(tmp_path)[0].body == TEXT


def test_the_pages_of_a_warc_are_articles(tmp_path):
    pytest.importorskip("warcio")
    data = b""
    for number, (status, kind) in enumerate(
        [("200 OK", "text/html; charset=iso-8859-2"), ("404 No", "text/html"), ("200 OK", "image/png")]
    ):
        page = f"<html><body><article><p>Škoda accused the guild. {TEXT}</p></article></body></html>".encode(
            "iso-8859-2"
        )
        answer = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n".encode() + page
        head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x:{number}>\r\nWARC-Target-URI: https://courier.example/{number}\r\n"
        head += f"WARC-Date: 2031-04-02T08:00:00Z\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {len(answer)}\r\n\r\n"
        data += gzip.compress(head.encode() + answer + b"\r\n\r\n")
    (tmp_path / "a.warc.gz").write_bytes(data)
    (unit,) = read(tmp_path)
    assert (unit.body, unit.url) == (f"Škoda accused the guild. {TEXT}", "https://courier.example/0")


NEXIS = """                               1 of 2 DOCUMENTS

                              The Courier

                           April 2, 2031 Wednesday

Guild accuses office

BYLINE: Ina Sorl

LENGTH: 20 words

The guild accused the office, its
steward said.

It denied the claim.

LOAD-DATE: April 3, 2031

LANGUAGE: ENGLISH

                               2 of 2 DOCUMENTS

                              Harbour Wire

                           April 4, 2031 Friday

Mayor may resign

LENGTH: 5 words

The mayor may resign.

LOAD-DATE: April 5, 2031
"""
FACTIVA = """HD Guild accuses office
WC 20 words
PD 2 April 2031
SN Courier
LA English
LP
The guild accused the office.
TD
It denied the claim.
AN Document COUR000020310402e1
HD Mayor may resign
PD 4 April 2031
SN Harbour Wire
LP
The mayor may resign.
TD
AN Document HARB000020310404e1
"""


@pytest.mark.parametrize("data", [NEXIS, FACTIVA], ids=["nexis", "factiva"])
def test_exports_are_split_into_articles(tmp_path, data):
    (tmp_path / "a.txt").write_text(data)
    units = read(tmp_path)
    found = [(unit.title, unit.outlet.removeprefix("The "), unit.published) for unit in units]
    assert found == [
        ("Guild accuses office", "Courier", "2031-04-02"),
        ("Mayor may resign", "Harbour Wire", "2031-04-04"),
    ]
    assert units[0].body.endswith("\n\nIt denied the claim.") and units[1].body == "The mayor may resign."


def test_the_labels_of_a_transcript_do_not_end_a_nexis_article(tmp_path):
    talk = "It denied the claim.\n\nSTEWARD: You will pay.\n\nMAYOR: We will not."
    (tmp_path / "a.txt").write_text(NEXIS.replace("It denied the claim.", talk))
    assert read(tmp_path)[0].body.endswith(talk)


PAGE = f"""<html><head><title>Guild accuses office - Courier</title><link rel="canonical" href="https://courier.example/1">
<meta property="og:site_name" content="Courier"><meta property="article:published_time" content="2024-04-02T08:00:00Z"></head>
<body><article><h1>Guild accuses office</h1><p>{TEXT} It wants the books opened before the summer.</p>
<p>The steward said <q>they lied</q> and left.</p><p>The mayor <del>resigned</del> <ins>denied it</ins>.</p>
<h2>What comes next</h2><p>The talks go on for another week, both sides said on Monday.</p>
<figure><img src=x><figcaption>Ina Sorl blamed the office at the gate.</figcaption></figure>
<table><tr><td>Norland</td><td>Threatened to close its port.</td></tr></table></article></body></html>"""


def test_a_page_gives_its_address_site_and_date_and_keeps_what_is_text(tmp_path):
    (tmp_path / "a.html").write_text(PAGE)
    (unit,) = read(tmp_path)
    assert (unit.url, unit.outlet, unit.published) == ("https://courier.example/1", "Courier", "2024-04-02")
    lines = unit.body.split("\n")
    for line in (
        "The steward said “they lied” and left.", "What comes next", "Ina Sorl blamed the office at the gate.",
        "Threatened to close its port.",
    ):  # fmt: skip
        assert line in lines
    assert "resigned" not in unit.body and "denied it" in unit.body


def test_the_body_in_the_data_of_a_page_is_taken_where_the_page_has_none(tmp_path):
    data = json.dumps({"@graph": [{"@type": "NewsArticle", "articleBody": f"{TEXT} " * 3}]})
    page = f"<html><head><script type='application/ld+json'>{data}</script></head><body><p>Subscribe to read on.</p></body></html>"
    (tmp_path / "a.html").write_text(page)
    assert read(tmp_path)[0].body == f"{TEXT} {TEXT} {TEXT}"
