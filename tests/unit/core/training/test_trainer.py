"""Training at tiny size: every loss acts, a clip is learned, a stopped training goes on."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from core.base.errors import Cancelled
from core.base.progress import Progress
from core.motion.speaker_file import NAME, read_speaker
from core.training.facial import Plan, fit_heads, mouth_gain, train_on
from core.training.losses import LossWeights, Truth, discriminator_loss, generator_losses, total
from core.training.scores import agreement, clip_agreement, spoken
from core.training.trainer import Settings, Trainer
from core.weights.loading import load_state
from models.facial.discriminator import Discriminator, DiscriminatorConfig
from models.facial.generator import GeneratorConfig
from models.facial.speaker import N_STATES

TINY = GeneratorConfig(
    n_features=44, n_rows=4, n_states=N_STATES, n_style=2, code=4, front=(2, 4, 4, 4),
    unet=(4, 4, 4), head=4, local=(16, 16), hidden=8,
)  # fmt: skip
SETTINGS = Settings(
    config=TINY, discriminator=DiscriminatorConfig((2, 4, 4)), n_steps=60, batch=2,
    learning_rate=2e-2, average=0.8,
)  # fmt: skip


@pytest.mark.parametrize("name", [field.name for field in fields(LossWeights)])
def test_without_any_one_loss_the_gradient_is_another(name):
    torch.manual_seed(0)
    truth = Truth(torch.randn(2, 128, N_STATES), torch.ones(2, 128), torch.randn(38, 2))
    opponent = Discriminator(DiscriminatorConfig((2, 4, 4))).eval()
    start = torch.randn(2, 128, N_STATES)

    def gradient(weights):
        made = start.clone().requires_grad_()
        total(generator_losses(made, truth, opponent(made)), weights).backward()
        return made.grad

    whole, without = gradient(LossWeights()), gradient(replace(LossWeights(), **{name: 0.0}))
    assert (whole - without).abs().max() > 1e-6 * whole.abs().max()


def test_frames_without_a_face_do_not_count():
    weights = torch.ones(1, 128)
    weights[:, 50:] = 0.0
    states = torch.zeros(1, 128, N_STATES)
    made = states.clone()
    made[:, 50:] = 9.0
    terms = generator_losses(made, Truth(states, weights, torch.ones(38, 2)), torch.ones(1))
    assert total(terms, LossWeights()) == 0.0


def test_the_discriminator_wants_real_scores_high_and_made_ones_low():
    right = discriminator_loss(torch.ones(3), torch.zeros(3))
    assert right == 0.0
    assert discriminator_loss(torch.zeros(3), torch.ones(3)) == 2.0


def test_a_clip_is_learned_by_heart_and_its_figures_are_read(clip):
    trainer = Trainer([clip], SETTINGS, seed=1)
    before = clip_agreement(spoken(trainer.speaker, clip), clip).opening
    first = trainer.step()
    while not trainer.is_done:
        last = trainer.step()
    states = spoken(trainer.speaker, clip)
    assert clip_agreement(states, clip).opening > max(0.8, before)
    assert last["mouth"] < 0.6 * first["mouth"]
    assert 1.0 <= mouth_gain(trainer.speaker, [clip]) < 2.2
    sway, blinks = fit_heads([clip], 0)
    assert np.isfinite(sway.mixing).all()
    assert 10.0 <= blinks.per_minute <= 25.0


def test_a_stopped_training_goes_on_to_the_same_weights(clip, tmp_path):
    whole, first = (Trainer([clip], replace(SETTINGS, n_steps=6), 3) for _ in range(2))
    for _ in range(3):
        first.step()
    first.look(0.5)
    first.save(tmp_path / "member.pt")
    second = Trainer([clip], replace(SETTINGS, n_steps=6), 4)
    second.restore(tmp_path / "member.pt")
    assert second.step_number == 3
    while not whole.is_done:
        whole.step()
    while not second.is_done:
        second.step()
    for name, value in whole.speaker.state_dict().items():
        assert torch.equal(value, second.speaker.state_dict()[name]), name
    assert second.n_looks_since_best == 0
    second.look(0.4)
    assert second.n_looks_since_best == 1
    best, now = second.best_speaker().state_dict(), second.speaker.state_dict()
    assert not all(torch.equal(best[name], now[name]) for name in now)


def test_a_training_leaves_weights_that_speak_and_can_go_on(clip, other_clip, tmp_path):
    plan = Plan(replace(SETTINGS, n_steps=8), n_members=2, look_every=4, previews=False)
    outcome = train_on([clip], [other_clip], tmp_path, plan, resume=False, progress=Progress())
    state, card = load_state(NAME, [tmp_path])
    trained = read_speaker(state, card.config)
    assert agreement(trained.speaker, [other_clip]) == outcome.held_out
    assert "research" in card.licence
    assert "seeds 0 to 1" in card.origin
    rows = (tmp_path / "log.csv").read_text().splitlines()
    assert rows[0].startswith("member,step,initial,mouth,")
    assert len(rows) == 5
    longer = replace(plan, settings=replace(plan.settings, n_steps=8), patience=1)
    train_on([clip], [other_clip], tmp_path, longer, resume=True, progress=Progress())
    again, _ = load_state(NAME, [tmp_path])
    assert all(torch.equal(state[name], again[name]) for name in state)
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 5


def test_a_cancelled_training_writes_no_weights(clip, other_clip, tmp_path):
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        train_on([clip], [other_clip], tmp_path, Plan(SETTINGS), resume=False, progress=progress)
    assert list(tmp_path.glob("*.safetensors")) == []
