"""Formats that news comes in, each with the right articles."""

import bz2
import datetime
import gzip
import io
import json
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from claimstance.articles.inputs import InputOptions, read_units
from claimstance.schema import Article, UnitError

TEXT = "The ferry guild accused the harbour office of hiding its debts, the steward said."


def read(path, **options):
    return list(read_units([str(path)], InputOptions(**{"language": "any"} | options)))


@pytest.mark.parametrize(
    "written",
    [
        json.dumps([{"text": TEXT}, {"text": "Second."}]),
        json.dumps([{"text": TEXT}, {"text": "Second."}], indent=2),
        json.dumps({"status": "ok", "articles": [{"text": TEXT}, {"text": "Second."}]}),
        json.dumps({"response": {"docs": [{"text": TEXT}, {"text": "Second."}]}}, indent=1),
        json.dumps({"text": TEXT}, indent=2) + "\n" + json.dumps({"text": "Second."}, indent=2),
        json.dumps({"text": TEXT}) + "\n" + json.dumps({"text": "Second."}) + "\n",
    ],
)
@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_json_is_read_in_every_way_it_is_written(tmp_path, written, ending):
    (tmp_path / f"a.{ending}").write_text(written)
    assert [unit.body for unit in read(tmp_path)] == [TEXT, "Second."]


def test_a_broken_array_keeps_what_came_before(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([{"text": TEXT}, {"text": "Second."}])[:-9])
    good, bad = read(tmp_path)
    assert good.body == TEXT and bad.reason.startswith("not JSON")


def test_an_array_is_read_item_by_item(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([{"id": i, "text": TEXT} for i in range(3000)], indent=1))
    units = read_units([str(tmp_path / "a.json")], InputOptions())
    assert next(units).article_id == "0"
    assert sum(1 for _ in units) == 2999


def test_an_array_on_one_line_takes_the_memory_of_a_few_articles(tmp_path):
    with (tmp_path / "a.json").open("w") as file:
        file.write("[" + ", ".join(json.dumps({"id": i, "text": TEXT * 100}) for i in range(3000)) + "]")
    tracemalloc.start()
    count = sum(1 for _ in read_units([str(tmp_path / "a.json")], InputOptions(language="any")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 3000 and peak < 8 * 2**20 < (tmp_path / "a.json").stat().st_size


@pytest.mark.parametrize("ending", ["gz", "zst", "bz2", "ZST"])
def test_compressed_rows_are_read(tmp_path, ending):
    data = (json.dumps({"text": TEXT}) + "\n").encode() * 2
    if ending == "bz2":
        packed = bz2.compress(data)
    else:
        buffer = io.BytesIO()
        with pa.CompressedOutputStream(buffer, "gzip" if ending == "gz" else "zstd") as out:
            out.write(data)
            out.flush()
            packed = None
        packed = buffer.getvalue() if not buffer.closed else packed
    if packed is None:
        packed = pa.compress(data, codec="zstd" if ending.lower() == "zst" else "gzip", asbytes=True)
    (tmp_path / f"a.jsonl.{ending}").write_bytes(packed)
    assert [unit.body for unit in read(tmp_path)] == [TEXT] * 2


@pytest.mark.parametrize(
    ("row", "outlet", "published"),
    [
        (
            {"maintext": TEXT, "date_publish": "2031-04-02 08:00:00", "source_domain": "courier.example"},
            "courier.example",
            "2031-04-02 08:00:00",
        ),
        (
            {"content": TEXT, "publishedAt": "2031-04-02T08:00:00Z", "source": {"id": None, "name": "Courier"}},
            "Courier",
            "2031-04-02T08:00:00Z",
        ),
        (
            {"text": TEXT, "publish_date": "2031-04-02", "media_name": "Courier", "stories_id": 5},
            "Courier",
            "2031-04-02",
        ),
        (
            {"text": TEXT, "published": 1932883200000, "SourceCommonName": "courier.example"},
            "courier.example",
            "2031-04-02T08:00:00+00:00",
        ),
        ({"text": TEXT, "published": float("nan"), "outlet": None}, None, None),
    ],
)
def test_columns_of_other_tools_are_understood(tmp_path, row, outlet, published):
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    (unit,) = read(tmp_path)
    assert (unit.body, unit.outlet, unit.published) == (TEXT, outlet, published)


def test_numbers_as_ids_keep_their_digits(tmp_path):
    rows = [{"id": 9007199254740993, "text": TEXT}, {"id": 12.0, "text": TEXT}, {"id": float("nan"), "text": TEXT}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    first, second, third = read(tmp_path)
    assert (first.article_id, second.article_id) == ("9007199254740993", "12")
    assert len(third.article_id) == 16


@pytest.mark.parametrize("text", [None, float("nan"), "nan", "None", "[Removed]"])
def test_marks_of_a_missing_text_are_errors(tmp_path, text):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": text}) + "\n")
    assert isinstance(read(tmp_path)[0], UnitError)


def test_a_bad_cell_of_parquet_is_one_bad_row(tmp_path):
    offsets, data = pa.py_buffer(b"\0\0\0\0\3\0\0\0\6\0\0\0\11\0\0\0"), pa.py_buffer(b"abcx\xe9ydef")
    text = pa.Array.from_buffers(pa.string(), 3, [None, offsets, data])
    pq.write_table(pa.table({"text": text, "id": [1.0, 2.0, None]}), tmp_path / "a.parquet")
    first, bad, third = read(tmp_path / "a.parquet")
    assert isinstance(first, Article) and first.article_id == "1" and isinstance(third, Article)
    assert bad.row == 2 and bad.reason.startswith("column 'text': a cell of type string cannot be read")


def test_dates_of_parquet_are_read_whatever_their_unit_and_unneeded_columns_are_not(tmp_path):
    moment = datetime.datetime(2031, 4, 2, 8, tzinfo=datetime.UTC)
    zoned = pa.array([moment], pa.timestamp("ns", "UTC"))
    wild = pa.array([2**62], pa.int64()).cast(pa.timestamp("s"))
    pq.write_table(
        pa.table({"text": [TEXT], "published": zoned, "crawled": wild.cast(pa.int64())}), tmp_path / "a.parquet"
    )
    pq.write_table(
        pa.table({"text": [TEXT] * 2, "published": pa.array([0, 2**60], pa.timestamp("ms"))}), tmp_path / "b.parquet"
    )
    first, second, bad = read(tmp_path)
    assert first.published == "2031-04-02 08:00:00+00:00" and second.published == "1970-01-01 00:00:00"
    assert bad.row == 2 and "column 'published'" in bad.reason


def test_mark_up_in_a_cell_is_cleaned(tmp_path):
    text = "<p>The guild &amp; the mayor met.</p><p>She said <q>never</q>.<br/>It left.</p><script>x()</script>"
    rows = [
        {"text": text},
        {"text": "The guild &#8217;s steward &amp; the mayor met."},
        {"text": "Is 3 < 5 and 7 > 4?"},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [unit.body for unit in read(tmp_path)] == [
        "The guild & the mayor met.\nShe said “never”.\nIt left.",
        "The guild ’s steward & the mayor met.",
        "Is 3 < 5 and 7 > 4?",
    ]


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
