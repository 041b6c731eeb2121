"""Where networks run: the device, its number format, and replaying a graph of its kernels.

Called by the engines and benches that use torch. A graph is only used when it gives the same
picture as the plain call; otherwise the plain call is used, and the reason kept.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import torch
from torch import Tensor

from core.base.errors import EngineError
from core.engines.wanted_device import AUTO, wanted_device

_log: Final = logging.getLogger(__name__)

Function = Callable[..., Tensor]
Result = TypeVar("Result")

_N_WARM: Final = 3
_TOLERANCE: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Device:
    """A device and the numbers that networks use on it.

    Attributes:
        device: What torch calls it.
        dtype: float32 on processors; bfloat16 or float16 on graphics cards.
        winograd: Whether our own 3×3 routine beats the library's.
        reason: Why it is another one than was asked for, one sentence; empty when it is not.
    """

    device: torch.device
    dtype: torch.dtype
    winograd: bool
    reason: str = ""

    @property
    def words(self) -> str:
        """What people call it, such as “CUDA:0 (NVIDIA A100)”."""
        return _words(self.device)


@dataclass(frozen=True, slots=True)
class Accelerated:
    """A function and why it does not replay a graph; None when it does."""

    run: Function
    reason: str | None


def present_devices() -> list[tuple[str, str]]:
    """The names that can be asked for, the best first, and what people call them."""
    names = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    names += ["mps"] if torch.backends.mps.is_available() else []
    return [(name, _words(torch.device(name))) for name in (*names, "cpu")]


def pick_device(wanted: str | None = None) -> Device:
    """The device that is asked for, or the best that is present.

    Args:
        wanted: “auto” or a name of `present_devices`; `wanted_device()` when None.
    """
    if wanted is None:
        wanted = wanted_device()
    names = [name for name, _ in present_devices()]
    name = wanted if wanted in names else names[0]
    reason = ""
    if wanted not in (AUTO, name):
        reason = f"“{wanted}” is not there: {_words(torch.device(name))} is used instead."
    device = torch.device(name)
    if device.type == "cuda":
        has_bfloat16 = torch.cuda.is_bf16_supported()
        dtype = torch.bfloat16 if has_bfloat16 else torch.float16
        return Device(device, dtype, winograd=False, reason=reason)
    return Device(device, torch.float32, winograd=device.type == "cpu", reason=reason)


def _words(device: torch.device) -> str:
    if device.type == "cuda":
        return f"CUDA:{device.index or 0} ({torch.cuda.get_device_name(device)})"
    return "MPS (Apple GPU)" if device.type == "mps" else "CPU"


def in_halves(run: Callable[[int], Result], size: int) -> Result:
    """`run(size)`; where that takes more memory than the device has, once more with half of it.

    Raises:
        EngineError: half is too much as well.
    """
    try:
        return run(size)
    except torch.OutOfMemoryError:
        _log.warning("a batch of %d is too large for the device's memory", size)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    try:
        return run(max(1, size // 2))
    except torch.OutOfMemoryError as error:
        raise EngineError(
            "The graphics memory is too small for this engine, or other programs fill it: close "
            "them, or choose the CPU as the device."
        ) from error


def accelerate(function: Function, *examples: Tensor) -> Accelerated:
    """`function` as a replayed CUDA graph where that works and agrees, else as it is.

    Args:
        function: pure; takes tensors on one device and returns one.
        examples: inputs of the shapes that it will always be called with.
    """
    if examples[0].device.type != "cuda":
        return Accelerated(function, f"{examples[0].device.type} has no graphs to replay")
    try:
        graphed = _capture(function, examples)
    except RuntimeError as error:
        _log.warning("The network runs without a CUDA graph: %s", error)
        return Accelerated(function, f"the graph could not be captured: {error}")
    plain = function(*examples).float()
    difference = (graphed(*examples).float() - plain).abs().max()
    if not bool(difference <= _TOLERANCE * plain.abs().max()):
        return Accelerated(function, "the graph gives another result")
    return Accelerated(graphed, None)


def _capture(function: Function, examples: tuple[Tensor, ...]) -> Function:
    held = [example.clone() for example in examples]
    stream = torch.cuda.Stream(examples[0].device)  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # memory and routines are chosen before the capture
        for _ in range(_N_WARM):
            function(*held)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = function(*held)

    def replay(*inputs: Tensor) -> Tensor:
        for place, value in zip(held, inputs, strict=True):
            place.copy_(value)
        graph.replay()
        return output.clone()

    return replay
