"""The report in a real browser: views, filters, jumps, keyboard, review; no console error, no request, no axe finding."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from claims import claim, generated, table
from claimstance.report import ledger, matrix
from claimstance.report.corrections import accuracies
from claimstance.report.page.html import html
from claimstance.report.page.payload import payload
from test_report import hostile

pytestmark = pytest.mark.browser
VIEWS = ("threats", "matrix", "pair", "pair=Estra%7CNorland", "article", "article=article-1", "claims", "review")


@pytest.fixture(scope="module")
def browser():
    sync = pytest.importorskip(
        "playwright.sync_api", reason="playwright is missing; run: pip install 'claimstance[dev]'"
    )
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium; run: apt-get install chromium (or brew install --cask chromium)")
    with sync.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program)
        yield chromium
        chromium.close()


def wrapped():
    """An article whose only claim goes over a line end, as in mail: (rows, articles)."""
    text = "The guild may\nstrike on Friday."
    at = text.index("Friday")
    row = claim(text=text, trigger="Friday", trigger_start=at, trigger_end=at + 6)
    return [row], [{"article_id": "a1", "title": "Guild", "body": text, "furniture": []}]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    made = {"small": generated(12), "large": generated(500), "hostile": hostile(), "wrapped": wrapped()}
    for name, (rows, articles) in made.items():
        (folder / f"{name}.html").write_text(html(payload(table(*rows), articles), f"{name} report"), encoding="utf-8")
    return folder


@pytest.fixture
def opened(browser, pages):
    """A function that opens a view; the test fails afterwards if anything was written to the console or requested."""
    trouble, contexts = [], []

    def opens(name, view="threats", **context):
        contexts.append(browser.new_context(accept_downloads=True, **context))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda request: trouble.append(request.url) if not request.url.startswith(("file:", "blob:")) else None,
        )
        page.goto(f"{(pages / name).with_suffix('.html').as_uri()}#{view}")
        page.wait_for_selector("html[data-ready]")
        return page

    yield opens
    for context in contexts:
        context.close()
    assert trouble == []


def test_every_view_of_500_articles_opens_under_10_megabytes(opened, pages):
    assert (pages / "large.html").stat().st_size < 10_000_000
    for view in VIEWS:
        page = opened("large", view)
        assert page.locator("main h2").count() == 1
        assert page.locator("#facts").inner_text().startswith("500 articles · 10,000 claims")


def test_hostile_articles_stay_text(opened):
    for view in ("threats&acts=threaten", "matrix", "pair", "article", "claims", "review"):
        page = opened("hostile", view)
        assert page.title() == "hostile report"
        assert page.locator("main img, main script, main svg, main iframe, a[href^='javascript']").count() == 0
    page = opened("hostile", "article")
    page.locator(".articles a").nth(5).click()
    page.wait_for_selector(".article")
    assert 'href="javascript:alert(1)"' in page.locator(".article").inner_text()
    assert page.locator("a[href^='javascript']").count() == 0


def test_a_claim_over_a_line_end_is_marked_to_its_end_and_has_one_card(opened):
    page = opened("wrapped", "article=a1")
    page.wait_for_selector(".article .sentence")
    assert page.locator(".article .para p .sentence").all_inner_texts()[-1] == "strike on Friday."
    assert page.locator(".article .para p .m.trigger").inner_text() == "Friday"
    assert page.locator(".article .sentence .ref").count() == page.locator(".article .cards .ref").count() == 1


def test_a_cell_of_the_matrix_lists_its_sentences(opened):
    cell = matrix(table(*generated(12)[0])).to_pylist()[0]
    page = opened("small", "matrix")
    page.get_by_role("button", name=f"{cell['source']} toward {cell['target']}").click()
    assert f"{len(cell['rows'])} claim" in page.locator("#cell h3").inner_text()
    assert page.locator("#cell .block").count() == min(30, len(cell["rows"]))


def test_the_ledger_shows_what_the_function_returns(opened):
    entries = ledger(table(*generated(12)[0]), "Norland", "Estra").to_pylist()
    page = opened("small", "pair=Norland%7CEstra")
    assert page.locator(".ledger tbody .block").count() == len(entries)
    assert page.locator(".ledger tbody th").all_inner_texts() == list(dict.fromkeys(e["day"] for e in entries))


def test_a_threat_names_the_fields_that_need_review(browser, tmp_path):
    rows, articles = generated(1)
    rows = [row | {"needs_review": ["target"]} for row in rows]
    (tmp_path / "unsure.html").write_text(html(payload(table(*rows), articles), "unsure"), encoding="utf-8")
    page = browser.new_page()
    page.goto(f"{(tmp_path / 'unsure.html').as_uri()}#threats")
    page.wait_for_selector("html[data-ready]")
    assert set(page.locator("tr.unsure .check").all_inner_texts()) == {"to check: target"}


def test_a_pair_opens_though_a_name_has_a_bar(browser, tmp_path):
    rows, articles = generated(2)
    rows = [row | {"source": "Nor|land", "speaker": "Nor|land", "source_actor": None} for row in rows]
    (tmp_path / "bar.html").write_text(html(payload(table(*rows), articles), "bar"), encoding="utf-8")
    page = browser.new_page()
    page.goto(f"{(tmp_path / 'bar.html').as_uri()}#pair")
    page.wait_for_selector("html[data-ready]")
    page.locator(".pairs a").first.click()
    page.wait_for_selector(".ledger")
    assert "Nor|land" in page.locator("main h2").inner_text()
    page.close()


def test_from_a_claim_to_its_sentence_and_back(opened):
    page = opened("small", "threats")
    page.locator(".threats .where a, .threats .where button").first.click()
    if page.locator(".threats .blocks .place a").count():
        page.locator(".threats .blocks .place a").first.click()
    page.wait_for_selector(".sentence.lit")
    assert page.evaluate("document.activeElement.closest('.sentence') !== null")
    page.keyboard.press("Enter")
    page.wait_for_selector(".card.lit:focus")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sentence.lit a:focus")


def test_claims_are_filtered_sorted_grouped_and_downloaded(opened):
    rows = generated(500)[0]
    page = opened("large", "claims")
    page.locator("select[name=act]").select_option("threaten")
    page.locator("input[name=source]").fill("norland")
    wanted = [r for r in rows if r["act"] == "threaten" and "Norland" in r["source"]]
    page.get_by_text(f"{len(wanted)} rows of 10,000").wait_for()
    assert page.locator(".grid .inner .row").count() < 60
    page.get_by_role("button", name="Firmness").click()
    assert "certain" in page.locator(".grid .inner .row").first.inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV of these").click()
    found = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8"))))
    assert len(found) == len(wanted)
    assert {(r["act"], r["who"]) for r in found} == {("threaten", "Norland")}
    assert "act=threaten" in page.url
    page.locator("select[name=group]").select_option("target")
    page.wait_for_selector(".grid .group")


def test_the_table_works_by_keyboard(opened):
    page = opened("large", "claims")
    page.locator(".grid").focus()
    for key in ("End", "ArrowUp", "PageUp", "Home", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    page.wait_for_selector("#g2.active")
    page.keyboard.press("Enter")
    page.wait_for_selector(".article .sentence.lit")


def test_decisions_are_kept_and_downloaded_as_corrections_that_check(opened, tmp_path):
    page = opened("small", "review")
    page.locator("select[name=act]").select_option("state")
    page.get_by_role("button", name="Accept and next").click()
    page.get_by_label("not a target").check()
    page.get_by_label("Comment").fill("a “road”")
    page.get_by_role("button", name="Accept and next").click()
    page.reload()
    page.wait_for_selector("text=2 decided")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download corrections").click()
    download.value.save_as(tmp_path / "c.jsonl")
    found = {a.field: (a.right, a.n) for a in accuracies(tmp_path / "c.jsonl", table(*generated(12)[0]))}
    assert found["act"] == (1, 2)
    assert found["target"] == (1, 2)
    assert found["stance"] == (1, 1)


def test_a_claim_of_the_reviewed_random_sample_counts_there_wherever_it_was_decided(opened, tmp_path):
    page = opened("small", "review")
    page.get_by_role("button", name="Accept and next").click()
    page.get_by_role("button", name="Random sample").click()
    page.wait_for_selector("text=1 decided")
    page.evaluate("""() => { for (let i = 0; i < 1000; i++)
      [...document.querySelectorAll("form.review button")].find((b) => b.textContent === "Skip").click(); }""")
    page.get_by_role("button", name="Accept and next").click()
    page.wait_for_selector("text=decided")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download corrections").click()
    download.value.save_as(tmp_path / "c.jsonl")
    lines = (tmp_path / "c.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["order"] for line in lines} == {"random"}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(opened, view, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="run: pip install 'claimstance[dev]'")
    page = opened("small", view, color_scheme=scheme)
    page.wait_for_timeout(200)
    found = axe.Axe().run(page).response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []


@pytest.mark.parametrize("view", VIEWS)
def test_on_a_phone_nothing_is_wider_than_the_screen(opened, view):
    page = opened("small", view, viewport={"width": 360, "height": 740})
    page.wait_for_timeout(100)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_it_prints(opened):
    assert opened("small", "threats").pdf().startswith(b"%PDF")
