"""Where networks run: the device, its number format, and replaying a graph of its kernels.

Called by the engines and benches that use torch. A graph is only used when it gives the same
picture as the plain call; otherwise the plain call is used, and the reason kept.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

_log: Final = logging.getLogger(__name__)

Function = Callable[..., Tensor]

_N_WARM: Final = 3
_TOLERANCE: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Device:
    """A device and the numbers that networks use on it.

    Attributes:
        device: What torch calls it.
        dtype: float32 on processors; bfloat16 or float16 on graphics cards.
        winograd: Whether our own 3×3 routine beats the library's.
    """

    device: torch.device
    dtype: torch.dtype
    winograd: bool


@dataclass(frozen=True, slots=True)
class Accelerated:
    """A function and why it does not replay a graph; None when it does."""

    run: Function
    reason: str | None


def pick_device() -> Device:
    """The graphics card if torch can use one, else the processor."""
    if torch.cuda.is_available():
        has_bfloat16 = torch.cuda.is_bf16_supported()
        dtype = torch.bfloat16 if has_bfloat16 else torch.float16
        return Device(torch.device("cuda"), dtype, winograd=False)
    return Device(torch.device("cpu"), torch.float32, winograd=True)


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
