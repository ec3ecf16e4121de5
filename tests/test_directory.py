"""Names told from what stands around them, and the fullest form of each in its article."""

import pytest

from claimstance.articles.directory import directory
from claimstance.articles.names import is_title_case, names_in


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Secretary of State Lena Ida Varga spoke.", "Lena Ida Varga"),
        ("FAO Director-General Lena Varga spoke.", "Lena Varga"),
        ("He met the Chancellor of the Federal Republic of Germany Lena Varga.", "Lena Varga"),
        ("The prime minister of New Zealand Lena Varga spoke.", "Lena Varga"),
        ("The prime minister of Ostrea Lena Varga spoke.", "Lena Varga"),
        ("The sentencing of Oskar Jan Wendt took an hour.", "Oskar Jan Wendt"),
        ("A lawyer for Robert F. Lund spoke.", "Robert F. Lund"),
        ("He met Lena Varga Friday.", "Lena Varga"),
        ("He met Coretta Lund King.", "Coretta Lund King"),
        ("Martin Lund King Jr. spoke.", "Martin Lund King Jr"),
        ("He met Theresa May.", "Theresa May"),
        ("He flew in Air Force One.", "Air Force One"),
        ("He met the chairman of the Aldmere Transport Board.", "Aldmere Transport Board"),
        ("He met the president of the European Central Bank.", "European Central Bank"),
        ("He met the mayor of New York City.", "New York City"),
        ("The anti-Israel rally ended.", "Israel"),
        ("Then came then-President Lena Varga.", "Lena Varga"),
        ("The cleric Moqtada al-Sadr spoke.", "Moqtada al-Sadr"),
        ("He met James Dean Bradley.", "James Dean Bradley"),
    ],
)
def test_a_name_is_told_from_what_stands_around_it(text, name):
    assert name in [found for found, _ in names_in(text)]


TEXTS = [
    "Lena Ida Varga of the Aldmere Transport Board (ATB) spoke in Aldmere.",
    "Later Lena Varga and Varga met Aldmere.",
    "Ukraine and Sweden met Paul Morris.",
    "John Adams met John Quincy Adams.",
    "The United States met Coach Michael Jordan.",
]


@pytest.mark.parametrize(
    ("mention", "name"),
    [
        ("the Bank of Aldmere", "Bank of Aldmere"),
        ("the Ukrainian government", "Ukrainian government"),
        ("Russia's army", "Russia's army"),
        ("the government of Russia", "government of Russia"),
        ("the ATB", "Aldmere Transport Board"),
        ("the US", "United States"),
        ("the UN", "UN"),  # the article has no longer form
        ("PM", "PM"),  # and not Paul Morris
        ("Aldmere", "Aldmere"),
        ("the government", None),
        ("the Russians", None),
        ("Varga", "Lena Ida Varga"),
        ("Adams", None),  # two people, who stand in one sentence
        ("Jordan", "Michael Jordan"),
        ("Lena Varga Tuesday", "Lena Ida Varga"),
        ("Governor Lena Varga of the Bank of Aldmere", None),
        ("Secretary of the Treasury Lena Varga", None),
    ],
)
def test_a_mention_has_the_fullest_name_of_its_article_or_none(mention, name):
    assert directory(TEXTS).full_name(mention) == name


@pytest.mark.parametrize(
    ("mention", "name"),
    [
        ("the Clean Rivers and Harbours Act", "Clean Rivers and Harbours Act"),
        ("the Department of Fisheries and Forests", "Department of Fisheries and Forests"),
        ("the Mayor of Aldmere", "Mayor of Aldmere"),  # an office is itself
        ("Song of the Reeds", "Song of the Reeds"),
        ("Harvest Fair 2031", "Harvest Fair 2031"),
        ("Ukraine and Sweden", None),
        ("the Army and the Navy", None),
        ("Lena Varga and Oskar Wendt", None),
        ("Lena Varga and Aldmere Bank", None),
        ("Wendt and the European Commission", None),
        ("Norland's Lena Varga", None),
        ("Aldmere Mayor Lena Varga", None),
        ("Lena Varga of Aldmere University", None),
        ("Mother of Lena Varga", None),
        ("20 Norlanders", None),
        ("Military administration", None),
        ("Bosnia and Herzegovina", "Bosnia and Herzegovina"),
        ("Residents of Aldmere", None),
        ("Officials in Aldmere", None),
        ("the Varga regime", "Varga regime"),
        ("Our regime", None),
        ("an Aldmere Act of 2031", None),
    ],
)
def test_a_mention_made_of_names_alone_is_a_name(mention, name):
    assert directory(TEXTS).full_name(mention) == name


