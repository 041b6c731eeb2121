import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.timeline.curve import Curve, Handle, Handles, Interpolation, Key
from core.timeline.fitting import draw, fit, simplify
from core.timeline.keying import (
    Ease,
    Side,
    clamp_keys,
    copy_keys,
    delete_keys,
    drawn_handles,
    ease,
    flatten,
    insert_key,
    mirror_time,
    mirror_values,
    move_keys,
    paste_keys,
    rescale_keys,
    ripple_delete,
    scale_keys,
    set_handle,
    set_handles,
    set_interpolation,
    set_key,
    smooth,
)

LINE = Curve(tuple(Key(10.0 * i, v) for i, v in enumerate([0.0, 1.0, 0.5, 2.0])))


def frames(curve: Curve) -> list[float]:
    return curve.frames.tolist()


def values(curve: Curve) -> list[float]:
    return curve.values.tolist()


def test_set_key_adds_or_replaces() -> None:
    assert frames(set_key(LINE, Key(15.0, 3.0))) == [0.0, 10.0, 15.0, 20.0, 30.0]
    assert values(set_key(LINE, Key(10.0, 3.0))) == [0.0, 3.0, 0.5, 2.0]
    assert frames(set_key(LINE, Key(-5.0, 3.0)))[0] == -5.0
    assert frames(set_key(LINE, Key(35.0, 3.0)))[-1] == 35.0
    assert values(set_key(Curve(), Key(0.0, 3.0))) == [3.0]


def test_insert_key_lies_on_the_curve() -> None:
    hold = set_interpolation(LINE, [1], Interpolation.HOLD)
    added = insert_key(hold, 14.0)
    assert added.keys[2] == Key(14.0, 1.0, Interpolation.HOLD)
    assert insert_key(LINE, 10.0) is LINE
    assert insert_key(Curve(), 4.0, 0.7).keys == (Key(4.0, 0.7),)


def test_moving_onto_a_key_replaces_it_and_past_one_reorders() -> None:
    assert values(move_keys(LINE, [1], 10.0)) == [0.0, 1.0, 2.0]
    past = move_keys(LINE, [1], 15.0, 0.25)
    assert frames(past) == [0.0, 20.0, 25.0, 30.0]
    assert values(past) == [0.0, 0.5, 1.25, 2.0]


def test_scale_about_a_pivot_takes_the_handles_along() -> None:
    free = set_handle(LINE, 1, Side.RIGHT, Handle(3.0, 0.2), split=True)
    scaled = scale_keys(free, [1, 2], (10.0, 1.0), time=1.5, value=2.0)
    assert frames(scaled) == [0.0, 10.0, 25.0, 30.0]
    assert values(scaled) == [0.0, 1.0, 0.0, 2.0]
    assert scaled.keys[1].right == pytest.approx(Handle(4.5, 0.4))
    with pytest.raises(ValueError, match="positive"):
        scale_keys(LINE, [1], (0.0, 0.0), time=0.0)


def test_mirrors() -> None:
    assert values(mirror_values(LINE, [1, 3], about=0.5)) == [0.0, 0.0, 0.5, -1.0]
    bent = set_handles(LINE, range(4), Handles.FREE)
    at = np.linspace(0.0, 30.0, 61)
    backwards = mirror_time(bent, range(4))
    assert backwards.evaluate(at) == pytest.approx(bent.evaluate(30.0 - at), abs=1e-9)
    held = set_interpolation(LINE, [0], Interpolation.HOLD)
    assert mirror_time(held, range(4)).keys[2].interpolation is Interpolation.HOLD


@given(st.sampled_from([Handles.FREE, Handles.ALIGNED]))
def test_making_handles_free_keeps_the_drawn_curve(kind: Handles) -> None:
    at = np.linspace(-5.0, 35.0, 200)
    freed = set_handles(LINE, range(4), kind)
    assert freed.evaluate(at) == pytest.approx(LINE.evaluate(at), abs=1e-9)
    assert all(key.handles is kind for key in freed.keys)


def test_aligned_handles_stay_in_line_and_a_split_one_moves_alone() -> None:
    turned = set_handle(LINE, 1, Side.RIGHT, Handle(2.0, 1.0), split=False)
    key = turned.keys[1]
    assert key.handles is Handles.ALIGNED
    assert key.left.d_value / key.left.d_frame == pytest.approx(0.5)
    before = drawn_handles(LINE, 1)[0]
    alone = set_handle(LINE, 1, Side.RIGHT, Handle(2.0, 1.0), split=True).keys[1]
    assert alone.handles is Handles.FREE
    assert alone.left == before
    crossed = set_handle(LINE, 1, Side.LEFT, Handle(3.0, 1.0), split=True).keys[1]
    assert crossed.left.d_frame == 0.0


