import dataclasses

import pytest

from claimstance.schema import Sentence
from claimstance.scoring.sentence import ScoredSentence
from claimstance.scoring.speakers import is_pronoun, resolve
from claimstance.segmentation.quotations import quotations, within
from claimstance.segmentation.sentences import split_sentences
from sentences import article, prediction, resolved, speakers


def test_a_pronoun_is_the_person_who_spoke_before():
    assert speakers(
        ("Deputy Mayor Ilse Torvald defended the plan.", "Ilse Torvald", None),
        ("She added that work would begin in March.", "She", None),
    ) == ["Ilse Torvald", "Ilse Torvald"]


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
    assert person.speaker == "Sofia"


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
        ("the Finnish chancellor", None),  # only her spokesman is described with these words
        ("the  ", None),  # no role at all
    ],
)
def test_an_office_is_the_one_person_who_is_said_to_hold_it(mention, person):
    known = (
        "Swedish President Lena Varga met Ida Brandt, the president of Norway, and Norwegian Foreign Minister Oskar Wendt.",
        "Former Mayor Tom Harker was there, and Jan Tarn, a spokesman for the Finnish chancellor, too.",
    )
    *_, record = resolved(*((text, None, None) for text in known), (f"It was said by {mention} in May.", mention, None))
    assert record.speaker == person


def test_a_pronoun_is_never_a_name_that_nothing_shows_to_be_a_person():
    assert speakers(("The show Silver Lining won again.", None, None), ("He said it was fun.", "He", None)) == [
        None,
        None,
    ]


def test_a_title_makes_a_person_whom_a_pronoun_can_mean():
    assert speakers(("Mr. Oskar Wendt sang.", None, None), ("He denied it.", "He", None)) == [None, "Oskar Wendt"]


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
