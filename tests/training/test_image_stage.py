"""Stage 4: even batches of look-alikes, stored sentences, and the terms of one batch."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")

from tiny import make_tiny  # noqa: E402

from cmps.training.attributes import captions_by_row  # noqa: E402
from cmps.training.bert import Bert, BertConfig  # noqa: E402
from cmps.training.corpus import Corpus, join  # noqa: E402
from cmps.training.image import (  # noqa: E402
    EvenBatches,
    ImageStage,
    look_alikes,
    store_sentences,
)
from cmps.training.network import CrossModalNetwork, NetworkConfig  # noqa: E402
from cmps.training.stage import StageConfig  # noqa: E402
from cmps.training.validate import embed_sentences  # noqa: E402
from cmps.training.weights import TextNetwork  # noqa: E402


def crowd(random):
    """30 market and 6 drawn people in 4 pictures each; neighbours in number look alike."""
    people = np.repeat(np.arange(36), 4)
    angles = people / 36 * 3 + random.normal(0, 0.001, len(people))
    teacher = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float16)
    sources = ["market" if person < 30 else "drawn" for person in people]
    return sources, people, teacher


class TestLookAlikes:
    def test_the_nearest_of_the_same_group_come_first(self):
        _, people, teacher = crowd(np.random.default_rng(0))
        groups = np.array([0] * 30 + [1] * 6)
        alike = look_alikes(teacher, people, groups)
        assert set(alike[10][:2]) == {9, 11}
        assert set(alike[29][:1]) == {28}  # 30 is nearer, but of the other group
        assert set(alike[33]) == {30, 31, 32, 34, 35}

    def test_nobody_is_their_own_look_alike(self):
        _, people, teacher = crowd(np.random.default_rng(0))
        alike = look_alikes(teacher, people, np.zeros(36, int))
        assert not (alike == np.arange(36)[:, None]).any()


class TestEvenBatches:
    def test_every_source_has_as_many_people(self):
        random = np.random.default_rng(0)
        sources, people, teacher = crowd(random)
        rows = EvenBatches(sources, people, teacher, 8, 4).draw(random)
        assert [sources[row] for row in rows].count("drawn") == 16
        assert len(rows) == 32

    def test_people_come_in_pairs_of_look_alikes(self):
        random = np.random.default_rng(0)
        sources, people, teacher = crowd(random)
        even = EvenBatches(sources, people, teacher, 8, 2)
        drawn = people[even.draw(random)].reshape(-1, 2, 2)
        for first, second in drawn:
            assert first[0] == first[1]
            assert second[0] in even.alike[first[0]]

    def test_an_uneven_share_is_refused(self):
        sources, people, teacher = crowd(np.random.default_rng(0))
        with pytest.raises(ValueError, match="shared evenly in pairs by 2 sources"):
            EvenBatches(sources, people, teacher, 6, 2)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return make_tiny(tmp_path_factory.mktemp("image") / "made")


@pytest.fixture(scope="module")
def model(tiny):
    stored = torch.load(tiny.language / "bert.pt", weights_only=True)
    torch.manual_seed(0)
    bert = Bert(BertConfig(**stored["config"])).eval()
    vectors = torch.from_numpy(np.load(tiny.language / "vectors.npy"))
    network = CrossModalNetwork(NetworkConfig.preset(tiny.network), 6, vectors)
    return TextNetwork(bert, network).eval()


def make_stage(tiny, model):
    corpus = Corpus.load(tiny.corpus)
    captions = captions_by_row(corpus)
    sentences = {
        name: store_sentences(model, tiny.language, captions, name) for name in ("fast", "accurate")
    }
    config = StageConfig("tiny", 1, 4, 2, 1e-2, 1e-2, 0.0, 1, 0.5)
    masks = np.full((len(corpus.rows), 4, 2), -1, np.float32)
    return ImageStage(corpus, masks, sentences, config)


@pytest.mark.parametrize("name", ["fast", "accurate"])
def test_stored_sentences_are_what_the_network_says_of_them(tiny, model, name):
    corpus = Corpus.load(tiny.corpus)
    captions = captions_by_row(corpus)
    stored = store_sentences(model, tiny.language, captions, name)
    texts = [text for row in captions for text in captions[row]]
    said = embed_sentences(model, tiny.language, texts, name)
    assert torch.allclose(stored.embeddings, said.embedding, atol=1e-4)
    length = said.attention.shape[1]
    assert torch.allclose(stored.attention[:, :length], said.attention, atol=1e-4)
    assert not stored.attention[:, length:].any()
    assert [corpus.rows[row]["captions"] for row in stored.rows[:1]] == [captions[stored.rows[0]]]


def test_learning_lowers_the_loss_and_leaves_the_sentences_alone(tiny, model):
    stage = make_stage(tiny, model)
    branch = model.network.image.train()
    before = stage.sentences["fast"].embeddings.clone()
    weights = {"teacher_cosine": 1.0, "triplet": 1.0, "sentences_fast": 0.1, "words_fast": 0.1}
    optimiser = torch.optim.Adam(branch.parameters(), 3e-3)
    batch = next(stage(np.random.default_rng(0)))
    losses = []
    for _ in range(12):
        terms = stage.terms(branch, batch)
        loss = sum(weight * terms[name] for name, weight in weights.items())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]
    assert torch.equal(stage.sentences["fast"].embeddings, before)


def test_joined_corpora_keep_their_order(tiny):
    part = Corpus.load(tiny.corpus)
    both = join([part, part])
    assert len(both.rows) == 2 * len(part.rows)
    assert np.array_equal(both.pictures[len(part.rows)], part.pictures[0])
