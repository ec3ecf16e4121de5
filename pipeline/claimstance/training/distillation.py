"""What a teacher says of sentences, as the logits that a smaller model learns (Hinton, Vinyals & Dean 2015)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from claimstance.articles.names import names_in
from claimstance.model.decoding import Floats, decode
from claimstance.model.encoding import EncodedSentence, SentenceEncoder, tokens_of
from claimstance.schema import Example, Sentence, Span, Stance, Target
from claimstance.scoring.scorer import Scorer
from claimstance.training.features import SENTENCE, TOKENS, TOWARD, TeacherLogits

UNLABELLED = "unlabelled"  # the corpus that unlabelled sentences count as
MAX_TARGETS = 5


def unlabelled_examples(sentences: Sequence[Sentence]) -> list[Example]:
    """Sentences as examples without a label, page furniture and repeated texts left out."""
    texts = dict.fromkeys(sentence.text for sentence in sentences if not sentence.furniture)
    return [
        Example(f"{UNLABELLED}:{i}", UNLABELLED, f"{UNLABELLED}:{i}", "train", text, ()) for i, text in enumerate(texts)
    ]


def teach(
    teacher: Scorer, examples: Sequence[Example], student: SentenceEncoder
) -> tuple[list[Example], dict[str, TeacherLogits]]:
    """The examples, unlabelled ones with the targets that the teacher sees, and its logits by ``example_id``.

    A sentence that the two tokenizers cut at other places, or that is longer than a window, has no logits.
    """
    texts = [example.text for example in examples]
    encoded = teacher.encoder.encode(texts)
    with_targets, logits = [], {}
    for example, ours, theirs, found in zip(
        examples, student.encode(texts), encoded, teacher.logits(encoded), strict=True
    ):
        if example.corpus == UNLABELLED:
            spans = list(_seen(teacher, example.text, theirs, found))[:MAX_TARGETS]
            example = replace(example, targets=tuple(Target(span, Stance.NEUTRAL) for span in spans))
        with_targets.append(example)
        if len(ours.windows) == len(theirs.windows) == 1 and np.array_equal(ours.offsets, theirs.offsets):
            logits[example.example_id] = _logits(example, theirs, found)
    return with_targets, logits


def _seen(teacher: Scorer, text: str, encoded: EncodedSentence, logits: dict[str, Floats]) -> Iterator[Span]:
    """The targets that the teacher finds, and names: what a user may ask the stance toward."""
    found = [target.span for target in decode(text, encoded, logits, (), teacher.temperatures).targets]
    yield from found
    for name, start in names_in(text):
        span = Span(start, start + len(name))
        if not any(span.overlaps(other) for other in found):
            yield span


def _logits(example: Example, encoded: EncodedSentence, found: dict[str, Floats]) -> TeacherLogits:
    tokens = [tokens_of(target.span, encoded.offsets) for target in example.targets]
    return TeacherLogits(
        sentence={name: found[name] for name in SENTENCE},
        toward={
            name: np.stack([found[name][t].mean(axis=0) if len(t) else np.full(3, np.nan) for t in tokens])
            if tokens
            else np.empty((0, 3), dtype=np.float32)
            for name in TOWARD
        },
        tokens={name: found[name].astype(np.float16) for name in TOKENS},
    )
