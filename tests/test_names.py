import dataclasses
import json

import pytest

from claimstance.articles.aliases import read_aliases
from claimstance.articles.directory import directory
from claimstance.articles.names import is_person, names_in
from claimstance.errors import InputError
from claimstance.schema import Cue, CueType, Holder, PredictedTarget, Quoted, Sentence, Span
from claimstance.scoring.holders import cue_holder, how_quoted
from claimstance.scoring.sentence import Given, ScoredSentence
from claimstance.scoring.speakers import is_pronoun, resolve
from claimstance.segmentation.quotations import quotations, within
from claimstance.segmentation.sentences import split_sentences
from predictions import changed, make_prediction


def article(*sentences):
    """Sentences as (text, source or None, target or None); gives the body and the sentences before resolving."""
    body, records = "", []
    for i, (text, source, target) in enumerate(sentences):
        start = len(body)
        given = (Given(target, (find(text, target),)),) if target else ()
        inside = tuple(within(quotations(text), Span(0, len(text))))
        record = ScoredSentence(Sentence("a", i, start, start + len(text), text), given, inside)
        toward = tuple(PredictedTarget(span, {"stance": ()}) for one in given for span in one.mentions)
        record.set_prediction(changed(prediction(text, source), given=toward))
        records.append(record)
        body += text + "\n\n"
    return body, records


def find(text, part):
    return Span(text.index(part), text.index(part) + len(part))


def prediction(text, source=None, cues=()):
    span = find(text, source) if source else None
    return make_prediction(source=span, cues=cues)


def read(text, tmp_path):
    path = tmp_path / "aliases.json"
    path.write_text(text, encoding="utf-8")
    return read_aliases(path)


def speakers(*sentences):
    return [record.speaker for record in resolved(*sentences)]


def resolved(*sentences, aliases=None):
    _, records = article(*sentences)
    resolve(records, aliases)
    return records


def test_a_compass_word_begins_a_place_and_no_person():
    assert not is_person("North Korea")
    assert not is_person("New Aldmere")
    assert is_person("Norman Korea")


def test_a_pronoun_is_the_person_who_spoke_before():
    assert speakers(
        ("Deputy Mayor Ilse Torvald defended the plan.", "Ilse Torvald", None),
        ("She added that work would begin in March.", "She", None),
    ) == ["Ilse Torvald", "Ilse Torvald"]


def test_a_last_name_is_the_full_name_given_before():
    assert speakers(
        ("The plan was shown by Oskar Wendt, a minister.", None, None), ("Wendt called it overdue.", "Wendt", None)
    ) == [None, "Oskar Wendt"]


def test_two_people_of_one_last_name_leave_it_open():
    assert speakers(("Oskar Wendt and Petra Wendt met.", None, None), ("Wendt called it overdue.", "Wendt", None)) == [
        None,
        None,
    ]


def test_the_person_after_a_source_label_is_who_he_means():
    assert speakers(
        ("Source:", None, None),
        ("Pavlo Hrenko, spokesman for the Border Service, at a briefing", None, None),
        ("Quote:", None, None),
        ("“The crossing stays shut.”", None, None),
        ("He added that drivers had been told.", "He", None),
    ) == [None, None, None, "Pavlo Hrenko", "Pavlo Hrenko"]


def test_a_spokeswoman_is_the_one_named_so_in_the_article():
    assert speakers(
        ("Rana Osei, a spokeswoman for Norland, spoke first.", "Rana Osei", None),
        ("Norland replied.", "Norland", None),
        ("The spokeswoman refused.", "The spokeswoman", None),
    ) == ["Rana Osei", "Norland", "Rana Osei"]


def test_a_pronoun_without_a_person_before_it_stays_open():
    assert speakers(("The council met.", "The council", None), ("He said no.", "He", None)) == [None, None]


def test_a_quotation_that_goes_on_keeps_its_speaker():
    assert speakers(
        ("“We are tired,” Ana Brook said.", "Ana Brook", None), ("“Nobody listens to us here.”", None, None)
    ) == ["Ana Brook", "Ana Brook"]


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


