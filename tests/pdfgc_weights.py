"""Tiny networks of PD-FGC with deterministic weights, on disk as an import leaves them.

The codes are as long as the published ones, all else is small.
"""

import dataclasses
import hashlib
import runpy
from pathlib import Path

from safetensors.numpy import save_file
from torch import nn

from core.weights.card import Card, card_path, write_card
from models.pdfgc.appearance import AppearanceConfig, AppearanceEncoder
from models.pdfgc.audio import AudioConfig, AudioEncoder
from models.pdfgc.generator import Generator, GeneratorConfig
from models.pdfgc.motion import MotionConfig, MotionEncoder

SEES, DRAWS = 32, 16  # sides in px

_FILL = runpy.run_path(str(Path(__file__).parent / "parity" / "fill.py"))["fill"]

_APPEARANCE = AppearanceConfig(SEES, 4, (1, 1), 2, 2, 2, 8, 4)
_MOTION = MotionConfig(SEES, 4, 8, 2, 8, 16)
_AUDIO = AudioConfig(80, 20, (4, 8), (1, 1), 2, 4, 16)
_GENERATOR = GeneratorConfig(_APPEARANCE.identity_size + 542, 8, 4, (8, 8, 8))


def write_pdfgc_weights(folder: Path, seed: int = 0) -> None:
    """Writes the four files and their cards; another seed gives other weights."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, seed, "pdfgc-appearance", AppearanceEncoder(_APPEARANCE), _APPEARANCE)
    _write(folder, seed, "pdfgc-motion", MotionEncoder(_MOTION), _MOTION)
    _write(folder, seed, "pdfgc-audio", AudioEncoder(_AUDIO), _AUDIO)
    _write(folder, seed, "pdfgc-generator", Generator(_GENERATOR), _GENERATOR)


def _write(folder: Path, seed: int, name: str, network: nn.Module, config: object) -> None:
    path = folder / f"{name}.safetensors"
    spec = [
        {"name": key, "shape": tensor.shape, "dtype": str(tensor.dtype).removeprefix("torch.")}
        for key, tensor in network.state_dict().items()
    ]
    save_file(_FILL(spec, seed, 1.5), path)
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    fields = dataclasses.asdict(config)  # type: ignore[call-overload]
    card = Card(name, path.name, digest, len(content), "tests", "none", "seeded", fields)
    write_card(card_path(path, name), card)
