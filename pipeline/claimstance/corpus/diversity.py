"""Lexical diversity of a corpus: vocabulary, sentence openings, frames, and how well first words predict a label."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from claimstance.words import WORD

WINDOW: Final = 500  # words, of the moving-average type-token ratio
FRAME_WORDS: Final = 8  # shorter sentences have no frame
OFTEN: Final = 5  # a frame used more often is listed
FIRST_WORDS: Final = 3
FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class Diversity:
    sentences: int
    tokens: int
    types: int
    moving_ratio: float  # mean type-token ratio of windows of WINDOW words (Covington & McFall 2010)
    openings: int  # different first two words
    commonest_openings: tuple[tuple[str, int], ...]
    frames: int  # different frames, of sentences of at least FRAME_WORDS words
    framed: int  # such sentences
    frequent_frames: tuple[tuple[str, int], ...]  # used more than OFTEN times
    over_40_words: int

    def lines(self) -> Iterator[str]:
        """Yield the figures as plain lines."""
        yield (
            f"words: {self.tokens}, different ones {self.types}; type-token ratio "
            f"{self.types / max(1, self.tokens):.3f}, moving average over {WINDOW} words {self.moving_ratio:.3f}"
        )
        yield f"sentences over 40 words: {self.over_40_words} of {self.sentences}"
        common = ", ".join(f"{words!r} {n}" for words, n in self.commonest_openings)
        yield f"opening bigrams: {self.openings} different in {self.sentences} sentences; commonest {common}"
        yield (
            f"sentence frames: {self.frames} different in {self.framed} sentences of {FRAME_WORDS} words or more; "
            f"used more than {OFTEN} times: {len(self.frequent_frames)}"
        )
        yield from (f"  {n} times: {frame}" for frame, n in self.frequent_frames)


def measure(texts: Sequence[str], commonest: int = 5) -> Diversity:
    """Return the figures of all sentences together.

    Raises:
        ModuleNotFoundError: if scikit-learn is not installed, whose list of function words the frames keep.
    """
    words = [WORD.findall(text) for text in texts]
    tokens = [word.casefold() for of_text in words for word in of_text]
    openings = Counter(" ".join(of_text[:2]).casefold() for of_text in words if len(of_text) > 1)
    frames = Counter(frame(of_text) for of_text in words if len(of_text) >= FRAME_WORDS)
    return Diversity(
        sentences=len(texts),
        tokens=len(tokens),
        types=len(set(tokens)),
        moving_ratio=moving_type_token_ratio(tokens),
        openings=len(openings),
        commonest_openings=tuple(openings.most_common(commonest)),
        frames=len(frames),
        framed=frames.total(),
        frequent_frames=tuple((text, n) for text, n in frames.most_common() if n > OFTEN),
        over_40_words=sum(len(text.split()) > 40 for text in texts),
    )


def moving_type_token_ratio(tokens: Sequence[str], window: int = WINDOW) -> float:
    """Return the mean type-token ratio of all windows, or of the whole text if it is shorter than one."""
    if len(tokens) <= window:
        return len(set(tokens)) / max(1, len(tokens))
    counts = Counter(tokens[:window])
    ratios = [len(counts)]
    for old, new in zip(tokens, tokens[window:], strict=False):
        counts[new] += 1
        counts[old] -= 1
        if not counts[old]:
            del counts[old]
        ratios.append(len(counts))
    return float(np.mean(ratios)) / window


def frame(words: Sequence[str]) -> str:
    """Return a sentence's frame: its function words, with a gap for every run of other words."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    kept: list[str] = []
    for word in words:
        text = word.casefold() if word.casefold() in ENGLISH_STOP_WORDS else "_"
        if text != "_" or kept[-1:] != ["_"]:
            kept.append(text)
    return " ".join(kept)


@dataclass(frozen=True, slots=True)
class FirstWords:
    """How well the first words predict a label, cross-validated by group."""

    accuracy: float
    macro_f1: float
    majority_accuracy: float
    majority_macro_f1: float
    n: int

    def line(self, field: str) -> str:
        """Return the figures as one line."""
        return (
            f"{field} from the first {FIRST_WORDS} words alone: accuracy {self.accuracy:.3f} (majority "
            f"{self.majority_accuracy:.3f}), macro-F1 {self.macro_f1:.3f} (majority {self.majority_macro_f1:.3f}), "
            f"n = {self.n}"
        )


def first_words(texts: Sequence[str], labels: Sequence[str], groups: Sequence[str]) -> FirstWords | None:
    """Fit logistic regression on the first words; return None if there are too few groups or labels.

    Raises:
        ModuleNotFoundError: if scikit-learn is not installed.
    """
    from sklearn.dummy import DummyClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    if len(set(groups)) < FOLDS or len(set(labels)) < 2:
        return None
    heads = [" ".join(text.split()[:FIRST_WORDS]) for text in texts]
    scores = []
    words = TfidfVectorizer(ngram_range=(1, FIRST_WORDS), token_pattern=r"\S+")  # noqa: S106
    for model in (make_pipeline(words, LogisticRegression(max_iter=1000)), DummyClassifier()):
        found = cross_val_predict(model, heads, labels, groups=groups, cv=GroupKFold(FOLDS))
        scores += [float(accuracy_score(labels, found)), float(f1_score(labels, found, average="macro"))]
    return FirstWords(scores[0], scores[1], scores[2], scores[3], len(labels))
