"""Where the files of one export are made before they appear under their names, all at once."""

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from core.base.errors import Cancelled, MediaError
from core.base.files import sync_folder
from core.base.parts import PartFolder, part_folder, remove_abandoned

_MARK: Final = "job"  # file that says what is made here
_log = logging.getLogger(__name__)


class Workplace:
    """A hidden folder beside the output, which nobody else touches as long as this program lives.

    What a killed program left in the output's folder is taken away. A failure may leave the folder
    for another attempt at the same; a cancelled one never does.

    Args:
        output: The main file (or folder) that is made.
        digest: Of all that the result depends on: only what was made for the same is used again.
        keeps: Whether a failure leaves what is finished.

    Raises:
        MediaError: on entering, when the folder cannot be written, or somebody writes `output`.
    """

    def __init__(self, output: Path, digest: str = "", *, keeps: bool = False) -> None:
        self._output = output
        self._digest = digest
        self._keeps = keeps

    def __enter__(self) -> Self:
        folder = part_folder(self._output)
        remove_abandoned(self._output.parent, folder)
        try:
            self._part = PartFolder(folder)
            if not self._part.is_taken:
                self._prepare()
        except OSError as error:
            raise self._unwritable(error) from error
        if self._part.is_taken:
            raise MediaError(
                f"“{self._output.name}” is being written already: give the export another name."
            )
        return self

    @property
    def folder(self) -> Path:
        """Where to work."""
        return self._part.path

    def path(self, output: Path) -> Path:
        """Where a file of the output's folder is made."""
        return self._part.path / output.name

    def publish(self, outputs: Iterable[Path]) -> None:
        """Gives the finished files their names.

        Raises:
            MediaError: a file cannot be moved.
        """
        try:
            for output in outputs:
                os.replace(self.path(output), output)
            sync_folder(self._output.parent)
        except OSError as error:
            raise self._unwritable(error) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        is_failure = isinstance(error, Exception) and not isinstance(error, Cancelled)
        if is_failure and self._keeps:
            self._part.release()
        else:
            self._part.remove()

    def _prepare(self) -> None:
        mark = self._part.path / _MARK
        if not mark.exists() or mark.read_text("utf-8") != self._digest:
            self._part.clear()
            mark.write_text(self._digest, "utf-8")
        elif self._part.names() != [_MARK]:
            _log.info("going on with what is there of %s", self._output.name)

    def _unwritable(self, error: OSError) -> MediaError:
        return MediaError(
            f"“{self._output.name}” cannot be written, {error.strerror or error}: "
            "choose another folder."
        )
