import copy

import numpy as np
import pytest
import torch

from core.engines.pdfgc.composition import (
    Composition,
    Switch,
    compose,
    driver_frames,
    to_picture,
)
from core.speech.mel import LEAD_FRAMES, ROWS_PER_FRAME, mel_rows, mel_windows, normalise_level
from models.pdfgc.checkpoint import PUBLISHED, recognise, translate

STEMS = {
    "pdfgc-appearance": "pdfgc_appearance_encoder",
    "pdfgc-motion": "pdfgc_motion_encoder",
    "pdfgc-audio": "pdfgc_audio_encoder",
    "pdfgc-generator": "pdfgc_generator",
}


def load(name, golden):
    """The published network with the kit's weights, and the golden they belong to."""
    kit = golden(STEMS[name])
    state = kit.weights()
    assert recognise(state) == name
    translated = translate(name, state)
    if name == "pdfgc-generator":  # the kit's outputs were made with these noise maps
        keys = [key for key in translated if key.endswith(".noise")]
        for index, key in enumerate(keys):
            translated[key] = state[f"noises.noise_{index}"][0, 0]
    network = PUBLISHED[name].build()
    network.load_state_dict(translated, strict=True)
    return network.eval(), kit


@pytest.fixture(scope="session")
def appearance(golden):
    return load("pdfgc-appearance", golden)


@pytest.fixture(scope="session")
def motion(golden):
    return load("pdfgc-motion", golden)


@pytest.fixture(scope="session")
def audio(golden):
    return load("pdfgc-audio", golden)


@pytest.fixture(scope="session")
def generator(golden):
    return load("pdfgc-generator", golden)


@pytest.fixture(scope="session")
def prepared(generator):
    return copy.deepcopy(generator[0]).for_inference(winograd=True)


def listen(module, outputs, name):
    module.register_forward_hook(lambda *call: outputs.__setitem__(name, call[2].clone()))


def test_appearance(appearance):
    encoder, kit = appearance
    outputs = {}
    listen(encoder.stages[0], outputs, "mid.layer1")
    outputs["id_vector"], outputs["id_map"] = encoder(kit.tensor("image"))
    for name, output in outputs.items():
        kit.check(name, output)


def test_motion(motion):
    encoder, kit = motion
    outputs = {}
    listen(encoder.trunk, outputs, "mid.trunk512")
    codes = encoder(kit.tensor("image"))
    outputs["pose6"], outputs["eye6"], outputs["emo30"], outputs["mouth_feat512"] = codes
    outputs["mouth_embed500"] = encoder.embed_mouth(codes.mouth_feature)
    for name, output in outputs.items():
        kit.check(name, output)


def test_prepared_encoders(appearance, motion, audio):
    encoder, kit = copy.deepcopy(appearance[0]).for_inference(), appearance[1]
    for name, output in zip(("id_vector", "id_map"), encoder(kit.tensor("image")), strict=True):
        kit.check(name, output)
    encoder, kit = copy.deepcopy(motion[0]).for_inference(winograd=True), motion[1]
    codes = encoder(kit.tensor("image"))
    for name, output in zip(("pose6", "eye6", "emo30", "mouth_feat512"), codes, strict=True):
        kit.check(name, output)
    encoder, kit = copy.deepcopy(audio[0]).for_inference(), audio[1]
    kit.check("mouth_embed500", encoder(kit.tensor("spectrogram")))


def test_audio(audio):
    encoder, kit = audio
    outputs = {}
    listen(encoder.stages[3], outputs, "mid.layer4")
    listen(encoder.project, outputs, "feat512")
    outputs["mouth_embed500"] = encoder(kit.tensor("spectrogram"))
    outputs["mid.attention"] = encoder.pooling.weights(outputs["mid.layer4"].flatten(1, 2))
    for name, output in outputs.items():
        kit.check(name, output)


def test_generator(generator):
    network, kit = generator
    style, identity_map = kit.tensor("style"), kit.tensor("id_map")
    outputs = {}
    listen(network.first, outputs, "mid.conv1")
    outputs["image"] = network(style, identity_map)
    kit.check("mid.conv1", outputs["mid.conv1"])
    kit.check("image", outputs["image"])
    kit.check("image_half_style", network(0.5 * style, identity_map))
    styles = network.modulate(style)
    for index, position in enumerate((1, 4, 7, 10, 13, 16)):
        kit.check(f"mid.style_rgb{index}", styles[position][:, None, :, None, None])


def test_prepared_generator(generator, prepared):
    kit = generator[1]
    style, identity_map = kit.tensor("style"), kit.tensor("id_map")
    kit.check("image", prepared(style, identity_map))
    kit.check("image_half_style", prepared(0.5 * style, identity_map))


def test_mel(golden):
    kit = golden("pdfgc_mel")
    samples = (0.2 * kit.array("wav")).astype(np.float32)
    rows = mel_rows(samples)
    windows, indices = mel_windows(rows)
    kit.check("wav_normalised", normalise_level(samples))
    kit.check("mel", rows)
    kit.check("windows", windows)
    kit.check("audio_inds", ROWS_PER_FRAME * (indices - LEAD_FRAMES))  # where windows begin


def test_end_to_end(golden, appearance, motion, audio, prepared):
    kit = golden("pdfgc_end_to_end")
    identity, identity_map = appearance[0](kit.tensor("image"))
    mouth = audio[0](kit.tensor("spectrograms"))
    drivers = {
        name: kit.tensor(name)[driver_frames(len(mouth), len(kit.array(name)))]
        for name in ("pose", "expression", "eye")
    }
    pose = motion[0](drivers["pose"]).pose
    expression = motion[0](drivers["expression"]).expression
    eyes = motion[0](drivers["eye"]).eyes
    codes = {"mouth": mouth, "expression": expression, "eyes": eyes, "pose": pose}
    codes = {name: code.numpy() for name, code in codes.items()}
    rows = compose(**codes)
    kit.check("latents_all", rows)
    kit.check("latents_blink_off", compose(**codes, how=Composition(off=frozenset({Switch.BLINK}))))
    off = frozenset({Switch.GAZE, Switch.HEAD_POSE})
    kit.check("latents_gaze_pose_off", compose(**codes, how=Composition(off=off)))

    style = torch.cat([identity.expand(len(rows), -1), torch.from_numpy(rows)], 1)
    image = prepared(style, identity_map.expand(len(rows), -1, -1, -1))
    kit.check("image", image)
    row = 3  # the one whose strip was recorded
    strip = [kit.tensor("image")[0], image[row], *(drivers[name][row] for name in drivers)]
    written = np.concatenate([to_picture(part.numpy()) for part in strip], 1)[..., ::-1]
    kit.check("written_bgr_uint8", written)
