import json

import pytest

from claimstance.articles.aliases import read_aliases
from claimstance.articles.directory import directory
from claimstance.articles.names import is_person, names_in
from claimstance.errors import InputError
from claimstance.schema import Cue, CueType, Holder, Quoted, Span
from claimstance.scoring.holders import cue_holder, how_quoted
from claimstance.segmentation.quotations import quotations, within
from sentences import find, prediction, resolved, speakers


def read(text, tmp_path):
    path = tmp_path / "aliases.json"
    path.write_text(text, encoding="utf-8")
    return read_aliases(path)


def test_a_compass_word_begins_a_place_and_no_person():
    assert not is_person("North Korea")
    assert not is_person("New Aldmere")
    assert is_person("Norman Korea")


def test_a_last_name_is_the_full_name_given_before():
    assert speakers(
        ("The plan was shown by Oskar Wendt, a minister.", None, None), ("Wendt called it overdue.", "Wendt", None)
    ) == [None, "Oskar Wendt"]


def test_two_people_of_one_last_name_leave_it_open():
    assert speakers(("Oskar Wendt and Petra Wendt met.", None, None), ("Wendt called it overdue.", "Wendt", None)) == [
        None,
        None,
    ]


def test_a_short_target_gets_its_full_name_and_a_common_noun_none():
    records = resolved(
        ("Oskar Wendt resigned.", None, "Oskar Wendt"),
        ("The party attacked Wendt.", None, "Wendt"),
        ("The party attacked the company.", None, "the company"),
    )
    assert [record.targets[0].name for record in records] == ["Oskar Wendt", "Oskar Wendt", None]


def test_titles_are_no_part_of_a_name():
    assert [name for name, _ in names_in("Yesterday Prime Minister Ada Quill met Gen. R. Voss in Tarn.")][-2:] == [
        "R. Voss",
        "Tarn",
    ]


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        ("“The crossing stays shut for now,” she said.", "she", Quoted.DIRECT),
        ("She said the crossing stays shut.", "She", Quoted.INDIRECT),
        ("Norland closed the crossing.", "Norland", Quoted.NARRATED),
        ("The crossing is closed.", None, Quoted.NARRATED),
    ],
)
def test_how_a_claim_is_quoted(text, source, expected):
    quotes = within(quotations(text), Span(0, len(text)))
    assert how_quoted(text, quotes, find(text, source) if source else None) is expected


@pytest.mark.parametrize(
    ("text", "source", "cue", "type_", "expected"),
    [
        ("She said the talks may fail.", "She", "may", CueType.EPISTEMIC, Holder.SPEAKER),
        ("The talks may fail, she said.", "she", "may", CueType.EPISTEMIC, Holder.SPEAKER),
        ("“It may fail,” she said.", "she", "may", CueType.EPISTEMIC, Holder.SPEAKER),
        ("Norland may close its ports.", "Norland", "may", CueType.EPISTEMIC, Holder.REPORTER),
        ("Norland is ready to close its ports.", "Norland", "ready to", CueType.INTENTION, Holder.SPEAKER),
        ("Orvane allegedly shipped engines.", None, "allegedly", CueType.DOXASTIC, Holder.REPORTER),
        ("The minister claims that prices fell.", "The minister", "claims", CueType.DOXASTIC, Holder.REPORTER),
        ("The minister appears to have said no.", "The minister", "appears", CueType.EPISTEMIC, Holder.REPORTER),
        ("Ports will close if talks fail.", None, "if", CueType.CONDITIONAL, Holder.REPORTER),
    ],
)
def test_whose_hedge_it_is(text, source, cue, type_, expected):
    quotes = within(quotations(text), Span(0, len(text)))
    marked = Cue(find(text, cue), type_)
    assert cue_holder(text, marked, prediction(text, source, [marked]), quotes) is expected


def test_a_word_that_only_begins_a_sentence_is_no_name():
    assert speakers(
        ("Analysts doubt it.", "Analysts", None), ("The analysts said so.", None, None), ("Norland agreed.", "Norland", None),
        ("It was told by Norland.", None, None),
    ) == [None, None, "Norland", None]  # fmt: skip


def test_a_name_given_in_full_later_is_known_before():
    assert speakers(("“Enough,” said Wendt.", "Wendt", None), ("Oskar Wendt resigned.", None, None))[0] == "Oskar Wendt"


def test_a_firm_is_known_by_its_first_word_and_a_board_by_its_last():
    found = directory(["Quarrion Metals met the Data Protection Board.", "It was told by Quarrion and the Board."])
    assert found.full_name("Quarrion") == "Quarrion Metals"
    assert found.full_name("the Board") == "Data Protection Board"
    assert directory(["They met the Board."]).full_name("the Board") is None


def test_aliases_unite_names(tmp_path):
    aliases = read('{"Bank of Aldmere": ["BoA", "Aldmere Bank"]}', tmp_path)
    (record,) = resolved(("It was said that BoA raised rates.", "BoA", "BoA"), aliases=aliases)
    assert (record.speaker, record.targets[0].name) == ("Bank of Aldmere", "Bank of Aldmere")


@pytest.mark.parametrize("text", ["[1]", '{"A": "B"}', "{", json.dumps({"A": ["x"], "B": ["x"]})])
def test_a_file_that_is_no_list_of_aliases_is_refused_in_one_line(text, tmp_path):
    with pytest.raises(InputError, match=r"aliases\.json: ") as error:
        read(text, tmp_path)
    assert "\n" not in str(error.value)


def test_a_lower_case_noun_is_the_only_body_of_that_kind():
    assert speakers(
        ("It was found at the University of Aldmere in May.", None, None),
        ("The Aldmere University said so.", "The Aldmere University", None),
        ("The university gave no date.", "The university", None),
    ) == [None, "Aldmere University", "Aldmere University"]


def test_a_common_noun_is_no_body_that_only_contains_it():
    assert speakers(
        ("It was taught at the Aldmere Law School.", None, None), ("The law forbids it.", "The law", None)
    ) == [None, None]


@pytest.mark.parametrize("source", ["His administration", "This government", "Federal government", "Every parliament"])
def test_an_organ_of_no_named_state_has_no_name(source):
    assert speakers((f"{source} denied it.", source, None)) == [None]
