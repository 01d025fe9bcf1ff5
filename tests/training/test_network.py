from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from cmps.training.mobilenet import MobileNetV2  # noqa: E402
from cmps.training.network import (  # noqa: E402
    CrossModalNetwork,
    ImageBranch,
    NetworkConfig,
    TextBranch,
    normalise,
)


@pytest.fixture(scope="module")
def config():
    return NetworkConfig.preset("compact")


@pytest.mark.parametrize("preset", ["compact", "paper"])
def test_image_branch_gives_unit_vectors(preset):
    config = NetworkConfig.preset(preset)
    branch = ImageBranch(config).eval()
    cells = sum(rows * columns for rows, columns in config.pyramid)
    with torch.inference_mode():
        output = branch(normalise(torch.rand(2, 3, config.height, config.width)))
    assert output.embedding.shape == (2, 256)
    assert output.pyramid.shape == (2, cells, 128)
    assert output.foreground.shape == (2, cells)
    assert torch.allclose(output.embedding.norm(dim=1), torch.ones(2), atol=1e-5)
    assert torch.allclose(output.pyramid.norm(dim=2), torch.ones(2, cells), atol=1e-5)
    assert bool(((output.foreground >= 0) & (output.foreground <= 1)).all())


def test_summary_convolution_starts_as_pooling(config):
    branch = ImageBranch(config)
    features = torch.rand(2, 1280, *config.map_size)
    assert torch.allclose(branch.summary(features).flatten(1), features.mean((2, 3)), atol=1e-4)


def test_a_grid_that_does_not_divide_the_map_is_refused():
    with pytest.raises(ValueError, match="5x1 does not divide"):
        NetworkConfig(pyramid=((5, 1),))


@pytest.mark.parametrize("attention", ["sigmoid", "softmax"])
def test_padding_changes_nothing(config, attention):
    branch = TextBranch(replace(config, attention=attention), 16).eval()
    states = torch.randn(1, 5, 16)
    mask = torch.ones(1, 5, dtype=torch.bool)
    padded = torch.cat([states, torch.randn(1, 4, 16)], 1)
    padded_mask = torch.cat([mask, torch.zeros(1, 4, dtype=torch.bool)], 1)
    with torch.inference_mode():
        short, long = branch(states, mask), branch(padded, padded_mask)
    assert torch.allclose(short.embedding, long.embedding, atol=1e-5)
    assert torch.allclose(short.words, long.words[:, :5], atol=1e-5)
    assert float(long.attention[:, 5:].abs().max()) == 0


def test_sigmoid_judges_words_on_their_own_and_softmax_does_not(config):
    """The paper's reason for the sigmoid: more words must not thin out each word's weight."""
    torch.manual_seed(0)
    short, long = torch.ones(1, 3, 16), torch.ones(1, 30, 16)
    sums = {}
    for attention in ("sigmoid", "softmax"):
        branch = TextBranch(replace(config, attention=attention), 16).eval()
        with torch.inference_mode():
            sums[attention] = [
                float(
                    branch(states, torch.ones(states.shape[:2], dtype=torch.bool)).attention.sum()
                )
                for states in (short, long)
            ]
    assert sums["softmax"] == pytest.approx([1, 1], abs=1e-4)
    assert sums["sigmoid"][1] > 5 * sums["sigmoid"][0]


def test_unknown_parts_are_refused():
    with pytest.raises(ValueError, match="'linear' is neither sigmoid nor softmax"):
        NetworkConfig(attention="linear")
    with pytest.raises(ValueError, match="'max' is neither convolution nor pooling"):
        NetworkConfig(summary="max")


def test_pooling_is_what_the_convolution_starts_as_and_has_nothing_to_learn(config):
    torch.manual_seed(0)
    convolution = ImageBranch(config).eval()
    pooling = ImageBranch(replace(config, summary="pooling")).eval()
    weights = convolution.state_dict()
    del weights["summary.weight"]
    pooling.load_state_dict(weights)
    pictures = torch.randn(2, 3, config.height, config.width)
    with torch.inference_mode():
        assert torch.allclose(
            convolution(pictures).embedding, pooling(pictures).embedding, atol=1e-4
        )
    assert not list(pooling.summary.parameters())


def test_one_classifier_serves_both_modalities(config):
    network = CrossModalNetwork(config, people=7, vectors=torch.zeros(5, 50))
    assert network.classify(torch.randn(4, 256)).shape == (4, 7)
    assert sum(name.startswith("identity.") for name, _ in network.named_parameters()) == 1


class TestStillNorms:
    """With ``still_norm`` the backbone trains on folded norms: the same function, faster."""

    @pytest.fixture
    def lived_in(self):
        torch.manual_seed(0)
        backbone = MobileNetV2(1)
        backbone.train()
        with torch.no_grad():
            for _ in range(3):
                backbone(torch.randn(4, 3, 64, 32))
        return backbone

    def test_folded_norms_say_what_plain_norms_say_in_evaluation(self, lived_in):
        pictures = torch.randn(2, 3, 64, 32)
        with torch.no_grad():
            lived_in.eval()
            plain = lived_in(pictures)
            lived_in.train()
            lived_in.still_norm = True
            folded = lived_in(pictures)
            lived_in.still_norm = False
            moving = lived_in(pictures)
        assert torch.allclose(folded, plain, atol=1e-4)
        assert not torch.allclose(moving, plain, atol=1e-2)

    def test_statistics_stand_still_while_gains_learn(self, lived_in):
        lived_in.still_norm = True
        norm = lived_in.features[9].conv[1]
        before = norm.running_mean.clone()
        lived_in(torch.randn(2, 3, 64, 32)).square().sum().backward()
        assert torch.equal(norm.running_mean, before)
        assert float(norm.weight.grad.abs().sum()) > 0
        assert float(norm.bias.grad.abs().sum()) > 0

    @pytest.mark.parametrize("still_norm", [False, True])
    def test_frozen_stages_get_no_gradient_and_the_rest_does(self, lived_in, still_norm):
        lived_in.still_norm, lived_in.frozen = still_norm, 7
        lived_in(torch.randn(2, 3, 64, 32)).square().sum().backward()
        learned = [
            all(p.grad is not None for p in stage.parameters()) for stage in lived_in.features
        ]
        assert learned == [False] * 7 + [True] * (len(learned) - 7)