def test_a_quotation_over_paragraphs_keeps_its_speaker_whoever_it_speaks_of():
    assert speakers(
        ("“The union lied,” Ilse Torvald said.", "Ilse Torvald", None),
        ("“It knows the figures.", "It", None),
        ("“She is afraid of us.", "She", None),
        ("“We will not yield.”", "We", None),
        ("The court met.", None, None),
    ) == ["Ilse Torvald"] * 4 + [None]


def test_inside_a_quotation_she_is_not_its_speaker():
    *_, last = resolved(
        ("Minister Ilse Torvald spoke.", "Ilse Torvald", None),
        ("Tom Harker rejected that.", "Tom Harker", None),
        ("“She is afraid.”", None, "She"),
    )
    assert [target.name for target in last.targets] == ["Ilse Torvald"]


def test_a_quotation_that_is_attributed_at_its_end_has_that_speaker_from_its_beginning():
    body = "“It is over,” Ilse Torvald said.\n\n“We moor here. We leave at noon,” Tom Harker said."
    records = []
    for span, source in zip(split_sentences(body), ("Ilse Torvald", None, "Tom Harker"), strict=True):
        sentence = Sentence("a", 0, span.start, span.end, span.of(body))
        records.append(ScoredSentence(sentence, quotes=tuple(within(quotations(body), span))))
        records[-1].set_prediction(prediction(sentence.text, source))
    resolve(records)
    assert [record.speaker for record in records] == ["Ilse Torvald", "Tom Harker", "Tom Harker"]


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


def in_part(part, record):
    record.sentence = dataclasses.replace(record.sentence, part=part)
    return record


def test_the_body_gives_a_title_its_full_names_and_the_title_lends_no_voice():
    _, (title, quote, named) = article(
        ("“We will sue,” Osgood says", "Osgood", None),
        ("“It is over.”", None, None),
        ("Marta Osgood sued.", None, None),
    )
    resolve([in_part("title", title), in_part("body", quote), in_part("body", named)])
    assert (title.speaker, quote.speaker) == ("Marta Osgood", None)


def test_a_pronoun_of_the_other_gender_is_somebody_else():
    assert speakers(("Spokeswoman Rana Osei met Mr Oskar Wendt.", "Rana Osei", None), ("He said no.", "He", None)) == [
        "Rana Osei",
        "Oskar Wendt",
    ]


def test_a_pronoun_that_two_people_fit_stays_open():
    assert speakers(("Rana Osei met Oskar Wendt.", None, None), ("He said no.", "He", None))[1] is None


@pytest.mark.parametrize(
    ("first", "source", "then", "pronoun", "speaker"),
    [
        ("Rana Osei blamed Oskar Wendt.", "Rana Osei", "She will sue.", "She", "Rana Osei"),
        ("Mr. Wendt blamed the union.", "Mr. Wendt", "Of the strike he said nothing.", "he", "Wendt"),
        ("Rana Osei blamed the union.", "Rana Osei", "With Oskar Wendt, he will sue.", "he", None),
        ("Mr Wendt blamed the union.", "Mr Wendt", "It will sue.", "It", None),
        ("The Rail Union blamed Mr Wendt.", "The Rail Union", "It will sue.", "It", "Rail Union"),
        ("The Rail Union blamed Mr Wendt.", "The Rail Union", "He will sue.", "He", None),
        ("Ida Tarn and Oskar Wendt agreed.", "Ida Tarn and Oskar Wendt", "It will last.", "It", None),
        ("The Rail Union blamed Mr Wendt.", "The Rail Union", "At the Post Board it is quiet.", "it", None),
    ],
)
def test_a_speaker_goes_on_as_a_pronoun_if_nobody_is_named_in_between(first, source, then, pronoun, speaker):
    assert speakers((first, source, None), (then, pronoun, None))[1] == speaker


def test_a_speaker_who_goes_on_as_he_is_not_she_later():
    *_, last = speakers(
        ("Rana Osei blamed the union.", "Rana Osei", None),
        ("Then he left.", "he", None),
        ("Then she left.", "she", None),
    )
    assert last is None


