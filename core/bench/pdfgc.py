"""How fast PD-FGC's networks are, against the literal form of its generator.

Weights are seeded random numbers: speed does not depend on them. Each pair of times that is
compared is measured in turns, so that another program's load meets both.
"""

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Final

import numpy as np
import torch
from torch import Tensor

from core.base.progress import Progress
from core.bench.figure import Figure, at_least, at_most
from core.bench.literal_generator import LiteralGenerator
from core.engines.device import Device, accelerate, pick_device
from core.speech.mel import FRAME_RATE, SAMPLE_RATE_HZ, mel_rows, mel_windows
from models.pdfgc.appearance import AppearanceConfig, AppearanceEncoder
from models.pdfgc.audio import AudioConfig, AudioEncoder
from models.pdfgc.generator import Generator, GeneratorConfig
from models.pdfgc.motion import MotionConfig, MotionEncoder

RATIO_GOAL: Final = at_least(2.0)
PARITY_GOAL: Final = at_most(1e-3)
_CLIP_GOAL: Final = 1.5  # seconds of encoding per second of clip
_FPS_GOALS: Final = {1: at_least(60.0), 8: at_least(200.0)}
_N_THREADS: Final = 2
_N_TURNS: Final = {1: 5, 8: 3}
_BATCH: Final = 4
_HEARD: Final = 32
_N_ENCODED: Final = 6  # batches that stand for those of a whole clip
_N_GPU_CALLS: Final = 20
_NOISE_GAIN: Final = 0.1


def bench_pdfgc(seconds: float, progress: Progress) -> list[Figure]:
    """Milliseconds of the networks at their published sizes on two threads, and on a GPU if any.

    Args:
        seconds: length of the clip whose encoding is timed.
        progress: reports, and carries the cancel flag.

    Raises:
        Cancelled: the work was cancelled.
    """
    network = seeded_generator(GeneratorConfig())
    with torch.inference_mode(), _threads(_N_THREADS):
        figures = []
        for batch, n_turns in _N_TURNS.items():
            figures += compare_generators(network, batch, n_turns, progress)
        figures += time_encoders(
            AppearanceEncoder(AppearanceConfig()),
            MotionEncoder(MotionConfig()),
            AudioEncoder(AudioConfig()),
            seconds,
            progress,
        )
        return figures + time_gpu(network, progress)


def seeded_generator(config: GeneratorConfig) -> Generator:
    """A generator with random weights that are the same every time."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        network = Generator(config)
        for name, buffer in network.named_buffers():
            if name.endswith(".noise"):
                buffer.normal_()
        for name, parameter in network.named_parameters():
            if name.endswith(".noise_gain"):
                parameter.fill_(_NOISE_GAIN)
        network.modulation.bias.fill_(1.0)
    return network.eval()


def compare_generators(
    network: Generator, batch: int, n_turns: int, progress: Progress
) -> list[Figure]:
    """Times of the prepared and the literal form in turns, their ratio, and how far they differ."""
    style, identity_map = _inputs(network.config, batch)
    literal = LiteralGenerator(network)
    ours = copy.deepcopy(network).for_inference(winograd=True)
    stage = f"Timing the generator at batch {batch}"
    progress.report(stage, 0, n_turns + 1)
    picture, wanted = ours(style, identity_map), literal(style, identity_map)
    difference = float((picture - wanted).abs().max() / wanted.std())
    fast, slow = [], []
    for turn in range(n_turns):
        progress.report(stage, turn + 1, n_turns + 1)
        fast.append(_ms(lambda: ours(style, identity_map)) / batch)
        progress.check()
        slow.append(_ms(lambda: literal(style, identity_map)) / batch)
    ratio = median(b / a for a, b in zip(fast, slow, strict=True))
    case = f"generator, batch {batch}"
    return [
        Figure(case, "ours", median(fast), "ms/frame"),
        Figure(case, "literal", median(slow), "ms/frame"),
        Figure(case, "literal / ours", ratio, "", RATIO_GOAL if batch == 1 else None),
        Figure(case, "largest difference / std", difference, "", PARITY_GOAL),
    ]


def time_encoders(
    appearance: AppearanceEncoder,
    motion: MotionEncoder,
    audio: AudioEncoder,
    seconds: float,
    progress: Progress,
) -> list[Figure]:
    """Times of the encoders, and what a whole clip takes: sound, and one face in every frame.

    A few batches of each are timed in turns; the median of them stands for all of the clip's.
    """
    rng = torch.Generator().manual_seed(1)
    side = motion.config.image_side
    images = 2 * torch.rand(_BATCH, 3, side, side, generator=rng) - 1
    samples = np.random.default_rng(1).normal(0, 0.1, round(seconds * SAMPLE_RATE_HZ))
    appearance.for_inference()
    motion.for_inference(winograd=pick_device().winograd)
    audio.for_inference()
    for _ in range(2):  # the first call chooses routines
        portrait = _ms(lambda: appearance(images[:1]))
    n_frames = round(seconds * FRAME_RATE)
    started = time.perf_counter()
    windows = torch.from_numpy(mel_windows(mel_rows(samples.astype(np.float32)))[0])
    prepared_s = time.perf_counter() - started
    some = windows[:_HEARD]
    heard, seen = [], []
    for turn in range(_N_ENCODED):
        progress.report("Timing the encoders", turn, _N_ENCODED)
        heard.append(_ms(lambda: audio(some)) / len(some))
        seen.append(_ms(lambda: motion(images)) / _BATCH)
    clip_s = prepared_s + n_frames * (median(heard) + median(seen)) / 1e3
    goal = at_most(_CLIP_GOAL * seconds)
    return [
        Figure("encoders", "appearance", portrait, "ms"),
        Figure("encoders", "audio", median(heard), "ms/frame"),
        Figure("encoders", "motion", median(seen), "ms/frame"),
        Figure("encoders", f"clip of {seconds:g} s", clip_s, "s", goal),
    ]


def time_gpu(network: Generator, progress: Progress) -> list[Figure]:
    """Frames per second on the graphics card; one row that says so where there is none."""
    where = pick_device()
    if where.device.type == "cpu":
        return [Figure("GPU", "not measured: torch finds none here", None)]
    ours = copy.deepcopy(network).for_inference(winograd=where.winograd)
    ours.to(where.device, where.dtype)
    return [_gpu_figure(ours, where, batch, progress) for batch in _FPS_GOALS]


def _gpu_figure(network: Generator, where: Device, batch: int, progress: Progress) -> Figure:
    progress.report("Timing the GPU", batch, max(_FPS_GOALS))
    inputs = [x.to(where.device, where.dtype) for x in _inputs(network.config, batch)]
    made = accelerate(network, *inputs)
    times = [_ms(lambda: made.run(*inputs).cpu()) for _ in range(_N_GPU_CALLS)]
    how = f"{where.dtype}, {made.reason or 'CUDA graph'}"
    fps = batch * 1e3 / median(times)
    return Figure(f"GPU, batch {batch}", how, fps, "frames/s", _FPS_GOALS[batch])


def _inputs(config: GeneratorConfig, batch: int) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(2)
    side = config.map_side
    style = torch.randn(batch, config.style_size, generator=rng)
    return style, torch.randn(batch, config.map_channels, side, side, generator=rng)


def _ms(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1e3


@contextmanager
def _threads(n_threads: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
