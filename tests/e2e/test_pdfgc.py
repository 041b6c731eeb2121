"""PD-FGC through the timeline with tiny networks: each clip reaches its own latent, exactly.

The pictures are noise, so latents, wiring, caching and repeatability are judged.
"""

import json
import runpy
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

from core.base.cache import ArrayCache
from core.base.controls import REST, Factor
from core.base.paths import cache_dir
from core.base.progress import Progress, Step
from core.base.time import FrameRange
from core.engines.pdfgc.avatar import PdfgcAvatar
from core.engines.pdfgc.composition import EXPRESSION, EYES, MOUTH, POSE, PUBLISHED
from core.engines.pdfgc.extract import STAGE
from core.engines.registry import latent_extractor
from core.export.render_plan import document_view, open_avatar
from core.jobs.document import write_document
from core.jobs.inline import InlineHost
from core.jobs.memory import MotionMemory
from core.jobs.messages import ENDINGS, FrameReady, Gather, Gathered, Preview
from core.media.encode import Mp4Writer
from core.motion.latent import LatentTrack
from core.motion.motion import LatentMotion, Motion
from core.session.bank import final_motion, gather_motion
from core.session.compose import Ingredients, compose
from core.timeline.document import Document, ViewSettings

N, N_CLIP = 12, 18
RATE = Fraction(25)
FRAMES = FrameRange(0, N)
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def put_weights(shared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Puts tiny weights of a seed into a folder of this module's own."""
    folder = tmp_path_factory.mktemp("weights")
    write = runpy.run_path(str(Path(__file__).parents[1] / "pdfgc_weights.py"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVATAR_STUDIO_WEIGHTS", str(folder))
        yield lambda seed=0: write["write_pdfgc_weights"](folder, seed)


@pytest.fixture(autouse=True)
def weights(put_weights: Run) -> None:
    put_weights()


@pytest.fixture(scope="module")
def clips(driver: Path, tmp_path_factory: pytest.TempPathFactory, watch: Run) -> tuple[Path, Path]:
    """The first and the following frames of the driver, as clips of their own."""
    frames, folder = watch(driver).frames, tmp_path_factory.mktemp("clips")
    paths = folder / "first.mp4", folder / "second.mp4"
    for i, path in enumerate(paths):
        with Mp4Writer(path, 512, 512, RATE, duration_s=N_CLIP / RATE) as writer:
            for frame in frames[i * N_CLIP : (i + 1) * N_CLIP]:
                writer.write(frame)
    return paths


@pytest.fixture(scope="module")
def clip(clips: tuple[Path, Path]) -> Path:
    """The first of them."""
    return clips[0]


def document_of(portrait: Path, clips: dict[Factor, Path], **how: Any) -> Document:
    return compose(
        Ingredients(
            portrait=portrait,
            clips=clips,
            engine="pdfgc",
            view=ViewSettings("face", 256),
            duration_s=N / 25,
            **how,
        )
    )


def gathered(document: Document, progress: Progress | None = None) -> Any:
    extractor = latent_extractor("pdfgc")
    cache = ArrayCache(cache_dir())
    return gather_motion(document, Path(), cache, progress or Progress(), extractor=extractor)


def motion_of(document: Document, bank: Any) -> Motion:
    _, avatar = open_avatar(document, Path(), Progress())
    return final_motion(document, FRAMES, bank, avatar.rest_pose, with_latents=True)


def rows_of(document: Document, bank: Any) -> np.ndarray:
    _, avatar = open_avatar(document, Path(), Progress())
    assert isinstance(avatar, PdfgcAvatar)
    latents = final_motion(document, FRAMES, bank, avatar.rest_pose, with_latents=True).latents
    assert latents is not None
    return avatar.rows(latents)


def without_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AVATAR_STUDIO_WEIGHTS", str(tmp_path / "none"))


# --- from clips to the generator ---------------------------------------------------------------


def test_each_factor_comes_from_its_own_source(
    small_portrait: Path, clips: tuple[Path, Path], sample_speech: Path
) -> None:
    """Head and expression from one clip, eyes from another, lips from speech; published gains."""
    one, two = clips
    drivers = {Factor.HEAD_POSE: one, Factor.EXPRESSION: one, Factor.EYES: two}
    document = document_of(small_portrait, drivers, audio=sample_speech)
    bank = gathered(document)
    by_name = {source.name: bank[source.id] for source in document.sources if source.id in bank}
    rows = rows_of(document, bank)

    def published(name: str, factor: Factor) -> np.ndarray:
        track = by_name[name][factor].latents
        assert isinstance(track, LatentTrack)
        return track.published[:N]

    head = published(one.name, Factor.HEAD_POSE)
    np.testing.assert_allclose(rows[:, POSE], PUBLISHED.pose_gain * head, rtol=1e-5, atol=1e-6)
    smile = published(one.name, Factor.EXPRESSION)
    np.testing.assert_allclose(rows[:, EXPRESSION], PUBLISHED.expression_gain * smile, rtol=1e-5)
    eyes = published(two.name, Factor.EYES)
    np.testing.assert_allclose(rows[:, EYES], PUBLISHED.eyes_gain * eyes, rtol=1e-5)
    spoken = by_name["Motion from speech"][Factor.LIPS].latents.share[:N] == 1.0
    assert spoken.sum() > 0
    lips = PUBLISHED.mouth_gain * published("Motion from speech", Factor.LIPS)
    np.testing.assert_allclose(rows[spoken, MOUTH], lips[spoken], rtol=1e-5, atol=1e-6)


def test_an_edit_changes_its_own_factor_only(small_portrait: Path, clip: Path) -> None:
    document = document_of(small_portrait, dict.fromkeys(Factor, clip))
    bank = gathered(document)
    before = rows_of(document, bank)
    track = document.track(Factor.EYES)
    slipped = replace(track, strips=(replace(track.strips[0], source_in=0.4),))
    after = rows_of(document.with_track(slipped), bank)
    assert (after[:, EYES] != before[:, EYES]).any()
    halved = rows_of(document.with_track(replace(track, gain=0.5)), bank)
    muted = rows_of(document.with_track(replace(track, is_muted=True)), bank)
    assert (muted[:, EYES] == 0).all()
    for changed in (after, halved, muted):
        assert (np.delete(changed, np.r_[EYES], 1) == np.delete(before, np.r_[EYES], 1)).all()


def test_generated_motion_reaches_the_network(small_portrait: Path, clip: Path) -> None:
    """Nothing drives head and eyes but generators: their latents move about the portrait's own."""
    document = document_of(small_portrait, {Factor.LIPS: clip})
    latents = motion_of(document, gathered(document)).latents
    assert latents is not None
    assert set(latents.parts) == {Factor.LIPS}
    assert (latents.controls != REST).any()
    rows = rows_of(document, gathered(document))
    assert np.ptp(rows[:, POSE], 0).max() > 0
    assert np.ptp(rows[:, EXPRESSION], 0).max() == 0


# --- caches ------------------------------------------------------------------------------------


def test_clips_are_encoded_once_until_the_weights_change(
    small_portrait: Path, clip: Path, put_weights: Run
) -> None:
    document = document_of(small_portrait, {Factor.EYES: clip})
    steps: list[Any] = []

    def encoded() -> tuple[bool, np.ndarray]:
        steps.clear()
        bank = gathered(document, Progress(steps.append))
        latents = next(tracks[Factor.EYES].latents for tracks in bank.values() if len(tracks) > 1)
        is_new = any(isinstance(step, Step) and step.stage == STAGE for step in steps)
        return is_new, latents.values

    put_weights(5)
    is_new, first = encoded()
    assert is_new
    assert not encoded()[0]
    put_weights(6)
    is_new, other = encoded()
    assert is_new
    assert (other != first).any()
    put_weights(5)
    is_new, again = encoded()
    assert not is_new
    assert (again == first).all()


def test_memory_forgets_latents_of_another_engine_or_other_weights(
    small_portrait: Path, clip: Path, put_weights: Run
) -> None:
    memory = MotionMemory()
    document = document_of(small_portrait, {Factor.EYES: clip})
    mesh = replace(document, avatar=replace(document.avatar, engine="mesh"))

    def recalled(which: Document) -> tuple[bool, str]:
        bank, is_complete = memory.recall(which, Path(), is_moving=False)
        source = next(s.id for s in which.sources if s.kind == "clip")
        latents = bank[source][Factor.EYES].latents if source in bank else None
        return is_complete, "" if latents is None else latents.space

    memory.gather(mesh, Path(), Progress())
    assert recalled(mesh) == (True, "")
    assert recalled(document) == (False, "")
    memory.gather(document, Path(), Progress())
    is_complete, space = recalled(document)
    assert is_complete
    assert space
    put_weights(7)
    memory.gather(document, Path(), Progress())
    is_complete, other = recalled(document)
    assert is_complete
    assert other not in ("", space)


# --- the engine process ------------------------------------------------------------------------


def test_previews_show_what_an_export_shows(small_portrait: Path, clip: Path) -> None:
    """Evaluated by the engine's own loop, or by the window and sent along: one and the same."""
    document = document_of(small_portrait, dict.fromkeys(Factor, clip))
    engine, avatar = open_avatar(document, Path(), Progress())
    motion = motion_of(document, gathered(document))
    wanted = list(engine.render(avatar, motion, document_view(document)))[7]
    host, text = InlineHost(), write_document(document)

    def end(request: Any) -> Any:
        ticket = host.submit(request)
        while True:
            for reply in host.poll(0.05):
                if reply.ticket == ticket and isinstance(reply, ENDINGS):
                    return reply

    try:
        told = end(Gather(text, ""))
        assert isinstance(told, Gathered)
        sent = final_motion(document, FrameRange(7, 8), told.bank, avatar.rest_pose,
                            with_latents=True)  # fmt: skip
        controls = tuple(sent.controls[0].tolist())
        for request in (
            Preview(text, "", 7),
            Preview(text, "", 7, controls=controls, latents=sent.latents),
        ):
            reply = end(request)
            assert isinstance(reply, FrameReady), reply
            assert (host.frame(reply) == wanted).all()
    finally:
        host.close()


# --- the command line --------------------------------------------------------------------------


def test_equal_sessions_give_equal_films(
    studio: Run, watch: Run, small_portrait: Path, clip: Path, sample_speech: Path, tmp_path: Path
) -> None:
    session, first, again = tmp_path / "it.avatar", tmp_path / "a.mp4", tmp_path / "b.mp4"
    outcome = studio("animate", small_portrait, "--engine", "pdfgc", "--audio", sample_speech,
                     "--pose", clip, "--duration", 0.4, "--size", 256, "--session", session,
                     "-o", first)  # fmt: skip
    assert outcome.code == 0, outcome.last
    assert studio("render", session, "-o", again).code == 0
    films = watch(first), watch(again)
    assert [film.size for film in films] == [(256, 256)] * 2
    assert len(films[0].frames) == 10
    assert all((a == b).all() for a, b in zip(films[0].frames, films[1].frames, strict=True))
    assert (films[0].frames[0] != films[0].frames[-1]).any()


def test_the_latents_of_a_clip_are_written(studio: Run, clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "clip.safetensors"
    outcome = studio("latents", clip, "--engine", "pdfgc", "-o", path)
    assert outcome.code == 0, outcome.last
    assert outcome.last["frames"] == 18
    with safe_open(path, "numpy") as file:
        names = set(file.keys())
        shapes = {name: file.get_tensor(name).shape for name in names}
        facts = file.metadata()
    assert shapes == {"lips": (18, 500), "head_pose": (18, 6), "eyes": (18, 6),
                      "expression": (18, 30), "valid": (18,)}  # fmt: skip
    assert (facts["rate"], facts["valid"]) == ("25", "18")
    assert json.loads(facts["factors"]) == [str(factor) for factor in Factor]
    assert facts["space"].startswith("pdfgc ")


def test_what_has_no_latents_says_so(studio: Run, clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    outcome = studio("latents", clip, "--engine", "mesh", "-o", path)
    assert (outcome.code, path.exists()) == (2, False)
    assert "“mesh” has no latents: choose pdfgc" in str(outcome.last)


@pytest.mark.parametrize("command", ["animate", "latents"])
def test_absent_files_are_named_with_where_to_get_them(
    studio: Run,
    small_portrait: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    without_weights(monkeypatch, tmp_path)
    path = tmp_path / ("a.mp4" if command == "animate" else "a.safetensors")
    outcome = studio(command, small_portrait, "--engine", "pdfgc", "-o", path)
    assert (outcome.code, path.exists()) == (2, False)
    for words in ("generator_model.pth", "PD-FGC-inference", "weights import FOLDER"):
        assert words in str(outcome.last)


def test_engines_and_doctor_say_what_is_absent(
    studio: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(command: str, column: str) -> dict[str, Any]:
        return {row[column]: row for row in studio(command).events}

    assert rows("engines", "engine")["pdfgc"]["state"] == "ready"
    without_weights(monkeypatch, tmp_path)
    engines = rows("engines", "engine")
    assert engines["mesh"]["state"] == "ready"
    assert engines["pdfgc"]["state"] == "lacks weights"
    assert "audio_model.pth" in engines["pdfgc"]["what to do"]
    assert rows("doctor", "check")["Engine pdfgc"]["state"] == "absent"


def test_motion_alone_needs_no_weights(
    small_portrait: Path, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session with this engine can be edited before its files are there."""
    without_weights(monkeypatch, tmp_path)
    document = document_of(small_portrait, {Factor.EYES: clip})
    bank = gathered(document)
    motion = final_motion(document, FRAMES, bank, open_mesh(document).rest_pose, with_latents=True)
    assert isinstance(motion.latents, LatentMotion)
    assert not motion.latents.parts
    assert (motion.latents.controls == motion.controls).all()


def open_mesh(document: Document) -> Any:
    mesh = replace(document, avatar=replace(document.avatar, engine="mesh"))
    return open_avatar(mesh, Path(), Progress())[1]
