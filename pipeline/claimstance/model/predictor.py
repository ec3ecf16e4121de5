"""The predictor: sentences to predictions. It encodes, runs the network and decodes; it knows nothing of articles."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final

from claimstance.errors import MissingExtraError, ParamsError
from claimstance.model.certainty import Calibration, Floats
from claimstance.model.decoding import Logits, decode, merge_windows
from claimstance.model.encoding import EncodedSentence, Ids, SentenceEncoder, WindowParams
from claimstance.model.folder import GRAPH, TOKENIZER, ModelConfig, model_folder, read_config
from claimstance.schema import Prediction, Span

Forward = Callable[[Ids], Logits]  # token ids (b, t), nothing padded
Mentions = tuple[Span, ...]  # of one given target in a sentence
BATCH_TOKENS: Final = 256  # more are slower: the activations of a layer leave the cache
REMEMBERED: Final = 10_000  # sentences: news is syndicated, and the same ones come again


@dataclasses.dataclass(frozen=True, slots=True)
class Batching:
    """``size`` is the most windows that pass the network together; ``threads`` run batches side by side."""

    size: int = 32
    threads: int = 1


class Predictor:
    """Predicts sentences with one model; ``load_predictor`` opens it."""

    def __init__(
        self, config: ModelConfig, encoder: SentenceEncoder, forward: Forward, batching: Batching | None = None
    ) -> None:
        self.config = config
        self.encoder = encoder
        self.forward = forward
        self.batching = batching or Batching()
        self.calibration = config.calibration
        self.on_windows: Callable[[int], None] | None = None  # told how many windows have passed the network
        self._seen: dict[tuple[str, tuple[Mentions, ...]], Prediction] = {}

    def with_calibration(self, calibration: Calibration) -> "Predictor":
        """Return the same predictor with another calibration."""
        return Predictor(self.config.with_calibration(calibration), self.encoder, self.forward, self.batching)

    def predict(
        self,
        texts: Sequence[str],
        given: Sequence[Sequence[Span]] | None = None,
        target_blind: bool = False,
    ) -> list[Prediction]:
        """Predict sentences.

        Args:
            texts: The sentences.
            given: Target spans in each sentence.
            target_blind: Give every given target the stance of the whole sentence: the control that shows what
                looking at the target is worth.
        """
        targets: list[list[Mentions]] = [[(span,) for span in spans] for spans in given or [()] * len(texts)]
        if target_blind:
            targets = [[(Span(0, len(t)),)] * len(g) for t, g in zip(texts, targets, strict=True)]
        return self.predict_mentions(texts, targets)

    def predict_mentions(self, texts: Sequence[str], given: Sequence[Sequence[Sequence[Span]]]) -> list[Prediction]:
        """Predict sentences whose given targets have several mentions each."""
        encoded = self.encoder.encode(texts)
        return self.decode(texts, encoded, self.logits(encoded), given)

    def decode(
        self,
        texts: Sequence[str],
        encoded: Sequence[EncodedSentence],
        logits: Sequence[Mapping[str, Floats]],
        given: Sequence[Sequence[Sequence[Span]]],
    ) -> list[Prediction]:
        """Turn the logits of encoded sentences into predictions; the network does not run."""
        return [
            decode(text, sentence, of_sentence, targets, self.calibration)
            for text, sentence, of_sentence, targets in zip(texts, encoded, logits, given, strict=True)
        ]

    def predict_once(self, keys: Sequence[tuple[str, tuple[Mentions, ...]]]) -> list[Prediction]:
        """Predict sentences with their given targets; equal ones, and those of the last calls, only once."""
        new = [key for key in dict.fromkeys(keys) if key not in self._seen]
        predictions = self.predict_mentions([text for text, _ in new], [mentions for _, mentions in new])
        self._seen |= dict(zip(new, predictions, strict=True))
        result = [self._seen[key] for key in keys]
        for key in list(islice(self._seen, max(0, len(self._seen) - REMEMBERED))):  # the oldest
            del self._seen[key]
        return result

    def logits(self, encoded: Sequence[EncodedSentence]) -> list[dict[str, Floats]]:
        """Return each sentence's merged logits by output, in order."""
        windows = [sentence.ids[w.start : w.end] for sentence in encoded for w in sentence.windows]
        results = iter(self._forward_windows(windows))
        return [merge_windows(sentence, [next(results) for _ in sentence.windows]) for sentence in encoded]

    def _forward_windows(self, windows: Sequence[Ids]) -> list[Mapping[str, Floats]]:
        """Batch windows of one length: nothing is padded, and a window's logits do not depend on its batch."""
        by_length: dict[int, list[int]] = {}
        for i, ids in enumerate(windows):
            by_length.setdefault(len(ids), []).append(i)
        chunks = []
        for length, same in by_length.items():
            size = max(1, min(self.batching.size, BATCH_TOKENS // (length + 2)))
            chunks += [same[i : i + size] for i in range(0, len(same), size)]
        batches = [self.encoder.stack([windows[i] for i in chunk]) for chunk in chunks]
        results: list[Mapping[str, Floats]] = [{}] * len(windows)
        with ThreadPoolExecutor(self.batching.threads) as pool:
            for chunk, logits in zip(chunks, pool.map(self.forward, batches), strict=True):
                if self.on_windows is not None:
                    self.on_windows(len(chunk))
                for row, i in enumerate(chunk):
                    results[i] = {output: values[row] for output, values in logits.items()}
        return results


def load_predictor(
    model: Path | str | None = None, runtime: str | None = None, device: str = "cpu", batching: Batching | None = None
) -> Predictor:
    """Open a model folder, whose files are checked against their sha256.

    Args:
        model: The folder, or ``accurate`` [default: the model that ships with the package].
        runtime: onnx or torch [default: onnx where the folder has a graph]. torch scores an int8 graph's weights
            in fp32.
        device: For the torch runtime.
        batching: How sentences are batched; it never changes results.

    Raises:
        ModelError: if the folder is no intact model, or has none for this runtime; if ``accurate`` is not there.
        MissingExtraError: if the torch runtime is not installed.
        ParamsError: if the runtime or device is unknown.
    """
    folder = model_folder(model)
    config = read_config(folder)
    runtime = runtime or ("onnx" if (folder / GRAPH).is_file() else "torch")
    config = dataclasses.replace(config, quantized=config.quantized and runtime == "onnx")
    encoder = SentenceEncoder(folder / TOKENIZER, WindowParams(config.max_tokens, config.overlap), config.hide_names)
    return Predictor(config, encoder, _load_forward(folder, runtime, device, config.saturates), batching)


def _load_forward(folder: Path, runtime: str, device: str, saturates: bool) -> Forward:
    if runtime == "onnx":
        if device != "cpu":
            raise ParamsError(f"--device {device}: the onnx runtime scores on the cpu; use --runtime torch")
        from claimstance.model.runtimes import onnx

        return onnx.load(folder, exact=saturates)
    if runtime == "torch":
        try:
            from claimstance.model.runtimes import torch
        except ModuleNotFoundError as error:
            raise MissingExtraError(error.name or "torch", "train") from None
        return torch.load(folder, device)
    raise ParamsError(f"--runtime {runtime}: unknown; choose onnx or torch")
