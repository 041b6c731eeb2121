import json
from pathlib import Path

import pytest

from core.base.errors import WeightsError
from core.weights.store import find_weights


def write_card(folder: Path, name: str, n_bytes: int = 3) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    fields = {
        "name": name,
        "file": f"{name}.safetensors",
        "sha256": "0" * 64,
        "bytes": n_bytes,
        "needed_for": "lips",
        "licence": "CC-BY-4.0",
        "origin": "trained here",
    }
    (folder / f"{name}.card.json").write_text(json.dumps(fields))


def test_entries_say_whether_their_file_is_whole(tmp_path: Path) -> None:
    write_card(tmp_path / "a", "ready")
    (tmp_path / "a" / "ready.safetensors").write_bytes(b"123")
    write_card(tmp_path / "a", "short", n_bytes=5)
    (tmp_path / "a" / "short.safetensors").write_bytes(b"123")
    write_card(tmp_path / "a", "absent")
    states = {entry.card.name: entry.state for entry in find_weights([tmp_path])}
    assert states == {"ready": "ready", "short": "wrong size", "absent": "missing"}


def test_the_first_folder_wins(tmp_path: Path) -> None:
    write_card(tmp_path / "a", "lips")
    write_card(tmp_path / "b", "lips")
    entries = find_weights([tmp_path / "b", tmp_path / "a", tmp_path / "none"])
    assert [entry.path.parent for entry in entries] == [tmp_path / "b"]


def test_a_damaged_card_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.card.json").write_text("{")
    with pytest.raises(WeightsError, match=r"x\.card\.json"):
        find_weights([tmp_path])
