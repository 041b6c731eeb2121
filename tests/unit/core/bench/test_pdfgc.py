import torch

from core.base.progress import Progress
from core.bench.pdfgc import compare_generators, seeded_generator, time_encoders
from models.pdfgc.appearance import AppearanceConfig, AppearanceEncoder
from models.pdfgc.audio import AudioConfig, AudioEncoder
from models.pdfgc.generator import GeneratorConfig
from models.pdfgc.motion import MotionConfig, MotionEncoder


def test_generators_are_compared_in_turns_and_agree():
    config = GeneratorConfig(style_size=20, map_channels=8, map_side=6, channels=(8, 8, 6))
    with torch.inference_mode():
        figures = compare_generators(seeded_generator(config), 2, 2, Progress())
    named = {figure.measure: figure for figure in figures}
    assert named["largest difference / std"].is_met
    assert named["literal / ours"].value > 0


def test_every_encoder_gets_its_time():
    appearance = AppearanceConfig(image_side=64, stem=4, depths=(1,), groups=2)
    motion = MotionConfig(image_side=64, stem=8, width=16, depth=2, n_maps=5, feature_size=12)
    audio = AudioConfig(widths=(8,), depths=(1,), attention_size=4, feature_size=12)
    with torch.inference_mode():
        figures = time_encoders(
            AppearanceEncoder(appearance),
            MotionEncoder(motion),
            AudioEncoder(audio),
            0.5,
            Progress(),
        )
    assert [figure.measure for figure in figures] == [
        "appearance",
        "audio",
        "motion",
        "clip of 0.5 s",
    ]
    assert all(figure.value > 0 for figure in figures)
