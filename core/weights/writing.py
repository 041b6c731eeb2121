"""Writes tensors as safetensors with their card: both whole, or neither.

The format is written here, block by block, because the library's own writer cannot be stopped
(https://huggingface.co/docs/safetensors: the header's length, its JSON, then the bytes).
"""

import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from core.base.files import replacing
from core.base.progress import Progress
from core.weights.card import Card, card_path, write_card

if TYPE_CHECKING:
    import torch

    from core.weights.published import State

_BLOCK: Final = 1 << 22
_ALIGNMENT: Final = 8


def write_weights(path: Path, card: Card, state: "State", progress: Progress) -> None:
    """Writes `state`, and its card beside it; their folder is made where it lacks.

    Args:
        path: The safetensors file.
        card: All but `sha256` and `n_bytes`, which are filled in.
        state: The tensors, dense, on the CPU.
        progress: Hears of the MiB written and carries the cancel flag.

    Raises:
        OSError: the folder cannot be written or the disk is full.
        Cancelled: the work was cancelled; nothing is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(card_path(path, card.name)) as card_part, replacing(path) as part:
        with part.open("wb") as stream:
            digest, n_bytes = _write(stream, state, f"Importing {card.name}", progress)
        write_card(card_part, replace(card, sha256=digest, n_bytes=n_bytes))


def is_storable(tensor: "torch.Tensor") -> bool:
    """Whether the format knows this kind of tensor: dense, of real numbers."""
    import torch

    return tensor.layout is torch.strided and _dtype_name(tensor) is not None


def _write(stream: BinaryIO, state: "State", stage: str, progress: Progress) -> tuple[str, int]:
    """Writes the whole file; returns its SHA-256 and length."""
    tensors = sorted(state.items(), key=lambda item: (-item[1].element_size(), item[0]))
    head = _header(tensors)
    digest = hashlib.sha256(head)
    stream.write(head)
    n_bytes = len(head)
    n_total = n_bytes + sum(_n_bytes(tensor) for _, tensor in tensors)
    n_mib, told = -(-n_total >> 20), -1
    for block in itertools.chain.from_iterable(_blocks(tensor) for _, tensor in tensors):
        progress.check()
        if n_bytes >> 20 != told:
            told = n_bytes >> 20
            progress.report(stage, told, n_mib)
        stream.write(block)
        digest.update(block)
        n_bytes += len(block)
    progress.report(stage, n_mib, n_mib)
    return digest.hexdigest(), n_bytes


def _header(tensors: "list[tuple[str, torch.Tensor]]") -> bytes:
    entries, start = {}, 0
    for name, tensor in tensors:
        end = start + _n_bytes(tensor)
        entries[name] = {
            "dtype": _dtype_name(tensor),
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
        start = end
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return len(text).to_bytes(8, "little") + text


def _blocks(tensor: "torch.Tensor") -> Iterator[memoryview]:
    import torch

    flat = tensor.contiguous().flatten().view(torch.uint8)
    data = flat.numpy().data
    return (data[start : start + _BLOCK] for start in range(0, len(data), _BLOCK))


def _n_bytes(tensor: "torch.Tensor") -> int:
    return tensor.numel() * tensor.element_size()


def _dtype_name(tensor: "torch.Tensor") -> str | None:
    import torch

    return {
        torch.float64: "F64",
        torch.float32: "F32",
        torch.float16: "F16",
        torch.bfloat16: "BF16",
        torch.int64: "I64",
        torch.int32: "I32",
        torch.int16: "I16",
        torch.int8: "I8",
        torch.uint8: "U8",
        torch.bool: "BOOL",
    }.get(tensor.dtype)
