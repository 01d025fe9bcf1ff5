"""Augmentation and the trainer that stops and goes on."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from cmps.training.augment import Augmentation, augment  # noqa: E402
from cmps.training.network import CONFIGS  # noqa: E402
from cmps.training.stage import StageConfig, Trainer  # noqa: E402


class TestAugment:
    still = Augmentation(shift=0, zoom=0, turn=0, light=0, tint=0, erase=0)

    def test_without_strength_nothing_changes(self):
        pictures, masks = torch.rand(2, 3, 24, 12), torch.rand(2, 12, 6)
        found, moved = augment(
            pictures, masks, np.zeros(2, bool), self.still, np.random.default_rng(0)
        )
        assert torch.allclose(found, pictures, atol=1e-4)
        assert torch.allclose(moved, masks)

    def test_flipping_mirrors_picture_and_mask(self):
        pictures, masks = torch.rand(1, 3, 24, 12), torch.rand(1, 12, 6)
        found, moved = augment(
            pictures, masks, np.ones(1, bool), self.still, np.random.default_rng(0)
        )
        assert torch.allclose(found, pictures.flip(3), atol=1e-4)
        assert torch.allclose(moved, masks.flip(2))

    def test_covered_cells_become_background_and_unknown_ones_stay_unknown(self):
        pictures = torch.full((40, 3, 96, 48), 0.5)
        masks = torch.ones(40, 12, 6)
        masks[20:] = -1
        strength = Augmentation(shift=0, zoom=0, turn=0, light=0, tint=0, erase=1)
        _, moved = augment(pictures, masks, np.zeros(40, bool), strength, np.random.default_rng(0))
        assert bool((moved[:20] == 0).flatten(1).any(1).all())
        assert bool((moved[20:] == -1).all())


def test_a_stopped_training_goes_on_where_it_was(tmp_path):
    config = StageConfig("compact", 1, 2, 2, 0.1, 0.1, 0.0, 2, 0.5)

    def trainer():
        torch.manual_seed(0)
        network = torch.nn.Linear(3, 1)
        return network, Trainer(
            network, [(network.parameters(), 0.1)], 10, config, tmp_path / "c.pt"
        )

    def run(network, trainer, steps):
        for _ in range(steps):
            generator = torch.Generator().manual_seed(trainer.step)
            x = torch.randn(8, 3, generator=generator)
            trainer.take(
                {"square": network(x).square().mean(), "off": network(x).sum()}, {"square": 1.0}
            )

    whole, straight = trainer()
    run(whole, straight, 6)
    first, stopped = trainer()
    run(first, stopped, 3)
    stopped.save()
    second, resumed = trainer()
    assert resumed.step == 3
    run(second, resumed, 3)
    assert torch.equal(whole.weight, second.weight)
    assert torch.equal(straight.averaged.module.weight, resumed.averaged.module.weight)


def test_a_loss_that_is_not_finite_stops_the_training(tmp_path):
    config = StageConfig("compact", 1, 2, 2, 0.1, 0.1, 0.0, 2, 0.5)
    network = torch.nn.Linear(1, 1)
    trainer = Trainer(network, [(network.parameters(), 0.1)], 10, config, tmp_path / "c.pt")
    with pytest.raises(FloatingPointError, match="at step 0"):
        trainer.take({"bad": network.weight.sum() * torch.nan}, {"bad": 1.0})


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in CONFIGS.glob("*.toml") if path.stem != "recipe")
)
def test_shipped_configs_can_be_read(name):
    config = StageConfig.read(name)
    assert config.epochs > 0
    assert all(weight >= 0 for weight in config.weights.values())
