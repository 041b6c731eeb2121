"""The four networks with their weights, as functions on arrays. The only torch of this engine.

They are loaded once per process and weights. Any thread may call the encoders, which run in
float32 everywhere; one thread at a time the generator, which on a graphics card runs in its quick
number format and replays a graph for every batch size that it is given.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.base.content import content_key
from core.base.controls import Factor, FloatArray
from core.base.errors import WeightsError
from core.engines.device import Accelerated, Device, accelerate, in_halves, pick_device
from core.engines.pdfgc.composition import to_picture
from core.engines.protocol import Frame
from core.weights.card import Card
from core.weights.loading import load_state
from models.pdfgc.appearance import AppearanceConfig, AppearanceEncoder
from models.pdfgc.audio import AudioConfig, AudioEncoder
from models.pdfgc.generator import Generator, GeneratorConfig
from models.pdfgc.motion import MotionConfig, MotionEncoder

APPEARANCE, MOTION, AUDIO, GENERATOR = (
    "pdfgc-appearance",
    "pdfgc-motion",
    "pdfgc-audio",
    "pdfgc-generator",
)
VERSION: Final = 1
"""Part of the space: raise it whenever frames or sound are prepared in another way."""

_CARDS: Final = (APPEARANCE, MOTION, AUDIO, GENERATOR)
_Config = TypeVar("_Config", AppearanceConfig, MotionConfig, AudioConfig, GeneratorConfig)
_Network = TypeVar("_Network", bound=nn.Module)


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """Who a portrait shows: the appearance encoder's vector [1, I] and map [1, C, s, s]."""

    vector: torch.Tensor
    map: torch.Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Networks:
    """Ready for inference.

    Attributes:
        space: Content of the encoders; latents of equal spaces may be mixed.
        content: Content of all four.
        device: Where they run, and in which numbers the generator does.
    """

    appearance: AppearanceEncoder
    motion: MotionEncoder
    audio: AudioEncoder
    generator: Generator
    space: str
    content: str
    device: Device
    _draw: dict[int, Accelerated] = field(default_factory=dict)

    @property
    def eye_side(self) -> int:
        """Side in px of the pictures that the encoders see."""
        return self.motion.config.image_side

    @property
    def picture_side(self) -> int:
        """Side in px of the pictures that the generator draws."""
        return self.generator.config.image_side

    @torch.inference_mode()
    def see(self, pictures: NDArray[np.uint8]) -> dict[Factor, FloatArray]:
        """The latents float32 [B, D] of each factor in pictures uint8 RGB [B, side, side, 3]."""
        codes = self.motion(self._images(pictures))
        return {
            Factor.LIPS: _array(self.motion.embed_mouth(codes.mouth_feature)),
            Factor.HEAD_POSE: _array(codes.pose),
            Factor.EYES: _array(codes.eyes),
            Factor.EXPRESSION: _array(codes.expression),
        }

    @torch.inference_mode()
    def hear(self, windows: FloatArray) -> FloatArray:
        """The mouth latents float32 [B, D] of mel windows [B, 1, 80, 20]."""
        return _array(self.audio(torch.from_numpy(windows).to(self.device.device)))

    @torch.inference_mode()
    def identify(self, picture: NDArray[np.uint8]) -> Identity:
        """Who a picture uint8 RGB [side, side, 3] shows."""
        return Identity(*self.appearance(self._images(picture[None])))

    def draw(self, identity: Identity, rows: FloatArray) -> list[Frame]:
        """One picture uint8 RGB [side, side, 3] per motion row [B, 542].

        Raises:
            EngineError: the device has too little memory, even for half of them at a time.
        """

        def in_batches(size: int) -> list[Frame]:
            firsts = range(0, len(rows), size)
            return [p for first in firsts for p in self._draw_batch(identity, rows[first:][:size])]

        return in_halves(in_batches, len(rows))

    @torch.inference_mode()
    def _draw_batch(self, identity: Identity, rows: FloatArray) -> list[Frame]:
        motion = torch.from_numpy(rows).to(self.device.device)
        style = torch.cat([identity.vector.expand(len(rows), -1), motion], 1)
        inputs = style, identity.map.expand(len(rows), -1, -1, -1)
        style, identity_map = (x.to(self.device.dtype).contiguous() for x in inputs)
        if len(rows) not in self._draw:
            self._draw[len(rows)] = accelerate(self.generator, style, identity_map)
        images = self._draw[len(rows)].run(style, identity_map)
        return [to_picture(image) for image in _array(images)]

    def _images(self, pictures: NDArray[np.uint8]) -> torch.Tensor:
        images = torch.from_numpy(np.ascontiguousarray(pictures)).to(self.device.device)
        return images.permute(0, 3, 1, 2).float() / 127.5 - 1.0


_lock = threading.Lock()
_loaded: dict[tuple[str, ...], Networks] = {}  # of the weights used last


def load_networks() -> Networks:
    """The networks with the weights on disk.

    Raises:
        WeightsError: some are missing, damaged or do not fit together.
    """
    with _lock:
        found = {name: load_state(name) for name in _CARDS}
        device = pick_device()
        key = (str(device.device), device.reason, *(card.sha256 for _, card in found.values()))
        if key not in _loaded:
            _loaded.clear()
            _loaded[key] = _build(found, device)
        return _loaded[key]


def _build(found: Mapping[str, tuple[dict[str, torch.Tensor], Card]], device: Device) -> Networks:
    def loaded(name: str, network: _Network) -> _Network:
        try:
            network.load_state_dict(found[name][0], strict=True)
        except RuntimeError as error:
            raise _unfit(name) from error
        return network.eval().to(device.device)

    def config(name: str, kind: Callable[..., _Config]) -> _Config:
        try:
            return kind(**found[name][1].config)
        except TypeError as error:
            raise _unfit(name) from error

    def content(*names: str) -> str:
        return content_key(version=VERSION, **{n: found[n][1].sha256 for n in names})

    appearance = loaded(APPEARANCE, AppearanceEncoder(config(APPEARANCE, AppearanceConfig)))
    motion = loaded(MOTION, MotionEncoder(config(MOTION, MotionConfig)))
    audio = loaded(AUDIO, AudioEncoder(config(AUDIO, AudioConfig)))
    generator = loaded(GENERATOR, Generator(config(GENERATOR, GeneratorConfig)))
    return Networks(
        appearance.for_inference(),
        motion.for_inference(winograd=device.winograd),
        audio.for_inference(),
        generator.for_inference(winograd=device.winograd).to(device.dtype),
        f"pdfgc {content(MOTION, AUDIO)}",
        content(*_CARDS),
        device,
    )


def _unfit(name: str) -> WeightsError:
    return WeightsError(
        f"The weights “{name}” do not fit the network: import the published file again with "
        "“avatar-studio weights import FOLDER” or Tools ▸ Weights."
    )


def _array(tensor: torch.Tensor) -> FloatArray:
    array: FloatArray = tensor.float().cpu().numpy()
    return array
