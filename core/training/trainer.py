"""Trains one generator against its discriminator, one step at a time; can stop and go on.

Nothing but the seed and the clips decides the result on one machine.
"""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from core.base.files import replacing
from core.base.randomness import stream
from core.motion.person import USUAL_OPENING, mouth_shape
from core.training.dataset import TalkingClip, draw_chunk
from core.training.losses import LossWeights, Truth, discriminator_loss, generator_losses, total
from models.facial.discriminator import Discriminator, DiscriminatorConfig
from models.facial.generator import CONTROLS, GeneratorConfig
from models.facial.speaker import MOUTH, POSE, RATE, Speaker

_STD_FLOOR: Final = 0.03  # of a state: what hardly moves must not count as much as the jaw
_POSE_STD_FLOOR: Final = 1e-3
_FEATURE_STD_FLOOR: Final = 0.02
_NEUTRAL_SHARE: Final = 0.5  # of the chunks that are trained without style, or from rest
_RIDGE: Final = 3.0  # of the linear reading, in variances of a standardised feature
_EMA_START: Final = 10  # the average follows the first steps more quickly


@dataclass(frozen=True, slots=True)
class Settings:
    """How a generator is trained.

    Attributes:
        config: Of the generator.
        discriminator: Of its opponent.
        weights: Factors of the losses.
        n_steps: Steps of the whole schedule.
        batch: Chunks per step.
        learning_rate: Highest rate of the generator; warms up and falls along a cosine.
        discriminator_rate: Rate of the discriminator.
        decay: Weight decay.
        average: Share of the moving average of the weights that each step keeps.
    """

    config: GeneratorConfig = CONTROLS
    discriminator: DiscriminatorConfig = field(
        default_factory=lambda: DiscriminatorConfig((8, 16, 32, 32))
    )
    weights: LossWeights = field(default_factory=LossWeights)
    n_steps: int = 150
    batch: int = 16
    learning_rate: float = 3e-3
    discriminator_rate: float = 2e-4
    decay: float = 1e-2
    average: float = 0.95


