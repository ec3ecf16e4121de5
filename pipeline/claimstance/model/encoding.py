"""Sentences to token windows. A sentence longer than one window is cut into overlapping windows, never truncated."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from claimstance.errors import ModelError
from claimstance.schema import Span

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WindowParams:
    """``max_tokens`` counts [CLS] and [SEP]; ``overlap`` is in tokens."""

    max_tokens: int = 256
    overlap: int = 64


@dataclass(frozen=True, slots=True)
class EncodedSentence:
    ids: Ids  # (n,) without special tokens
    offsets: Ids  # (n, 2) code points
    windows: tuple[Span, ...]  # token ranges into ids, each fits the encoder


@dataclass(frozen=True, slots=True)
class Batch:
    input_ids: Ids  # (b, t)
    attention_mask: Ids  # (b, t)


class SentenceEncoder:
    """A fast tokenizer that neither truncates nor pads, and the window sizes of its model.

    Raises:
        ModelError: if the tokenizer file is missing or has no [CLS], [SEP] or [PAD].
    """

    def __init__(self, tokenizer_file: Path, params: WindowParams) -> None:
        if not tokenizer_file.is_file():
            raise ModelError(f"{tokenizer_file}: no such file; a model folder holds its tokenizer.json")
        self.tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.params = params
        self.begin = self._special("[CLS]", "<s>")
        self.end = self._special("[SEP]", "</s>")
        self.pad = self._special("[PAD]", "<pad>")

    def _special(self, *names: str) -> int:
        for name in names:
            token = self.tokenizer.token_to_id(name)
            if token is not None:
                return int(token)
        raise ModelError(f"the tokenizer has no {names[0]} token; this encoder is not supported")

    def encode(self, texts: Sequence[str]) -> list[EncodedSentence]:
        """Tokenize texts; offsets are code points into each text."""
        encodings = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [self._encoded(encoding.ids, encoding.offsets) for encoding in encodings]

    def _encoded(self, ids: list[int], offsets: list[tuple[int, int]]) -> EncodedSentence:
        return EncodedSentence(
            np.asarray(ids, dtype=np.int64),
            np.fromiter(chain.from_iterable(offsets), np.int64, 2 * len(offsets)).reshape(-1, 2),
            cut_windows(len(ids), self.params),
        )

    def stack(self, windows: Sequence[Ids]) -> Ids:
        """Add the special tokens to windows of one length: (b, t)."""
        ids = np.empty((len(windows), len(windows[0]) + 2), dtype=np.int64)
        ids[:, 0], ids[:, -1], ids[:, 1:-1] = self.begin, self.end, windows
        return ids

    def batch(self, windows: Sequence[Ids]) -> Batch:
        """Add the special tokens and pad to the longest window."""
        longest = max(len(ids) for ids in windows) + 2
        input_ids = np.full((len(windows), longest), self.pad, dtype=np.int64)  # (b, t)
        mask = np.zeros_like(input_ids)
        for row, ids in enumerate(windows):
            input_ids[row, : len(ids) + 2] = [self.begin, *ids, self.end]
            mask[row, : len(ids) + 2] = 1
        return Batch(input_ids, mask)


def cut_windows(tokens: int, params: WindowParams) -> tuple[Span, ...]:
    """Cover ``tokens`` tokens with windows that overlap by ``params.overlap``."""
    room = params.max_tokens - 2
    if tokens <= room:
        return (Span(0, tokens),)
    step = room - params.overlap
    starts = range(0, tokens - params.overlap, step)
    return tuple(Span(start, min(start + room, tokens)) for start in starts)


def tokens_of(span: Span, offsets: Ids) -> Ids:
    """Return the indices of the tokens that overlap a character span."""
    return np.flatnonzero((offsets[:, 0] < span.end) & (offsets[:, 1] > span.start))
