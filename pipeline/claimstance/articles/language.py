"""The language of a text: a short one is foreign only where the detector is sure.

Measured in ``docs/decisions/language-detection.md``.
"""

from functools import lru_cache
from typing import Any, Final

_MIN_LETTERS: Final = 60  # no detector is reliable on less
_SHORT: Final = 500  # letters
_SURE: Final = 1.0  # log-likelihood a letter, by which the found language is ahead of the expected one
_READ: Final = 4000  # characters


def foreign_language(text: str, expected: str) -> str | None:
    """Return the language of a text that is surely not in the expected one, else null."""
    letters = sum(map(str.isalpha, text[:20_000]))
    if letters < _MIN_LETTERS:
        return None
    ranked: list[tuple[str, float]] = _identifier().rank(text[:_READ])
    found, best = ranked[0]
    ahead = best - dict(ranked).get(expected, float("-inf"))
    if found == expected or (letters < _SHORT and ahead < _SURE * letters):
        return None
    return str(found)


def language_of(text: str) -> str:
    """Return the code of the language that a text looks like."""
    return str(_identifier().classify(text[:_READ])[0])


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)
