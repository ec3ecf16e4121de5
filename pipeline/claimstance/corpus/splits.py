"""Groups of articles that must not be split, and the split of each group.

An article's split depends on its group and the seed alone, so a growing corpus keeps its old assignments.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from claimstance.errors import MissingExtraError, ParamsError

UNSEEN: Final = "unseen"  # a test split of subjects that training never sees
SPLITS: Final = ("train", "dev", "test", UNSEEN)
FORMULA_WORDS: Final = 4  # shorter texts ("Quote:", "Read more") are repeated everywhere and are no leak
PERMUTATIONS: Final = 128
MISSED: Final = 10.0  # cost of a split that lacks a label
MIN_HASH_SEED: Final = 1  # fixed, so that near duplicates do not change with the split seed


@dataclass(frozen=True, slots=True)
class SplitParams:
    """``seed`` salts the hash; articles that share ``near_duplicate`` of their 5-word shingles form a group.

    Articles of ``unseen_subjects`` are a test split of their own, and neither trained nor tuned on.
    """

    seed: int = 1
    dev_fraction: float = 0.15
    test_fraction: float = 0.15
    near_duplicate: float = 0.5
    unseen_subjects: tuple[str, ...] = ()

    def fractions(self) -> dict[str, float]:
        """Return the shares in hash order, so that test articles stay test when dev or test grows.

        Raises:
            ParamsError: if nothing is left for train.
        """
        dev, test = self.dev_fraction, self.test_fraction
        if min(dev, test) < 0 or dev + test >= 1:
            raise ParamsError(f"dev and test fractions leave nothing for train: {dev} + {test}; use e.g. 0.15 and 0.15")
        return {"test": test, "dev": dev, "train": 1 - dev - test}


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    first: str
    second: str
    similarity: float  # Jaccard index of the two sets of shingles, 0 to 1


def normalise(text: str) -> str:
    """Return the words in lower case; texts with equal results count as equal."""
    return " ".join(_words(text))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def shingles(text: str, words: int) -> frozenset[str]:
    """Return all runs of ``words`` words; a shorter text is one shingle."""
    found = _words(text)
    if not found:
        return frozenset()
    return frozenset(" ".join(found[i : i + words]) for i in range(max(1, len(found) - words + 1)))


def near_duplicates(texts: Mapping[str, str], threshold: float = 0.5, words: int = 5) -> list[NearDuplicate]:
    """Return pairs of texts that share at least ``threshold`` of their shingles, most similar first.

    MinHash finds the candidates (Broder, 1997); the exact Jaccard index decides.

    Raises:
        MissingExtraError: if datasketch is not installed.
    """
    sets = {key: grams for key in sorted(texts) if (grams := shingles(texts[key], words))}
    pairs = [
        NearDuplicate(first, second, _jaccard(sets[first], sets[second]))
        for first, second in _candidates(sets, threshold)
    ]
    return sorted((p for p in pairs if p.similarity >= threshold), key=lambda p: (-p.similarity, p.first, p.second))


def _jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / len(first | second)


def _candidates(sets: Mapping[str, frozenset[str]], threshold: float) -> set[tuple[str, str]]:
    try:
        from datasketch import MinHash, MinHashLSH
    except ModuleNotFoundError:
        raise MissingExtraError("datasketch", "train") from None
    # The index approximates, so it is asked for pairs down to a tenth below the threshold.
    index: Any = MinHashLSH(threshold=max(0.1, threshold - 0.1), num_perm=PERMUTATIONS)
    found: set[tuple[str, str]] = set()
    for key, grams in sets.items():
        signature = MinHash(num_perm=PERMUTATIONS, seed=MIN_HASH_SEED)
        signature.update_batch([gram.encode("utf-8") for gram in sorted(grams)])
        found |= {(other, key) for other in index.query(signature)}
        index.insert(key, signature)
    return found


def cluster(keys: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the connected component of every key, named by its first key in sorting order."""
    leader = {key: key for key in keys}

    def find(key: str) -> str:
        while leader[key] != key:
            key = leader[key]
        return key

    for first, second in pairs:
        low, high = sorted((find(first), find(second)))
        leader[high] = low
    return {key: find(key) for key in leader}


def assign_splits(groups: Mapping[str, str], fractions: Mapping[str, float], seed: int) -> dict[str, str]:
    """Return the split of every item, by the hash of its group.

    ``fractions`` has the shares in hash order, from ``SplitParams``. They hold on average: the splits of a small corpus
    may be uneven, see ``best_seed``.

    Raises:
        ParamsError: if a share is negative or the shares do not add up to 1.
    """
    if any(share < 0 for share in fractions.values()) or abs(sum(fractions.values()) - 1) > 1e-9:
        raise ParamsError(f"split fractions must be positive and add up to 1, found {dict(fractions)}")
    return {item: _split_of(group, fractions, seed) for item, group in groups.items()}


def _split_of(group: str, fractions: Mapping[str, float], seed: int) -> str:
    digest = hashlib.sha256(f"{seed}:{group}".encode()).digest()
    position = int.from_bytes(digest[:8]) / 2**64  # in [0, 1)
    edge = 0.0
    for split, share in fractions.items():
        edge += share
        if position < edge:
            return split
    return list(fractions)[-1]  # the last edge is rounded


def imbalance(
    groups: Mapping[str, str], labels: Mapping[str, Mapping[str, int]], fractions: Mapping[str, float], seed: int
) -> float:
    """Return how far the splits' label counts are from their shares: the mean squared, scaled error over labels.

    ``labels`` are counts per item. The error is divided by its expected value under chance, so that rare and frequent
    labels weigh the same; a split that lacks a label adds ``MISSED``.
    """
    splits = assign_splits(groups, fractions, seed)
    counts: dict[str, Counter[str]] = {split: Counter() for split in fractions}
    for item, found in labels.items():
        counts[splits[item]].update(found)
    totals: Counter[str] = sum(counts.values(), Counter())
    cost = 0.0
    for label, total in totals.items():
        for split, share in fractions.items():
            expected = share * total
            cost += (counts[split][label] - expected) ** 2 / expected if expected else 0.0
            cost += MISSED if share and not counts[split][label] else 0.0
    return cost / max(1, len(totals))


def best_seed(
    groups: Mapping[str, str],
    labels: Mapping[str, Mapping[str, int]],
    fractions: Mapping[str, float],
    seeds: Sequence[int],
) -> int:
    """Return the seed with the most even label counts; it is chosen once and never by scores."""
    return min(seeds, key=lambda seed: (imbalance(groups, labels, fractions, seed), seed))


def leaks(pairs: Iterable[NearDuplicate], splits: Mapping[str, str]) -> list[NearDuplicate]:
    """Return the pairs whose sides lie in different splits."""
    return [pair for pair in pairs if splits[pair.first] != splits[pair.second]]


def exact_duplicates(texts: Mapping[str, str]) -> list[NearDuplicate]:
    """Return pairs of non-empty texts that are equal after ``normalise``."""
    same: dict[str, list[str]] = {}
    for key in sorted(texts):
        same.setdefault(normalise(texts[key]), []).append(key)
    return [NearDuplicate(a, b, 1.0) for text, keys in same.items() if text for a, b in combinations(keys, 2)]


def cluster_articles(texts: Mapping[str, str], params: SplitParams) -> dict[str, str]:
    """Return the group of every article: its cluster of near duplicates."""
    pairs = near_duplicates(texts, params.near_duplicate)
    return cluster(texts, ((pair.first, pair.second) for pair in pairs))
