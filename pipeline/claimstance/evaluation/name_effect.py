"""Whether names decide labels: neutral sentences with many names, and labelled sentences with exchanged ones.

After CheckList's fairness and invariance tests (Ribeiro et al. 2020).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from claimstance import heads
from claimstance.corpus.exchange import exchange_names
from claimstance.errors import InputError
from claimstance.heads import Level
from claimstance.model.decoding import most_likely
from claimstance.model.predictor import Predictor
from claimstance.params import parse_yaml
from claimstance.records import structure
from claimstance.schema import Act, Example, Kind, Prediction, Span, Stance
from claimstance.segmentation.listed_names import hidden_names

SLOT: Final = "{name}"
HOSTILE_ACTS: Final = (Act.THREATEN, Act.ACCUSE)
SEED: Final = 7
DRAWS: Final = 5
KINDS: Final = {"states": "state", "bodies": "body", "people": "person"}  # of names: key of their sentences


@dataclass(frozen=True, slots=True)
class Names:
    """The names, by kind; of people one for each origin."""

    states: tuple[str, ...]
    bodies: tuple[str, ...]
    people: dict[str, str]


@dataclass(frozen=True, slots=True)
class NeutralSentences:
    """Neutral sentences with ``{name}``: for any name, and for those of one kind."""

    names: Names
    any: tuple[str, ...]
    state: tuple[str, ...]
    body: tuple[str, ...]
    person: tuple[str, ...]


def read_neutral(path: Path) -> NeutralSentences:
    """Read the neutral sentences and the names.

    Raises:
        InputError: if the file is missing or malformed, or a sentence has no ``{name}``.
    """
    try:
        found = structure(NeutralSentences, parse_yaml(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not neutral sentences by kind: {' '.join(str(error).split())}") from None
    for sentence in (*found.any, *found.state, *found.body, *found.person):
        if SLOT not in sentence:
            raise InputError(f"{path}: no {SLOT} in {sentence!r}")
    return found


def hostility(predictor: Predictor, neutral: NeutralSentences) -> dict[str, Any]:
    """Return the share of neutral sentences that are called hostile toward each name.

    Hostile is a stance of ``oppose`` toward the name, or an act that threatens or accuses.

    Returns:
        ``worst`` and ``mean`` over all names, ``worst_name``, ``n`` sentences a name, the shares ``by_name``, and the
        names that are ``hidden`` from the model.
    """
    shares: dict[str, float] = {}
    count = 0
    for kind, key in KINDS.items():
        names = getattr(neutral.names, kind)
        sentences = (*neutral.any, *getattr(neutral, key))
        count = max(count, len(sentences))
        for name in names.values() if isinstance(names, dict) else names:
            filled = [_filled(sentence, name) for sentence in sentences]
            predictions = predictor.predict([text for text, _ in filled], [[span] for _, span in filled])
            shares[name] = float(np.mean([_is_hostile(prediction) for prediction in predictions]))
    if not shares:
        raise InputError("the file of neutral sentences has no names")
    worst = max(shares, key=lambda name: shares[name])
    mean = float(np.mean(list(shares.values())))
    hidden = [name for name in shares if predictor.config.hide_names and _is_hidden(name)]
    return {"worst": shares[worst], "worst_name": worst, "mean": mean, "n": count, "by_name": shares, "hidden": hidden}


def _is_hidden(name: str) -> bool:
    """Return whether the model reads nothing of a name but its article."""
    names = hidden_names(name)
    return len(names) == 1 and names[0].span in (Span(0, len(name)), Span(len("the "), len(name)))


def _filled(sentence: str, name: str) -> tuple[str, Span]:
    """Return a sentence with the name in it, and the place of its first mention."""
    start = sentence.index(SLOT)
    first = name[0].upper() + name[1:] if start == 0 else name
    text = sentence.replace(SLOT, first, 1).replace(SLOT, name)
    return text, Span(start, start + len(name))


def _is_hostile(prediction: Prediction) -> bool:
    act = tuple(Act)[most_likely(prediction.act)]
    claims = tuple(Kind)[most_likely(prediction.kind)] is Kind.CLAIM
    stance = tuple(Stance)[most_likely(prediction.given[0].stance)]
    return claims and (stance is Stance.OPPOSE or act in HOSTILE_ACTS)


def invariance(predictor: Predictor, examples: Sequence[Example]) -> dict[str, Any]:
    """Return how often the labels stay when the names in labelled claims are exchanged, by corpus.

    Each sentence is exchanged ``DRAWS`` times, for other names each time.

    Returns:
        By corpus: ``same`` (share of exchanged sentences with the same kind, act, strength and stances), ``n``
        sentences, and the ``example_id`` of those that ``changed`` at least once. The sentences are not kept.
    """
    rng = np.random.default_rng(SEED)
    claims = [example for example in examples if example.act is not None]
    pairs = [(old, new) for old in claims for _ in range(DRAWS) if (new := exchange_names(old, rng)) is not None]
    first, second = (list(_labels(predictor, [pair[side] for pair in pairs])) for side in (0, 1))
    same: dict[str, list[bool]] = defaultdict(list)
    changed: dict[str, dict[str, bool]] = defaultdict(dict)
    for (old, _), a, b in zip(pairs, first, second, strict=True):
        same[old.corpus].append(a == b)
        changed[old.corpus][old.example_id] = changed[old.corpus].get(old.example_id, False) or a != b
    return {
        corpus: {
            "same": float(np.mean(values)),
            "n": len(changed[corpus]),
            "changed": [example_id for example_id, once in changed[corpus].items() if once],
        }
        for corpus, values in sorted(same.items())
    }


def _labels(predictor: Predictor, examples: Sequence[Example]) -> Iterator[tuple[int, ...]]:
    given = [[target.span for target in example.targets] for example in examples]
    for prediction in predictor.predict([example.text for example in examples], given):
        sentence = [most_likely(prediction.labels[head.name]) for head in heads.of_level(Level.SENTENCE)]
        yield (*sentence, *(most_likely(target.stance) for target in prediction.given))
