"""The parameters of a training; this module imports no torch, so that a wrong value is refused at once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from claimstance import heads
from claimstance.errors import ParamsError
from claimstance.model.encoding import WindowParams

_RANGES: Final[dict[tuple[str, ...], tuple[Callable[[float], bool], str]]] = {
    ("epochs", "batch_size"): (lambda value: value >= 1, "1 or more"),
    ("limit", "patience", "threads", "weight_decay", "seed", "layers"): (lambda value: value >= 0, "0 or more"),
    ("max_tokens",): (lambda value: value >= 8, "8 or more"),
    ("learning_rate", "head_learning_rate", "temperature"): (lambda value: value > 0, "more than 0"),
    ("dropout", "warmup"): (lambda value: 0 <= value < 1, "a share from 0 to below 1"),
    ("exchange_names",): (lambda value: 0 <= value <= 1, "a share from 0 to 1"),
}


@dataclass(frozen=True, slots=True)
class MixParams:
    """What an epoch shows of each corpus, and how often.

    Attributes:
        limit: At most so many articles of each corpus, drawn by the seed, for a quick experiment; 0 takes all.
        repeat: Times by corpus [default: 1]. 0.5 shows half of it, drawn once.
        repeat_plain: The same for a corpus's examples that have neither a cue nor a stance.
        leave_out: Heads by corpus that do not learn from its labels, where these follow another rule.
        exchange_names: Share of the examples with names of countries, bodies or people that are shown with other names.
    """

    seed: int = 13
    limit: int = 0
    repeat: Mapping[str, float] = field(default_factory=dict)
    repeat_plain: Mapping[str, float] = field(default_factory=dict)
    leave_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exchange_names: float = 0.0


@dataclass(frozen=True, slots=True)
class TrainParams(MixParams):
    """The ``train`` section of ``params.yaml``.

    Attributes:
        encoder: ``packaged-minilm``, a Hugging Face name or a local folder.
        encoder_sha256: Of its ``model.safetensors``; training from it is refused with others. Empty: not checked.
        start_from: A model folder to continue from; its encoder is used.
        layers: Keep the first so many layers of the encoder, for a smaller model; 0 keeps all.
        teacher: A model folder whose probabilities are learnt too (Hinton, Vinyals & Dean 2015).
        temperature: What softens these probabilities.
        learning_rate: Of the encoder.
        head_learning_rate: Of the heads.
        patience: Stop after so many epochs without a better dev score (the mean of the F1s), and keep the weights of
            the best epoch; 0 trains every epoch and keeps the last.
        warmup: Share of all steps.
        threads: Of torch; 0 leaves the choice to torch.
        loss_weights: By head; a loss that is not named has its head's own weight.
        teacher_weights: By head: weight of the teacher's loss beside that of the labels [default: 1].
    """

    encoder: str = "packaged-minilm"
    encoder_sha256: str = ""
    start_from: str = ""
    layers: int = 0
    teacher: str = ""
    temperature: float = 2.0
    epochs: int = 4
    patience: int = 0
    batch_size: int = 32
    learning_rate: float = 5e-5
    head_learning_rate: float = 5e-4
    weight_decay: float = 0.01
    warmup: float = 0.06
    dropout: float = 0.1
    max_tokens: int = 256
    overlap: int = 64
    threads: int = 0
    bf16: bool = False
    loss_weights: Mapping[str, float] = field(default_factory=dict)
    teacher_weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for names, (fits, expected) in _RANGES.items():
            for name in names:
                if not fits(value := getattr(self, name)):
                    raise ParamsError(f"train.{name}: expected {expected}, found {value}")
        if not 0 <= self.overlap < self.max_tokens - 2:
            raise ParamsError(f"train.overlap: expected less than max_tokens - 2, found {self.overlap}")
        named: dict[str, Iterable[str]] = {name: getattr(self, name) for name in ("loss_weights", "teacher_weights")}
        named |= {f"leave_out.{corpus}": left for corpus, left in self.leave_out.items()}
        for name, by_head in named.items():
            if unknown := set(by_head) - set(heads.by_name()):
                raise ParamsError(f"train.{name}: there is no head {sorted(unknown)[0]!r}")

    @property
    def run_name(self) -> str:
        """What tells a training from its neighbours in a list: ``minilm e8 lr5e-5 s13``."""
        start = Path(self.start_from or self.encoder).name.removeprefix("packaged-")
        parts = [start, f"e{self.epochs}", f"lr{self.learning_rate:.3g}".replace("e-0", "e-"), f"s{self.seed}"]
        return " ".join([*parts, *([f"n{self.limit}"] if self.limit else [])])

    @property
    def windows(self) -> WindowParams:
        return WindowParams(self.max_tokens, self.overlap)
