"""Stage 5: sentences to ask about, and a fast branch that comes nearer to both."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")

from tiny import make_tiny  # noqa: E402

from cmps.encoders.text import SECOND_SHARE  # noqa: E402
from cmps.training import distil  # noqa: E402
from cmps.training.bert import Bert, BertConfig  # noqa: E402
from cmps.training.distil import (  # noqa: E402
    DistilStage,
    Student,
    pool_of,
    recombine,
    said_by_both,
    train,
)
from cmps.training.network import CrossModalNetwork, NetworkConfig  # noqa: E402
from cmps.training.stage import StageConfig  # noqa: E402
from cmps.training.validate import embed_sentences  # noqa: E402
from cmps.training.weights import TextNetwork, load_model, save_model  # noqa: E402

SENTENCES = ["A person, in a red coat.", "Somebody wearing blue.", "A person with a green bag."]


def test_two_captions_make_a_third():
    random = np.random.default_rng(1)
    first, second = "A man in a red coat, with a bag.", "She runs, wearing black shoes."
    made = {recombine(first, second, random) for _ in range(50)}
    assert len(made) > 3
    assert all(one.startswith("A man in a red coat") for one in made)
    assert all(one.endswith("black shoes.") for one in made)


def test_all_sentences_are_asked_about_as_they_are_and_varied():
    pool = pool_of(SENTENCES[:2], SENTENCES[2:], np.random.default_rng(0), recombined=5)
    assert pool[:3] == SENTENCES
    assert len(pool) == 3 + 3 + 5
    assert pool == pool_of(SENTENCES[:2], SENTENCES[2:], np.random.default_rng(0), recombined=5)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return make_tiny(tmp_path_factory.mktemp("distil") / "made")


@pytest.fixture(scope="module")
def weights(tiny, tmp_path_factory):
    stored = torch.load(tiny.language / "bert.pt", weights_only=True)
    vectors = torch.from_numpy(np.load(tiny.language / "vectors.npy"))
    torch.manual_seed(3)
    bert = Bert(BertConfig(**stored["config"]))
    network = CrossModalNetwork(NetworkConfig.preset(tiny.network), 6, vectors)
    return save_model(TextNetwork(bert, network), tmp_path_factory.mktemp("start") / "start.pt")


def config(tiny, **changes):
    settings = {
        "network": str(tiny.network),
        "epochs": 2,
        "identities": 4,
        "pictures": 5,
        "backbone_rate": 0.0,
        "head_rate": 0.0,
        "text_rate": 1e-2,
        "weight_decay": 0.0,
        "warmup": 1,
        "average": 0.5,
        "weights": {"cosine": 4.0, "pictures": 1.0, "words": 1.0},
        "name": "distil",
    }
    return StageConfig(**settings | changes)


def test_what_both_say_is_what_the_program_mixes(tiny, weights):
    model = load_model(weights, str(tiny.network)).eval()
    with torch.no_grad():
        fast = embed_sentences(model, tiny.language, SENTENCES, "fast").embedding
        accurate = embed_sentences(model, tiny.language, SENTENCES, "accurate").embedding
    mixed = (1 - SECOND_SHARE) * accurate + SECOND_SHARE * fast
    expected = mixed / mixed.norm(dim=1, keepdim=True)
    torch.testing.assert_close(
        said_by_both(model, tiny.language, SENTENCES), expected, atol=1e-5, rtol=0
    )


def test_terms_are_naught_where_the_student_says_it_already(tiny, weights):
    model = load_model(weights, str(tiny.network)).eval()
    student = Student(model.network.words, model.network.fast).eval()
    ids = [[2, 3, 4], [5, 6, 7], [3, 2, 6], [4, 7, 2]]
    with torch.no_grad():
        said = student(torch.tensor(ids), torch.ones(4, 3, dtype=torch.bool)).embedding
    pictures = torch.nn.functional.normalize(torch.randn(9, said.shape[1]), dim=1)
    stage = DistilStage(ids, said, pictures, student, config(tiny, word_dropout=0.0))
    (batch,) = stage(np.random.default_rng(0))
    assert all(abs(float(term.detach())) < 1e-5 for term in stage.terms(student, batch).values())
    batch["said"] = -batch["said"]
    assert float(stage.terms(student, batch)["cosine"].detach()) == pytest.approx(2, abs=1e-5)


def test_only_the_fast_branch_moves_and_comes_nearer(tiny, weights, tmp_path, monkeypatch):
    monkeypatch.setattr(distil, "RECOMBINED", 20)
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join([*SENTENCES, ""]))
    made = train(tiny.corpus, tiny.language, weights, tmp_path, config(tiny, epochs=1), texts=texts)
    before, after = (load_model(one, str(tiny.network)).eval() for one in (weights, made))
    for name, value in before.state_dict().items():
        if not name.startswith(("network.fast.", "network.words.")):
            torch.testing.assert_close(after.state_dict()[name], value)
    said = said_by_both(before, tiny.language, SENTENCES)
    with torch.no_grad():
        near = [
            float((embed_sentences(one, tiny.language, SENTENCES, "fast").embedding * said).sum())
            for one in (before, after)
        ]
    assert near[1] > near[0]
