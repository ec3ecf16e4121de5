"""The scorer: encode, forward, decode. Runtimes and engines differ; this path does not."""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pyarrow as pa

from claimstance.articles.inputs import InputOptions, read_table
from claimstance.articles.sentences import segment_article
from claimstance.errors import MissingExtraError, ParamsError
from claimstance.model.decoding import Floats, Logits, Temperatures, decode, merge_windows
from claimstance.model.encoding import EncodedSentence, Ids, SentenceEncoder, WindowParams
from claimstance.model.folder import GRAPH, TOKENIZER, ModelConfig, default_model, read_config
from claimstance.records import from_row, to_table
from claimstance.schema import Article, Prediction, ScoredClaim, Sentence, Span
from claimstance.scoring import rows
from claimstance.scoring.speakers import resolve

Forward = Callable[[Ids], Logits]  # token ids (b, t), nothing padded
Mentions = tuple[tuple[Span, ...], ...]  # of the given targets in a sentence
BATCH_TOKENS = 256  # more are slower: the activations of a layer leave the cache
REMEMBERED = 10_000  # sentences: news is syndicated, and the same ones come again
_UNCALIBRATED = Temperatures()


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """``batch_size`` is the most windows that go through the encoder together."""

    unit: str = "article"
    include_other: bool = False
    batch_size: int = 32
    workers: int = 1
    max_error: float = 0.1  # what is not in needs_review is wrong at most this often
    aliases: Mapping[str, str] = field(default_factory=dict)  # other name → name, for speakers and target names


@dataclass(frozen=True, slots=True)
class ScoredArticle:
    """An article's rows, and what the summary counts."""

    article: Article
    claims: list[ScoredClaim]
    sentences: int
    windowed: int  # sentences longer than one window of the encoder
    absent_targets: tuple[str, ...]


