"""The published checkpoints (`Gen-….mdl`, `Dis-….mdl`) in this package's names."""

from collections.abc import Mapping

import torch
from torch import Tensor

from models.facial.discriminator import Discriminator, DiscriminatorConfig
from models.facial.generator import PUBLISHED, Generator

GENERATOR, DISCRIMINATOR, LOCAL = "facial-generator", "facial-discriminator", "facial-local"

State = dict[str, Tensor]


def recognise(state: Mapping[str, Tensor]) -> str | None:
    """Which network a published state belongs to, or None."""
    if {"conv11.weight", "conv62.weight", "G1.fc2.weight"} <= state.keys():
        return GENERATOR
    head = state.get("model.11.weight")
    first = state.get("model.0.weight")
    if head is not None and first is not None and tuple(first.shape[1:]) == (1, 3, 3):
        return DISCRIMINATOR
    return None


def translate(name: str, state: Mapping[str, Tensor]) -> State:
    """A published state under this package's names, complete and of the right shapes.

    Args:
        name: what `recognise` said; `facial-local` for the generator's local network alone.
        state: as saved; a prefix `module.` is taken off.

    Raises:
        ValueError: a key is missing, is not known or has another shape.
    """
    plain = {key.removeprefix("module."): tensor for key, tensor in state.items()}
    expected, names = _layout(name)
    renamed: State = {}
    for ours, theirs in names.items():
        if theirs not in plain:
            raise ValueError(f"the state lacks “{theirs}”")
        tensor = plain.pop(theirs)
        if tensor.shape != expected[ours].shape:
            raise ValueError(
                f"“{theirs}” has the shape {tuple(tensor.shape)}, not {tuple(expected[ours].shape)}"
            )
        renamed[ours] = tensor
    if plain:
        raise ValueError(f"“{min(plain)}” is no part of this network")
    return renamed


def _layout(name: str) -> tuple[Mapping[str, Tensor], dict[str, str]]:
    """The state that we expect (shapes only), and for each of its keys the published one."""
    with torch.device("meta"):
        generator, discriminator = Generator(PUBLISHED), Discriminator(DiscriminatorConfig())
    if name == DISCRIMINATOR:
        expected = discriminator.state_dict()
        return expected, {key: _renamed(key, _DISCRIMINATOR) for key in expected}
    if name == LOCAL:
        expected = generator.local.state_dict()
        return expected, {key: _renamed(f"local.{key}", _GENERATOR) for key in expected}
    if name == GENERATOR:
        expected = generator.state_dict()
        return expected, {key: _renamed(key, _GENERATOR) for key in expected}
    raise ValueError(f"“{name}” is no network of FACIAL")


def _renamed(key: str, parts: Mapping[str, str]) -> str:
    for ours, theirs in parts.items():
        if key.startswith(ours + "."):
            return theirs + key.removeprefix(ours)
    raise ValueError(f"“{key}” has no published name")


def _unet_parts(n_levels: int) -> dict[str, str]:
    """The published U-Net nests each level inside the one above it."""
    parts: dict[str, str] = {}
    inside = "model.model"
    for level in range(n_levels):
        is_outer, is_inner = level == 0, level == n_levels - 1
        parts[f"temporal.unet.downs.{level}.0"] = f"{inside}.{0 if is_outer else 1}"
        parts[f"temporal.unet.downs.{level}.1"] = f"{inside}.2"
        parts[f"temporal.unet.ups.{level}.0"] = f"{inside}.{3 if is_outer or is_inner else 5}"
        parts[f"temporal.unet.ups.{level}.1"] = f"{inside}.{4 if is_inner else 6}"
        inside += f".{1 if is_outer else 3}.model"
    return parts


_FRONT = ("11", "21", "31", "41")
_HEAD = ("42", "52")
_GENERATOR: dict[str, str] = (
    _unet_parts(len(PUBLISHED.unet))
    | {f"temporal.front.{i}": f"conv{n}" for i, n in enumerate(_FRONT)}
    | {f"temporal.front_norms.{i}": f"bn{n}" for i, n in enumerate(_FRONT)}
    | {f"temporal.head.{i}": f"conv{n}" for i, n in enumerate(_HEAD)}
    | {f"temporal.head_norms.{i}": f"bn{n}" for i, n in enumerate(_HEAD)}
    | {"temporal.code": "conv62"}
    | {f"local.convs.{i}.0": f"G1.conv{i + 1}.0" for i in range(len(PUBLISHED.local))}
    | {f"local.norms.{i}": f"G1.conv{i + 1}.2" for i in range(len(PUBLISHED.local))}
    | {"local.squeeze": "G1.fc1", "local.squeeze_norm": "G1.bn1", "local.head": "G1.fc2"}
)
_DISCRIMINATOR: dict[str, str] = {
    "layers.0.0": "model.0",
    "layers.1.0": "model.2", "layers.1.1": "model.3",
    "layers.2.0": "model.5", "layers.2.1": "model.6",
    "layers.3.0": "model.8", "layers.3.1": "model.9",
    "head": "model.11",
}  # fmt: skip
