"""The published checkpoints that can be imported, as plain data.

A family is the files of one published system and one module under `models` that knows their
layout; that module is named here and imported on first use. Adding a family is adding a row.
"""

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import torch

    State = Mapping[str, torch.Tensor]
    """Tensors by name, as a network saves them."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a family.

    Attributes:
        name: Of the card that the import makes.
        file: What its authors call the file; any name will do.
        purpose: What it is needed for.
        config: `module:NAME` of its network's frozen configuration: an instance, or a class whose
            defaults are the published sizes; empty where the card needs none.
    """

    name: str
    file: str
    purpose: str
    config: str = ""

    def configuration(self) -> dict[str, Any]:
        """The network's configuration as a JSON object; imports it."""
        if not self.config:
            return {}
        found = _load(self.config)
        return asdict(found() if isinstance(found, type) else found)


@dataclass(frozen=True, slots=True)
class Family:
    """The published files of one system.

    Attributes:
        licence: Under which they may be used.
        origin: Their project's page.
        checkpoint: Module with `recognise(state) -> name | None` and `translate(name, state) ->
            state`, which raises a ValueError that names a missing key or a wrong shape.
        members: The files.
        preprocessing: What the networks' input must have gone through.
    """

    licence: str
    origin: str
    checkpoint: str
    members: tuple[Member, ...]
    preprocessing: str = ""

    def recognise(self, state: "State") -> str | None:
        """The name of the member that `state` is in its published layout, told by its content."""
        function: Callable[[State], str | None] = _load(f"{self.checkpoint}:recognise")
        return function(state)

    def translate(self, name: str, state: "State") -> "State":
        """The state of our own network.

        Raises:
            ValueError: a key is missing or a shape is wrong.
        """
        function: Callable[[str, State], State] = _load(f"{self.checkpoint}:translate")
        return function(name, state)

    def member(self, name: str) -> Member:
        """The member called `name`.

        Raises:
            KeyError: there is none.
        """
        return {member.name: member for member in self.members}[name]


FAMILIES: Final = (
    Family(
        licence="CC-BY-4.0",
        origin="PD-FGC (CVPR 2023), github.com/Dorniwang/PD-FGC-inference",
        checkpoint="models.pdfgc.checkpoint",
        members=(
            Member(
                "pdfgc-appearance",
                "appearance_model.pth",
                "PD-FGC: the portrait's identity",
                "models.pdfgc.appearance:AppearanceConfig",
            ),
            Member(
                "pdfgc-motion",
                "motion_model.pth",
                "PD-FGC: motion of driving clips",
                "models.pdfgc.motion:MotionConfig",
            ),
            Member(
                "pdfgc-audio",
                "audio_model.pth",
                "PD-FGC: lips from speech",
                "models.pdfgc.audio:AudioConfig",
            ),
            Member(
                "pdfgc-generator",
                "generator_model.pth",
                "PD-FGC: frames",
                "models.pdfgc.generator:GeneratorConfig",
            ),
        ),
        preprocessing=(
            "Pictures: RGB, aligned, 224 px, -1..1. Sound: 16 kHz mono, 80 mel bands, 0..1."
        ),
    ),
)


def family_of(name: str, families: Iterable[Family] = FAMILIES) -> Family | None:
    """The family whose member is called `name`."""
    return next((f for f in families if any(m.name == name for m in f.members)), None)


def where_to_get(name: str, families: Iterable[Family] = FAMILIES) -> str:
    """Which file to get from which page, in words; empty when it was never published."""
    family = family_of(name, families)
    return f"{family.member(name).file} from {family.origin}" if family is not None else ""


def _load(reference: str) -> Any:  # noqa: ANN401  (the caller knows its type)
    module, _, attribute = reference.partition(":")
    return getattr(importlib.import_module(module), attribute)
