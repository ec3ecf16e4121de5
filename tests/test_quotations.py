"""Where quotations begin and end, and what of them lies in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimstance.schema import Span
from claimstance.segmentation.quotations import quotations, within


@given(st.text(alphabet="ab \n\"“”„«»‘’'`", max_size=60))
def test_quotations_of_odd_marks_never_raise_and_lie_in_the_body(body):
    spans = quotations(body)
    assert all(0 <= span.start < span.end <= len(body) for span in spans)
    assert all(a.end <= b.start for a, b in zip(spans, spans[1:], strict=False))


def test_a_quotation_over_two_sentences_is_cut_at_each():
    body = "“We wait. We hope,” he said."
    spans = quotations(body)
    first, second = Span(0, 9), Span(10, len(body))
    assert [span.of(first.of(body)) for span in within(spans, first)] == ["We wait."]
    assert [span.of(second.of(body)) for span in within(spans, second)] == ["We hope,"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("»We demand it«, she said.", ["We demand it"]),
        ("„We demand it“, she said.", ["We demand it"]),
        ("'It's the dock's fault,' she said. The dockers' pay fell.", ["It's the dock's fault,"]),
        ("Port 'lied about it' - union", ["lied about it"]),
        ("“He said ‘no’ to us,” she said.", ["He said ‘no’ to us,"]),
        ("The dockers' pay and the clerks' pay fell.", []),
    ],
)
def test_quotations_end_at_the_mark_that_fits_their_first(text, expected):
    assert [span.of(text) for span in quotations(text)] == expected
