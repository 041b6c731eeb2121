"""Makes assets/sample/sample.avatar: the bundled portrait and voice with all four factors edited.

Run it with `.venv/bin/python tools/make_sample.py` after a change of the session's schema.
"""

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from core.base.controls import Factor
from core.session.compose import Ingredients, compose
from core.session.media import link_media
from core.session.store import create_session
from core.timeline.curve import Curve, Key
from core.timeline.document import Document, OffsetCurve
from core.timeline.source import Source

SAMPLE = Path(__file__).resolve().parents[1] / "assets" / "sample"
RATE = Fraction(25)
DURATION_S = 8.8

# Seconds and values; the voice says "turn my head" at 4.6 s, "move my eyes" at 5.5 s and
# "make me smile" at 6.5 s.
CURVES: dict[str, tuple[tuple[float, float], ...]] = {
    "yaw": ((0.3, 0), (0.9, 3), (2.4, -3), (3.6, 2), (4.5, 0), (5.0, 15), (5.5, 12), (6.3, -9),
            (6.9, -2), (7.6, 0)),
    "pitch": ((0.0, 0), (0.4, 3), (0.75, -2.5), (1.3, 0.5), (4.6, 0), (5.1, 3), (6.4, 0),
              (6.9, -2), (7.5, 1.5)),
    "roll": ((0.2, 0), (0.9, 3), (2.4, -2), (4.4, 0), (6.5, 0), (7.0, 5), (8.2, 4)),
    "gaze_x": ((5.4, 0), (5.55, 0.75), (5.85, 0.75), (6.0, -0.75), (6.3, -0.75), (6.45, 0)),
    "gaze_y": ((5.8, 0), (5.92, 0.5), (6.05, 0.1), (6.45, 0)),
    "smile": ((0.0, 0), (0.3, 0.35), (1.2, 0.1), (6.4, 0), (7.0, 0.75), (8.7, 0.65)),
    "brows": ((0.15, 0), (0.4, 0.6), (0.8, 0), (2.4, 0), (2.7, 0.35), (3.4, 0), (5.4, 0),
              (5.6, 0.5), (6.3, 0.1), (6.9, 0.45), (7.6, 0)),
    "open": ((0.0, 0), (1.9, 0), (2.1, 0.12), (2.4, 0)),
}  # fmt: skip
OWNERS = {
    Factor.LIPS: ("open",),
    Factor.HEAD_POSE: ("yaw", "pitch", "roll"),
    Factor.EYES: ("gaze_x", "gaze_y"),
    Factor.EXPRESSION: ("smile", "brows"),
}


def main() -> None:
    """Writes the session anew."""
    folder = SAMPLE / "sample.avatar"
    shutil.rmtree(folder, ignore_errors=True)
    ingredients = Ingredients(
        SAMPLE / "portrait.jpg", SAMPLE / "speech.wav", rate=RATE, duration_s=DURATION_S, seed=7
    )
    document = _edited(compose(ingredients))
    sources = tuple(_beside_the_session(source) for source in document.sources)
    with create_session(folder, replace(document, sources=sources)):
        pass
    for name in folder.iterdir():
        if name.is_dir():
            shutil.rmtree(name)
        elif name.name != "project.json":
            name.unlink()


def _edited(document: Document) -> Document:
    for factor, lanes in OWNERS.items():
        offsets = tuple(OffsetCurve(lane, _curve(CURVES[lane])) for lane in lanes)
        document = document.with_track(replace(document.track(factor), offsets=offsets))
    return document


def _curve(points: tuple[tuple[float, float], ...]) -> Curve:
    return Curve(tuple(Key(float(round(second * RATE)), value) for second, value in points))


def _beside_the_session(source: Source) -> Source:
    if source.media is None:
        return source
    media = link_media(Path(source.media.path))
    return replace(source, media=replace(media, path=f"../{Path(media.path).name}"))


if __name__ == "__main__":
    main()
