from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.base.controls import ARKIT, FACTOR_SLICE, INDEX, Factor
from core.base.errors import Cancelled, MotionError
from core.base.progress import Progress
from core.motion.livelink import COLUMNS, parse_timecode, read_live_link
from core.motion.livelink_writer import timecode, write_live_link
from core.motion.motion import Motion

HEADER = ",".join(COLUMNS)
RATES = [Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30),
         Fraction(50), Fraction(60000, 1001), Fraction(60)]  # fmt: skip


def row(code, **values):
    cells = [f"{values.get(name, 0.0):.10f}" for name in COLUMNS[2:]]
    return ",".join([code, "61", *cells])


def write(path, *lines, header=HEADER):
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_there_are_63_columns_in_the_apps_order():
    assert len(COLUMNS) == 63
    assert COLUMNS[:3] == ("Timecode", "BlendShapeCount", "EyeBlinkLeft")
    assert COLUMNS[52:55] == ("NoseSneerRight", "TongueOut", "HeadYaw")
    assert COLUMNS[-1] == "RightEyeRoll"


def test_rows_of_a_60_count_take_that_steps_by_two(tmp_path):
    # as the app writes: counts lose a thousandth now and then, a row is missing, the hour passes
    codes = ["12:59:59:57.102", "12:59:59:59.101", "13:00:00:01.101", "13:00:00:05.100"]
    lines = [row(code, JawOpen=0.1 * i) for i, code in enumerate(codes)]
    recording = read_live_link(write(tmp_path / "S1_001_me.csv", *lines))
    assert recording.rate == 30
    jaw = recording.tracks[Factor.LIPS].column("jawOpen")
    assert np.allclose(jaw, [0, 0.1, 0.2, 0.25, 0.3], atol=1e-6)
    assert recording.tracks[Factor.LIPS].valid.all()


def test_a_long_take_keeps_time(tmp_path):
    def code(i):
        counts = 1_000_000 + i * 2 - i * 0.0003
        seconds, rest = divmod(counts, 60)
        minutes, second = divmod(int(seconds), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}:{rest:06.3f}"

    lines = [row(code(i), JawOpen=i / 4000) for i in range(4000)]
    recording = read_live_link(write(tmp_path / "long.csv", *lines))
    assert recording.rate == 30
    track = recording.tracks[Factor.LIPS]
    assert float(track.duration) == pytest.approx(4000 * 1.9997 / 60, abs=0.05)
    assert track.column("jawOpen")[3000] == pytest.approx(3000 / 30 / 1.9997 * 60 / 4000, abs=1e-4)


def test_without_high_counts_the_base_is_30(tmp_path):
    lines = [row(f"10:00:00:{i:02d}.000", JawOpen=0.01 * i) for i in range(30)]
    assert read_live_link(write(tmp_path / "a.csv", *lines)).rate == 30


def test_midnight_passes(tmp_path):
    codes = ["23:59:59:28.000", "23:59:59:29.000", "00:00:00:00.000", "00:00:00:01.000"]
    lines = [row(code, JawOpen=0.1 * i) for i, code in enumerate(codes)]
    track = read_live_link(write(tmp_path / "a.csv", *lines)).tracks[Factor.LIPS]
    assert np.allclose(track.column("jawOpen"), [0, 0.1, 0.2, 0.3])


def test_names_match_in_any_case_and_order(tmp_path):
    names = list(COLUMNS)
    i, j = names.index("EyeBlinkLeft"), names.index("EyeBlinkRight")
    names[i], names[j] = names[j], names[i]
    header = ",".join(names[:2] + [n[0].lower() + n[1:] for n in names[2:]])
    cells = ["0.5" if n == "EyeBlinkLeft" else "0.25" if n == "EyeBlinkRight" else "0"
             for n in names[2:]]  # fmt: skip
    path = write(tmp_path / "a.csv", ",".join(["00:00:00:00.000", "61", *cells]), header=header)
    eyes = read_live_link(path).tracks[Factor.EYES]
    assert eyes.column("eyeBlinkLeft")[0] == 0.5
    assert eyes.column("eyeBlinkRight")[0] == 0.25


