"""Importing published checkpoints: what is taken, what is refused and why, and what is left."""

import os
import pickle
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.base.errors import Cancelled, WeightsError
from core.base.progress import Note, Progress, Step
from core.weights.checkpoint_file import UnreadableError, read_states
from core.weights.importing import Imported, import_checkpoints, require_success
from core.weights.loading import load_state
from core.weights.published import Family, Member
from core.weights.searching import Candidate
from tests.unit.core.weights import tiny_family
from tests.unit.core.weights.tiny_family import published

TINY = Family(
    licence="CC-BY-4.0",
    origin="the tiny project's page",
    checkpoint=tiny_family.__name__,
    members=(
        Member("tiny-eyes", "eyes.pth", "eyes", f"{tiny_family.__name__}:EyesConfig"),
        Member("tiny-lips", "lips.pth", "lips"),
    ),
    preprocessing="none",
)


def take_in(
    *paths: Path, into: Path, progress: Progress | None = None, accept: bool = True
) -> Imported:
    return import_checkpoints(
        paths, into, progress or Progress(), lambda _: accept, families=[TINY]
    )


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def usb(tmp_path: Path) -> Path:
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


def refused(imported: Imported) -> dict[str, str]:
    return {refusal.path.name: refusal.reason for refusal in imported.refused}


def test_a_folder_is_taken_in_whatever_the_names(store: Path, usb: Path) -> None:
    (usb / "deep" / "down").mkdir(parents=True)
    torch.save(published("tiny-eyes"), usb / "deep" / "down" / "lips (1).pth.txt")
    save_file(published("tiny-lips"), usb / "x")
    (usb / "holiday.jpg").write_bytes(b"\xff\xd8\xff beach")
    imported = take_in(usb, into=store)
    assert set(imported.taken) == {"tiny-eyes", "tiny-lips"}
    assert not imported.refused
    assert imported.n_files == 3
    state, card = load_state("tiny-eyes", [store])
    assert torch.equal(state["eye.ours.weight"], published("tiny-eyes")["eye.weight"])
    assert (card.licence, card.origin, card.needed_for) == (TINY.licence, TINY.origin, "eyes")
    assert tiny_family.EyesConfig(**card.config) == tiny_family.EyesConfig()
    assert card.preprocessing == "none"
    assert load_state("tiny-lips", [store])[0]["lip.ours.steps"] == 7
    again = take_in(usb, into=store)
    assert set(again.present) == {"tiny-eyes", "tiny-lips"}
    assert not again.taken


def wrapped(state: dict[str, torch.Tensor]) -> dict[str, Any]:
    return {"epoch": 3, "state_dict": state, "optimizer": {"state": {}, "param_groups": [{}]}}


def prefixed(state: dict[str, torch.Tensor]) -> dict[str, Any]:
    return {f"module.{key}": value for key, value in state.items()}


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize(
    "dress",
    [
        wrapped,
        prefixed,
        lambda state: wrapped(prefixed(state)),
        lambda state: {**state, "classifier.weight": torch.ones(9), "epoch": 4},
        lambda state: {key: torch.nn.Parameter(v) for key, v in state.items()},
    ],
)
def test_layouts_of_checkpoints(store: Path, usb: Path, dress: Any, is_new: bool) -> None:
    path = usb / "eyes.pth"
    torch.save(dress(published("tiny-eyes")), path, _use_new_zipfile_serialization=is_new)
    assert take_in(path, into=store).taken == ("tiny-eyes",)
    state, _ = load_state("tiny-eyes", [store])
    assert torch.equal(state["eye.ours.bias"], published("tiny-eyes")["eye.bias"])


