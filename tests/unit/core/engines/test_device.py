import pytest
import torch

from core.base.errors import EngineError
from core.engines.device import accelerate, in_halves, pick_device, present_devices
from core.engines.wanted_device import want_device, wanted_device


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_without_a_gpu_networks_run_in_float32_on_the_processor():
    where = pick_device("auto")
    assert where.words == "CPU"
    assert where.reason == ""
    assert (where.device.type, where.dtype, where.winograd) == ("cpu", torch.float32, True)


def test_without_graphs_the_function_itself_runs_and_the_reason_is_kept():
    made = accelerate(torch.neg, torch.ones(2))
    assert "no graphs" in made.reason
    assert made.run(torch.ones(2)).tolist() == [-1, -1]


def test_the_processor_can_be_asked_for_everywhere(monkeypatch):
    monkeypatch.setenv("AVATAR_STUDIO_DEVICE", "auto")
    assert present_devices()[-1] == ("cpu", "CPU")
    want_device("cpu")
    assert wanted_device() == "cpu"
    where = pick_device()
    assert (where.device.type, where.reason) == ("cpu", "")


def test_what_is_not_there_falls_back_and_says_so():
    where = pick_device("cuda:99")
    assert where.device == torch.device(present_devices()[0][0])
    assert where.reason.startswith("“cuda:99” is not there: ")


class Small(torch.nn.Module):
    """A network on a device with room for so many images at once."""

    def __init__(self, room):
        super().__init__()
        self.room = room

    def forward(self, x):
        if len(x) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return 2 * x


@pytest.mark.parametrize("room", [4, 8])
def test_a_batch_that_is_too_large_is_halved_once(room):
    images, network, sizes = torch.arange(8.0), Small(room), []

    def run(size):
        sizes.append(size)
        return torch.cat([network(part) for part in images.split(size)])

    assert in_halves(run, 8).tolist() == (2 * images).tolist()
    assert sizes == ([8] if room == 8 else [8, 4])


def test_too_little_memory_is_one_sentence():
    network = Small(1)
    with pytest.raises(EngineError, match="choose the CPU as the device") as caught:
        in_halves(lambda size: network(torch.ones(size)), 8)
    assert str(caught.value).count(". ") == 0
