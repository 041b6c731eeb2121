"""What a generator is trained to keep small (FACIAL, section 3.3, equations 4 to 8).

Means are taken over the frames that count. States are standardised, so that all parts have the
same unit; lips and expression follow each sound and weigh most.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.facial.speaker import BLINKS, MOUTH, POSE

_PARTS = {"mouth": MOUTH, "blink": BLINKS, "pose": POSE}


@dataclass(frozen=True, slots=True)
class LossWeights:
    """Factor of each term; the field names are those of `generator_losses`.

    Attributes:
        initial: First frame of every part, L1 (equation 7).
        mouth: Lips and expression, squared error (4).
        mouth_motion: Their change from frame to frame (5).
        blink: Lids (4).
        blink_motion: Their change (5).
        pose: Head (4).
        pose_motion: Its change (5).
        shape: Opening and width of the mouth that the lips and expression make.
        gan: What the discriminator says (6).
    """

    initial: float = 0.02
    mouth: float = 1.0
    mouth_motion: float = 1.0
    blink: float = 0.05
    blink_motion: float = 0.05
    pose: float = 0.1
    pose_motion: float = 1.0
    shape: float = 1.0
    gan: float = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What a batch should be.

    Attributes:
        states: float32 [B, T, 46], standardised.
        weights: float32 [B, T]: 0 for frames that do not count.
        shape: float32 [38, 2]: standardised lips and expression to opening and width, one
            unit being the usual deviation.
    """

    states: Tensor
    weights: Tensor
    shape: Tensor


def generator_losses(made: Tensor, truth: Truth, score: Tensor) -> dict[str, Tensor]:
    """Every term of the generator's loss, without its factor.

    Args:
        made: float32 [B, T, 46], standardised states.
        truth: what they should be.
        score: what the discriminator says of them.
    """
    away = made - truth.states
    first = away[:, 0].abs() * truth.weights[:, :1]
    terms = {
        "initial": sum((first[:, part].mean() for part in _PARTS.values()), made.new_zeros(()))
    }
    both = truth.weights[:, 1:] * truth.weights[:, :-1]
    for name, part in _PARTS.items():
        terms[name] = _mean_square(away[..., part], truth.weights)
        terms[f"{name}_motion"] = _mean_square(away[..., part].diff(dim=1), both)
    seen = away[..., MOUTH] @ truth.shape
    terms["shape"] = _mean_square(seen, truth.weights) + _mean_square(seen.diff(dim=1), both)
    terms["gan"] = (score - 1.0).square().mean()
    return terms


def discriminator_loss(real: Tensor, made: Tensor) -> Tensor:
    """Least squares (equation 6): real scores towards 1, made ones towards 0."""
    return (real - 1.0).square().mean() + made.square().mean()


def total(terms: dict[str, Tensor], weights: LossWeights) -> Tensor:
    """The weighted sum of all terms."""
    return torch.stack([getattr(weights, name) * term for name, term in terms.items()]).sum()


def _mean_square(away: Tensor, weights: Tensor) -> Tensor:
    """Mean over the frames that count, weights [B, T]."""
    per_frame = away.square().mean(-1) * weights
    return per_frame.sum() / weights.sum().clamp(min=1.0)
