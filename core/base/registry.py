"""Back ends by name, imported on first use."""

import importlib
from collections.abc import Iterator
from typing import Any


class Registry:
    """Maps names to `"module:Class"` references; nothing is imported before `load`."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._references: dict[str, str] = {}

    def register(self, name: str, reference: str) -> None:
        """Adds a back end.

        Raises:
            ValueError: the name is taken or the reference is not `module:Class`.
        """
        if name in self._references:
            raise ValueError(f"{self._kind} “{name}” is registered twice")
        if reference.count(":") != 1:
            raise ValueError(f"“{reference}” is not of the form module:Class")
        self._references[name] = reference

    def load(self, name: str) -> Any:  # noqa: ANN401  (the caller knows its protocol)
        """Imports and returns the object registered as `name`.

        Raises:
            KeyError: no such name; the message lists the known ones.
        """
        if name not in self._references:
            known = " or ".join(self)
            raise KeyError(f"There is no {self._kind} “{name}”: choose {known}.")
        module, _, attribute = self._references[name].partition(":")
        return getattr(importlib.import_module(module), attribute)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._references))

    def __contains__(self, name: object) -> bool:
        return name in self._references
