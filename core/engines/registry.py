"""Engines by name. Listing them imports none; third parties add theirs by entry points."""

from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Final

from core.base.errors import EngineError, WeightsError
from core.base.paths import weights_dirs
from core.base.registry import Registry
from core.engines.protocol import Accepts, Engine, EngineSpec, LatentEngine, Switch
from core.motion.latent import LatentExtractor
from core.weights.published import family_of
from core.weights.store import Entry, WeightsState, find_one

ENTRY_POINTS: Final = "avatar_studio.engines"
DEFAULT: Final = "mesh"
MESH: Final = EngineSpec(
    name="mesh",
    title="Embedded renderer: layered face warp, works with any portrait and no weights",
    can_cut_out=True,
    is_sequential=False,
)
PDFGC: Final = EngineSpec(
    name="pdfgc",
    title="Network: lips, eyes, expression and head pose each from a clip, lips from speech too",
    needs=("pdfgc-appearance", "pdfgc-motion", "pdfgc-audio", "pdfgc-generator"),
    accepts=frozenset({Accepts.CONTROLS, Accepts.LATENTS}),
    native_size=224,
    label="PD-FGC",
    switches=(
        Switch("mouth", "Mouth", "The network moves the lips."),
        Switch("blink", "Blink", "The network closes and opens the eyes."),
        Switch("gaze", "Gaze", "The network turns the eyes."),
        Switch("emotion", "Emotion", "The network shows the expression."),
        Switch("head_pose", "Head pose", "The network turns and moves the head."),
    ),
)
_SPECS: Final = {MESH.name: MESH, PDFGC.name: PDFGC}

ENGINES: Final = Registry("engine")
ENGINES.register(MESH.name, "core.engines.mesh.engine:MeshEngine")
ENGINES.register(PDFGC.name, "core.engines.pdfgc.engine:PdfgcEngine")


def add_installed_engines() -> None:
    """Registers the engines of other installed packages; names that are taken stay as they are."""
    for point in entry_points(group=ENTRY_POINTS):
        if point.name not in ENGINES:
            ENGINES.register(point.name, point.value)


def list_engines() -> list[EngineSpec]:
    """All engines by name; one that another package brings shows only its name until loaded."""
    add_installed_engines()
    return [spec_of(name) for name in ENGINES]


def spec_of(name: str) -> EngineSpec:
    """What is known of an engine without importing it."""
    return _SPECS.get(name) or EngineSpec(name, name)


def lacks(spec: EngineSpec) -> str:
    """One sentence that says which weights an engine lacks and how it gets them; empty if none.

    Raises:
        WeightsError: a card is unreadable.
    """
    places = weights_dirs()
    missing = [name for name in spec.needs if not _is_ready(find_one(name, places))]
    if not missing:
        return ""
    return (
        f"The engine “{spec.name}” lacks the weights {', '.join(missing)}: get "
        f"{_published(missing)} and take them in with “avatar-studio weights import FOLDER” or "
        "Tools ▸ Weights."
    )


def _published(names: Sequence[str]) -> str:
    """Which files to get from where, in words."""
    files: dict[str, list[str]] = {}
    for name in names:
        family = family_of(name)
        if family is not None:
            files.setdefault(family.origin, []).append(family.member(name).file)
    places = [f"{', '.join(members)} from {origin}" for origin, members in files.items()]
    return " and ".join(places) or "the files with their cards"


def _is_ready(entry: Entry | None) -> bool:
    return entry is not None and entry.state is WeightsState.READY


def latent_extractor(name: str) -> LatentExtractor | None:
    """The encoder of an engine; None where it has none, or cannot work without its weights.

    Raises:
        EngineError: the engine cannot be imported.
        WeightsError: its weights are damaged.
    """
    spec = spec_of(name)
    if not spec.takes_latents or lacks(spec):
        return None
    engine = load_engine(name)
    return engine.extractor() if isinstance(engine, LatentEngine) else None


def require_extractor(name: str) -> LatentExtractor:
    """The encoder of an engine.

    Raises:
        EngineError: there is no engine of this name, or it has no latents.
        WeightsError: it lacks weights, or they are damaged.
    """
    engine = load_engine(name)
    if not isinstance(engine, LatentEngine):
        with_latents = [spec.name for spec in list_engines() if spec.takes_latents]
        raise EngineError(
            f"The engine “{name}” has no latents: choose {' or '.join(with_latents)}."
        )
    return engine.extractor()


def load_engine(name: str = DEFAULT) -> Engine:
    """A new engine; imports it.

    Raises:
        EngineError: there is no engine of this name, or it cannot be imported.
        WeightsError: it lacks weights, or they are damaged; says where to get them.
    """
    add_installed_engines()
    if sentence := lacks(spec_of(name)):
        raise WeightsError(sentence)
    try:
        engine: Engine = ENGINES.load(name)()
    except KeyError as error:
        raise EngineError(str(error.args[0])) from error
    except ImportError as error:
        raise EngineError(
            f"The engine “{name}” cannot start because {error}: install what it needs."
        ) from error
    return engine
