"""The page as a file: nothing in an article becomes markup, nothing is requested, the data are the tables."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from claims import claim, generated, table, toward, write
from claimstance.commands.group import cli
from claimstance.errors import InputError
from claimstance.report import threats
from claimstance.report.page.html import SCRIPTS, html
from claimstance.report.page.parts import file_names, parts
from claimstance.report.page.payload import payload

PAGE = Path(__file__).parents[1] / "pipeline" / "claimstance" / "report" / "page"
HOSTILE = (
    "<script>document.title='broken'</script>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]> --> </title></style></textarea>",
    '<img src=x onerror="alert(1)"> <svg onload=alert(1)>',
    '"><a href="javascript:alert(1)">here</a>',
    "{{ 7 * 7 }} {% include '/etc/passwd' %} ${7*7} {# #}",
    "<b><i>broken</b markup <table <tr",
    "\u2028line\u2029ends &amp; &lt;script&gt; \\u003c \\",
    "=HYPERLINK(1) \u202eright to left\u202c \U0001f9ff",
)


def hostile():
    """Articles whose title, body, names and address try to become markup: (rows, articles)."""
    rows, articles = [], []
    for number, text in enumerate(HOSTILE):
        name = f"{number} {text}"
        articles.append({"article_id": name, "title": text * (1 + 10_000 // len(text)), "body": text, "furniture": []})
        about = {"outlet": text, "published": text, "url": "javascript:alert(document.cookie)"}
        span = {"source_start": 0, "source_end": 5, "target_start": 1, "target_end": 4}
        rows.append(
            toward(text, f"N{text}", "oppose", article=name, text=text, act="threaten", condition=text, **about, **span)
        )
    return rows, articles


class Elements(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found, self.text = [], {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        self.found.append((f"/{tag}", {}))

    def handle_data(self, data):
        self.text[len(self.found)] = self.text.get(len(self.found), "") + data


def page_of(rows, articles, title="Claims"):
    return html(payload(table(*rows), articles), title)


def data_of(page):
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1])


def test_hostile_articles_add_no_element_and_come_through_unchanged():
    rows, articles = hostile()
    plain = [tag for tag, _ in Elements(page_of([claim()], [{"article_id": "a1", "body": ""}])).found]
    page = page_of(rows, articles, title=HOSTILE[1])
    assert [tag for tag, _ in Elements(page).found] == plain
    assert [article["body"] for article in data_of(page)["articles"]] == list(HOSTILE)
    assert not any(name.startswith("on") for _, attributes in Elements(page).found for name in attributes)


def test_the_policy_names_the_script_and_style_by_hash_and_allows_nothing_else():
    elements = Elements(page_of(*generated(2)))
    policy = next(a["content"] for _, a in elements.found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "http" not in policy
    for place, (tag, attributes) in enumerate(elements.found, 1):
        if tag in ("style", "script") and "type" not in attributes:
            digest = base64.b64encode(hashlib.sha256(elements.text[place].encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy
        assert "style" not in attributes
        assert "src" not in attributes


def test_the_script_builds_no_markup_from_text_and_asks_for_nothing():
    assert {path.stem for path in PAGE.glob("*.js")} == set(SCRIPTS)
    for path in PAGE.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        forbidden = (
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\bfetch\(|XMLHttp|\bimport\b"
        )
        assert not re.search(forbidden, text), path.name
    assert not re.search(r"url\(|@import", (PAGE / "style.css").read_text(encoding="utf-8"))


def test_the_page_carries_the_tables_that_the_functions_return():
    rows, articles = generated(6)
    found = threats(table(*rows), ("threaten", "promise")).to_pylist()
    shown = [t for t in data_of(page_of(rows, articles))["threats"] if t["act"] in ("threaten", "promise")]
    assert shown == [{key: t[key] for key in t if key != "text"} for t in found]


def test_offsets_count_as_javascript_does():
    body = "\U0001f9ff Norland agreed."
    data = payload(
        table(claim(start=2, text="Norland agreed.", source="Norland", source_start=2, source_end=9)),
        [{"article_id": "a1", "body": body}],
    )
    row = dict(zip(data["rows"]["names"], data["rows"]["values"][0], strict=True))
    assert (row["start"], row["end"], row["source_span"], row["at"]) == (3, 18, [3, 10], [2, None])


def test_claims_in_a_title_have_offsets_into_the_title():
    article = {"article_id": "a1", "title": "Estra: Norland agreed.", "body": "Other words."}
    data = payload(table(claim(start=7, text="Norland agreed.", part="title")), [article])
    assert data["rows"]["values"][0][data["rows"]["names"].index("start")] == 7


def test_bodies_of_another_run_are_told_in_one_line():
    with pytest.raises(InputError, match="article a1 is not among the bodies"):
        payload(table(claim(text="Norland.")), [])
    with pytest.raises(InputError, match="the sentence at 0 stands elsewhere in its body"):
        payload(table(claim(text="Norland.")), [{"article_id": "a1", "body": "Orvane."}])


def test_a_large_report_is_parts_by_month_beside_an_index(tmp_path, monkeypatch):
    monkeypatch.setattr("claimstance.report.page.parts.LARGEST", 4)
    rows, articles = generated(13)
    assert parts(table(*rows), "none") == {"": [a["article_id"] for a in articles]}
    assert list(parts(table(*rows), "outlet")) == [f"Outlet {n}" for n in range(5)]
    scored, bodies = write(tmp_path, rows, articles)
    done = CliRunner().invoke(cli, ["report", str(scored), "--articles", str(bodies), "-o", str(tmp_path / "r.html")])
    assert done.exit_code == 0, done.output
    page = Elements((tmp_path / "r.html").read_text(encoding="utf-8"))
    links = [attributes["href"] for tag, attributes in page.found if tag == "a"]
    assert links == [f"r-2031-{month:02}.html" for month in range(1, 13)]
    counts = [len(data_of((tmp_path / link).read_text(encoding="utf-8"))["articles"]) for link in links]
    assert counts == [2, *[1] * 11]


def test_a_month_too_large_for_a_page_is_several_parts(monkeypatch):
    monkeypatch.setattr("claimstance.report.page.parts.LARGEST", 1)
    found = parts(table(*generated(13)[0]))
    assert list(found)[:3] == ["2031-01, part 1", "2031-01, part 2", "2031-02"]


def test_names_of_parts_are_plain_and_differ():
    names = file_names("r", ["../A b", "a.B", "<>"])
    assert list(names.values()) == ["r-a-b.html", "r-a-b-2.html", "r-part.html"]
    assert len(set(file_names("r", ["A", "A 2", "a", "a!"]).values())) == 4


def test_a_database_for_datasette_has_claims_cues_and_articles(tmp_path):
    sqlite_utils = pytest.importorskip("sqlite_utils")
    rows, articles = generated(2)
    scored, bodies = write(tmp_path, rows, articles)
    arguments = [
        "report",
        str(scored),
        "--articles",
        str(bodies),
        "--format",
        "datasette",
        "-o",
        str(tmp_path / "r.db"),
    ]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    database = sqlite_utils.Database(tmp_path / "r.db")
    assert database["claims"].count == len(rows)
    assert database["articles"].count == 2
    assert database["cues"].count == sum(len(row["cues"]) for row in table(*rows).to_pylist())
    assert [r["text"] for r in database["claims"].search("ports", limit=1)] == [
        next(r["text"] for r in rows if "ports" in r["text"])
    ]
    database.close()
    facets = json.loads((tmp_path / "r.metadata.json").read_text(encoding="utf-8"))["databases"]["r"]["tables"][
        "claims"
    ]
    assert set(facets["facets"]) <= {*rows[0], "who", "whom"}


def test_report_writes_one_page(tmp_path):
    scored, articles = write(tmp_path, *generated(3))
    done = CliRunner().invoke(
        cli, ["report", str(scored), "--articles", str(articles), "-o", str(tmp_path / "r.html"), "--title", "A & B"]
    )
    assert done.exit_code == 0, done.output
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<h1>A &amp; B</h1>" in page
    assert len(data_of(page)["rows"]["values"]) == 60


@pytest.mark.parametrize("options", [[], ["--format", "datasette"]])
def test_an_article_id_in_two_files_is_refused_since_its_claims_would_count_twice(tmp_path, options):
    (tmp_path / "again").mkdir()
    scored, articles = write(tmp_path, *generated(2))
    again, _ = write(tmp_path / "again", *generated(2))
    arguments = ["report", str(scored), str(again), "--articles", str(articles), "-o", str(tmp_path / "r.html")]
    done = CliRunner().invoke(cli, [*arguments, *options])
    assert done.exit_code == 1
    assert f"is in {scored} too; score all inputs in one run" in done.stderr


@pytest.mark.model
def test_score_writes_the_page_too(tmp_path):
    (tmp_path / "a.txt").write_text("The rowers' union accused the league of hiding figures.", encoding="utf-8")
    names = [str(tmp_path / name) for name in ("a.txt", "c.parquet", "b.parquet", "r.html")]
    arguments = ["score", names[0], "-o", names[1], "--articles", names[2], "--html", names[3], "--workers", "1"]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    assert len(data_of((tmp_path / "r.html").read_text(encoding="utf-8"))["rows"]["values"]) >= 1
    assert CliRunner().invoke(cli, ["score", names[0], "-o", names[1], "--html", names[3]]).exit_code == 2
