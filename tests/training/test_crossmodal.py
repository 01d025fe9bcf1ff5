"""Stage 2: the terms of one batch."""

import pytest

torch = pytest.importorskip("torch")

from cmps.training.crossmodal import matching_terms  # noqa: E402
from cmps.training.network import ImageOutput, TextOutput  # noqa: E402


def unit(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(*shape, generator=generator), dim=-1)


def outputs(count, seed):
    """A text and an image output of ``count`` pairs."""
    text = TextOutput(
        unit(count, 8, seed=seed),
        unit(count, 3, 4, seed=seed),
        torch.ones(count, 3),
        torch.zeros(1),
    )
    image = ImageOutput(
        unit(count, 8, seed=seed + 1),
        unit(count, 5, 4, seed=seed + 1),
        torch.ones(count, 5),
        torch.zeros(1),
        torch.zeros(1),
    )
    return text, image


class Scaled:
    temperature = torch.tensor(3.0)


class TestMatchingTerms:
    people = torch.tensor([0, 1, 2, 3])

    def terms(self, text, image, name="fast"):
        return matching_terms(Scaled(), text, image, self.people, name)

    def test_pairs_that_fit_cost_less_than_pairs_that_do_not(self):
        text, image = outputs(4, 0)
        fitting = image._replace(embedding=text.embedding)
        assert self.terms(text, fitting)["contrastive_fast"] < 0.1
        found = self.terms(text, image)
        for name in ("contrastive_fast", "triplet_fast"):
            assert found[name] > self.terms(text, fitting)[name] + 0.1
        assert torch.equal(found["words_fast"], self.terms(text, fitting)["words_fast"])

    def test_it_is_the_symmetric_contrastive_loss_at_the_networks_temperature(self):
        from cmps.training.losses import contrastive_loss

        text, image = outputs(4, 0)
        same = self.people[:, None] == self.people[None, :]
        logits = text.embedding @ image.embedding.T * Scaled.temperature.exp()
        value = self.terms(text, image, "accurate")["contrastive_accurate"]
        assert float(value) == pytest.approx(float(contrastive_loss(logits, same)), abs=1e-5)
