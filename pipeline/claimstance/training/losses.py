"""The losses of the heads, from gold labels and from a teacher's logits; all are masked where labels are missing."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from claimstance import heads
from claimstance.heads import Level
from claimstance.training.labels import IGNORE


def head_losses(outputs: tuple[Tensor, ...], gold: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return one mean cross-entropy per head, over what is labelled in the batch; 0 where nothing is.

    Args:
        outputs: Logits of ``heads.outputs()``.
        gold: Label indices by head: sentence (b,), target (b, k), spans (b, t); and ``target_weights`` (b, k, t),
            which add up to 1 for each target.
    """
    logits = by_head(outputs, gold["target_weights"])
    return {name: _cross_entropy(values, gold[name]) for name, values in logits.items()}


def teacher_losses(
    outputs: tuple[Tensor, ...], teacher: Mapping[str, Tensor], target_weights: Tensor, temperature: float
) -> dict[str, Tensor]:
    """Return one mean divergence per head from a teacher's softened probabilities (Hinton, Vinyals & Dean 2015).

    Args:
        outputs: Logits of ``heads.outputs()``.
        teacher: Logits by output: sentence (b, c), target (b, k, c), tokens (b, t, c); NaN where there are none.
        target_weights: (b, k, t).
        temperature: What both sides' logits are divided by.
    """
    losses = {}
    for name, values in by_head(outputs, target_weights).items():
        head = heads.by_name()[name]
        losses[name] = _divergence(values, teacher[head.output][..., heads.columns(head)], temperature)
    return losses


def by_head(outputs: tuple[Tensor, ...], target_weights: Tensor) -> dict[str, Tensor]:
    """Return each head's logits; those of a target head averaged over each target's tokens: (b, k, c)."""
    logits = dict(zip(heads.outputs(), outputs, strict=True))
    found = {}
    for head in heads.HEADS:
        values = logits[head.output][..., heads.columns(head)]
        if head.level is Level.TARGET:
            values = target_weights.to(values.dtype) @ values
        found[head.name] = values
    return found


def _divergence(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Return the divergence times the squared temperature, which keeps the gradient's size; 0 where all is NaN."""
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


def weighted_sum(losses: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """Return the sum of the losses, each times its weight [default: the head's own]."""
    own = {head.name: head.loss_weight for head in heads.HEADS}
    return torch.stack([weights.get(name, own[name]) * loss for name, loss in losses.items()]).sum()