def test_ease_is_slow_at_the_ends_it_names() -> None:
    curve = Curve((Key(0.0, 0.0), Key(100.0, 1.0)))
    early = {kind: float(ease(curve, [0], kind).evaluate([10.0])[0]) for kind in Ease}
    late = {kind: 1.0 - float(ease(curve, [0], kind).evaluate([90.0])[0]) for kind in Ease}
    assert early[Ease.IN] < 0.05 < early[Ease.OUT]
    assert late[Ease.OUT] < 0.05 < late[Ease.IN]
    assert early[Ease.BOTH] < 0.05
    assert late[Ease.BOTH] < 0.05


def test_smooth_flatten_and_clamp() -> None:
    assert values(smooth(LINE, [1], 1.0)) == [0.0, 0.625, 0.5, 2.0]
    assert smooth(LINE, range(4), 0.0) == LINE
    assert values(flatten(LINE, [1, 2], 1.0)) == [0.0, 0.75, 0.75, 2.0]
    assert values(clamp_keys(LINE, 0.25, 1.0)) == [0.25, 1.0, 0.5, 1.0]
    assert clamp_keys(LINE, 0.0, 2.0) is LINE
    assert frames(delete_keys(LINE, [0, 2])) == [10.0, 30.0]


def test_copy_and_paste_replaces_what_it_covers() -> None:
    keys = copy_keys(LINE, [1, 2])
    assert [key.frame for key in keys] == [0.0, 10.0]
    pasted = paste_keys(LINE, keys, 15.0)
    assert frames(pasted) == [0.0, 10.0, 15.0, 25.0, 30.0]
    assert values(pasted) == [0.0, 1.0, 1.0, 0.5, 2.0]
    assert paste_keys(LINE, (), 15.0) is LINE


def test_pasting_to_another_lane_scales_between_the_ranges() -> None:
    keys = rescale_keys(LINE.keys, (-1.0, 0.0, 2.0), (0.9, 1.0, 1.2))
    assert [key.value for key in keys] == pytest.approx([1.0, 1.1, 1.05, 1.2])
    below = rescale_keys((Key(0.0, -1.0),), (-1.0, 0.0, 2.0), (0.9, 1.0, 1.2))
    assert below[0].value == pytest.approx(0.9)


def test_ripple_delete_closes_the_gap() -> None:
    assert frames(ripple_delete(LINE, 5.0, 15.0)) == [0.0, 10.0, 20.0]


strokes = st.integers(2, 80).flatmap(
    lambda n: st.tuples(
        st.just(n), st.lists(st.floats(-1.0, 1.0, allow_subnormal=False), min_size=n, max_size=n)
    )
)


@given(strokes, st.sampled_from([0.0, 0.01, 0.2]))
def test_a_fit_passes_every_sample_within_its_tolerance(
    stroke: tuple[int, list[float]], tolerance: float
) -> None:
    at = np.arange(stroke[0], dtype=np.float64)
    curve = Curve(fit(at, np.array(stroke[1]), tolerance))
    assert np.abs(curve.evaluate(at) - stroke[1]).max() <= tolerance + 1e-12


def test_a_fit_of_a_smooth_stroke_needs_few_keys() -> None:
    at = np.arange(250, dtype=np.float64)
    stroke = np.sin(at / 25.0) * 0.5
    assert len(fit(at, stroke, 0.01)) < 30


def test_simplify_spares_keys_within_its_tolerance() -> None:
    at = np.arange(200, dtype=np.float64)
    dense = Curve(tuple(Key(t, float(np.sin(t / 20.0))) for t in at.tolist()))
    sparse = simplify(dense, 0.02)
    assert len(sparse) < 40
    assert np.abs(sparse.evaluate(at) - dense.evaluate(at)).max() <= 0.02
    assert simplify(LINE, 0.0) is LINE


def test_a_stroke_replaces_what_it_covers_only() -> None:
    drawn = draw(LINE, np.array([18.0, 8.0, 13.0]), np.array([0.1, 0.1, 0.1]), 0.01)
    assert frames(drawn) == [0.0, 8.0, 18.0, 20.0, 30.0]
    dot = draw(LINE, np.array([10.0]), np.array([0.9]), 0.01)
    assert values(dot) == [0.0, 0.9, 0.5, 2.0]
