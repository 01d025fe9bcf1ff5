"""Stage 2: the memory of past batches and the terms of one batch."""

import pytest

torch = pytest.importorskip("torch")

from cmps.training.crossmodal import Memory, matching_terms  # noqa: E402
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


class TestMemory:
    def test_keeps_the_newest_and_no_gradients(self):
        memory = Memory.empty(5, 2)
        for start in (0, 3):
            rows = torch.arange(start, start + 3.0)[:, None].repeat(1, 2).requires_grad_()
            memory.keep(rows, rows + 10, rows + 20, torch.arange(start, start + 3))
        assert memory.people.tolist() == [1, 2, 3, 4, 5]
        assert memory.image[:, 0].tolist() == [1, 2, 3, 4, 5]
        assert memory.fast[:, 0].tolist() == [11, 12, 13, 14, 15]
        assert memory.accurate[:, 1].tolist() == [21, 22, 23, 24, 25]
        assert not any(part.requires_grad for part in (memory.image, memory.fast, memory.accurate))

    def test_of_no_size_stays_empty(self):
        memory = Memory.empty(0, 2)
        memory.keep(torch.ones(3, 2), torch.ones(3, 2), torch.ones(3, 2), torch.arange(3))
        assert memory.image.shape == (0, 2)
        assert len(memory.people) == 0


class TestMatchingTerms:
    people = torch.tensor([0, 0, 1, 2])

    def terms(self, memory, name="fast"):
        text, image = outputs(4, 0)
        return matching_terms(Scaled(), text, image, self.people, memory, name)

    def test_past_strangers_are_told_apart_too(self):
        text, image = outputs(4, 0)
        memory = Memory.empty(9, 8)
        # strangers that look just like the batch
        memory.keep(image.embedding, text.embedding, text.embedding, self.people + 10)
        without, with_memory = self.terms(Memory.empty(9, 8)), self.terms(memory)
        assert with_memory["contrastive_fast"] > without["contrastive_fast"] + 0.1
        assert with_memory["triplet_fast"] > without["triplet_fast"] + 0.01
        assert torch.equal(with_memory["words_fast"], without["words_fast"])

    def test_each_variant_looks_at_its_own_past_sentences(self):
        _, image = outputs(4, 0)
        memory = Memory.empty(9, 8)
        memory.keep(-image.embedding, -image.embedding, image.embedding, self.people + 10)
        fast, accurate = self.terms(memory), self.terms(memory, "accurate")
        assert accurate["contrastive_accurate"] > fast["contrastive_fast"] + 0.1

    def test_without_memory_it_is_the_symmetric_contrastive_loss(self):
        from cmps.training.losses import contrastive_loss

        text, image = outputs(4, 0)
        same = self.people[:, None] == self.people[None, :]
        logits = text.embedding @ image.embedding.T * Scaled.temperature.exp()
        value = self.terms(Memory.empty(9, 8))["contrastive_fast"]
        assert float(value) == pytest.approx(float(contrastive_loss(logits, same)), abs=1e-5)
