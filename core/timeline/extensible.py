"""What every object of the document has in common: room for what it does not know."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensible:
    """An object of the document.

    Attributes:
        extra: Keys and objects that another version of the program wrote, as JSON text; kept as
            they are and written back.
    """

    extra: str = field(default="", repr=False)
