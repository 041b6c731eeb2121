"""Engines by name. Listing them imports none; third parties add theirs by entry points."""

from importlib.metadata import entry_points
from typing import Final

from core.base.errors import EngineError
from core.base.registry import Registry
from core.engines.protocol import Engine, EngineSpec

ENTRY_POINTS: Final = "avatar_studio.engines"
DEFAULT: Final = "mesh"
MESH: Final = EngineSpec(
    name="mesh",
    title="Embedded renderer: layered face warp, works with any portrait and no weights",
    can_cut_out=True,
    is_sequential=False,
)
_SPECS: Final = {MESH.name: MESH}

ENGINES: Final = Registry("engine")
ENGINES.register(MESH.name, "core.engines.mesh.engine:MeshEngine")


def add_installed_engines() -> None:
    """Registers the engines of other installed packages; names that are taken stay as they are."""
    for point in entry_points(group=ENTRY_POINTS):
        if point.name not in ENGINES:
            ENGINES.register(point.name, point.value)


def list_engines() -> list[EngineSpec]:
    """All engines by name; one that another package brings shows only its name until loaded."""
    add_installed_engines()
    return [_SPECS.get(name) or EngineSpec(name, name) for name in ENGINES]


def load_engine(name: str = DEFAULT) -> Engine:
    """A new engine; imports it.

    Raises:
        EngineError: there is no engine of this name, or it cannot be imported.
    """
    add_installed_engines()
    try:
        engine: Engine = ENGINES.load(name)()
    except KeyError as error:
        raise EngineError(str(error.args[0])) from error
    except ImportError as error:
        raise EngineError(
            f"The engine “{name}” cannot start because {error}: install what it needs."
        ) from error
    return engine
