import contextlib
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.controls import Factor
from core.base.errors import SessionError
from core.session import schema
from core.session.schema import DamagedError, Project, from_text, to_text
from core.timeline.curve import Curve, Extend, Handle, Handles, Interpolation, Key
from core.timeline.document import Document, Marker, OffsetCurve, Track
from core.timeline.source import Source, UnknownParams, VoiceMethod, VoiceParams
from core.timeline.strip import Strip

GOLDEN = Path(__file__).parent / "golden"


def data(document: Document) -> dict[str, Any]:
    return json.loads(to_text(Project(document=document)))


def read(tree: dict[str, Any]) -> Project:
    return from_text(json.dumps(tree))


def test_everything_survives_a_round_trip(rich: Document) -> None:
    text = to_text(Project(document=rich))
    assert from_text(text).document == rich
    assert to_text(from_text(text)) == text


def test_a_document_may_cross_a_process_border(rich: Document) -> None:
    curve = rich.tracks[0].offset("open")
    small = len(pickle.dumps(curve))
    curve.evaluate([0.0, 15.0])
    assert len(pickle.dumps(curve)) == small  # what a curve remembers stays at home
    other = pickle.loads(pickle.dumps(rich))
    assert other == rich
    assert other.tracks[0].offset("open").evaluate([15.0]) == curve.evaluate([15.0])


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_golden_files_of_every_version_still_open(path: Path, rich: Document) -> None:
    assert from_text(path.read_text(encoding="utf-8")).document == rich


def test_this_version_writes_its_golden_file(rich: Document) -> None:
    newest = GOLDEN / f"project_{schema.version_of('Project')}.json"
    assert json.loads(newest.read_text(encoding="utf-8")) == data(rich)


def test_voices_of_earlier_sessions_speak_as_they_did(rich: Document) -> None:
    tree = data(rich)
    voice = next(s for s in tree["document"]["sources"] if s["id"] == "voice")
    for key in ("method", "seed", "style_id"):
        del voice["params"][key]
    params = read(tree).document.source("voice").params
    assert params == VoiceParams("speech", None, 0.2, VoiceMethod.PHONES)


def test_unknown_keys_and_objects_survive_a_round_trip_and_edits(rich: Document) -> None:
    tree = data(rich)
    warp = {"schema": "Warp.3", "id": "w", "amount": [1, {"x": None}]}
    hologram = {"schema": "HologramParams.1", "beams": 3}
    document = tree["document"]
    tree["theme"] = "dark"
    document["mood_board"] = {"a": 1}
    document["tracks"][1]["strips"].append(warp)
    document["tracks"][1]["strips"][0]["shine"] = 0.5
    document["tracks"][0]["offsets"][0]["curve"]["noise"] = 0.1
    document["sources"][0]["params"]["lens"] = "wide"
    document["sources"].append(
        {"schema": "Source.1", "id": "h", "name": "H", "params": hologram, "media": None}
    )
    document["avatar"]["view"]["depth"] = 2
    project = read(tree)
    assert json.loads(to_text(project)) == tree
    assert project.document.source("h") == Source(
        "h", "H", UnknownParams('{"schema": "HologramParams.1", "beams": 3}')
    )
    edited = replace(project, document=replace(project.document, seed=99))
    document["seed"] = 99
    assert json.loads(to_text(edited)) == tree


def test_a_newer_schema_is_refused_by_name(rich: Document) -> None:
    tree = data(rich)
    tree["document"]["tracks"][2]["schema"] = "Track.9"
    with pytest.raises(SessionError, match=r"newer version of Avatar Studio \(Track 9"):
        read(tree)


def test_older_data_is_upgraded_before_objects_exist(
    rich: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = data(rich)  # a marker of version 1 with a field that version 3 will not have

    def rename(old: dict[str, Any]) -> dict[str, Any]:
        return {**old, "label": old["name"] + "!"}

    def back(old: dict[str, Any]) -> dict[str, Any]:
        return {**{k: v for k, v in old.items() if k != "label"}, "name": old["label"]}

    monkeypatch.setitem(schema.UPGRADES, "Marker", (rename, back))
    assert read(tree).document.markers == (Marker(12, "Hier!", "#0072B2"),)
    again = json.loads(to_text(read(tree)))
    assert again["document"]["markers"][0]["schema"] == "Marker.3"
    assert json.loads(to_text(read(again))) == again


def paths(tree: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    found = [at] if at else []
    for key, value in items:
        found += paths(value, (*at, key)) if isinstance(value, (dict, list)) else [(*at, key)]
    return found


@given(st.data())
def test_damaged_data_is_an_error_and_never_a_crash(choice: st.DataObject) -> None:
    tree = data(
        Document(markers=(Marker(3),)).with_track(
            Track(
                Factor.LIPS,
                (Strip("s", "x", 0, 9),),
                (OffsetCurve("open", Curve((Key(0.0, 1.0), Key(1.0, 0.5)))),),
            )
        )
    )
    path = choice.draw(st.sampled_from(paths(tree)))
    holder = tree
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = choice.draw(
        st.sampled_from([None, -1, 10**400, 1.5, True, "", "x", [], {}, [[]], ["x"], [1, "y"]])
    )
    with contextlib.suppress(DamagedError, SessionError):
        project = read(tree)
        assert from_text(to_text(project)) == project


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no object"),
        ("{}", "no schema"),
        ('{"schema":"Recipe.1"}', "Recipe"),
        ('{"schema":"Project.1"}', "not complete"),
        ('{"schema":"Project.1","document":NaN}', "no number"),
    ],
)
def test_other_files_are_no_project(text: str, why: str) -> None:
    with pytest.raises(DamagedError, match=why):
        from_text(text)


finite = st.floats(allow_nan=False, allow_infinity=False)
key_rows = st.builds(
    Key,
    finite,
    finite,
    st.sampled_from(Interpolation),
    st.sampled_from(Handles),
    st.builds(Handle, finite, finite),
    st.builds(Handle, finite, finite),
)
curves = st.builds(
    lambda keys, extend: Curve(tuple(sorted(keys)), extend),
    st.lists(key_rows, max_size=6, unique_by=lambda key: key.frame),
    st.sampled_from(Extend),
)


@given(curves, st.text(st.characters(codec="utf-8")), st.none() | st.integers(-(10**6), 10**6))
def test_any_curve_and_name_survives(curve: Curve, name: str, frame: int | None) -> None:
    track = Track(Factor.LIPS, offsets=(OffsetCurve("open", curve),))
    document = replace(Document().with_track(track), markers=(Marker(0, name),), in_frame=frame)
    text = to_text(Project(document=document))
    assert from_text(text).document == document
    assert to_text(from_text(text)) == text
