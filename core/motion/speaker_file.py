"""A trained speaker with the statistics of the people it learned from, as one weights file."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch

from core.base.errors import WeightsError
from core.motion.blinking import BlinkModel
from core.motion.sway import SwayModel
from core.weights.loading import load_state
from models.facial.generator import GeneratorConfig
from models.facial.speaker import Speaker

NAME: Final = "facial-speaker"
"""Of the weights' card."""

_NETWORK = "speaker."
_GAIN = "mouth_gain"


@dataclass(frozen=True, slots=True, eq=False)
class TrainedSpeaker:
    """Everything that makes motion of a voice.

    Attributes:
        speaker: The networks.
        mouth_gain: What lips and expression are multiplied by: a mean of many possible mouths
            moves less than any of them.
        sway: How heads move.
        blinks: How eyes blink.
    """

    speaker: Speaker
    mouth_gain: float
    sway: SwayModel
    blinks: BlinkModel

    def state(self) -> dict[str, torch.Tensor]:
        """All of it as tensors."""
        state = {_NETWORK + name: value for name, value in self.speaker.state_dict().items()}
        arrays = self.sway.to_arrays() | self.blinks.to_arrays()
        state |= {name: torch.from_numpy(array) for name, array in arrays.items()}
        return state | {_GAIN: torch.tensor([self.mouth_gain])}

    def config(self) -> dict[str, Any]:
        """What `read_speaker` needs besides the tensors: a JSON object."""
        return {"generator": asdict(self.speaker.config), "members": len(self.speaker.members)}


def load_speaker(folders: Sequence[Path] | None = None) -> TrainedSpeaker:
    """The trained speaker, ready to speak.

    Raises:
        WeightsError: its weights are missing or damaged.
    """
    state, card = load_state(NAME, folders)
    try:
        return read_speaker(state, card.config)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise WeightsError(
            f"The weights “{NAME}” do not fit this version ({error}): train them again or take "
            "those that come with the program."
        ) from error


def read_speaker(state: Mapping[str, torch.Tensor], config: Mapping[str, Any]) -> TrainedSpeaker:
    """What `TrainedSpeaker.state` and `config` gave.

    Raises:
        KeyError, TypeError, ValueError, RuntimeError: they do not belong together.
    """
    sizes: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in config["generator"].items()
    }
    speaker = Speaker(GeneratorConfig(**sizes), int(config["members"]))
    own = {k.removeprefix(_NETWORK): v for k, v in state.items() if k.startswith(_NETWORK)}
    speaker.load_state_dict(own)
    arrays = {name: value.numpy() for name, value in state.items() if not name.startswith(_NETWORK)}
    return TrainedSpeaker(
        speaker.eval(),
        float(arrays[_GAIN][0]),
        SwayModel.from_arrays(arrays),
        BlinkModel.from_arrays(arrays),
    )
