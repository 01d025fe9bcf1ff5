"""Every loss term against a value worked out by hand or by an independent formula."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from cmps.search.reconstruction import fpr_distances  # noqa: E402
from cmps.training import losses  # noqa: E402


def unit(*shape: int, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(*shape, generator=generator), dim=-1)


class TestIdentityLoss:
    def test_by_hand(self):
        # softmax of (ln 3, 0) is (3/4, 1/4); without smoothing the loss is -ln 3/4
        logits = torch.tensor([[math.log(3), 0.0]])
        value = losses.identity_loss(logits, torch.tensor([0]), smoothing=0)
        assert float(value) == pytest.approx(-math.log(0.75), abs=1e-6)

    def test_smoothing_by_hand(self):
        # target (0.95, 0.05) with smoothing 0.1 over two identities
        logits = torch.tensor([[math.log(3), 0.0]])
        expected = -0.95 * math.log(0.75) - 0.05 * math.log(0.25)
        value = losses.identity_loss(logits, torch.tensor([0]), smoothing=0.1)
        assert float(value) == pytest.approx(expected, abs=1e-6)

    def test_unknown_people_do_not_count(self):
        logits = torch.tensor([[math.log(3), 0.0], [50.0, 0.0]])
        value = losses.identity_loss(logits, torch.tensor([0, -1]), smoothing=0)
        assert float(value) == pytest.approx(-math.log(0.75), abs=1e-6)
        assert float(losses.identity_loss(logits, torch.tensor([-1, -1]))) == 0


class TestBalanceLoss:
    def test_by_hand(self):
        # P_T = (3/4, 1/4), P_I = (1/2, 1/2): Σ P_T·|d| = 1/4, Σ P_I·|d| = 1/4
        text, image = torch.tensor([[math.log(3), 0.0]]), torch.zeros(1, 2)
        assert float(losses.balance_loss(text, image)) == pytest.approx(0.5, abs=1e-6)

    def test_is_zero_for_equal_predictions(self):
        logits = unit(4, 9)
        assert float(losses.balance_loss(logits, logits + 3)) == pytest.approx(0, abs=1e-6)


class TestTripletLoss:
    def test_by_hand(self):
        anchor = torch.tensor([[1.0, 0.0]])
        others = torch.tensor([[0.6, 0.8], [0.8, 0.6]])
        same = torch.tensor([[True, False]])
        # distances 0.4 (right) and 0.2 (wrong): 0.4 - 0.2 + 0.2
        value = losses.triplet_loss(anchor, others, same, margin=0.2)
        assert float(value) == pytest.approx(0.4, abs=1e-6)

    def test_takes_the_hardest_of_each(self):
        anchors, others = unit(6, 8), unit(10, 8, seed=1)
        same = torch.arange(6)[:, None] % 3 == torch.arange(10)[None] % 3
        distances = 1 - anchors @ others.T
        terms = []
        for row in range(6):
            right = max(float(distances[row, c]) for c in range(10) if same[row, c])
            wrong = min(float(distances[row, c]) for c in range(10) if not same[row, c])
            terms.append(max(0.0, right - wrong + 0.3))
        value = losses.triplet_loss(anchors, others, same, margin=0.3)
        assert float(value) == pytest.approx(sum(terms) / 6, abs=1e-5)

    def test_without_pairs_there_is_nothing_to_learn(self):
        anchors = unit(3, 4)
        assert float(losses.triplet_loss(anchors, anchors, torch.zeros(3, 3, dtype=bool))) == 0


class TestReconstruction:
    def test_against_the_papers_matrices(self):
        probes, galleries = unit(3, 5, 16), unit(4, 7, 16, seed=1)
        weights = torch.rand(3, 5, generator=torch.Generator().manual_seed(2))
        found = losses.reconstruction_distances(probes, weights, galleries, beta=0.3)
        for b in range(3):
            for c in range(4):
                x, y = probes[b].T.numpy(), galleries[c].T.numpy()
                w = np.linalg.inv(y.T @ y + 0.3 * np.eye(7)) @ y.T @ x
                errors = np.square(x - y @ w).sum(0)
                p = weights[b].numpy()
                assert float(found[b, c]) == pytest.approx((p * errors).sum() / p.sum(), abs=1e-5)

    def test_by_hand(self):
        # one cell equal to the probe: w = 1/(1+β), e = (1 - 1/(1+β))²; an orthogonal one: e = 1
        probe = torch.tensor([[[1.0, 0.0]]])
        galleries = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])
        found = losses.reconstruction_distances(probe, torch.ones(1, 1), galleries, beta=0.25)
        assert found[0].tolist() == pytest.approx([0.04, 1.0], abs=1e-6)

    def test_run_time_agrees(self):
        probes, galleries = unit(1, 6, 32), unit(5, 9, 32, seed=3)
        weights = torch.rand(1, 6)
        ours = losses.reconstruction_distances(probes, weights, galleries)[0].numpy()
        theirs = fpr_distances(probes[0].numpy(), weights[0].numpy(), galleries.numpy())
        np.testing.assert_allclose(ours, theirs, atol=1e-5)

    def test_background_does_not_count(self):
        probe = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
        gallery = torch.tensor([[[1.0, 0.0]]])
        seen = losses.reconstruction_distances(probe, torch.tensor([[1.0, 0.0]]), gallery, 0.25)
        assert float(seen) == pytest.approx(0.04, abs=1e-6)


def test_fpr_loss_by_hand():
    distances = torch.tensor([[0.3, 0.2, 0.5]])
    same = torch.tensor([[True, False, False]])
    assert float(losses.fpr_loss(distances, same, margin=0.15)) == pytest.approx(0.25, abs=1e-6)


def test_foreground_loss_by_hand():
    logits = torch.zeros(1, 2, 1, 2)
    logits[0, 1, 0, 0] = math.log(3)  # p(person) = 3/4 in the first cell; the second is unknown
    masks = torch.tensor([[[1.0, -1.0]]])
    assert float(losses.foreground_loss(logits, masks)) == pytest.approx(-math.log(0.75), abs=1e-6)
    assert float(losses.foreground_loss(logits, -torch.ones(1, 1, 2))) == 0


class TestContrastiveLoss:
    def test_is_cross_entropy_for_single_pairs(self):
        similarities = 5 * unit(6, 6)
        targets = torch.arange(6)
        both = (
            torch.nn.functional.cross_entropy(similarities, targets)
            + torch.nn.functional.cross_entropy(similarities.T, targets)
        ) / 2
        value = losses.contrastive_loss(similarities, torch.eye(6, dtype=torch.bool))
        assert float(value) == pytest.approx(float(both), abs=1e-5)

    def test_spreads_over_all_right_ones(self):
        similarities = torch.tensor([[0.0, 0.0, 0.0]])
        same = torch.tensor([[True, True, False]])
        # row: mean of -ln 1/3; columns: each of the two right ones has a single row, -ln 1
        value = losses.contrastive_loss(similarities, same)
        assert float(value) == pytest.approx(math.log(3) / 2, abs=1e-6)


class TestOneWayLoss:
    def test_by_hand(self):
        # row 1: softmax of (ln 3, 0, 0) is (3/5, 1/5, 1/5); the row without a right one is left out
        similarities = torch.tensor([[math.log(3), 0.0, 0.0], [9.0, 0.0, 0.0]])
        same = torch.tensor([[True, False, False], [False, False, False]])
        value = losses.one_way_loss(similarities, same)
        assert float(value) == pytest.approx(-math.log(3 / 5), abs=1e-6)

    def test_several_right_ones_share_the_row(self):
        similarities = torch.tensor([[math.log(3), 0.0, 0.0]])
        value = losses.one_way_loss(similarities, torch.tensor([[True, True, False]]))
        assert float(value) == pytest.approx(-(math.log(3 / 5) + math.log(1 / 5)) / 2, abs=1e-6)

    def test_is_half_of_the_symmetric_loss(self):
        similarities, same = 4 * unit(5, 7), torch.rand(5, 7) < 0.4
        both = losses.one_way_loss(similarities, same) + losses.one_way_loss(similarities.T, same.T)
        value = losses.contrastive_loss(similarities, same)
        assert float(value) == pytest.approx(float(both) / 2, abs=1e-5)

    def test_without_pairs_there_is_nothing_to_learn(self):
        value = losses.one_way_loss(torch.rand(2, 3), torch.zeros(2, 3, dtype=torch.bool))
        assert float(value) == 0


def test_distillation_loss_against_scipys_entropy():
    from scipy.special import softmax
    from scipy.stats import entropy

    student, teacher = unit(5, 8), unit(5, 6, seed=1)

    def rows(vectors):
        similar = (vectors @ vectors.T).numpy() / 0.07
        np.fill_diagonal(similar, -np.inf)
        return softmax(similar, 1)

    expected = np.mean(
        [
            entropy(np.delete(t, i), np.delete(s, i))
            for i, (t, s) in enumerate(zip(rows(teacher), rows(student), strict=True))
        ]
    )
    assert float(losses.distillation_loss(student, teacher)) == pytest.approx(expected, abs=1e-4)
    assert float(losses.distillation_loss(teacher, teacher)) == pytest.approx(0, abs=1e-6)