def test_a_byte_order_mark_and_windows_lines_are_fine(tmp_path):
    path = tmp_path / "a.csv"
    text = "\r\n".join([HEADER, row("00:00:00:00.000", JawOpen=1.0), ""])
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_live_link(path).tracks[Factor.LIPS].column("jawOpen")[0] == 1.0


def test_no_head_motion_means_absent(tmp_path):
    recording = read_live_link(write(tmp_path / "a.csv", row("00:00:00:00.000", JawOpen=1)))
    assert Factor.HEAD_POSE not in recording.tracks
    assert "no head motion" in recording.notes[0]
    assert len(recording.tracks) == 3


def test_head_angles_are_radians_to_the_subjects_right_down_and_clockwise(tmp_path):
    line = row("00:00:00:00.000", HeadYaw=np.radians(10), HeadPitch=np.radians(5), HeadRoll=0.1)
    pose = read_live_link(write(tmp_path / "a.csv", line)).tracks[Factor.HEAD_POSE]
    assert np.allclose(pose.values[0], [-10, -5, np.degrees(0.1), 0, 0, 1], atol=1e-4)


def test_short_rows_are_moments_without_a_face(tmp_path):
    lines = [row(f"00:00:00:{i:02d}.000", JawOpen=0.1) for i in range(10)]
    lines[4] = "00:00:00:04.000,0"
    lines[5] = "00:00:00:05.000,0"
    track = read_live_link(write(tmp_path / "a.csv", *lines)).tracks[Factor.LIPS]
    assert np.flatnonzero(~track.valid).tolist() == [4, 5]
    assert np.allclose(track.column("jawOpen"), 0.1)


def test_a_long_pause_between_rows_is_no_motion(tmp_path):
    codes = ["00:00:00:00.000", "00:00:00:01.000", "00:00:00:02.000", "00:00:01:02.000"]
    track = read_live_link(write(tmp_path / "a.csv", *map(row, codes))).tracks[Factor.LIPS]
    assert np.flatnonzero(track.valid).tolist() == [0, 1, 2, 32]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([row("00:00:00:00.000"), row("00:00:00:01.000") + ",0.5"], "Line 3 .* 64 columns"),
        ([row("00:00:00:00.000"), "00:00:00:01.000,61,0.5"], "Line 3 .* 3 columns instead of 63"),
        ([row("00:00:00:00.000").replace("0.0000000000", "much", 1)], "Line 2 "),
        ([row("00:00:00:00.000").replace("0.0000000000", "nan", 1)], "Line 2 .*finite"),
        ([row("noon")], "Line 2 .*time code"),
        ([row("00:00:00:01.000"), row("00:00:00:00.000")], "run backwards"),
        (["00:00:00:00.000,0"], "no frame with a face"),
        ([], "no frame with a face"),
    ],
)
def test_damage_is_named(tmp_path, lines, message):
    with pytest.raises(MotionError, match=message):
        read_live_link(write(tmp_path / "a.csv", *lines))


def test_other_files_are_refused_with_the_reason(tmp_path):
    log = write(tmp_path / "frame_log.csv", "V,0,0.1", header="type,frame,timestamp")
    with pytest.raises(MotionError, match="no face coefficients"):
        read_live_link(log)
    with pytest.raises(MotionError, match="no Live Link Face recording"):
        read_live_link(write(tmp_path / "b.csv", "1,2", header="a,b"))
    (tmp_path / "c.csv").write_bytes(b"\x00\xff\xfe\x80" * 30)
    with pytest.raises(MotionError, match=r"no text file|no Live Link Face recording"):
        read_live_link(tmp_path / "c.csv")
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(MotionError, match="no Live Link Face recording"):
        read_live_link(tmp_path / "empty.csv")
    with pytest.raises(MotionError, match="cannot be read"):
        read_live_link(tmp_path / "missing.csv")


