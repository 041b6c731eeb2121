import copy

import pytest
import torch

from core.bench.literal_generator import LiteralGenerator
from core.bench.pdfgc import seeded_generator
from models.pdfgc.appearance import AppearanceConfig, AppearanceEncoder
from models.pdfgc.audio import AudioConfig, AudioEncoder
from models.pdfgc.generator import GeneratorConfig
from models.pdfgc.motion import MotionConfig, MotionEncoder
from models.pdfgc.winograd import Winograd

GENERATOR = GeneratorConfig(style_size=20, map_channels=8, map_side=6, channels=(8, 8, 6, 4))


@pytest.fixture(autouse=True)
def _reproducible():
    torch.manual_seed(0)
    with torch.inference_mode():
        yield


def appearance():
    config = AppearanceConfig(
        image_side=64, stem=4, depths=(1, 2), groups=2, map_channels=6, map_side=3
    )
    return AppearanceEncoder(config), (torch.rand(3, 3, 64, 64),)


def motion():
    config = MotionConfig(
        image_side=64, stem=8, width=16, depth=2, n_maps=5, feature_size=12, mouth_size=7
    )
    return MotionEncoder(config), (torch.rand(3, 3, 64, 64),)


def audio():
    config = AudioConfig(
        n_bands=16, widths=(8, 16), depths=(1, 2), attention_size=4, feature_size=12, mouth_size=7
    )
    return AudioEncoder(config), (torch.rand(3, 1, 16, 20),)


def generator():
    return seeded_generator(GENERATOR), (torch.randn(3, 20), torch.randn(3, 8, 6, 6))


def outputs(network, inputs):
    result = network(*inputs)
    return [result] if isinstance(result, torch.Tensor) else list(result)


@pytest.mark.parametrize(
    ("make", "shapes"),
    [
        (appearance, [(3, 32), (3, 6, 3, 3)]),
        (motion, [(3, 6), (3, 6), (3, 30), (3, 12)]),
        (audio, [(3, 7)]),
        (generator, [(3, 3, 48, 48)]),
    ],
)
def test_shapes_repeat_batches_and_state(make, shapes):
    network, inputs = make()
    network.eval()
    whole = outputs(network, inputs)
    assert [tuple(output.shape) for output in whole] == shapes
    assert all(map(torch.equal, whole, outputs(network, inputs)))
    alone = outputs(network, [x[1:2] for x in inputs])
    for output, single in zip(whole, alone, strict=True):
        torch.testing.assert_close(output[1:2], single, rtol=1e-4, atol=1e-5)
    other = make()[0].eval()
    other.load_state_dict(network.state_dict(), strict=True)
    assert all(map(torch.equal, whole, outputs(other, inputs)))


@pytest.mark.parametrize("make", [appearance, motion, audio, generator])
def test_wrong_shapes_are_named(make):
    network, inputs = make()
    with pytest.raises(ValueError, match="instead of"):
        network(*(x[..., :-1] for x in inputs))


@pytest.mark.parametrize("make", [appearance, motion, audio])
def test_folded_norms_change_nothing(make):
    network, inputs = make()
    for module in network.modules():
        if hasattr(module, "running_var"):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    network.eval()
    folded = copy.deepcopy(network).for_inference()
    assert len(folded.state_dict()) < len(network.state_dict())
    for a, b in zip(outputs(network, inputs), outputs(folded, inputs), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("winograd", [False, True])
def test_prepared_generator_computes_what_the_literal_one_does(winograd):
    network, inputs = generator()
    literal = LiteralGenerator(network)(*inputs)
    torch.testing.assert_close(network(*inputs), literal, rtol=1e-4, atol=1e-5)
    prepared = copy.deepcopy(network).for_inference(winograd=winograd)
    torch.testing.assert_close(prepared(*inputs), literal, rtol=1e-4, atol=1e-5)


def test_motion_encoder_with_winograd():
    config = MotionConfig(image_side=128, stem=8, width=256, depth=1, n_maps=5, feature_size=12)
    network = MotionEncoder(config).eval()
    image = torch.rand(1, 3, 128, 128)
    fast = copy.deepcopy(network).for_inference(winograd=True)
    assert any(isinstance(module, Winograd) for module in fast.modules())
    for a, b in zip(network(image), fast(image), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)


def test_winograd_is_the_convolution_over_several_stripes(monkeypatch):
    monkeypatch.setattr("models.pdfgc.winograd._STRIPE_BYTES", 10_000)
    x, weight = torch.randn(2, 5, 28, 24), torch.randn(7, 5, 3, 3)
    wanted = torch.nn.functional.conv2d(x, weight, padding=1)
    torch.testing.assert_close(Winograd(weight)(x), wanted, rtol=1e-4, atol=1e-4)