@pytest.mark.parametrize(
    ("texts", "mention", "name"),
    [
        (["Ana Brisk Ferrol spoke.", "Ana Brisk left."], "Brisk", "Ana Brisk Ferrol"),
        (["Oskar Jan Wendt spoke.", "Oskar Wendt left."], "Oskar Wendt", "Oskar Jan Wendt"),
        (["Martin Lund met Karl Martin."], "Martin", None),
        (["Democrat Lena Varga won."], "Varga", "Lena Varga"),
        (["The Zurich-based Lena Varga won."], "Varga", "Lena Varga"),
        (["ATB said so.", "At ATB Lena Varga spoke."], "Varga", "Lena Varga"),
        (["The ship MV Lena Varga sank."], "Varga", "MV Lena Varga"),
        (["Oskar Wendt spoke.", "Oskar Wendt Jr. left."], "Wendt", None),
        (["Åsa Lund spoke.", "Karl Lund left."], "Lund", None),
        (["Pope Leo spoke.", "Leo Tarn left."], "Pope Leo", "Leo"),
        (["Bill Lund spoke.", "Tina Lund left."], "Lund", None),
        (["Michael Jordan bought a team."], "Jordan", "Jordan"),  # no title shows that the surname is meant
        (["Sweden Airlines grew."], "Sweden", "Sweden"),
        (["The Bank of Aldmere met.", "Norland Bank did not."], "The Bank", None),
        (["The Central Bank of Norland met.", "The Aldmere Central Bank did not."], "the Central Bank", "Central Bank"),
        (["The Central Bank of Norland met."], "the Central Bank", "Central Bank of Norland"),
        (["The Swedish Supreme Court met."], "the Supreme Court", "Supreme Court"),
        (["The State Department spoke."], "The Justice Department", "Justice Department"),
        (["Health Minister Orlov quit."], "HMO", "HMO"),
        (["The plan Connecting Sweden began."], "Sweden", "Sweden"),
        (["Sweden Strategic Dialogue began."], "Sweden", "Sweden"),
        (["Hurricane Lund came.", "Lund left."], "Lund", "Hurricane Lund"),
        (["The Aldmere Transport Board met."], "the Transport Board", "Aldmere Transport Board"),
        (["The Norland Police came.", "Police left."], "Police", "Norland Police"),
        (["The Norland Police met the Aldmere Police."], "the Police", None),
        (["Ana van Lund spoke."], "Van Lund", "Ana van Lund"),
        (["Ana bin Tarn spoke."], "bin Tarn", "Ana bin Tarn"),
        (["Ana van Lund spoke."], "Van", "Van"),
        (["Ana al-Lund spoke."], "Al-Lund", "Ana al-Lund"),
        (["Ana Van Lund spoke.", "Ana van Lund left."], "Lund", "Ana van Lund"),
        (["Peter Varga resigned.", "Later Varga left."], "Varga", "Peter Varga"),
        (["MP Lena Varga resigned."], "Varga", "Lena Varga"),
        (["Jennifer Rae Lund spoke.", "Later Lund left."], "Lund", "Jennifer Rae Lund"),
        (["Historian Lena Rae Lund spoke.", "Later Lund left."], "Lund", "Lena Rae Lund"),
        (["Ana Ferløv-Brú spoke."], "Ferløv-Bru", "Ana Ferløv-Brú"),
        (["Ana Brú spoke.", "Ana Bru left."], "Bru", "Ana Brú"),
        (["Republican Varga spoke.", "Lena Varga left."], "Varga", "Lena Varga"),
        (["Tarn Motor Company grew."], "Tarn", "Tarn Motor Company"),
        (["Sweden's Board of Tides met."], "the Board of Tides", "Sweden's Board of Tides"),
        (["The United States Board of Tides met."], "the Board of Tides", "United States Board of Tides"),
        (["The Aldmere Harbour and Fisheries Board met.", "The HFB met."], "the HFB", "Harbour and Fisheries Board"),
        (["The Union of Aldmere Rowers, or UAR, met."], "the UAR", "Union of Aldmere Rowers"),
        (["The Norland Weather Bureau NWB met."], "NWB", "Norland Weather Bureau"),
        (["The ABC Broadcasting Corporation spoke.", "ABC left."], "ABC", "ABC"),
        (["Paula Meyer told the PM that she agreed."], "the PM", "PM"),
        (["The Black Friday sale began.", "Adam Black left."], "Black Friday", None),
    ],
)
def test_a_short_form_has_the_only_name_that_it_can_stand_for(texts, mention, name):
    assert directory(texts).full_name(mention) == name


def test_a_headline_may_have_accented_capitals():
    assert is_title_case("Åsa Lund Wins in Évora")
    assert not is_title_case("Åsa Lund wins in Évora")


def test_an_alias_goes_before_an_acronym():
    assert directory(TEXTS, {"ATB": "Aldmere Transit"}).full_name("the ATB") == "Aldmere Transit"


@pytest.mark.timeout(300)  # backtracking would take hours
@pytest.mark.parametrize(
    "text",
    [
        "Minister" + " of the" * 40 + " x",
        "Aa's " * 40 + "x",
        "Minister" + " of the Aa Bb" * 60,
        "Aa Bb Cc, " * 3000,
        "x ABC " + "Aa Bb " * 9000,
    ],
)
def test_long_lists_of_names_come_to_an_end(text):
    directory([text]).full_name(text)
