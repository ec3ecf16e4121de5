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
from claimstance.segmentation.listed_names import Replacement, hidden_names, replaced

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WindowParams:
    """``max_tokens`` counts [CLS] and [SEP]; ``overlap`` is in tokens."""

    max_tokens: int = 256
    overlap: int = 64


@dataclass(frozen=True, slots=True)
class EncodedSentence:
    ids: Ids  # (n,) without special tokens
    offsets: Ids  # (n, 2) code points; each token of a hidden name stands for all of it
    windows: tuple[Span, ...]  # token ranges into ids, each fits the encoder


@dataclass(frozen=True, slots=True)
class Batch:
    input_ids: Ids  # (b, t)
    attention_mask: Ids  # (b, t)


class SentenceEncoder:
    """A fast tokenizer that neither truncates nor pads, and the window sizes of its model.

    Args:
        tokenizer_file: ``tokenizer.json`` of the model.
        params: Its windows.
        hide_names: Let the model read other names for those of listed countries and bodies.

    Raises:
        ModelError: if the tokenizer file is missing or has no [CLS], [SEP] or [PAD].
    """

    def __init__(self, tokenizer_file: Path, params: WindowParams, hide_names: bool = False) -> None:
        if not tokenizer_file.is_file():
            raise ModelError(f"{tokenizer_file}: no such file; a model folder holds its tokenizer.json")
        self.tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.params = params
        self.hide_names = hide_names
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
        hidden = [hidden_names(text) if self.hide_names else [] for text in texts]
        texts_read = [replaced(text, names) for text, names in zip(texts, hidden, strict=True)]
        encodings = self.tokenizer.encode_batch(texts_read, add_special_tokens=False)
        return [
            self._encoded(encoding.ids, encoding.offsets, names)
            for encoding, names in zip(encodings, hidden, strict=True)
        ]

    def _encoded(self, ids: list[int], offsets: list[tuple[int, int]], names: Sequence[Replacement]) -> EncodedSentence:
        offsets_read = np.fromiter(chain.from_iterable(offsets), np.int64, 2 * len(offsets)).reshape(-1, 2)
        return EncodedSentence(
            np.asarray(ids, dtype=np.int64),
            offsets_in_text(offsets_read, names) if names else offsets_read,
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


def offsets_in_text(offsets_read: Ids, names: Sequence[Replacement]) -> Ids:
    """Return where tokens stand in a text, from where they stand in the text with other names.

    A token that begins or ends within a name, which a symbol that sticks to it may cause, begins or ends with it.

    Args:
        offsets_read: Offsets into the text with other names (n, 2).
        names: The other names, in order; at least one.
    """
    longer = np.cumsum([0, *(len(one.words) - (one.span.end - one.span.start) for one in names)])
    starts, ends = (np.array([getattr(one.span, end) for one in names]) for end in ("start", "end"))

    def place(read: Ids, last: bool) -> Ids:
        """Return the places of first characters, or those behind last characters."""
        before = np.searchsorted(starts + longer[:-1], read, "left" if last else "right")  # names that begin before
        name = np.maximum(before - 1, 0)
        end = (ends + longer[1:])[name]
        within = (before > 0) & ((read <= end) if last else (read < end))
        return np.where(within, (ends if last else starts)[name], read - longer[before])

    return np.stack([place(offsets_read[:, 0], last=False), place(offsets_read[:, 1], last=True)], axis=1)


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
