"""Hard-wrapped text: joined where a sentence goes on, of the same length, and offsets into the raw text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimstance.schema import Span
from claimstance.segmentation.quotations import quotations
from claimstance.segmentation.sentences import split_sentences
from claimstance.segmentation.views import view_of
from claimstance.segmentation.wrapping import unwrap

MAIL = """The clerks' union said on Tuesday that it would stay away from the
Harbour Council's talks until the city opened its accounts, and
Ilse Torvald, who leads the union, accused the council of hiding what
"Tolm's own auditors" had found. A spokesman for the
Ministry of Labour denied it.

The council may appeal to the Tolm High Court if the walkout goes
ahead, two people said."""


def read(body):
    """The sentences as the model reads them."""
    flat = unwrap(body)
    return [view_of(span.of(flat)).plain for span in split_sentences(body)]


def test_wrapped_lines_are_one_sentence():
    assert read(MAIL) == [
        "The clerks' union said on Tuesday that it would stay away from the Harbour Council's talks until the city opened "
        'its accounts, and Ilse Torvald, who leads the union, accused the council of hiding what "Tolm\'s own auditors" '
        "had found.",
        "A spokesman for the Ministry of Labour denied it.",
        "The council may appeal to the Tolm High Court if the walkout goes ahead, two people said.",
    ]


def test_a_quoted_mail_and_an_indented_one_are_read_alike():
    for mark in ("> ", ">> ", "    ", "\t"):
        assert read("\n".join(mark + line if line else "" for line in MAIL.split("\n"))) == read(MAIL)


def test_a_newspaper_column_is_wrapped_too():
    body = "TARN (NP) - The clerks' union of\nNorland accused Orvane on Monday\nof hiding losses at its smelter\nand may sue. "
    assert read(body) == [
        "TARN (NP) - The clerks' union of Norland accused Orvane on Monday of hiding losses at its smelter and may sue."
    ]


def test_words_divided_at_a_line_end_are_whole():
    body = "The owners said that they would not re-\nturn to the self-\ngoverning board unless the author-\nity paid."
    assert read(body) == [
        "The owners said that they would not return to the self-governing board unless the authority paid."
    ]
    assert read("The law was ﬁnal.") == ["The law was final."]


def test_a_quotation_over_wrapped_lines_is_one():
    body = (
        MAIL
        + '\n\n"We would rather close the whole port for a year than sign a deal\nLike this one," Torvald told the\nTolm Herald.'
    )
    quoted = [span.of(body) for span in quotations(unwrap(body))]
    assert quoted[-1].startswith("We would") and quoted[-1].endswith("one,")


@pytest.mark.parametrize(
    "body",
    [
        "Norland closes its ports\nUnion rejects offer from the port\nMayor may resign on Friday\nCourt upholds charges",
        "The mayor resigned.\nThe council met.\nNobody spoke of the strike.",
        "Five things we know about the long strike at the harbour\nThe clerks' union will walk out on Friday.",
        "1. Norland threatened to close all of its ports if the talks in Tolm\n2. The union rejected the offer of the council and the port authority",
        "From: Ilse Torvald, who writes for the Tolm Herald on all days\nSubject: The long strike at the harbour, and what comes of it now",
        "The clerks' union will walk out on Friday, and nobody will stop it\nOSGOOD: We will not tolerate this, and the union knows it very well",
        "TOLM HERALD          5 March 2031          Page 4\nand so it went",
    ],
)
def test_lines_that_stand_alone_are_not_joined(body):
    assert unwrap(body) == body


def test_a_new_paragraph_without_a_blank_line_begins_a_sentence():
    body = MAIL.replace("\n\n", "\n")
    assert read(body) == read(MAIL)


def test_page_furniture_is_joined_to_nothing():
    body = MAIL + "\nShare this story on the web pages of the Tolm Herald with all your\nfriends"
    start = body.index("Share")
    assert unwrap(body, (Span(start, body.rindex("\n")),))[start - 1] == "\n"


@given(st.text(alphabet="ab A.,-\n> \t\u00ad“", max_size=200))
def test_unwrapping_moves_nothing(body):
    flat = unwrap(body)
    assert len(flat) == len(body)
    for a, b in zip(body, flat, strict=True):
        assert a == b or (a in "\n>-\t \u00ad" and b in " \u00ad")


@given(st.text(max_size=80))
def test_every_span_of_a_view_leads_back_to_its_characters(text):
    view = view_of(text)
    assert len(view.text) == len(view.plain)
    for i in range(len(view.plain)):
        place = view.raw(Span(i, i + 1))
        assert 0 <= place.start < place.end <= len(text)
        assert view.plain[i] == text[place.start] or text[place.start].isspace() or text[place.start] in "ﬀﬁﬂﬃﬄﬅﬆ"
