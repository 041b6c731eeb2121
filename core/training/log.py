"""The log of a training: one CSV row per look at the held-out clips."""

import csv
from collections.abc import Mapping
from pathlib import Path


class CsvLog:
    """Appends rows that share their columns; the first row of a new file names them.

    Args:
        path: the file; what is there is kept when `resume` is set, else replaced.
        resume: whether a training goes on.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        self._path = path
        if not resume:
            path.unlink(missing_ok=True)

    def add(self, row: Mapping[str, float]) -> None:
        """Appends one row.

        Raises:
            OSError: the file cannot be written.
        """
        is_new = not self._path.exists()
        with self._path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(row)
            writer.writerow([f"{value:.6g}" for value in row.values()])