class Scorer:
    """Scores sentences and articles with one model; make it with ``load_scorer``."""

    def __init__(self, config: ModelConfig, encoder: SentenceEncoder, forward: Forward, options: ScoreOptions) -> None:
        self.config = config
        self.encoder = encoder
        self.forward = forward
        self.options = options
        self.temperatures = Temperatures(config.temperatures)
        self.labeller = rows.Labeller(config.name, config.version, config.thresholds_for(options.max_error))
        self._seen: dict[tuple[str, Mentions], tuple[Prediction, bool]] = {}

    def with_temperatures(self, temperatures: Mapping[str, float]) -> "Scorer":
        """The same scorer with other temperatures."""
        config = dataclasses.replace(self.config, temperatures=temperatures)
        return Scorer(config, self.encoder, self.forward, self.options)

    def predict(
        self,
        texts: Sequence[str],
        given: Sequence[Sequence[Span]] | None = None,
        calibrated: bool = True,
        target_blind: bool = False,
    ) -> list[Prediction]:
        """Predict single sentences; ``given`` are target spans in each.

        ``target_blind`` gives every given target the stance of the whole sentence: the twin that shows what looking
        at the target is worth.
        """
        targets: list[list[Sequence[Span]]] = [[(span,) for span in spans] for spans in given or [()] * len(texts)]
        if target_blind:
            targets = [[(Span(0, len(t)),)] * len(g) for t, g in zip(texts, targets, strict=True)]
        return self.predict_mentions(texts, targets, self.temperatures if calibrated else _UNCALIBRATED)

    def predict_mentions(
        self,
        texts: Sequence[str],
        given: Sequence[Sequence[Sequence[Span]]],
        temperatures: Temperatures | None = None,
    ) -> list[Prediction]:
        """Predict sentences whose given targets have several mentions each."""
        return self._decoded(texts, self.encoder.encode(texts), given, temperatures or self.temperatures)

    def _decoded(
        self,
        texts: Sequence[str],
        encoded: Sequence[EncodedSentence],
        given: Sequence[Sequence[Sequence[Span]]],
        temperatures: Temperatures,
    ) -> list[Prediction]:
        return [
            decode(text, sentence, logits, targets, temperatures)
            for text, sentence, logits, targets in zip(texts, encoded, self.logits(encoded), given, strict=True)
        ]

    def _predict_once(self, keys: Sequence[tuple[str, Mentions]]) -> list[tuple[Prediction, bool]]:
        """Predictions, and whether the sentence was cut into windows; of equal sentences, near by, one is scored."""
        new = [key for key in dict.fromkeys(keys) if key not in self._seen]
        texts, mentions = [text for text, _ in new], [spans for _, spans in new]
        encoded = self.encoder.encode(texts)
        predictions = self._decoded(texts, encoded, mentions, self.temperatures)
        found = ((prediction, len(e.windows) > 1) for prediction, e in zip(predictions, encoded, strict=True))
        self._seen |= dict(zip(new, found, strict=True))
        result = [self._seen[key] for key in keys]
        for key in list(islice(self._seen, max(0, len(self._seen) - REMEMBERED))):  # the oldest
            del self._seen[key]
        return result

    def logits(self, encoded: Sequence[EncodedSentence]) -> list[dict[str, Floats]]:
        """Each sentence's merged logits, in order."""
        windows = [sentence.ids[w.start : w.end] for sentence in encoded for w in sentence.windows]
        results = iter(self._forward_windows(windows))
        return [merge_windows(sentence, [next(results) for _ in sentence.windows]) for sentence in encoded]

    def _forward_windows(self, windows: Sequence[Ids]) -> list[Mapping[str, Floats]]:
        """Windows of one length go together: no padding, and a window's logits do not depend on its batch."""
        by_length: dict[int, list[int]] = {}
        for i, ids in enumerate(windows):
            by_length.setdefault(len(ids), []).append(i)
        chunks = []
        for length, same in by_length.items():
            size = max(1, min(self.options.batch_size, BATCH_TOKENS // (length + 2)))
            chunks += [same[i : i + size] for i in range(0, len(same), size)]
        batches = [self.encoder.stack([windows[i] for i in chunk]) for chunk in chunks]
        results: list[Mapping[str, Floats]] = [{}] * len(windows)
        with ThreadPoolExecutor(self.options.workers) as pool:
            for chunk, logits in zip(chunks, pool.map(self.forward, batches), strict=True):
                for row, i in enumerate(chunk):
                    results[i] = {head: values[row] for head, values in logits.items()}
        return results

    def score(self, texts: Sequence[str]) -> list[ScoredClaim]:
        """Score article texts; the ``input`` of each row is the text's position."""
        articles = [Article(article_id=str(i), input=f"text:{i}", body=text) for i, text in enumerate(texts)]
        return [claim for scored in self.score_articles(articles) for claim in scored.claims]

    def score_articles(self, articles: Sequence[Article]) -> list[ScoredArticle]:
        """Score articles together; their sentences share the batches."""
        sentences = [segment_article(article, self.options.unit) for article in articles]
        given = [
            rows.given_targets(article, s, self.options.unit) for article, s in zip(articles, sentences, strict=True)
        ]
        flat = [(s, g) for ss, gs in zip(sentences, given, strict=True) for s, g in zip(ss, gs, strict=True)]
        todo = [(s, g) for s, g in flat if not s.furniture]
        predictions = iter(self._predict_once([(s.text, tuple(t.spans for t in g if t.spans)) for s, g in todo]))
        scored = []
        for article, ss, gs in zip(articles, sentences, given, strict=True):
            found = [(None, False) if sentence.furniture else next(predictions) for sentence in ss]
            claims = self._rows(article, ss, [prediction for prediction, _ in found], gs)
            windowed = sum(long for _, long in found)
            scored.append(ScoredArticle(article, claims, len(ss), windowed, tuple(rows.absent_targets(article, gs))))
        return scored

    def _rows(
        self,
        article: Article,
        sentences: Sequence[Sentence],
        predictions: Sequence[Prediction | None],
        given: Sequence[Sequence[rows.Given]],
    ) -> list[ScoredClaim]:
        targets = [rows.row_targets(s.text, p, g) for s, p, g in zip(sentences, predictions, given, strict=True)]
        named = resolve(
            article.body,
            sentences,
            predictions,
            [[t.span for t in ts if t.span is not None] for ts in targets],
            self.options.aliases,
        )
        return [
            row
            for sentence, prediction, ts, names in zip(sentences, predictions, targets, named, strict=True)
            for row in rows.sentence_rows(article, sentence, prediction, ts, names, self.labeller)
            if self.options.include_other or row.kind == "claim"
        ]


def score_table(scorer: Scorer, table: pa.Table) -> pa.Table:
    """Articles in, scored claims out, both as Arrow; the one function that every engine calls.

    The table has the columns of ``Article``, or those of an input file: ``text`` and, if it likes, ``id``, ``title``,
    ``outlet``, ``published``, ``url`` and ``targets`` (lists). In pandas or polars::

        claims = score_table(scorer, pa.Table.from_pandas(frame)).to_pandas()
        claims = pl.from_arrow(score_table(scorer, frame.to_arrow()))

    The ``--keep`` columns follow the contract's; what the summary counts is JSON in the schema's metadata, a list of
    one number an article.

    Raises:
        InputError: if a row of a table with ``text`` cannot be read.
    """
    if "body" in table.column_names:
        articles = [from_row(Article, row) for row in table.to_pylist()]
    else:
        articles = read_table(table, InputOptions(unit=scorer.options.unit))
    scored = scorer.score_articles(articles)
    result = to_table(ScoredClaim, [claim for article in scored for claim in article.claims])
    kept = [json.loads(article.article.kept or "{}") for article in scored for _ in article.claims]
    for column in dict.fromkeys(name for row in kept for name in row):
        result = result.append_column(pa.field(column, pa.string()), pa.array([_text(row.get(column)) for row in kept]))
    counts = {
        "sentences": [article.sentences for article in scored],
        "windowed": [article.windowed for article in scored],
        "claims": [len({claim.sentence_index for claim in article.claims}) for article in scored],
        "rows": [len(article.claims) for article in scored],
        "absent_targets": [len(article.absent_targets) for article in scored],
    }
    return result.replace_schema_metadata({**(result.schema.metadata or {}), b"counts": json.dumps(counts).encode()})


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def load_scorer(
    model: Path | None = None, runtime: str | None = None, device: str = "cpu", options: ScoreOptions | None = None
) -> Scorer:
    """Open a model folder (the packaged model by default), its files checked against their sha256.

    Without a ``runtime`` it is onnx where the folder has a graph, else torch. The torch runtime scores an int8 graph's
    weights in fp32.

    Raises:
        ModelError: if the folder is no intact model, or has none for this runtime.
        MissingExtraError: if the torch runtime is asked for and not installed.
        ParamsError: if the runtime or device is unknown.
    """
    folder = model or default_model()
    config = read_config(folder)
    runtime = runtime or ("onnx" if (folder / GRAPH).is_file() else "torch")
    config = dataclasses.replace(config, quantized=config.quantized and runtime == "onnx")
    encoder = SentenceEncoder(folder / TOKENIZER, WindowParams(config.max_tokens, config.overlap))
    return Scorer(config, encoder, _load_forward(folder, runtime, device), options or ScoreOptions())


def _load_forward(folder: Path, runtime: str, device: str) -> Forward:
    if runtime == "onnx":
        if device != "cpu":
            raise ParamsError(f"--device {device}: the onnx runtime scores on the cpu; use --runtime torch")
        from claimstance.model.runtimes import onnx

        return onnx.load(folder)
    if runtime == "torch":
        try:
            from claimstance.model.runtimes import torch
        except ModuleNotFoundError as error:
            raise MissingExtraError(error.name or "torch", "train") from None
        return torch.load(folder, device)
    raise ParamsError(f"--runtime {runtime}: unknown; choose onnx or torch")