class Trainer:
    """One generator in training; `speaker` is the moving average of its weights.

    Args:
        clips: what to train on.
        settings: how.
        seed: of the first weights and of everything drawn.
        device: of the networks.
    """

    def __init__(
        self,
        clips: Sequence[TalkingClip],
        settings: Settings,
        seed: int,
        device: torch.device | None = None,
    ) -> None:
        self.settings = settings
        self.step_number = 0
        self.n_looks_since_best = 0
        self._best_score = -1.0
        self._clips = clips
        self._device = device or torch.device("cpu")
        self._random = stream(seed, 2)
        torch.manual_seed(seed)
        net = Speaker(settings.config, 1)
        _standardise(net, clips)
        fit_reading(net, clips)
        self._net = net.to(self._device)
        self._discriminator = Discriminator(settings.discriminator).to(self._device)
        self.speaker = copy.deepcopy(self._net).eval()
        self._best = copy.deepcopy(self.speaker)
        self._optimiser = torch.optim.AdamW(
            self._net.members.parameters(), settings.learning_rate, weight_decay=settings.decay
        )
        self._opponent = torch.optim.Adam(
            self._discriminator.parameters(), settings.discriminator_rate, (0.5, 0.999)
        )
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimiser, settings.learning_rate, settings.n_steps
        )
        shape = torch.from_numpy(mouth_shape()).float().to(self._device)
        self._shape = shape * self._net.state_std[MOUTH, None] / USUAL_OPENING

    @property
    def is_done(self) -> bool:
        """Whether the schedule has come to its end."""
        return self.step_number >= self.settings.n_steps

    def step(self) -> dict[str, float]:
        """One step of the discriminator and one of the generator; returns the loss terms."""
        self._net.train()
        windows, truth, initial, style = self._batch()
        generator = self._net.members[0]
        made = generator(windows, initial, style)
        self._opponent.zero_grad()
        real_score = self._discriminator(truth.states)
        against = discriminator_loss(real_score, self._discriminator(made.detach()))
        against.backward()  # type: ignore[no-untyped-call]
        self._opponent.step()
        terms = generator_losses(made, truth, self._discriminator(made))
        self._optimiser.zero_grad()
        total(terms, self.settings.weights).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._net.members.parameters(), 5.0)
        self._optimiser.step()
        self._schedule.step()
        self.step_number += 1
        self._follow()
        return {name: term.item() for name, term in terms.items()} | {
            "discriminator": against.item()
        }

    def look(self, score: float) -> None:
        """Remembers the average as it is now if `score` is the best so far."""
        if score > self._best_score:
            self._best_score, self.n_looks_since_best = score, 0
            self._best.load_state_dict(self.speaker.state_dict())
        else:
            self.n_looks_since_best += 1

    def best_speaker(self) -> Speaker:
        """The average at the best look, on the CPU."""
        return copy.deepcopy(self._best).cpu()

    def save(self, path: Path) -> None:
        """Writes everything that `restore` needs to go on.

        Raises:
            OSError: the file cannot be written.
        """
        state = {name: part.state_dict() for name, part in self._parts().items()}
        state["numpy"] = json.dumps(self._random.bit_generator.state)
        state["torch"] = torch.get_rng_state()
        state["step"] = self.step_number
        state["looks"] = [self._best_score, float(self.n_looks_since_best)]
        with replacing(path) as part:
            torch.save(state, part)

    def restore(self, path: Path) -> None:
        """Goes on from where `save` was called.

        Raises:
            OSError: the file cannot be read.
        """
        state: Mapping[str, Any] = torch.load(path, weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self._random.bit_generator.state = json.loads(state["numpy"])
        torch.set_rng_state(state["torch"])
        self.step_number = int(state["step"])
        self._best_score, self.n_looks_since_best = state["looks"][0], int(state["looks"][1])

    def _parts(self) -> dict[str, Any]:
        return {
            "net": self._net,
            "speaker": self.speaker,
            "best": self._best,
            "discriminator": self._discriminator,
            "optimiser": self._optimiser,
            "opponent": self._opponent,
            "schedule": self._schedule,
        }

    def _batch(self) -> tuple[Tensor, Truth, Tensor, Tensor]:
        """Windows, the truth, initial states and style codes of random chunks."""
        random, settings = self._random, self.settings
        n_rows = settings.config.n_rows
        chunks = [draw_chunk(self._clips, n_rows, random) for _ in range(settings.batch)]

        def stacked(name: str) -> Tensor:
            return torch.from_numpy(np.stack([getattr(c, name) for c in chunks])).to(self._device)

        def kept(width: int) -> Tensor:
            """1 or 0 per chunk, [B, width]."""
            mask = random.random(settings.batch) >= _NEUTRAL_SHARE
            return torch.from_numpy(np.repeat(mask[:, None], width, 1)).float().to(self._device)

        net = self._net
        windows = net.heard(stacked("windows"))
        states = (stacked("states") - net.state_mean) / net.state_std
        initial = (stacked("initial") - net.state_mean) / net.state_std
        style = stacked("style")[:, : settings.config.n_style]
        truth = Truth(states, stacked("weights"), self._shape)
        return windows, truth, initial * kept(states.shape[2]), style * kept(style.shape[1])

    def _follow(self) -> None:
        """Moves the average towards the trained weights."""
        keep = min(self.settings.average, self.step_number / (self.step_number + _EMA_START))
        trained = self._net.state_dict()
        for name, value in self.speaker.state_dict().items():
            if value.is_floating_point():
                value.lerp_(trained[name], 1.0 - keep)
            else:
                value.copy_(trained[name])


def fit_reading(net: Speaker, clips: Sequence[TalkingClip]) -> None:
    """Sets the linear reading to the ridge regression of the mouth on the original recordings."""
    n_rows = net.config.n_rows
    heard, mouths = [], []
    for clip in clips:
        seen = clip.person.valid
        windows = clip.takes[0].hearing.windows(n_rows, RATE, 0, len(seen))[seen]
        heard.append(net.heard(torch.from_numpy(windows)).flatten(1))
        states = (torch.from_numpy(clip.person.states[seen]) - net.state_mean) / net.state_std
        mouths.append(states[:, MOUTH])
    inputs, outputs = torch.cat(heard).double(), torch.cat(mouths).double()
    mean, usual = inputs.mean(0), outputs.mean(0)
    inputs = inputs - mean
    ridge = _RIDGE * len(inputs) * torch.eye(inputs.shape[1], dtype=torch.float64)
    weight = torch.linalg.solve(inputs.T @ inputs + ridge, inputs.T @ (outputs - usual))
    with torch.no_grad():
        net.reading.weight.copy_(weight.T)
        net.reading.bias.copy_(usual - mean @ weight)


def _standardise(net: Speaker, clips: Sequence[TalkingClip]) -> None:
    """Sets the means and deviations of features and states to those of the clips."""
    rows = np.concatenate([take.hearing.rows for clip in clips for take in clip.takes])
    states = np.concatenate([clip.person.states[clip.person.valid] for clip in clips])
    floor = np.full(states.shape[1], _STD_FLOOR)
    floor[POSE] = _POSE_STD_FLOOR
    net.feature_mean.copy_(torch.from_numpy(rows.mean(0)))
    net.feature_std.copy_(torch.from_numpy(np.maximum(rows.std(0), _FEATURE_STD_FLOOR)))
    net.state_mean.copy_(torch.from_numpy(states.mean(0)))
    net.state_std.copy_(torch.from_numpy(np.maximum(states.std(0), floor).astype(np.float32)))
