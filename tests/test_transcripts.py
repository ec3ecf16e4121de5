"""Labels name the speakers of a transcript; a line that only looks like a label does not make one."""

import pytest

from claimstance.schema import Article, Holder, Quoted, Span
from claimstance.scoring.sentence import read_sentences
from claimstance.scoring.speakers import resolve
from claimstance.segmentation.transcripts import read_turns
from predictions import make_prediction

TALK = """HOST: Good evening. With us is the harbour minister, Ilse Torvald.

TORVALD: We will not yield. The union lied.

It knows that.

HOST: Why now?

MS. TORVALD (by phone): It may strike.

The talks go on."""


def speakers(body, sources=()):
    """The text and speaker of each sentence that is no label; ``sources`` gives words that are found as source."""
    records = read_sentences(Article("a", "a", body), "article")
    for record in records:
        if record.sentence.furniture:
            continue
        found = next((word for word in sources if word in record.text.split()), None)
        start = record.text.find(found) if found else 0
        record.set_prediction(make_prediction(source=Span(start, start + len(found)) if found else None))
    resolve(records)
    return [(record.text, record.speaker) for record in records if record.prediction], records


def test_a_label_names_the_speaker_of_its_turn():
    told, records = speakers(TALK, ["We", "It"])
    assert told == [
        ("Good evening.", "HOST"),
        ("With us is the harbour minister, Ilse Torvald.", "HOST"),
        ("We will not yield.", "Ilse Torvald"),
        ("The union lied.", "Ilse Torvald"),
        ("It knows that.", "Ilse Torvald"),
        ("Why now?", "HOST"),
        ("It may strike.", "Ilse Torvald"),
        ("The talks go on.", None),
    ]
    labels = [record.text for record in records if record.sentence.furniture]
    assert labels == ["HOST:", "TORVALD:", "HOST:", "MS. TORVALD (by phone):"]


def test_a_turn_is_direct_speech():
    _, records = speakers(TALK)
    assert {record.quoted for record in records if record.turn} == {Quoted.DIRECT}
    assert {holder for record in records for holder in record.holders} <= {Holder.SPEAKER}


@pytest.mark.parametrize("marks", [("Q:", "A:"), ("Q.", "A."), ("**Q:**", "**A:**")])
def test_questions_and_answers_are_told_apart(marks):
    told, _ = speakers(f"{marks[0]} Will you sue?\n{marks[1]} No. It is over.")
    assert told == [("Will you sue?", "Q"), ("No.", "A"), ("It is over.", "A")]


def test_names_in_mixed_case_are_labels_where_they_come_again():
    told, _ = speakers("Ilse Torvald: It is over.\nTom Harker: No.\nIlse Torvald: Yes.\nTom Harker: Why?")
    assert [speaker for _, speaker in told] == ["Ilse Torvald", "Tom Harker", "Ilse Torvald", "Tom Harker"]


def test_a_name_that_the_text_gives_is_a_label_at_once():
    told, _ = speakers("We met Ilse Torvald.\n\nHOST: Why?\nTORVALD: It is over.")
    assert told[-1] == ("It is over.", "Ilse Torvald")


@pytest.mark.parametrize(
    "body",
    [
        "CABINET AT WAR: The minister left.\nTRUMPET VERDICT: He should stay.",
        "UPDATE: The court met.\nUPDATE: It rose.\nLIVE: It met.\nLIVE: It rose.",
        "Source: Ilse Torvald at a briefing\nQuote: “No.”\nSource: Tom Harker\nQuote: “Yes.”",
        "NORLAND: Union rejects offer",
        "A: The first point.\nB: The second.",
        "Result: 2-1.\nResult: 0-0.",
        "The Armed Services met.\nARMED SERVICES: It met.\nBUDGET: It rose.",
        "He said: no.\nThey said: yes.",
    ],
)
def test_other_labels_make_no_transcript(body):
    assert read_turns(body) == {}
