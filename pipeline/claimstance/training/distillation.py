"""A teacher's logits, which a smaller model learns (Hinton, Vinyals & Dean 2015)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from claimstance import heads
from claimstance.articles.names import names_in
from claimstance.heads import Level
from claimstance.model.certainty import Floats
from claimstance.model.decoding import decode
from claimstance.model.encoding import EncodedSentence, SentenceEncoder, tokens_of
from claimstance.model.predictor import Predictor
from claimstance.schema import Example, Sentence, Span, Stance, Target
from claimstance.training.features import TeacherLogits

UNLABELLED: Final = "unlabelled"  # name of the corpus of unlabelled sentences
MOST_GIVEN: Final = 5  # targets of an unlabelled sentence


def unlabelled_examples(sentences: Sequence[Sentence]) -> list[Example]:
    """Return sentences as examples without labels; page furniture and repeated texts are left out."""
    texts = dict.fromkeys(sentence.text for sentence in sentences if not sentence.furniture)
    return [
        Example(f"{UNLABELLED}:{i}", UNLABELLED, f"{UNLABELLED}:{i}", "train", text, ()) for i, text in enumerate(texts)
    ]


def teach(
    teacher: Predictor, examples: Sequence[Example], student: SentenceEncoder
) -> tuple[list[Example], dict[str, TeacherLogits]]:
    """Return the examples, unlabelled ones with the targets that the teacher finds, and its logits by ``example_id``.

    A sentence that the two tokenizers cut differently, or that is longer than a window, has no logits.
    """
    texts = [example.text for example in examples]
    encoded = teacher.encoder.encode(texts)
    with_targets, logits = [], {}
    for example, ours, theirs, found in zip(
        examples, student.encode(texts), encoded, teacher.logits(encoded), strict=True
    ):
        if example.corpus == UNLABELLED:
            spans = list(_seen(teacher, example.text, theirs, found))[:MOST_GIVEN]
            example = replace(example, targets=tuple(Target(span, Stance.NEUTRAL) for span in spans))
        with_targets.append(example)
        if len(ours.windows) == len(theirs.windows) == 1 and np.array_equal(ours.offsets, theirs.offsets):
            logits[example.example_id] = _logits(example, theirs, found)
    return with_targets, logits


def _seen(teacher: Predictor, text: str, encoded: EncodedSentence, logits: dict[str, Floats]) -> Iterator[Span]:
    """Yield the targets that the teacher finds, and names: what a user may give as a target."""
    found = [target.span for target in decode(text, encoded, logits, (), teacher.calibration).targets]
    yield from found
    for name, start in names_in(text):
        span = Span(start, start + len(name))
        if not any(span.overlaps(other) for other in found):
            yield span


def _logits(example: Example, encoded: EncodedSentence, found: dict[str, Floats]) -> TeacherLogits:
    """Return a sentence's logits by output: those of target outputs (k, c) averaged over each target's tokens."""
    tokens = [tokens_of(target.span, encoded.offsets) for target in example.targets]
    logits: dict[str, Floats] = {}
    for output, values in found.items():
        level = heads.output_level(output)
        if level is Level.SENTENCE:
            logits[output] = values
        elif level is Level.SPANS:
            logits[output] = values.astype(np.float16)
        elif tokens:
            width = values.shape[-1]
            logits[output] = np.stack([values[t].mean(axis=0) if len(t) else np.full(width, np.nan) for t in tokens])
        else:
            logits[output] = np.empty((0, values.shape[-1]), dtype=np.float32)
    return logits