class Evil:
    """Would make a folder when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("form", ["archive", "old", "plain"])
def test_a_malicious_pickle_never_runs(store: Path, usb: Path, tmp_path: Path, form: str) -> None:
    mark, path = tmp_path / "ran", usb / "eyes.pth"
    content = {**published("tiny-eyes"), "extra": Evil(mark)}
    if form == "plain":
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form == "archive")
    torch.save(published("tiny-lips"), usb / "lips.pth")
    imported = take_in(usb, into=store)
    assert imported.taken == ("tiny-lips",)
    assert list(refused(imported)) == ["eyes.pth"]
    assert "never run" in refused(imported)["eyes.pth"]
    assert form == "plain" or "mkdir" in refused(imported)["eyes.pth"]
    assert not mark.exists()
    pickle.loads(pickle.dumps(Evil(mark)))
    assert mark.exists(), "the trap does not work"


def damage(content: bytes, kind: str) -> bytes:
    if kind == "cut":
        return content[: len(content) // 2]
    start = content.index(published("tiny-eyes")["eye.weight"].numpy().tobytes())
    return content[:start] + b"\x55" + content[start + 1 :]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_text("<html>Not found</html>"), "text"),
        (lambda path: path.write_bytes(bytes(range(256))), "no checkpoint"),
        (lambda path: path.write_bytes(b"PK\x03\x04" + bytes(50)), "damaged"),
        (lambda path: path.write_bytes((90).to_bytes(8, "little") + b"{nonsense"), "damaged"),
        (lambda path: torch.save([1, 2], path), "no tensors"),
        (lambda path: torch.save({"eye.weight": torch.ones(3, 4)}, path), "no network"),
        (
            lambda path: torch.save({**published("tiny-eyes"), "eye.bias": torch.ones(4)}, path),
            "“tiny-eyes”, but “eye.bias” is [4] instead of [3]",
        ),
        (
            lambda path: torch.save(
                {k: v for k, v in published("tiny-lips").items() if k != "lip.bias"}, path
            ),
            "“tiny-lips”, but “lip.bias” is missing",
        ),
    ],
)
def test_wrong_files_are_refused_with_the_reason(
    store: Path, usb: Path, content: Any, reason: str
) -> None:
    path = usb / "eyes.pth"
    content(path)
    imported = take_in(path, into=store)
    assert reason in refused(imported)["eyes.pth"]
    assert not store.exists()
    with pytest.raises(WeightsError, match=r"eyes\.pth"):
        require_success(imported)


@pytest.mark.parametrize("kind", ["cut", "flipped"])
@pytest.mark.parametrize("form", ["archive", "old", "safetensors"])
def test_damage_is_refused(store: Path, usb: Path, form: str, kind: str) -> None:
    path = usb / "eyes.pth"
    if form == "safetensors":
        save_file(published("tiny-eyes"), path)
    else:
        torch.save(published("tiny-eyes"), path, _use_new_zipfile_serialization=form == "archive")
    path.write_bytes(damage(path.read_bytes(), kind))
    imported = take_in(usb, into=store)
    if kind == "flipped" and form != "archive":  # these formats hold no check sums
        assert imported.taken
    else:
        assert "damaged or cut short" in refused(imported)["eyes.pth"]


@pytest.mark.parametrize("form", ["archive", "old", "safetensors"])
def test_no_damage_is_worse_than_a_refusal(usb: Path, form: str) -> None:
    path = usb / "eyes.pth"
    if form == "safetensors":
        save_file(published("tiny-eyes"), path)
    else:
        torch.save(published("tiny-eyes"), path, _use_new_zipfile_serialization=form == "archive")
    content, draw, n_refused = path.read_bytes(), random.Random(0), 0
    for _ in range(150):
        harmed = bytearray(content)
        for _ in range(draw.choice([1, 5, 30])):
            harmed[draw.randrange(len(harmed))] = draw.randrange(256)
        path.write_bytes(harmed)
        try:
            read_states(path, Progress())
        except UnreadableError:
            n_refused += 1
    assert n_refused > 50


def test_unreadable_files_are_named(store: Path, usb: Path) -> None:
    (usb / "loop.pth").symlink_to(usb / "loop.pth")
    torch.save(published("tiny-eyes"), usb / "eyes.pth")
    (usb / "eyes.pth").chmod(0)
    imported = take_in(usb, usb / "absent.pth", into=store)
    assert "cannot be read" in refused(imported)["loop.pth"]
    assert "No such file" in refused(imported)["absent.pth"]
    if os.geteuid() != 0:  # who may read everything
        assert "Permission denied" in refused(imported)["eyes.pth"]


def test_a_folder_that_cannot_be_written_is_named(usb: Path) -> None:
    torch.save(published("tiny-eyes"), usb / "eyes.pth")
    imported = take_in(usb, into=usb / "eyes.pth" / "store")
    assert "cannot be copied to" in refused(imported)["eyes.pth"]
    assert not imported.taken


def test_licences_are_accepted_before_anything_is_written(store: Path, usb: Path) -> None:
    torch.save(published("tiny-eyes"), usb / "eyes.pth")
    asked: list[Candidate] = []

    def accept(candidates: Sequence[Candidate]) -> bool:
        asked.extend(candidates)
        return not store.exists() and len(asked) > 1

    with pytest.raises(Cancelled):
        import_checkpoints([usb], store, Progress(), accept, families=[TINY])
    assert [(found.name, found.licence) for found in asked] == [("tiny-eyes", "CC-BY-4.0")]
    assert not store.exists()
    assert import_checkpoints([usb], store, Progress(), accept, families=[TINY]).taken
    import_checkpoints([usb], store, Progress(), accept, families=[TINY])
    assert len(asked) == 2, "what is there needs no question"


def test_cancelled_midway_leaves_nothing(store: Path, usb: Path, tmp_path: Path) -> None:
    """At each report but the last one, after which nothing is left to do."""
    torch.save(published("tiny-eyes"), usb / "a.pth")
    torch.save(published("tiny-lips"), usb / "b.pth")
    heard: list[Step | Note] = []
    take_in(usb, into=tmp_path / "whole", progress=Progress(heard.append))
    assert {step.stage for step in heard if isinstance(step, Step)} == {
        "Looking for weights",
        "Importing tiny-eyes",
        "Importing tiny-lips",
    }
    for n_allowed in range(1, len(heard)):
        with pytest.raises(Cancelled):
            take_in(usb, into=store, progress=_stopping(n_allowed))
        assert not list(store.rglob("*"))


def _stopping(n_reports: int) -> Progress:
    """Is cancelled while it hears the given report."""
    heard: list[Step | Note] = []

    def listen(event: Step | Note) -> None:
        heard.append(event)
        if len(heard) == n_reports:
            progress.cancel()

    progress = Progress(listen)
    return progress


def test_other_weights_of_a_name_are_not_overwritten(store: Path, usb: Path) -> None:
    torch.save(published("tiny-eyes"), usb / "eyes.pth")
    take_in(usb, into=store)
    before = load_file(store / "tiny-eyes.safetensors")
    torch.save(published("tiny-eyes", seed=1), usb / "eyes.pth")
    assert (
        f"delete {store / 'tiny-eyes.safetensors'} first"
        in refused(take_in(usb, into=store))["eyes.pth"]
    )
    after = load_file(store / "tiny-eyes.safetensors")
    assert torch.equal(before["eye.ours.weight"], after["eye.ours.weight"])


def test_damaged_weights_are_replaced(store: Path, usb: Path) -> None:
    torch.save(published("tiny-eyes"), usb / "eyes.pth")
    take_in(usb, into=store)
    path = store / "tiny-eyes.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(WeightsError, match="wrong content"):
        load_state("tiny-eyes", [store])
    assert take_in(usb, into=store).taken == ("tiny-eyes",)
    load_state("tiny-eyes", [store])


def test_two_files_of_one_name(store: Path, usb: Path) -> None:
    torch.save(published("tiny-eyes"), usb / "a.pth")
    (usb / "b.pth").write_bytes((usb / "a.pth").read_bytes())
    torch.save(published("tiny-eyes", seed=1), usb / "c.pth")
    imported = take_in(usb, into=store)
    assert imported.taken == ("tiny-eyes",)
    assert list(refused(imported)) == ["c.pth"]
    assert "a.pth too" in refused(imported)["c.pth"]


def test_finished_weights_are_copied_with_their_card(
    store: Path, usb: Path, tmp_path: Path
) -> None:
    torch.save(published("tiny-eyes"), usb / "eyes.pth")
    take_in(usb, into=store)
    (store / "tiny-eyes.safetensors").rename(store / "renamed (2)")
    other = tmp_path / "other"
    assert take_in(store, into=other).taken == ("tiny-eyes",)
    load_state("tiny-eyes", [other])
    (store / "renamed (2)").rename(store / "tiny-eyes.safetensors")
    with (store / "tiny-eyes.safetensors").open("ab") as stream:
        stream.write(b"!")
    imported = take_in(store, into=tmp_path / "third")
    assert "card says" in refused(imported)["tiny-eyes.safetensors"]


def test_equal_checkpoints_give_equal_files(store: Path, usb: Path, tmp_path: Path) -> None:
    """Whatever the order of their tensors; and the library reads what we write."""
    state = published("tiny-lips")
    state["lip.bias"] = state["lip.bias"].to(torch.bfloat16)
    torch.save(state, usb / "a.pth")
    take_in(usb, into=store)
    torch.save(dict(reversed(state.items())), usb / "a.pth")
    take_in(usb, into=tmp_path / "second")
    path = store / "tiny-lips.safetensors"
    assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()
    assert load_file(path)["lip.ours.bias"].dtype is torch.bfloat16
