import subprocess
import sys

import pytest
import torch

from models.pdfgc.checkpoint import PUBLISHED, recognise, translate
from models.pdfgc.published_names import AUDIO, rename

NAME = "pdfgc-audio"


@pytest.fixture(scope="module")
def published():
    """A state as the audio encoder was published, with what its network does not use."""
    rng = torch.Generator().manual_seed(0)
    with torch.device("meta"):
        ours = PUBLISHED[NAME].build().state_dict()
    state = {rename(key, AUDIO): torch.rand(t.shape, generator=rng) for key, t in ours.items()}
    return state | {"fc.weight": torch.ones(5, 512), "model.fc_exp.bias": torch.ones(3)}


def test_translated_state_loads_strictly_with_and_without_prefix(published):
    prefixed = {f"module.{key}": tensor for key, tensor in published.items()}
    assert recognise(published) == recognise(prefixed) == NAME
    translated = translate(NAME, published)
    network = PUBLISHED[NAME].build()
    network.load_state_dict(translated, strict=True)
    again = translate(NAME, prefixed)
    assert all(torch.equal(translated[key], again[key]) for key in translated)
    assert torch.equal(translated["stem.weight"], published["model.conv1.weight"])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda state: state.pop("mouth_embed.1.bias"), "“mouth_embed.1.bias” is missing"),
        (
            lambda state: state.update({"model.conv1.bias": torch.ones(31)}),
            r"“model.conv1.bias” is \[31\] instead of \[32\]",
        ),
        (
            lambda state: state.update({"model.conv1.bias": torch.full((32,), torch.nan)}),
            "“model.conv1.bias” holds values that are not finite",
        ),
    ],
)
def test_damage_is_named(published, damage, message):
    state = dict(published)
    damage(state)
    assert recognise(state) == NAME
    with pytest.raises(ValueError, match=message):
        translate(NAME, state)


def test_strangers_are_not_recognised(published):
    halved = {key: tensor[: len(tensor) // 2] for key, tensor in published.items() if tensor.ndim}
    assert recognise(halved) is None
    assert recognise({}) is None


def test_recognising_loads_no_compiler():
    """Loading it takes longer than a person who cancels should wait."""
    code = (
        "import sys; from models.pdfgc.checkpoint import recognise; "
        "assert recognise({}) is None; sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
