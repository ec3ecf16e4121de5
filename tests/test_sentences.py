import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimstance.schema import Article, Span
from claimstance.segmentation.sentences import segment_article, split_sentences


def sentences(body):
    return [span.of(body) for span in split_sentences(body)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('"We moor here. We leave at noon," he said.', ['"We moor here.', 'We leave at noon," he said.']),
        ('"Are we late?" he asked.', ['"Are we late?" he asked.']),
        (
            "Mr. Brand met Dr. Oll at 5 p.m. on Friday. They left.",
            ["Mr. Brand met Dr. Oll at 5 p.m. on Friday.", "They left."],
        ),
        ("J. K. Marr of Orvane Inc. declined to comment.", ["J. K. Marr of Orvane Inc. declined to comment."]),
        ("The U.S. envoy left. Nobody saw him.", ["The U.S. envoy left.", "Nobody saw him."]),
        ("Source: Ina Sorl at a briefing", ["Source:", "Ina Sorl at a briefing"]),
        ('Quote: "We will not yield."', ["Quote:", '"We will not yield."']),
        ("  • The mayor resigned.\n  • The council met.", ["The mayor resigned.", "The council met."]),
        ("VELLMAR, 14 May - The strait is closed.", ["VELLMAR, 14 May - The strait is closed."]),
        ("Prices rose 2.5 percent. They may fall.", ["Prices rose 2.5 percent.", "They may fall."]),
        ("", []),
        (" \n\t\n", []),
    ],
)
def test_sentences_end_where_the_guide_says(body, expected):
    assert sentences(body) == expected


@pytest.mark.parametrize(
    "text",
    [
        "“The port lied to us!” Harker said on Monday.",
        '"We will not yield!" Transport Minister Ilse Torvald told parliament.',
        "'We will not yield!' Harker said.",
        "‘We will not yield!’ Mr. Harker said.",
        "«We will not yield!» Harker said.",
        "»We will not yield!« Harker said.",
        "„We will not yield!“ Harker said.",
        "``We will not yield!'' Harker said.",
        "“He called it ‘a lie!’” Harker said.",
        "“Did he say ‘never’?” Ilse Torvald, the transport minister, asked.",
        "“Are you serious?” Ilse Torvald, who leads the union, asked reporters on Friday.",
        "“It's a lie!” shouted Torvald.",
        "“We will not yield!” Harker said, “and the deal is dead.”",
        "“Why?” Sen. Dana Harker (D-Tolm) asked the minister.",
        "“Enough!” The Herald's Ilse Torvald wrote.",
        "“Enough!” – Harker said.",
        "“Enough!” He said.",
        "“Enough…” Harker said.",
        "“Enough!” A spokesman for the Ministry of Transport said in a statement.",
        "“Why did they do it?” Harker said after the vote was lost.",
        "“Stop!” Union leader Tom Harker later told the crowd in Tarn.",
        "“Enough!” Harker said, adding that the deal was dead.",
        "“Will you resign?” Torvald was asked on Friday.",
        "Harker said: “The deal is dead!”",
        '"Why now?", Torvald asked.',
        "“Go!” Harker repeated.",
        "“Who?” Harker wanted to know.",
        "“Resign!” Prof. A. B. Harker of Tarn University said.",
        "“Resign!” Harker was quoted as saying.",
    ],
)
def test_a_quotation_and_its_attribution_are_one_sentence(text):
    assert sentences(text) == [text]
    assert sentences(f"{text} The strike goes on.") == [text, "The strike goes on."]


@pytest.mark.parametrize(
    ("quote", "rest"),
    [
        ("“The deal is dead!”", "Harker said the deal was dead."),
        ("“The deal is dead!”", "Harker said on Monday that he would sue."),
        ("“The deal is dead!”", "Harker asked the minister to resign."),
        ("“The deal is dead!”", "Harker asked for calm."),
        ("“The deal is dead!”", "Harker told reporters he would sue."),
        ("“The deal is dead!”", "Torvald said: “We will sue.”"),
        ("“The deal is dead!”", "Harker argued with the judge, who said no."),
        ("“Are you mad?”", "That was what Harker said."),
        ("He cried “Liar!”", "The court adjourned."),
        ("The union lied!", "Harker said on Monday."),
        ("“Why now?” Harker asked.", "“It is a lie.”"),
    ],
)
def test_a_sentence_after_a_quotation_that_says_more_is_its_own(quote, rest):
    assert sentences(f"{quote} {rest}") == [quote, rest]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_sentences_are_in_order_do_not_overlap_and_miss_no_letter(body):
    spans = split_sentences(body)
    position = 0
    covered = set()
    for span in spans:
        assert position <= span.start < span.end <= len(body)
        position = span.end
        covered |= set(range(span.start, span.end))
    assert all(
        i in covered for i, character in enumerate(body) if character.isalpha() and character not in "\u2028\u2029"
    )


def test_offsets_are_true_and_furniture_is_carried():
    body = "The council met.\nSubscribe to our newsletter\nIt will vote."
    start = body.index("Subscribe")
    article = Article("a", "a.txt", body, furniture=(Span(start, start + 27),))
    found = segment_article(article)
    assert [s.furniture for s in found] == [False, True, False]
    assert all(body[s.start : s.end] == s.text for s in found)


def parts(title, body):
    return [(s.part, s.sentence_index, s.text, s.furniture) for s in segment_article(Article("a", "a", body, title))]


def test_a_title_is_a_part_of_its_own_with_offsets_into_it():
    found = segment_article(Article("a", "a", "It met. It voted.", "Council votes. Mayor resigns"))
    texts = {"title": "Council votes. Mayor resigns", "body": "It met. It voted."}
    assert [(s.part, s.sentence_index) for s in found] == [("title", 0), ("title", 1), ("body", 0), ("body", 1)]
    assert all(texts[s.part][s.start : s.end] == s.text for s in found)


@pytest.mark.parametrize("line", ["Mayor’s aide quits", "MAYOR'S AIDE QUITS", "  Mayor\u2019s  aide quits. "])
def test_a_first_line_that_repeats_the_title_is_furniture_of_the_body(line):
    title = parts("Mayor's aide quits", f"\n{line}\n\nShe left.")
    assert [furniture for *_, furniture in title] == [False, True, False]


def test_a_first_line_that_only_begins_like_the_title_is_scored():
    assert not any(furniture for *_, furniture in parts("Mayor quits", "Mayor quits, council says.\nShe left."))
    assert not any(furniture for *_, furniture in parts(None, "Mayor quits\nShe left."))
    assert not any(furniture for *_, furniture in parts("…", "…\nShe left."))


def test_a_unit_that_is_a_sentence_stays_whole():
    body = "One. Two. Three."
    assert [s.text for s in segment_article(Article("a", "a", body), "sentence")] == [body]
    titled = segment_article(Article("a", "a", body, "A title"), "sentence")
    assert [(s.part, s.text) for s in titled] == [("body", body)]
