"""What a source or target stands for when one counts."""

import pytest
from babel import Locale

from claimstance.articles.countries import by_adjective, by_capital, by_name, countries
from claimstance.scoring.actors import actor_of


@pytest.mark.parametrize(
    ("mention", "actor"),
    [
        ("US", "United States"),
        ("the U.S.", "United States"),
        ("the United States", "United States"),
        ("Washington", "United States"),
        ("the White House", "United States"),
        ("Moscow", "Russia"),
        ("the Kremlin", "Russia"),
        ("the Russian government", "Russia"),
        ("Russia's Foreign Ministry", "Russia"),
        ("the Russian Ministry of Foreign Affairs", "Russia"),
        ("the government of Ukraine", "Ukraine"),
        ("the South Korean army", "South Korea"),
        ("the Turkish military", "Turkey"),
        ("the Sable Brotherhood", "Sable Brotherhood"),
    ],
)
def test_the_names_of_one_state_are_one_actor(mention, actor):
    assert actor_of(mention, None) == actor


@pytest.mark.parametrize(
    "mention", ["Russian officials", "the Russian ambassador", "the talks", "officials", "He", "it", "the government"]
)
def test_a_common_noun_has_no_actor(mention):
    assert actor_of(mention, None) is None


def test_a_word_that_is_capitalised_for_its_place_alone_is_no_actor():
    assert actor_of("Police", None, begins_sentence=True) is None
    assert actor_of("Interpol", None) == "Interpol"
    assert actor_of("Russia", None, begins_sentence=True) == "Russia"


def test_a_resolved_name_decides():
    assert actor_of("He", "Lena Varga") == "Lena Varga"
    assert actor_of("the government", "the Norland government") == "Norland government"
    assert actor_of("the ministry", "the French Ministry of Health") == "France"


def test_no_name_in_the_table_means_two_countries():
    for forms in ("others", "adjectives", "capitals"):
        taken: dict[str, str] = {}
        for country in countries():
            for form in getattr(country, forms):
                assert taken.setdefault(form, country.name) == country.name
    assert by_name()["the Netherlands"].name == by_adjective()["Dutch"].name == "Netherlands"
    assert by_capital()["Kiev"].name == "Ukraine"


def test_a_capital_is_no_other_country():
    assert not set(by_capital()) & set(by_name())


def test_the_table_has_the_states_that_cldr_names():
    """193 members of the United Nations, the Vatican, Palestine, Kosovo and Taiwan, each one territory of CLDR."""
    codes = {name: code for code, name in Locale("en").territories.items() if len(code) == 2}
    codes |= {"Congo": "CD", "Republic of the Congo": "CG", "Czech Republic": "CZ", "East Timor": "TL", "Turkey": "TR"}
    codes |= {"Ivory Coast": "CI", "Myanmar": "MM", "Palestine": "PS"}
    codes = {name.replace("&", "and").replace("St. ", "Saint "): code for name, code in codes.items()}
    codes |= {"Sao Tome and Principe": "ST", "Saint Vincent and the Grenadines": "VC"}
    assert [country.name for country in countries() if country.name not in codes] == []
    assert len({codes[country.name] for country in countries()}) == len(countries()) == 197


@pytest.mark.parametrize(
    ("mention", "name", "actor"),
    [
        ("Sweden and Norway", "Sweden and Norway", None),
        ("They", "Sweden and Norway", None),
        ("Sweden, the Harbour Board and Lena Varga", "Sweden, the Harbour Board and Lena Varga", None),
        ("Lena Varga and Aldmere Bank", "Lena Varga and Aldmere Bank", None),
        ("Bosnia and Herzegovina", "Bosnia and Herzegovina", "Bosnia and Herzegovina"),
        ("the Department of Fisheries and Forests",) + ("Department of Fisheries and Forests",) * 2,
        ("the SFB", "Seeds and Fisheries Board", "Seeds and Fisheries Board"),
        ("Tarn Motors, Inc", "Tarn Motors, Inc", "Tarn Motors, Inc"),
    ],
)
def test_a_list_of_names_is_no_actor(mention, name, actor):
    assert actor_of(mention, name) == actor
