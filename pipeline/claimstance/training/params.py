"""The parameters of a training; this module imports no torch, so that a wrong value is refused at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from claimstance import heads
from claimstance.errors import ParamsError
from claimstance.model.encoding import WindowParams


@dataclass(frozen=True, slots=True)
class MixParams:
    """How often an epoch shows each corpus.

    Attributes:
        repeat: Times by corpus [default: 1]. 0.5 shows half of it, drawn once.
        repeat_plain: The same for a corpus's examples that have neither a cue nor a stance.
    """

    seed: int = 13
    repeat: Mapping[str, float] = field(default_factory=dict)
    repeat_plain: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrainParams(MixParams):
    """The ``train`` section of ``params.yaml``.

    Attributes:
        encoder: ``packaged-minilm``, a Hugging Face name or a local folder.
        start_from: A model folder to continue from; its encoder is used.
        teacher: A model folder whose probabilities are learnt too (Hinton, Vinyals & Dean 2015).
        temperature: What softens these probabilities.
        learning_rate: Of the encoder.
        head_learning_rate: Of the heads.
        warmup: Share of all steps.
        threads: Of torch; 0 leaves the choice to torch.
        loss_weights: By head; a loss that is not named has its head's own weight.
        teacher_weights: By head: weight of the teacher's loss beside that of the labels [default: 1].
    """

    encoder: str = "packaged-minilm"
    start_from: str = ""
    teacher: str = ""
    temperature: float = 2.0
    epochs: int = 4
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
        for name in ("loss_weights", "teacher_weights"):
            if unknown := set(getattr(self, name)) - set(heads.by_name()):
                raise ParamsError(f"train.{name}: there is no head {sorted(unknown)[0]!r}")

    @property
    def windows(self) -> WindowParams:
        return WindowParams(self.max_tokens, self.overlap)
