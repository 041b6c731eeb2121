"""Reads checkpoint files of any origin without running anything that is in them.

Files are told by their first bytes, never by their name. Pickles are read by torch's restricted
reader, which knows tensors and plain containers only and stops at anything else.
"""

import contextlib
import pickle
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.base.errors import Cancelled
from core.base.progress import Progress
from core.weights.writing import is_storable

if TYPE_CHECKING:
    import torch

    from core.weights.published import State

ENDINGS: Final = (".pth", ".pt", ".ckpt", ".mdl", ".safetensors")
"""Names of files that claim to be weights."""

_HEAD_BYTES: Final = 128
_BLOCK: Final = 1 << 20
_ZIP: Final = b"PK\x03\x04"
_OLD_TORCH: Final = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # before torch 1.6
_PICKLE: Final = b"\x80"
_FOREIGN: Final = re.compile(r"GLOBAL ([\w.]+)")
_PARALLEL: Final = "module."  # what torch's parallel wrappers put before each name
_DEPTH: Final = 2  # containers around a state that are looked into


class UnreadableError(Exception):
    """Why a file is no checkpoint, as a clause."""


def is_checkpoint(path: Path) -> bool:
    """Whether a file looks like tensors that torch or safetensors saved, whole or not.

    Raises:
        OSError: it cannot be read.
    """
    head = _head(path)
    is_archive = head.startswith(_ZIP) and b"data.pkl" in head
    return is_archive or head.startswith(_OLD_TORCH) or _is_safetensors(head)


def read_states(path: Path, progress: Progress) -> list["State"]:
    """The states in a file: itself, or those in the containers that it holds.

    Names lose the prefix that parallel training puts before them; what is no tensor is left out.

    Raises:
        UnreadableError: it is damaged, holds code, or is something else.
        OSError: it cannot be read.
        Cancelled: the work was cancelled.
    """
    head = _head(path)
    if not head:
        raise UnreadableError("it is empty")
    if _is_safetensors(head):
        return [_read_safetensors(path)]
    if head.startswith(_ZIP):
        _check_sums(path, progress)
    elif not head.startswith(_PICKLE):
        is_text = all(byte >= 32 or byte in b"\t\n\r\f" for byte in head)
        what = "text, perhaps a page saved in its place" if is_text else "no checkpoint"
        raise UnreadableError(f"it is {what}")
    states = list(_states(_read_pickle(path, is_archive=head.startswith(_ZIP))))
    if not states:
        raise UnreadableError("it holds no tensors by name")
    return states


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_HEAD_BYTES)


def _is_safetensors(head: bytes) -> bool:
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 32


@contextlib.contextmanager
def _naming_damage() -> Iterator[None]:
    """Readers fail on damage in any way; only being cancelled is none."""
    try:
        yield
    except (UnreadableError, Cancelled):
        raise
    except OSError as error:
        raise UnreadableError(f"it cannot be read ({error.strerror})") from error
    except Exception as error:
        detail = str(error).partition("\n")[0] or type(error).__name__
        raise UnreadableError(f"it is damaged or cut short ({detail})") from error


def _check_sums(path: Path, progress: Progress) -> None:
    """Reads an archive through and compares each part with its check sum."""
    with _naming_damage(), zipfile.ZipFile(path) as archive:
        for part in archive.infolist():
            with archive.open(part) as stream:
                while stream.read(_BLOCK):
                    progress.check()


def _read_safetensors(path: Path) -> "State":
    from safetensors.torch import load_file

    with _naming_damage():
        return _bare(load_file(path))


def _read_pickle(path: Path, *, is_archive: bool) -> Any:  # noqa: ANN401  (whatever it holds)
    import torch

    with _naming_damage(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about pickle dialects that it may not read
        try:
            return torch.load(path, map_location="cpu", weights_only=True, mmap=is_archive)
        except pickle.UnpicklingError as error:
            foreign = _FOREIGN.search(str(error))
            what = f"asks for {foreign[1]}" if foreign else "holds other things than tensors"
            raise UnreadableError(
                f"it {what}, and only tensors are read: what else a file holds is never run"
            ) from error


def _states(content: object, depth: int = _DEPTH) -> Iterator["State"]:
    if not isinstance(content, Mapping):
        return
    if state := _bare(content):
        yield state
    if depth > 0:
        for inner in content.values():
            yield from _states(inner, depth - 1)


def _bare(content: Mapping[Any, Any]) -> "dict[str, torch.Tensor]":
    import torch

    return {
        key.removeprefix(_PARALLEL): value.detach()
        for key, value in content.items()
        if isinstance(key, str) and isinstance(value, torch.Tensor) and is_storable(value)
    }
