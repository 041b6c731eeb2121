import pytest
import torch

from core.engines.device import accelerate, pick_device


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_without_a_gpu_networks_run_in_float32_on_the_processor():
    where = pick_device()
    assert (where.device.type, where.dtype, where.winograd) == ("cpu", torch.float32, True)


def test_without_graphs_the_function_itself_runs_and_the_reason_is_kept():
    made = accelerate(torch.neg, torch.ones(2))
    assert "no graphs" in made.reason
    assert made.run(torch.ones(2)).tolist() == [-1, -1]
