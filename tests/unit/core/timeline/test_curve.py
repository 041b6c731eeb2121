import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.timeline.curve import Curve, Extend, Handle, Handles, Interpolation, Key

offsets = st.builds(
    Handle, st.floats(0.0, 40.0, allow_subnormal=False), st.floats(-3.0, 3.0, allow_subnormal=False)
)


@st.composite
def keys(draw: st.DrawFn, handles: tuple[Handles, ...] = tuple(Handles)) -> tuple[Key, ...]:
    frames = sorted(draw(st.lists(st.integers(-200, 400), min_size=1, max_size=12, unique=True)))
    return tuple(
        Key(
            float(frame),
            draw(st.floats(-2.0, 2.0, allow_subnormal=False)),
            draw(st.sampled_from(Interpolation)),
            draw(st.sampled_from(handles)),
            Handle(-draw(offsets).d_frame, draw(offsets).d_value),
            draw(offsets),
        )
        for frame in frames
    )


curves = st.builds(Curve, keys(), st.sampled_from(Extend))
times = st.lists(st.floats(-300.0, 500.0), min_size=1, max_size=30)


@given(curves)
def test_a_curve_passes_exactly_through_its_keys(curve: Curve) -> None:
    assert curve.evaluate(curve.frames).tolist() == curve.values.tolist()


@given(curves, times)
def test_a_value_depends_on_its_own_frame_only(curve: Curve, at: list[float]) -> None:
    together = curve.evaluate(at)
    alone = [curve.evaluate([t])[0] for t in at]
    assert together.tolist() == alone


@given(keys((Handles.AUTO, Handles.VECTOR)), times)
def test_automatic_handles_never_overshoot(chosen: tuple[Key, ...], at: list[float]) -> None:
    curve = Curve(chosen)
    values = curve.evaluate(at)
    before = np.clip(np.searchsorted(curve.frames, at, side="right") - 1, 0, len(curve) - 1)
    ends = curve.values[before], curve.values[np.minimum(before + 1, len(curve) - 1)]
    inside = np.asarray(at) >= curve.frames[0]
    assert (values >= np.minimum(*ends))[inside].all()
    assert (values <= np.maximum(*ends))[inside].all()


@given(keys((Handles.AUTO,)))
def test_automatic_handles_keep_a_rising_curve_rising(chosen: tuple[Key, ...]) -> None:
    steps = np.cumsum([abs(key.value) for key in chosen])
    rising = Curve(tuple(k._replace(value=float(v)) for k, v in zip(chosen, steps, strict=True)))
    at = np.linspace(rising.frames[0], rising.frames[-1], 300)
    assert (np.diff(rising.evaluate(at)) >= -1e-9).all()


def test_interpolations() -> None:
    def middle(interpolation: Interpolation) -> float:
        curve = Curve((Key(0.0, 0.0, interpolation), Key(10.0, 1.0)))
        return float(curve.evaluate([4.0])[0])

    assert middle(Interpolation.HOLD) == 0.0
    assert middle(Interpolation.LINEAR) == pytest.approx(0.4)
    assert middle(Interpolation.BEZIER) == pytest.approx(3 * 0.4**2 - 2 * 0.4**3)


def test_free_handles_bend_time() -> None:
    # the published curve of CSS `ease-in-out`, cubic-bezier(0.42, 0, 0.58, 1)
    right, left = Handle(42.0, 0.0), Handle(-42.0, 0.0)
    curve = Curve(
        (
            Key(0.0, 0.0, handles=Handles.FREE, right=right),
            Key(100.0, 1.0, handles=Handles.FREE, left=left),
        )
    )
    at = np.linspace(0.0, 100.0, 41)
    u = np.linspace(0.0, 1.0, 20001)
    x = 3 * (1 - u) ** 2 * u * 0.42 + 3 * (1 - u) * u**2 * 0.58 + u**3
    y = 3 * (1 - u) * u**2 + u**3
    assert np.abs(curve.evaluate(at) - np.interp(at / 100.0, x, y)).max() < 1e-6


def test_handles_longer_than_the_segment_still_give_one_value_per_frame() -> None:
    long = Handle(1000.0, 5.0)
    curve = Curve(
        (
            Key(0.0, 0.0, handles=Handles.FREE, right=long),
            Key(10.0, 0.0, handles=Handles.FREE, left=Handle(-1000.0, -5.0)),
        )
    )
    values = curve.evaluate(np.linspace(0.0, 10.0, 200))
    assert np.isfinite(values).all()
    assert np.abs(values).max() <= 0.06
    assert np.abs(values).max() > 0.001


@pytest.mark.parametrize(
    ("extend", "before", "after"),
    [(Extend.HOLD, 1.0, 3.0), (Extend.LINEAR, -1.0, 5.0), (Extend.LOOP, 1.0 + 8.0 / 5.0, 1.4)],
)
def test_extend(extend: Extend, before: float, after: float) -> None:
    curve = Curve((Key(10.0, 1.0, Interpolation.LINEAR), Key(20.0, 3.0)), extend)
    values = curve.evaluate([-2.0, 32.0] if extend is Extend.LOOP else [0.0, 30.0])
    assert values.tolist() == pytest.approx([before, after])


def test_without_keys_a_curve_is_its_default() -> None:
    assert Curve().evaluate([1.0, 2.0], 0.7).tolist() == [0.7, 0.7]


@pytest.mark.parametrize(
    "bad",
    [
        (Key(1.0, 0.0), Key(1.0, 0.0)),
        (Key(2.0, 0.0), Key(1.0, 0.0)),
        (Key(0.0, float("nan")),),
        (Key(float("inf"), 0.0),),
    ],
)
def test_bad_keys_are_refused(bad: tuple[Key, ...]) -> None:
    with pytest.raises(ValueError, match="key"):
        Curve(bad)