def test_time_codes():
    assert parse_timecode("01:02:03:04.5") == (3723, 4.5)
    for wrong in ("24:00:00:00", "00:60:00:00", "00:00:00:60.0", "0.5", "00:00:00"):
        with pytest.raises(ValueError):
            parse_timecode(wrong)
    assert timecode(25, Fraction(25)) == "00:00:01:00.000"
    assert timecode(1, Fraction(25)) == "00:00:00:01.200"
    assert timecode(30 * 3600 * 24, Fraction(30)) == "00:00:00:00.000"
    assert timecode(1, Fraction(100_000)) == "00:00:00:00.000"


@st.composite
def motions(draw):
    n = draw(st.integers(3, 12))
    shapes = draw(arrays(np.float32, (n, 52), elements=st.floats(0, 1, width=32)))
    angles = draw(arrays(np.int32, (n, 3), elements=st.integers(-3000, 3000))) / 100
    controls = np.array(Motion.rest(n, Fraction(25)).controls)
    controls[:, FACTOR_SLICE[Factor.HEAD_POSE]][:, :3] = angles
    controls[:, [INDEX[name] for name in ARKIT]] = shapes
    return Motion(controls, draw(st.sampled_from(RATES)), draw(st.integers(0, 2_000_000)))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(motions())
def test_what_is_written_reads_back_to_a_millionth(tmp_path, motion):
    path = tmp_path / "out.csv"
    write_live_link(path, motion)
    recording = read_live_link(path)
    assert recording.rate == motion.rate
    for factor, track in recording.tracks.items():
        if factor is not Factor.HEAD_POSE:
            assert np.allclose(track.values, motion.factor(factor), atol=1e-6, rtol=0)
    head = motion.factor(Factor.HEAD_POSE)[:, :3]
    assert (Factor.HEAD_POSE in recording.tracks) == head.any()
    if head.any():
        read = recording.tracks[Factor.HEAD_POSE].values[:, :3]
        assert np.allclose(np.radians(read), np.radians(head), atol=1e-6, rtol=0)


def test_gaps_survive_the_round_trip(tmp_path):
    valid = np.array([True, True, False, True, True])
    write_live_link(tmp_path / "a.csv", Motion.rest(5, Fraction(25)), valid)
    track = read_live_link(tmp_path / "a.csv").tracks[Factor.LIPS]
    assert track.valid.tolist() == valid.tolist()


def test_the_file_looks_as_the_app_writes_it(tmp_path, make_controls):
    controls = make_controls(1, eyeLookInLeft=0.5, eyeLookOutRight=0.5, eyeLookDownLeft=1.0)
    write_live_link(tmp_path / "a.csv", Motion(controls, Fraction(25), 25))
    header, line = (tmp_path / "a.csv").read_text().splitlines()
    assert header == HEADER
    cells = dict(zip(COLUMNS, line.split(","), strict=True))
    assert cells["Timecode"] == "00:00:01:00.000"
    assert cells["BlendShapeCount"] == "61"
    assert cells["EyeLookInLeft"] == "0.5000000000"
    # both eyes to the subject's right: positive, in radians
    assert float(cells["LeftEyeYaw"]) == pytest.approx(np.radians(20))
    assert float(cells["RightEyeYaw"]) == pytest.approx(np.radians(20))
    assert float(cells["LeftEyePitch"]) == pytest.approx(np.radians(30))
    assert "-0.0000000000" not in line


def test_nothing_is_left_when_writing_fails(tmp_path):
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        write_live_link(tmp_path / "a.csv", Motion.rest(5, Fraction(25)), progress=progress)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(MotionError, match="cannot be written"):
        write_live_link(tmp_path / "no" / "a.csv", Motion.rest(5, Fraction(25)))
    (tmp_path / "dir.csv").mkdir()
    with pytest.raises(MotionError, match="cannot be written"):
        write_live_link(tmp_path / "dir.csv", Motion.rest(5, Fraction(25)))
    assert [p.name for p in tmp_path.iterdir()] == ["dir.csv"]
