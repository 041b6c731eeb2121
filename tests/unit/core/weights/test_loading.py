"""Loading by name: the search order, the checks, and sentences that help."""

import hashlib
import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from core.base.errors import WeightsError
from core.base.paths import imported_weights_dir, weights_dirs
from core.weights.card import Card, read_card, write_card
from core.weights.loading import load_state

CONFIG = {"width": 4, "layers": (1, (2, 3))}


def put(folder: Path, name: str = "tiny", value: float = 1.0) -> Path:
    """Weights with their card, as an import leaves them."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    save_file({"layer.weight": torch.full((2, 3), value)}, path)
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    card = Card(name, path.name, digest, len(content), "tests", "MIT", "here", CONFIG, {"size": 8})
    write_card(folder / f"{name}.card.json", card)
    return path


def value_of(places: list[Path] | None = None) -> float:
    return float(load_state("tiny", places)[0]["layer.weight"][0, 0])


def test_a_state_comes_with_its_card(tmp_path: Path) -> None:
    put(tmp_path)
    state, card = load_state("tiny", [tmp_path])
    assert list(state) == ["layer.weight"]
    assert state["layer.weight"].shape == (2, 3)
    assert card.config == CONFIG
    assert card.preprocessing == {"size": 8}
    assert card == read_card(tmp_path / "tiny.card.json")


def test_old_cards_stay_readable(tmp_path: Path) -> None:
    path = tmp_path / "tiny.card.json"
    put(tmp_path)
    fields = json.loads(path.read_text())
    del fields["config"], fields["preprocessing"]
    path.write_text(json.dumps(fields))
    assert load_state("tiny", [tmp_path])[1].config == {}


def test_a_card_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "a" / "tiny.card.json"
    put(tmp_path / "a")
    put(tmp_path, "other")
    path.write_text(path.read_text().replace("tiny.safetensors", "../other.safetensors"))
    with pytest.raises(WeightsError, match=r"other\.safetensors” is no file name"):
        load_state("tiny", [tmp_path / "a"])


def test_the_search_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: list[Path]
) -> None:
    """Each place hides those after it, and gives way once its file is gone."""
    monkeypatch.setattr("core.base.paths._BUNDLED", places[-1])
    files = [put(place, value=i) for i, place in enumerate(places)]
    explicit, project = files[0], places[1]
    searched = list(weights_dirs(explicit, project))
    assert searched == [explicit, *places[1:]]
    for i, file in enumerate(files):
        assert value_of(searched) == i
        file.unlink()
    with pytest.raises(WeightsError, match="missing"):
        value_of(searched)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("AVATAR_STUDIO_WEIGHTS", str(tmp_path / "named"))
    user = weights_dirs()[1]
    assert imported_weights_dir() == tmp_path / "named"
    monkeypatch.delenv("AVATAR_STUDIO_WEIGHTS")
    assert imported_weights_dir() == user
    monkeypatch.setenv("AVATAR_STUDIO_WEIGHTS", str(tmp_path / "named"))
    return [
        tmp_path / "explicit",
        tmp_path / "project",
        tmp_path / "named",
        user,
        tmp_path / "bundled",
    ]


def test_missing_weights_say_where_to_get_them() -> None:
    with pytest.raises(WeightsError) as error:
        load_state("pdfgc-motion")
    for words in ("pdfgc-motion", "motion_model.pth", "PD-FGC-inference", "weights import"):
        assert words in str(error.value)


def test_damage_is_found_each_time_the_file_changes(tmp_path: Path) -> None:
    path = put(tmp_path)
    good = path.read_bytes()
    assert value_of([tmp_path]) == 1.0
    path.write_bytes(good[:-1] + b"\x7f")
    os.utime(path, (1, 1))
    with pytest.raises(WeightsError, match="wrong content"):
        value_of([tmp_path])
    path.write_bytes(good[:-8])
    with pytest.raises(WeightsError, match="wrong size"):
        value_of([tmp_path])
    path.write_bytes(good)
    assert value_of([tmp_path]) == 1.0


def test_a_file_that_is_no_safetensors_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path)
    path.write_bytes(b"\xff" * 64)
    digest = hashlib.sha256(b"\xff" * 64).hexdigest()
    write_card(tmp_path / "tiny.card.json", Card("tiny", path.name, digest, 64, "", "", ""))
    with pytest.raises(WeightsError, match=r"tiny\.safetensors"):
        value_of([tmp_path])


def test_a_damaged_card_of_others_does_no_harm(tmp_path: Path) -> None:
    put(tmp_path / "b")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "odd.card.json").write_text("{")
    assert value_of([tmp_path / "a", tmp_path / "b"]) == 1.0
    with pytest.raises(WeightsError, match=r"odd\.card\.json"):
        load_state("absent", [tmp_path])
