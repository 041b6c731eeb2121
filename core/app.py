"""The one door to the core: what the command line and the studio ask for, in plain calls."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from core.base.cache import ArrayCache
from core.base.errors import MediaError, SessionError
from core.base.paths import cache_dir
from core.base.progress import Progress
from core.base.time import FrameRange, parse_number, parse_rate
from core.engines import registry
from core.engines.protocol import Avatar, Engine, EngineSpec, SourceKind
from core.export.job import ExportJob, check_job, job_steps
from core.export.render_plan import (
    avatar_source,
    check_target,
    document_view,
    open_avatar,
    sounds_of,
)
from core.export.runner import ExportPlan, export_motion
from core.export.settings import ExportSettings
from core.face.tracker import DEFAULT_TRACKER
from core.media.output import check_output
from core.motion.clip_end import parse_clip_end
from core.motion.motion import Motion
from core.motion.retarget import parse_mode, parse_reference
from core.session.bank import Tracks, final_motion, gather_motion
from core.session.compose import Ingredients, compose
from core.session.files import undoing_folder
from core.session.generate import generate, speak
from core.session.media import collect_media
from core.session.relink import require_media
from core.session.store import (
    PROJECT,
    create_session,
    load_project,
    open_session,
    session_folder,
)
from core.timeline.document import Document, ViewSettings
from core.timeline.source import VoiceMethod

__all__ = [
    "Ingredients",
    "VoiceMethod",
    "parse_clip_end",
    "parse_mode",
    "parse_rate",
    "parse_reference",
]

MIN_SIZE_PX, MAX_SIZE_PX = 256, 1080


@dataclass(frozen=True, slots=True)
class Result:
    """A written film: where, how many frames, and the seconds of wall time it took."""

    output: Path
    n_frames: int
    seconds: float


def view_of(size: int | None, full: bool) -> ViewSettings:
    """The picture that `--size` and `--full` ask for.

    Raises:
        MediaError: the size is not within 256..1080 px.
    """
    if full:
        return ViewSettings("full", None)
    if size is not None and not MIN_SIZE_PX <= size <= MAX_SIZE_PX:
        raise MediaError(
            f"A size of {size} px is not possible: give {MIN_SIZE_PX} to {MAX_SIZE_PX}, or --full."
        )
    return ViewSettings("face", size or 512)


def animate(
    ingredients: Ingredients, output: Path, *, session: Path | None, progress: Progress
) -> Result:
    """Makes a document of a portrait, a voice and clips and renders it.

    Args:
        ingredients: What it is made of.
        output: The MP4 file.
        session: Folder to keep the document in, with copies of its media; None keeps nothing.
        progress: Reports stages and notes, and carries the cancel flag.

    Raises:
        StudioError: something in the input cannot be used; nothing is written.
        Cancelled: the work was cancelled; nothing is written.
    """
    started = time.monotonic()
    sound = [] if ingredients.audio is None else [ingredients.audio]
    check_output(output, [ingredients.portrait, *sound, *ingredients.clips.values()])
    document = compose(ingredients)
    if session is None:
        n_frames = _render(document, Path(), output, document.range, progress)
    else:
        n_frames = _render_kept(document, session, output, progress)
    return Result(output, n_frames, time.monotonic() - started)


def render_session(
    folder: Path,
    output: Path,
    *,
    seconds: str | None = None,
    view: ViewSettings | None = None,
    progress: Progress,
) -> Result:
    """Renders a saved session to the same frames each time.

    Args:
        folder: The session folder.
        output: The MP4 file.
        seconds: `A:B`, the part to render; None is its working range.
        view: Another picture than the session's own.
        progress: Reports stages and notes, and carries the cancel flag.

    Raises:
        SessionError: the session cannot be read, or its media are missing.
        StudioError: something else in it cannot be used; nothing is written.
        Cancelled: the work was cancelled; nothing is written.
    """
    started = time.monotonic()
    folder = session_folder(folder)
    document = require_media(load_project(folder / PROJECT).document, folder, (), progress)
    check_target(document, folder, output)
    if view is not None:
        document = replace(document, avatar=replace(document.avatar, view=view))
    frames = document.range if seconds is None else parse_range(seconds, document)
    n_frames = _render(document, folder, output, frames, progress)
    return Result(output, n_frames, time.monotonic() - started)


def generate_session(folder: Path) -> tuple[str, ...]:
    """Fills the empty tracks of a saved session with generated motion and saves it.

    Returns:
        Names of the tracks that were filled.

    Raises:
        SessionError: the session cannot be read or written, or is open in another window.
        MediaError: its portrait cannot be read.
    """
    with open_session(folder) as session:
        before = session.document
        is_clip = bool(before.avatar.source_id) and (
            avatar_source(before, session.folder).kind is SourceKind.VIDEO
        )
        after = speak(before) if is_clip else generate(before)
        if after != before:
            session.save(after)
    old = {track.factor: track.strips for track in before.tracks}
    return tuple(str(t.factor) for t in after.tracks if t.strips != old[t.factor])


def export_session(
    folder: Path,
    output: Path,
    settings: ExportSettings,
    *,
    seconds: str | None = None,
    progress: Progress,
) -> Result:
    """Exports a saved session as the window's export dialog does; nothing is overwritten.

    Args:
        folder: The session folder.
        output: The file; a folder for pictures, only a name for motion files.
        settings: What kind of file, and how.
        seconds: `A:B`, the part to export; None is its working range.
        progress: Reports stages and notes, and carries the cancel flag.

    Raises:
        StudioError: something cannot be used or written; nothing is written.
        Cancelled: the work was cancelled; nothing is written.
    """
    started = time.monotonic()
    folder = session_folder(folder)
    document = require_media(load_project(folder / PROJECT).document, folder, (), progress)
    frames = document.range if seconds is None else parse_range(seconds, document)
    job = ExportJob(document, folder, frames, output, settings)
    check_job(job)
    engine, avatar, motion = _prepare(document, folder, frames, progress)
    for _ in job_steps(job, engine, avatar, motion, progress):
        progress.check()
    return Result(output, job.n_frames, time.monotonic() - started)


def find_sessions(folder: Path) -> list[Path]:
    """The session folders directly in a folder, by name.

    Raises:
        SessionError: there are none.
    """
    found = sorted(path.parent for path in folder.glob(f"*/{PROJECT}"))
    if not found:
        raise SessionError(f"“{folder}” holds no sessions: choose the folder that they lie in.")
    return found


def parse_range(text: str, document: Document) -> FrameRange:
    """Reads `A:B` in seconds; an empty side is the document's start or end.

    Raises:
        MediaError: it is no range, or holds no frame of the document.
    """
    end = document.n_frames
    first, separator, last = text.partition(":")
    try:
        start = round(parse_number(first or "0") * document.rate)
        stop = round(parse_number(last) * document.rate) if last else end
    except (ValueError, ZeroDivisionError):
        start = stop = -1
    if not separator or not 0 <= start < min(stop, end):
        length = float(end / document.rate)
        raise MediaError(
            f"“{text}” is no range of this session: give seconds as A:B within 0:{length:g}."
        )
    return FrameRange(start, min(stop, end))


def track(clip: Path, output: Path, *, face: int | None, progress: Progress) -> int:
    """Writes a clip's motion as a Live Link Face CSV and returns the number of frames.

    Raises:
        StudioError: the clip cannot be used or the file not be written.
        Cancelled: the work was cancelled; nothing is written.
    """
    from core.motion.clip import extract_clip
    from core.motion.livelink_writer import write_live_link

    check_output(output, [clip], ".csv")
    motion = extract_clip(clip, face=face, cache=ArrayCache(cache_dir()), progress=progress)
    controls, seen = motion.as_motion()
    write_live_link(output, controls, seen, progress)
    return len(seen)


def latents(
    clip: Path, output: Path, *, engine: str, face: int | None, progress: Progress
) -> tuple[int, dict[str, int]]:
    """Writes a clip's latents in the space of an engine, see `write_latents`.

    Returns:
        The number of frames, and the length of each factor's latent.

    Raises:
        EngineError: the engine has no latents.
        StudioError: the clip cannot be used or the file not be written.
        Cancelled: the work was cancelled; nothing is written.
    """
    from core.motion.latent_cache import clip_latents
    from core.motion.latent_file import write_latents

    check_output(output, [clip], ".safetensors")
    extractor = registry.require_extractor(engine)
    cache = ArrayCache(cache_dir())
    tracks = clip_latents(extractor, clip, face, DEFAULT_TRACKER, cache, progress)
    write_latents(output, tracks)
    n_frames = len(next(iter(tracks.values())))
    return n_frames, {str(factor): track.width for factor, track in tracks.items()}


def list_engines() -> list[dict[str, str | int | None]]:
    """One row per engine, without importing any."""
    return [_engine_row(spec) for spec in registry.list_engines()]


def _render(
    document: Document, folder: Path, output: Path, frames: FrameRange, progress: Progress
) -> int:
    """Writes a film of the document's own picture."""
    engine, avatar, motion = _prepare(document, folder, frames, progress)
    plan = ExportPlan(output, document_view(document), sounds_of(document, folder, frames))
    return export_motion(engine, avatar, motion, plan, progress)