def test_it_as_a_target_is_not_the_speaker_of_the_same_sentence():
    (record,) = resolved(("“We reject it,” the Post Authority said.", "the Post Authority", "it"))
    assert record.targets[0].name is None


def test_a_speaker_does_not_go_on_to_a_sentence_in_which_only_words_are_quoted():
    assert speakers(
        ("“The fares are a scandal for all of us,” Rana Osei said.", "Rana Osei", None),
        ("The “green” tariff began in May.", None, None),
    ) == ["Rana Osei", None]


def test_a_list_of_names_is_a_name():
    assert speakers(
        ("Sweden, Norway and the Rail Union agreed.", "Sweden, Norway and the Rail Union", None),
        ("Residents and the Rail Union agreed.", "Residents and the Rail Union", None),
        ("Rana Osei, Rail Union, agreed.", "Rana Osei, Rail Union", None),
    ) == ["Sweden, Norway and the Rail Union", None, None]


def test_a_capital_that_speaks_is_its_country_if_the_article_names_it():
    sentence = ("Stockholm rejected the plan.", "Stockholm", "Stockholm")
    named, *_ = resolved(sentence, ("Sweden had made it.", None, None))
    (alone,) = resolved(sentence)
    assert (named.speaker, named.targets[0].name) == ("Sweden", "Stockholm")
    assert alone.speaker == "Stockholm"
    named, *_ = resolved(sentence, ("Sweden had made it.", None, None), aliases={"Sweden": "Kingdom of Sweden"})
    assert named.speaker == "Kingdom of Sweden"
    person, *_ = resolved(("Sofia blamed it.", "Sofia", None), ("Sofia Tarn comes from Bulgaria.", None, None))
    assert person.speaker != "Bulgaria"


@pytest.mark.parametrize(
    ("mention", "person"),
    [
        ("The Swedish president", "Lena Varga"),
        ("Sweden's president", "Lena Varga"),
        ("the president of Sweden", "Lena Varga"),
        ("The president", None),  # there are two
        ("the foreign minister", "Oskar Wendt"),
        ("Norway's foreign minister", "Oskar Wendt"),
        ("Sweden's foreign minister", None),
        ("the finance minister", None),
        ("the mayor", None),  # a former one
        ("the wise foreign minister", None),
        ("the Finnish chancellor", None),  # hers is the spokesman
        ("the  ", None),
    ],
)
def test_an_office_is_the_one_person_who_is_said_to_hold_it(mention, person):
    known = (
        "Swedish President Lena Varga met Ida Brandt, the president of Norway, and Norwegian Foreign Minister Oskar Wendt.",
        "Former Mayor Tom Harker was there, and Jan Tarn, a spokesman for the Finnish chancellor, too.",
    )
    *_, record = resolved(*((text, None, None) for text in known), (f"It was said by {mention} in May.", mention, None))
    assert record.speaker == person


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


def test_a_pronoun_is_never_a_name_that_nothing_shows_to_be_a_person():
    assert speakers(("The show Silver Lining won again.", None, None), ("He said it was fun.", "He", None)) == [
        None,
        None,
    ]


def test_a_title_makes_a_person_whom_a_pronoun_can_mean():
    assert speakers(("Mr. Oskar Wendt sang.", None, None), ("He denied it.", "He", None)) == [None, "Oskar Wendt"]


def test_a_common_noun_is_no_body_that_only_contains_it():
    assert speakers(
        ("It was taught at the Aldmere Law School.", None, None), ("The law forbids it.", "The law", None)
    ) == [None, None]


@pytest.mark.parametrize("source", ["His administration", "This government", "Federal government", "Every parliament"])
def test_an_organ_of_no_named_state_has_no_name(source):
    assert speakers((f"{source} denied it.", source, None)) == [None]


def test_the_us_is_no_pronoun():
    texts = (
        ("The United States met Norland.", None, None),
        ("US denied it.", "US", None),
        ("Norland met US.", None, "US"),
    )
    found = resolved(*texts)
    assert found[1].speaker == "United States"
    assert found[2].targets[0].name == "United States"
    assert not is_pronoun("US") and is_pronoun("us") and is_pronoun("They")
