"""The published checkpoints of PD-FGC: recognised by content and translated to our networks.

Pure functions on name → tensor mappings; files and pickles are the importer's concern.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

import torch
from torch import Tensor, nn

from models.pdfgc.appearance import AppearanceConfig, AppearanceEncoder
from models.pdfgc.audio import AudioConfig, AudioEncoder
from models.pdfgc.generator import Generator, GeneratorConfig
from models.pdfgc.motion import MotionConfig, MotionEncoder
from models.pdfgc.published_names import APPEARANCE, AUDIO, GENERATOR, MOTION, Rule, rename

State = Mapping[str, Tensor]

NOISE_SEED = 20202001
"""What the published demo seeds everything with before it draws the noise maps."""

_PREFIX = "module."
_COUNTER = ".num_batches_tracked"


@dataclass(frozen=True, slots=True)
class Published:
    """One published network.

    Attributes:
        name: What our weights are called.
        file: What the published file is called.
        config: Its sizes.
        network: Its class.
    """

    name: str
    file: str
    config: AppearanceConfig | MotionConfig | AudioConfig | GeneratorConfig
    network: type[nn.Module]

    def build(self) -> nn.Module:
        """The network with the published sizes, its weights not yet loaded."""
        return self.network(self.config)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How one of our tensors is made: `make` of the published tensors with these shapes."""

    sources: dict[str, tuple[int, ...]]
    make: Callable[[list[Tensor]], Tensor]


PUBLISHED: Mapping[str, Published] = {
    published.name: published
    for published in (
        Published(
            "pdfgc-appearance", "appearance_model.pth", AppearanceConfig(), AppearanceEncoder
        ),
        Published("pdfgc-motion", "motion_model.pth", MotionConfig(), MotionEncoder),
        Published("pdfgc-audio", "audio_model.pth", AudioConfig(), AudioEncoder),
        Published("pdfgc-generator", "generator_model.pth", GeneratorConfig(), Generator),
    )
}


def recognise(state: State) -> str | None:
    """The name of the published network that most of `state` belongs to, by names and shapes.

    A damaged checkpoint is still recognised: `translate` says what is wrong with it.
    """
    shapes = {_bare(key): tuple(tensor.shape) for key, tensor in state.items()}
    for name in PUBLISHED:
        wanted = {
            key: shape
            for recipe in _recipes(name).values()
            for key, shape in recipe.sources.items()
        }
        n_found = sum(shapes.get(key) == shape for key, shape in wanted.items())
        if 2 * n_found > len(wanted):
            return name
    return None


def translate(name: str, state: State) -> dict[str, Tensor]:
    """A published state in the names and scales of our network, for strict loading.

    Everything that the network does not use is dropped: the generator's mapping network, start
    constant, filter kernels and unread noise maps, classifiers. The noise maps, which the
    published files do not hold, are drawn from `NOISE_SEED` in the order of the layers.

    Raises:
        KeyError: `name` is not in `PUBLISHED`.
        ValueError: a tensor is missing, has another shape, or is not finite; the message names it.
    """
    bare = {_bare(key): tensor for key, tensor in state.items()}
    return {
        key: recipe.make([_take(bare, *source) for source in recipe.sources.items()])
        for key, recipe in _recipes(name).items()
    }


def _bare(key: str) -> str:
    return key.removeprefix(_PREFIX)


def _take(state: State, key: str, shape: tuple[int, ...]) -> Tensor:
    if key not in state:
        raise ValueError(f"“{key}” is missing")
    tensor = state[key]
    if tuple(tensor.shape) != shape:
        raise ValueError(f"“{key}” is {list(tensor.shape)} instead of {list(shape)}")
    tensor = tensor.float()
    if not bool(tensor.isfinite().all()):
        raise ValueError(f"“{key}” holds values that are not finite")
    return tensor


@cache  # every file is held against all of them
def _recipes(name: str) -> Mapping[str, _Recipe]:
    # on the meta device modules have shapes and no memory; arithmetic would load a compiler there
    with torch.device("meta"):
        network = PUBLISHED[name].build()
    if isinstance(network, Generator):
        return _generator_recipes(network)
    rules: dict[str, tuple[Rule, ...]] = {
        "pdfgc-appearance": APPEARANCE,
        "pdfgc-motion": MOTION,
        "pdfgc-audio": AUDIO,
    }
    return {
        key: _Recipe({}, partial(_constant, torch.tensor(0)))
        if key.endswith(_COUNTER)
        else _Recipe({rename(key, rules[name]): tuple(tensor.shape)}, _copy)
        for key, tensor in network.state_dict().items()
    }


def _copy(tensors: list[Tensor]) -> Tensor:
    return tensors[0].clone()


def _flat(tensors: list[Tensor]) -> Tensor:
    return tensors[0].flatten().clone()


def _constant(value: Tensor, _: list[Tensor]) -> Tensor:
    return value.clone()


def _generator_recipes(network: Generator) -> dict[str, _Recipe]:
    shapes = {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}
    recipes = {}
    noise = torch.Generator().manual_seed(NOISE_SEED)
    for key, shape in shapes.items():
        source = rename(key, GENERATOR)
        if key.endswith(".noise"):
            drawn = torch.randn(shape, generator=noise)
            recipes[key] = _Recipe({}, partial(_constant, drawn))
        elif key.endswith("conv.weight"):
            recipes[key] = _Recipe({source: (1, *shape)}, _scaled)
        elif key.endswith("to_rgb.weight"):
            recipes[key] = _Recipe({source: (1, *shape, 1, 1)}, _scaled_flat)
        elif key.endswith("noise_gain"):
            recipes[key] = _Recipe({source: shape}, _copy)
        elif key.endswith(".bias") and not key.startswith("modulation"):
            recipes[key] = _Recipe({source: (1, *shape, 1, 1)}, _flat)
    layers = ["conv1", "to_rgb1"]
    for scale in range(len(network.scales)):
        layers += [f"convs.{2 * scale}", f"convs.{2 * scale + 1}", f"to_rgbs.{scale}"]
    sizes = dict(zip(layers, network.style_sizes, strict=True))
    style_size = network.config.style_size
    recipes["modulation.weight"] = _Recipe(
        {f"{layer}.conv.modulation.weight": (size, style_size) for layer, size in sizes.items()},
        lambda tensors: torch.cat(tensors) / math.sqrt(style_size),
    )
    recipes["modulation.bias"] = _Recipe(
        {f"{layer}.conv.modulation.bias": (size,) for layer, size in sizes.items()}, torch.cat
    )
    return recipes


def _scaled(tensors: list[Tensor]) -> Tensor:
    """[1, n_out, n_in, ...] without its first axis, times 1/√fan-in."""
    weight = tensors[0].squeeze(0)
    fan_in = weight[0].numel()
    return weight / math.sqrt(fan_in)


def _scaled_flat(tensors: list[Tensor]) -> Tensor:
    """The same as a matrix [n_out, n_in]."""
    return _scaled(tensors).flatten(1)
