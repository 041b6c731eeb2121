"""Trains a speaker on a folder of talking clips: `avatar-studio train facial`."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
import torch

from core.base.cache import ArrayCache
from core.base.errors import MediaError
from core.base.progress import Progress
from core.motion.blinking import BlinkModel
from core.motion.person import mouth_shape, tracked_head, tracked_lids
from core.motion.speaker_file import NAME, TrainedSpeaker
from core.motion.sway import SwayModel
from core.speech.energy import loudness_per_frame
from core.training.blink_fit import fit_blinks
from core.training.dataset import TalkingClip, folds, prepare, talking_clips, without_heard
from core.training.log import CsvLog
from core.training.preview import write_preview
from core.training.scores import Agreement, agreement, clip_agreement, mean_agreement, spoken
from core.training.sway_fit import fit_sway, smooth_pose
from core.training.trainer import Settings, Trainer
from core.weights.card import Card
from core.weights.writing import write_weights
from models.facial.speaker import MOUTH, RATE, Speaker

TRAIN, HELD_OUT = "train", "val"
"""Subfolders of the data; without them every fifth clip is held out."""
_HELD_OUT_SHARE: Final = 5
_GAINS: Final = (1.0, 2.2)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train and how long.

    Attributes:
        settings: Of every member.
        n_members: Generators that speak together.
        n_variants: Varied recordings per clip.
        seed: Of everything.
        look_every: Steps between two looks at the held-out clips.
        patience: Looks without a better agreement that end a member's training.
        previews: Whether each member writes a film of the first held-out clip.
    """

    settings: Settings = field(default_factory=Settings)
    n_members: int = 4
    n_variants: int = 4
    seed: int = 0
    look_every: int = 25
    patience: int = 8
    previews: bool = True


def plan_of(n_steps: int | None, n_members: int | None, seed: int) -> Plan:
    """The usual plan with what was asked for changed.

    Raises:
        MediaError: a number makes no training.
    """
    plan = Plan(seed=seed)
    if any(n is not None and n < 1 for n in (n_steps, n_members)):
        raise MediaError("A training needs at least one step and one member.")
    if n_steps is not None:
        plan = replace(plan, settings=replace(plan.settings, n_steps=n_steps))
    return plan if n_members is None else replace(plan, n_members=n_members)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A written weights file and its agreement with the held-out clips."""

    weights: Path
    held_out: Agreement
    minutes: float


def train_facial(
    data: Path, output: Path, plan: Plan, *, resume: bool, cache: ArrayCache, progress: Progress
) -> Outcome:
    """Trains all members and writes weights, card, log and previews into `output`.

    Args:
        data: folder with the subfolders `train` and `val`, or with clips.
        output: folder of the results; made where it lacks.
        plan: what to train.
        resume: goes on from what `output` holds of an earlier training of the same plan.
        cache: keeps tracked and heard clips.
        progress: reports, and carries the cancel flag.

    Raises:
        MediaError: the folder holds too few clips.
        FaceError: a clip shows no face.
        OSError: `output` cannot be written.
        Cancelled: the work was cancelled; `resume` goes on from there.
    """
    clips, held_out = _clips(data, plan, cache, progress)
    return train_on(clips, held_out, output, plan, resume=resume, progress=progress)


def train_on(
    clips: Sequence[TalkingClip],
    held_out: Sequence[TalkingClip],
    output: Path,
    plan: Plan,
    *,
    resume: bool,
    progress: Progress,
) -> Outcome:
    """The same with clips that are prepared.

    Raises:
        OSError, Cancelled: as `train_facial`.
    """
    output.mkdir(parents=True, exist_ok=True)
    log = CsvLog(output / "log.csv", resume=resume)
    members = []
    for number in range(plan.n_members):
        members.append(_train_member(clips, held_out, output, number, plan, resume, log, progress))
        if plan.previews:
            write_preview(output / f"preview-{number + 1}.mp4", members[-1], held_out[0], progress)
    speaker = Speaker.of(members).eval()
    reached = agreement(speaker, held_out)
    heads = fit_heads(clips, plan.seed)
    trained = TrainedSpeaker(speaker, mouth_gain(speaker, held_out), *heads)
    minutes = sum(len(clip.person.states) for clip in clips) / RATE / 60.0
    path = output / f"{NAME}.safetensors"
    card = _card(path, trained, clips, held_out, reached, minutes, plan)
    write_weights(path, card, trained.state(), progress)
    return Outcome(path, reached, minutes)


def cross_validate(
    data: Path, n_folds: int, plan: Plan, *, cache: ArrayCache, progress: Progress
) -> dict[str, Agreement]:
    """Agreement on each clip, spoken by members that were trained without its fold.

    The schedule runs to its end: nothing of a fold decides anything of its training.

    Raises:
        MediaError, FaceError, Cancelled: as `train_facial`.
    """
    clips, held_out = _clips(data, plan, cache, progress)
    parts = folds([*clips, *held_out], n_folds, plan.seed)
    scores: dict[str, Agreement] = {}
    for number, part in enumerate(parts):
        rest = [clip for other in parts if other is not part for clip in other]
        members = []
        for member in range(plan.n_members):
            trainer = Trainer(rest, plan.settings, plan.seed + member, _device())
            while not trainer.is_done:
                done = trainer.step_number + plan.settings.n_steps * member
                progress.report(f"Training fold {number + 1} of {n_folds}", done,
                                plan.settings.n_steps * plan.n_members)  # fmt: skip
                trainer.step()
            members.append(trainer.speaker.cpu())
        speaker = Speaker.of(members).eval()
        scores |= {clip.name: clip_agreement(spoken(speaker, clip), clip) for clip in part}
    return scores | {"all": mean_agreement(list(scores.values()))}


def mouth_gain(speaker: Speaker, clips: Sequence[TalkingClip]) -> float:
    """How much less the spoken mouths open and close than the people's, as a factor."""
    shape = mouth_shape()[:, 0]
    ratios = [
        float((clip.person.states[:, MOUTH] @ shape).std())
        / max(float((spoken(speaker, clip)[:, MOUTH] @ shape).std()), 1e-6)
        for clip in clips
    ]
    return float(np.clip(np.median(ratios), *_GAINS))


