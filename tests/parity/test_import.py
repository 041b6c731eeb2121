"""A real-size published file, from the disk through the importer to the network's outputs."""

import torch

from core.base.progress import Progress
from core.weights.importing import import_checkpoints
from core.weights.loading import load_state
from models.pdfgc.audio import AudioConfig, AudioEncoder


def test_the_audio_encoders_checkpoint(golden, tmp_path):
    kit = golden("pdfgc_audio_encoder")
    state = {f"module.{key}": tensor for key, tensor in kit.weights().items()}
    state["module.model.layer4_exp.0.conv1.weight"] = torch.ones(3)  # published, but never used
    path = tmp_path / "Copy of motion_model.pth"
    torch.save({"state_dict": state}, path)
    store = tmp_path / "store"
    imported = import_checkpoints([path], store, Progress(), lambda found: bool(found))
    assert imported.taken == ("pdfgc-audio",)
    ours, card = load_state("pdfgc-audio", [store])
    config = AudioConfig(**card.config)
    assert config == AudioConfig()
    network = AudioEncoder(config)
    network.load_state_dict(ours, strict=True)
    kit.check("mouth_embed500", network.eval()(kit.tensor("spectrogram")))
