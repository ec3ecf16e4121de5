import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimstance.articles.furniture import mark_furniture
from claimstance.articles.html import _parsed, _visible_text, html_to_page, text_of_markup
from claimstance.articles.text import clean_text
from claimstance.errors import InputError

FURNITURE = [
    "Oops!",
    "Something went wrong.",
    "Please try again later.",
    "We use cookies to improve your experience.",
    "Accept all",
    "Subscribe to our newsletter",
    "Share this article on Facebook",
    "Follow us on Twitter, support us, or become our patron!",
    "The Post is your daily guide to the news of the valley. Follow us on Herald or support us!",
    "Photo: Northern Press Agency",
    "Read also: Two ferries collide in fog",
    "By Anneke Truill, business reporter",
    "(Reporting by Ina Sorl; editing by Marek Voss)",
    "© 2031 The Dorrin Ledger",
    "By Anneke Truill and Marek Voss",
    "BY ANNEKE TRUILL",
    "By continuing, you agree to our terms.",
    "Help us keep the Ledger free",
    "Bookmark us: Herald, Courier",
]
NEWS = [
    "The regulator said websites that use cookies must say so.",
    "By Friday Norland will have closed its ports.",
    "By Friday Norland will strike, minister warns",
    "By Monday Norland, the mayor said",
    "By Monday it was over, “we won.”",
    "Join us or we will burn your homes, the militia told villagers.",
    "Help us or leave, the rebels said",
    "Support our troops, the senator urged.",
    "Donate blood, the minister urged",
    "Video by the rebels shows two prisoners.",
    "Follow-up talks are planned for May.",
    "The union urged members to support the strike.",
    "He shared the prize with his sister.",
    "Photographers protested against the ban.",
    "Sources close to the talks said a deal might be near.",
]


@pytest.mark.parametrize("line", FURNITURE)
def test_furniture_lines_are_marked(line):
    body = f"The council met.\n  • {line}\nIt will vote on Monday."
    assert [span.of(body) for span in mark_furniture(body)] == [line]


@pytest.mark.parametrize("line", NEWS)
def test_news_lines_are_not_marked(line):
    assert mark_furniture(line) == ()


@given(st.text(max_size=300))
def test_furniture_spans_lie_within_the_body(body):
    spans = mark_furniture(clean_text(body))
    assert all(0 <= s.start < s.end <= len(clean_text(body)) for s in spans)


@given(st.text(max_size=200))
def test_clean_text_can_be_encoded_and_keeps_its_length_but_for_line_ends(text):
    clean = clean_text(text)
    clean.encode("utf-8")
    assert len(clean) == len(text.replace("\r\n", "\n"))


def test_navigation_and_cookie_walls_do_not_reach_the_body():
    html = (
        "<html><head><title>Strike called off</title></head><body><nav><a>Home</a><a>Sport</a></nav>"
        "<div class='cookie-banner'><p>We use cookies.</p></div><article><h1>Strike called off</h1>"
        f"<p>{'The union said on Monday that it had called off the strike after talks with the mayor. ' * 3}</p>"
        "</article><script>alert('x')</script></body></html>"
    )
    page = html_to_page(html)
    body = page.body
    assert page.title == "Strike called off"
    assert "called off the strike" in body
    assert "alert" not in body
    assert "Sport" not in body


@pytest.mark.timeout(60)  # it never ended where extraction walked the tree
def test_ten_thousand_nested_tags_are_read():
    body = html_to_page("<div>" * 10_000 + "The council met." + "</div>" * 10_000).body
    assert "The council met." in body


def test_where_all_visible_text_is_taken_none_is_lost_and_navigation_is_not_part_of_it():
    page = (
        "<html><body>First line<br>Second line<nav><a>Sport</a></nav><p>The union <!-- a --><b>threatened</b> a "
        "<script>x()</script>strike.</p></body></html>"
    )
    assert _visible_text(_parsed(page)) == "First line\nSecond line\nThe union threatened a strike."


def test_line_ends_that_were_escaped_twice_are_line_ends():
    assert text_of_markup(r"They may strike.\n\nThe union “may”\r\n\r\nagree.") == (
        "They may strike.\nThe union “may”\nagree."
    )


def test_entities_that_decode_to_markup_stay_text():
    body = html_to_page("<p>The memo said &lt;script&gt;alert(1)&lt;/script&gt; was harmless.</p>").body
    assert "<script>alert(1)</script>" in body


@pytest.mark.parametrize("html", ["", "<html></html>", "<!-- -->", "<p> </p>"])
def test_html_without_text_is_an_error(html):
    with pytest.raises(InputError, match="no text in the HTML"):
        html_to_page(html)


@pytest.mark.parametrize("sign", ["\x1f", "\x00", "\x0c", "￿"])
def test_a_control_character_in_markup_is_no_reason_to_stop(sign):
    assert "The council met." in text_of_markup(f"<p>{sign}The council met.</p>")
    assert "The council met." in html_to_page(f"<p><q>{sign}</q>The council met.</p>").body