def fit_heads(clips: Sequence[TalkingClip], seed: int) -> tuple[SwayModel, BlinkModel]:
    """How the people of some clips move their heads and blink."""
    motions = [clip.motion for clip in clips]
    poses = [smooth_pose(tracked_head(motion)) for motion in motions]
    voices = [
        loudness_per_frame(clip.spectrum, Fraction(RATE), len(pose)).astype(np.float64)
        for clip, pose in zip(clips, poses, strict=True)
    ]
    lids = [tracked_lids(motion) for motion in motions]
    return fit_sway(poses, voices, RATE, seed), fit_blinks(lids, RATE)


def _clips(
    data: Path, plan: Plan, cache: ArrayCache, progress: Progress
) -> tuple[list[TalkingClip], list[TalkingClip]]:
    """Clips to train on and held-out ones, none of which has the sound of another part's."""
    if (data / TRAIN).is_dir():
        paths, held = talking_clips(data / TRAIN), talking_clips(data / HELD_OUT)
    else:
        found = talking_clips(data)
        held = found[::_HELD_OUT_SHARE]
        paths = [path for path in found if path not in held]
    held_out = prepare(held, 0, plan.seed, cache, progress)
    clips = prepare(paths, plan.n_variants, plan.seed, cache, progress) if paths else []
    clips = without_heard(clips, held_out, progress)
    if not clips:
        raise MediaError(f"There are too few talking clips in {data}: two different ones at least.")
    return clips, held_out


def _train_member(
    clips: Sequence[TalkingClip],
    held_out: Sequence[TalkingClip],
    output: Path,
    number: int,
    plan: Plan,
    resume: bool,
    log: CsvLog,
    progress: Progress,
) -> Speaker:
    """One member, as it was when it agreed best with the held-out clips."""
    trainer = Trainer(clips, plan.settings, plan.seed + number, _device())
    saved = output / f"member-{number + 1}.pt"
    if resume and saved.exists():
        trainer.restore(saved)
    total = plan.settings.n_steps
    while not (trainer.is_done or trainer.n_looks_since_best >= plan.patience):
        progress.report(f"Training {number + 1} of {plan.n_members}", trainer.step_number, total)
        terms = trainer.step()
        if trainer.step_number % plan.look_every == 0 or trainer.is_done:
            now = agreement(copy.deepcopy(trainer.speaker).cpu(), held_out)
            trainer.look(now.mean)
            row = {"member": number + 1, "step": trainer.step_number} | terms
            log.add(row | {"opening_r": now.opening, "width_r": now.width})
            trainer.save(saved)
    return trainer.best_speaker()


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _card(
    path: Path,
    trained: TrainedSpeaker,
    clips: Sequence[TalkingClip],
    held_out: Sequence[TalkingClip],
    reached: Agreement,
    minutes: float,
    plan: Plan,
) -> Card:
    return Card(
        name=NAME,
        file=path.name,
        sha256="",
        n_bytes=0,
        needed_for="lips, head and blinks from a voice",
        licence=(
            "research use only: the clips that it was trained on show people and are "
            "published for research"
        ),
        origin=(
            f"trained here on {len(clips)} talking clips, {minutes:.1f} minutes, seeds "
            f"{plan.seed} to {plan.seed + plan.n_members - 1}; on {len(held_out)} held-out clips "
            f"mouth opening r {reached.opening:.2f}, width r {reached.width:.2f}; repeat with "
            "“avatar-studio train facial --data DIR --out DIR”"
        ),
        config=trained.config(),
        preprocessing={
            "sound": "mono, 16 kHz",
            "features": "42 phone posteriors (pocketsphinx en-us Gaussians), openness, spread; "
            "50 Hz, 16 rows around each frame",
            "rate": RATE,
            "states": "22 lips, 16 expression, 2 blinks, 6 pose",
        },
    )
