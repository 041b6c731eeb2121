"""The parity kit: rebuilds weights and inputs by name, and holds outputs against the goldens.

A manifest (`kit/<stem>.json`) lists a published network's state and inputs, an archive
(`kit/<stem>.npz`) its outputs for deterministic weights; `fill.py` rebuilds those weights.
"""

import hashlib
import json
import runpy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

KIT = Path(__file__).parent / "kit"
MAX_ERROR, RMS_ERROR = 1e-3, 2e-4  # in standard deviations of the golden


fill = SimpleNamespace(**runpy.run_path(str(KIT.parent / "fill.py")))


@dataclass(frozen=True)
class Golden:
    """One manifest with its recorded outputs."""

    stem: str
    manifest: dict[str, Any]
    recorded: Mapping[str, NDArray[Any]]

    def weights(self) -> dict[str, torch.Tensor]:
        """The published layout's state with the kit's deterministic values, checked by its hash."""
        arrays = fill.fill_manifest(self.manifest, seed=0)
        check = self.manifest["fill"].get("check_seed0")
        if check is not None:
            digest = hashlib.sha256(b"".join(a.tobytes() for a in arrays.values())).hexdigest()
            assert digest == check["sha256"], "this numpy draws other numbers than the kit's"
        return {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}

    def array(self, name: str) -> NDArray[Any]:
        """An input, checked against the first values that the kit recorded."""
        array = fill.make_input(self.manifest["golden"]["inputs"][name], seed=0)
        head = self.recorded[f"inhead/{name}"]
        np.testing.assert_allclose(array.ravel()[: head.size], head, rtol=1e-6, atol=1e-7)
        return array

    def tensor(self, name: str) -> torch.Tensor:
        return torch.from_numpy(self.array(name))

    def check(self, name: str, output: torch.Tensor | NDArray[Any]) -> None:
        """Asserts shape, statistics and values; pictures in uint8 may differ by one level."""
        array = output.detach().numpy() if isinstance(output, torch.Tensor) else np.asarray(output)
        told = self.manifest["golden"]["outputs"][name]
        assert list(array.shape) == told["shape"], name
        golden = self.recorded[f"out/{name}"].astype(np.float64)
        difference = np.abs(fill.take(array, told["steps"]).astype(np.float64) - golden)
        if told["dtype"] == "uint8":
            assert difference.max() <= 1, name
            return
        spread = float(self.recorded[f"stats/{name}"][1]) or 1.0
        assert difference.max() <= MAX_ERROR * spread, name
        assert np.sqrt(np.mean(difference**2)) <= RMS_ERROR * spread, name
        self._check_statistics(name, array, spread)

    def check_rows(self, name: str, output: torch.Tensor, rows: list[int]) -> None:
        """Asserts the values of some of an output's rows alone, which are all that `output` has."""
        steps = self.manifest["golden"]["outputs"][name]["steps"]
        assert steps[0] == [0, 1], "every row is recorded"
        array = fill.take(output.detach().numpy(), steps).astype(np.float64)
        difference = np.abs(array - self.recorded[f"out/{name}"][rows])
        spread = float(self.recorded[f"stats/{name}"][1])
        assert difference.max() <= MAX_ERROR * spread, name
        assert np.sqrt(np.mean(difference**2)) <= RMS_ERROR * spread, name

    def _check_statistics(self, name: str, array: NDArray[Any], spread: float) -> None:
        recorded_mean, recorded_std = self.recorded[f"stats/{name}"][:2]
        assert abs(array.mean(dtype=np.float64) - recorded_mean) <= MAX_ERROR * spread, name
        assert abs(array.std(dtype=np.float64) - recorded_std) <= MAX_ERROR * spread, name


@pytest.fixture(scope="session")
def golden() -> Callable[[str], Golden]:
    """Loads a golden by its stem."""

    def load(stem: str) -> Golden:
        manifest = json.loads((KIT / f"{stem}.json").read_text(encoding="utf-8"))
        with np.load(KIT / f"{stem}.npz") as archive:
            return Golden(stem, manifest, dict(archive))

    return load


@pytest.fixture(autouse=True)
def _inference_only() -> Iterator[None]:
    with torch.inference_mode():
        yield
