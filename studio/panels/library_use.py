"""What can be done with an entry of the library, the usual thing first."""

from collections.abc import Callable
from dataclasses import dataclass

from core.base.controls import Factor
from core.timeline.edits import TITLES
from studio.controller.library import PRESET_PREFIX, Item, Section
from studio.controller.studio import Studio


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that can be done.

    Attributes:
        title: As a menu shows it.
        run: Does it, as one step.
        is_possible: Whether it can be done now.
    """

    title: str
    run: Callable[[], object]
    is_possible: bool = True


def uses_of(studio: Studio, item: Item) -> list[Use]:
    """What can be done with an entry; never empty. A double click does the first."""
    if item.section is Section.PORTRAITS:
        return [Use("Animate this portrait", lambda: studio.set_portrait_source(item.id))]
    if item.section is Section.AUDIO:
        return [Use("Lay on the audio track", lambda: _lay_sound(studio, item.id))]
    if item.section is Section.PRESETS:
        return [Use("Show on the face", lambda: _apply_preset(studio, item))]
    return _motion_uses(studio, item)


def _lay_sound(studio: Studio, item_id: str) -> None:
    is_empty = not studio.project.document.audio.strips
    studio.drop_source(item_id, (), 0 if is_empty else studio.playhead.frame)


def _apply_preset(studio: Studio, item: Item) -> None:
    emotion = item.id.removeprefix(PRESET_PREFIX)
    if emotion != item.id:
        studio.apply_preset(emotion)
    else:
        studio.drop_source(item.id, (Factor.EXPRESSION,), studio.playhead.frame)


def _motion_uses(studio: Studio, item: Item) -> list[Use]:
    focused = studio.selection.factor
    factors = [f for f in Factor if f is focused] + [f for f in Factor if f is not focused]
    document = studio.project.document

    def lay(*chosen: Factor) -> Callable[[], object]:
        return lambda: studio.drop_source(item.id, chosen, studio.playhead.frame)

    uses = [
        Use(f"Lay on {TITLES[factor]}", lay(factor), not document.track(factor).is_locked)
        for factor in factors
    ]
    everywhere = Use("Lay on all four tracks", lay(*Factor))
    return [*uses, everywhere] if focused is not None else [everywhere, *uses]
