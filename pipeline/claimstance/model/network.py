"""The network: one pass of the encoder per sentence, and small heads on top of it.

The stance toward a target is the mean of the stance logits over the target's tokens, so that any number of targets
share one pass. ``sentiment`` works alike for NewsMTSC, which labels the sentence's sentiment and not the guide's
stance; both share their hidden layer.
"""

from pathlib import Path
from typing import Any, Final, cast

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig

from claimstance import heads
from claimstance.errors import ModelError
from claimstance.heads import Level
from claimstance.model.dequantization import read_graph
from claimstance.model.encoders import encoder_folder
from claimstance.model.folder import GRAPH

WEIGHTS: Final = "model.safetensors"
_UNUSED: Final = "encoder.pooler."  # of BERT, which no head reads and no graph has


class ClaimModel(nn.Module):
    """The encoder and its heads; ``forward`` returns the logits of ``heads.outputs()`` in that order."""

    def __init__(self, encoder: nn.Module, hidden: int, dropout: float = 0.1) -> None:
        super().__init__()
        widths = {name: heads.output_width(name) for name in heads.outputs()}
        self.outputs = tuple(widths)
        self.sentence_outputs = _outputs_of(Level.SENTENCE)
        self.target_outputs = _outputs_of(Level.TARGET)
        self.token_outputs = _outputs_of(Level.SPANS)
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        # one attention pooling a sentence output
        self.queries = nn.Linear(hidden, len(self.sentence_outputs), bias=False)
        self.sentence = nn.ModuleDict({name: nn.Linear(2 * hidden, widths[name]) for name in self.sentence_outputs})
        self.toward = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.GELU(), nn.Dropout(dropout))
        for name in (*self.target_outputs, *self.token_outputs):
            self.add_module(name, nn.Linear(hidden, widths[name]))

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> tuple[Tensor, ...]:
        if attention_mask is None:  # nothing is padded
            attention_mask = torch.ones_like(input_ids)
        tokens = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state  # (b, t, h)
        tokens = self.dropout(tokens)
        mask = attention_mask.unsqueeze(-1).to(tokens.dtype)  # (b, t, 1)
        scores = self.queries(tokens)  # (b, t, s), s sentence outputs
        scores = scores.masked_fill(mask == 0, torch.finfo(scores.dtype).min)  # its own type: bf16 under autocast
        weights = torch.cat([mask / mask.sum(1, keepdim=True), scores.softmax(dim=1)], dim=-1)  # (b, t, 1 + s)
        # as a product the mean is the same to the last bit whatever the batch, in onnxruntime too
        mean, *pooled = torch.einsum("bts,bth->bsh", weights, tokens).unbind(1)  # each (b, h)
        logits = {
            name: self.sentence[name](torch.cat([mean, own], dim=-1))
            for name, own in zip(self.sentence_outputs, pooled, strict=True)
        }
        context = mean.unsqueeze(1).expand_as(tokens)
        toward = self.toward(torch.cat([tokens, context], dim=-1))  # (b, t, h)
        logits |= {name: self.get_submodule(name)(toward) for name in self.target_outputs}
        logits |= {name: self.get_submodule(name)(tokens) for name in self.token_outputs}
        return tuple(logits[name] for name in self.outputs)


def _outputs_of(level: Level) -> tuple[str, ...]:
    return tuple(name for name in heads.outputs() if heads.output_level(name) is level)


def from_encoder(name: str, dropout: float = 0.1) -> ClaimModel:
    """Return a model with a pretrained encoder and untrained heads, in float32 whatever the checkpoint's type.

    Raises:
        ModelError: if there is no such encoder.
    """
    name_or_folder = encoder_folder(name)
    try:
        encoder = AutoModel.from_pretrained(name_or_folder, dtype=torch.float32)
    except OSError as error:
        raise ModelError(f"encoder {name_or_folder!r} cannot be loaded: {str(error).splitlines()[0]}") from None
    return ClaimModel(cast(nn.Module, encoder), int(encoder.config.hidden_size), dropout)


def keep_layers(model: ClaimModel, layers: int) -> None:
    """Keep the first layers of a model's encoder, in place (Sajjad et al. 2023, top-layer dropping).

    Raises:
        ModelError: if it has fewer, or no layers that are found where BERT has its own.
    """
    encoder = cast(Any, model.encoder)
    found = getattr(getattr(encoder, "encoder", None), "layer", None)
    if not isinstance(found, nn.ModuleList) or len(found) < layers:
        has = f"it has {len(found)}" if isinstance(found, nn.ModuleList) else "its layers were not found"
        raise ModelError(f"train.layers: {layers} cannot be kept of this encoder: {has}")
    del found[layers:]
    encoder.config.num_hidden_layers = layers


def from_config(config: PretrainedConfig, attention: str | None = None, dropout: float = 0.1) -> ClaimModel:
    """Return a model of this shape with random weights and the fastest ``attention``, unless one is named."""
    options = {"attn_implementation": attention} if attention else {}
    encoder = cast(Any, AutoModel).from_config(config, **options)
    return ClaimModel(cast(nn.Module, encoder), int(config.hidden_size), dropout)


def save_weights(model: ClaimModel, folder: Path) -> None:
    """Write config.json and the weights as safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    cast(Any, model.encoder).config.save_pretrained(folder)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / WEIGHTS)


def load_weights(folder: Path, attention: str | None = None, dropout: float = 0.1) -> ClaimModel:
    """Read a model that ``save_weights`` or ``claimstance export`` wrote, ready for inference.

    ``dropout`` is that of the heads, if it is trained further.

    Raises:
        ModelError: if the folder holds no model, or its weights do not fit its config.
    """
    if (folder / WEIGHTS).is_file():
        weights = load_file(folder / WEIGHTS)
    elif (folder / GRAPH).is_file():
        weights = read_graph(folder / GRAPH)
    else:
        raise ModelError(f"{folder}: there is no {WEIGHTS} or {GRAPH}; name a folder that `claimstance train` made")
    model = from_config(AutoConfig.from_pretrained(folder), attention, dropout)
    try:
        missing, _ = model.load_state_dict(weights, strict=False)
    except RuntimeError:  # of another shape
        missing = [""]
    if any(not name.startswith(_UNUSED) for name in missing):
        raise ModelError(f"{folder}: the weights do not fit config.json; train or copy the folder anew")
    return model.eval()
