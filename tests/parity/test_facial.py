"""FACIAL's networks against the published ones, with the kit's deterministic weights."""

import numpy as np
import pytest
import torch

from models.facial.checkpoint import recognise, translate
from models.facial.discriminator import Discriminator, DiscriminatorConfig
from models.facial.generator import PUBLISHED, Generator
from models.facial.local import LocalNet
from models.facial.published import audio_windows, pose_kernel, postprocess_states
from models.facial.stitching import stitch


def _generator(state):
    name = recognise(state)
    assert name == "facial-generator"
    generator = Generator(PUBLISHED).eval()
    generator.load_state_dict(translate(name, state))
    return generator


def test_the_generator_gives_the_published_attributes(golden):
    known = golden("facial_audio2face_generator")
    generator = _generator(known.weights())
    windows, initial = known.tensor("audio"), known.tensor("initial")[:, 0]
    known.check("attributes71", generator(windows, initial))
    heard = generator.temporal.listen(windows[:, :, 8])
    known.check("mid.frontend_128", heard[..., None])
    known.check("mid.unet", generator.temporal.unet(heard))
    known.check("mid.temporal_code32", generator.temporal(windows[:, :, 8], initial))


def test_long_speech_is_stitched_as_published(golden):
    known = golden("facial_audio2face_sequence")
    generator = _generator(known.weights())
    windows = known.tensor("audio")
    states = stitch(generator, lambda start, stop: windows[start:stop], 300, torch.zeros(71))
    known.check("attributes71", states)


def test_the_local_network_gives_the_published_attributes(golden):
    known = golden("facial_local_net")
    state = {f"G1.{name}": tensor for name, tensor in known.weights().items()}
    net = LocalNet(n_features=29, n_rows=16, widths=(32, 32, 64, 64), hidden=32, code=32,
                   n_states=71).eval()  # fmt: skip
    net.load_state_dict(translate("facial-local", state))
    known.check("attributes71", net(known.tensor("window"), known.tensor("code")))


def test_the_discriminator_gives_the_published_scores(golden):
    known = golden("facial_audio2face_discriminator")
    state = known.weights()
    name = recognise(state)
    assert name == "facial-discriminator"
    discriminator = Discriminator(DiscriminatorConfig()).eval()
    discriminator.load_state_dict(translate(name, state))
    known.check("score", discriminator(known.tensor("attributes")))


def test_audio_windows_are_cut_as_published(golden):
    known = golden("facial_audio_windows")
    known.check("windows", audio_windows(known.array("logits")[:, 0]))


def test_states_are_smoothed_as_published(golden):
    known = golden("facial_pose_postprocess")
    known.check("kernel5", pose_kernel())
    states = postprocess_states(
        *(known.array(k).astype(np.float64) for k in ("states", "mean", "std"))
    )
    known.check("states_smoothed", states)


def test_a_foreign_state_is_not_recognised():
    assert recognise({"conv1.weight": torch.zeros(1)}) is None


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda s: s.pop("bn42.weight"), "lacks “bn42.weight”"),
        (
            lambda s: s.update({"conv62.bias": torch.zeros(31)}),
            r"“conv62.bias” has the shape \(31,",
        ),
        (lambda s: s.update({"more": torch.zeros(1)}), "“more” is no part"),
    ],
)
def test_a_damaged_checkpoint_is_refused_by_name(golden, spoil, told):
    state = golden("facial_audio2face_generator").weights()
    spoil(state)
    with pytest.raises(ValueError, match=told):
        translate("facial-generator", state)