def _prepare(
    document: Document, folder: Path, frames: FrameRange, progress: Progress
) -> tuple[Engine, Avatar, Motion]:
    """Prepares the avatar and extracts the motion side by side."""
    part = progress.fork()
    with ThreadPoolExecutor(1, "motion") as pool:
        gathering = pool.submit(_gather, document, folder, part)
        try:
            engine, avatar = open_avatar(document, folder, progress)
            avatar.refine(progress)
            bank = gathering.result()
        except BaseException:
            part.cancel()
            raise
    motion = final_motion(
        document, frames, bank, avatar.rest_pose, with_latents=engine.spec.takes_latents
    )
    return engine, avatar, motion


def _gather(document: Document, folder: Path, progress: Progress) -> dict[str, Tracks]:
    extractor = registry.latent_extractor(document.avatar.engine)
    cache = ArrayCache(cache_dir())
    return gather_motion(document, folder, cache, progress, extractor=extractor)


def _render_kept(document: Document, folder: Path, output: Path, progress: Progress) -> int:
    """Keeps the session and renders it; a session that was made for nothing is taken away."""
    with undoing_folder(folder):
        with create_session(folder, document) as session:
            kept = collect_media(document, Path(), folder, progress)
            session.save(kept)
        return _render(kept, folder, output, kept.range, progress)


def _engine_row(spec: EngineSpec) -> dict[str, str | int | None]:
    lacking = registry.lacks(spec)
    state = "lacks weights" if lacking else "ready"
    return {"engine": spec.name, "state": state, "title": spec.title, "what to do": lacking}
