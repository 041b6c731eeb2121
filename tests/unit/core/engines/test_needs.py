"""The whole list of weights, and importing what is recognised by its digest."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.base.errors import Cancelled, WeightsError
from core.base.paths import imported_weights_dir
from core.base.progress import Progress
from core.engines import needs, registry
from core.engines.needs import import_weights, list_weights, missing_weights
from core.engines.protocol import EngineSpec
from core.face import alignment
from core.weights.card import Card, write_card
from core.weights.catalogue import Weights, missing_list, summary, verify, where_to_get
from core.weights.importing import Imported
from core.weights.searching import Candidate
from core.weights.store import WeightsState

CONTENT = b"these are weights" * 100


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("AVATAR_STUDIO_WEIGHTS", str(tmp_path / "weights"))


def put(folder: Path, name: str = "lips") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    path.write_bytes(CONTENT)
    digest = hashlib.sha256(CONTENT).hexdigest()
    card = Card(name, path.name, digest, len(CONTENT), "lip motion", "MIT", "trained here")
    write_card(folder / f"{name}.card.json", card)
    return path


def rows() -> dict[str, Weights]:
    return {row.name: row for row in list_weights()}


def take_in(*paths: Path) -> Imported:
    def accept(candidates: Sequence[Candidate]) -> bool:
        return all(candidate.licence for candidate in candidates)

    return import_weights(paths, Progress(), accept)


def test_without_weights_everything_says_where_to_get_it() -> None:
    known = rows()
    assert known["pdfgc-motion"].state is WeightsState.MISSING
    assert "motion_model.pth from PD-FGC" in known["pdfgc-motion"].where()
    assert known["pdfgc-motion"].licence == "CC-BY-4.0"
    assert alignment.WEIGHTS in known
    text = summary(list(known.values()))
    assert "needs no weights" in text
    assert "pdfgc-audio (missing)" in text
    assert len(missing_list(known.values()).splitlines()) == sum(
        row.state is WeightsState.MISSING for row in known.values()
    )


def test_an_engine_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = EngineSpec("neural", "A network", needs=("lips", "pdfgc-audio", "pdfgc-motion"))
    monkeypatch.setitem(registry._SPECS, spec.name, spec)
    registered = dict(registry.ENGINES._references, neural="nowhere:Neural")
    monkeypatch.setattr(registry.ENGINES, "_references", registered)
    missing = missing_weights(spec)
    assert [row.name for row in missing] == list(spec.needs)
    assert "engine neural" in missing[0].purpose
    assert missing[1].purpose == "PD-FGC: lips from speech (engines neural, pdfgc)"
    assert where_to_get(missing).startswith(
        "lips with its card; audio_model.pth, motion_model.pth from PD-FGC"
    )
    put(imported_weights_dir())
    assert [row.name for row in missing_weights(spec)] == ["pdfgc-audio", "pdfgc-motion"]


def test_a_missing_file_is_recognised_by_its_digest(tmp_path: Path) -> None:
    put(imported_weights_dir()).unlink()
    stray = tmp_path / "download.bin"
    stray.write_bytes(CONTENT)
    assert take_in(stray).taken == ("lips",)
    assert take_in(stray).present == ("lips",)
    (imported_weights_dir() / "lips.safetensors").write_bytes(b"x" * len(CONTENT))
    assert take_in(stray).taken == ("lips",), "damage is mended"


def test_the_trackers_file_goes_to_its_own_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19." + CONTENT
    name = f"2DFAN4-{hashlib.sha256(content).hexdigest()[:10]}.pth.tar"
    monkeypatch.setattr(needs, "TRACKER_FILE", name)
    monkeypatch.setattr(needs, "weights_path", lambda: tmp_path / "torch" / name)
    (tmp_path / "download").write_bytes(content)
    assert take_in(tmp_path / "download").taken == (name,)
    assert (tmp_path / "torch" / name).read_bytes() == content


def test_a_damaged_card_does_not_stop_the_import_that_mends_it(tmp_path: Path) -> None:
    put(tmp_path / "usb")
    put(imported_weights_dir())
    (imported_weights_dir() / "lips.card.json").write_text("{")
    with pytest.raises(WeightsError, match=r"lips\.card\.json"):
        list_weights()
    assert take_in(tmp_path / "usb").taken == ("lips",)
    assert rows()["lips"].state is WeightsState.READY


def test_verify_reads_the_content() -> None:
    path = put(imported_weights_dir())
    row = rows()["lips"]
    assert verify(row, Progress()) is WeightsState.READY
    path.write_bytes(b"x" * len(CONTENT))
    assert verify(row, Progress()) is WeightsState.WRONG_CONTENT
    path.write_bytes(b"x")
    assert verify(row, Progress()) is WeightsState.WRONG_SIZE
    path.unlink()
    assert verify(row, Progress()) is WeightsState.MISSING
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        verify(row, progress)
