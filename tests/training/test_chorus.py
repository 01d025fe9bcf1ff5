"""Several networks' word: one product of long vectors, kept on disk, and learned from."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")

from tiny import make_tiny  # noqa: E402

from cmps.encoders.text import SECOND_SHARE  # noqa: E402
from cmps.training import chorus as module  # noqa: E402
from cmps.training.album import load_album  # noqa: E402
from cmps.training.bert import Bert, BertConfig  # noqa: E402
from cmps.training.chorus import (  # noqa: E402
    Chorus,
    chorus_loss,
    embed_pictures,
    embed_texts,
    gather,
)
from cmps.training.network import CrossModalNetwork, NetworkConfig  # noqa: E402
from cmps.training.validate import embed_sentences  # noqa: E402
from cmps.training.weights import TextNetwork, load_model, save_model  # noqa: E402

TEXTS = ["A person, in a red coat.", "Somebody wearing blue.", "A person with a green bag."]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return make_tiny(tmp_path_factory.mktemp("chorus") / "made")


@pytest.fixture(scope="module")
def voices(tiny, tmp_path_factory):
    """Two untrained networks."""
    folder = tmp_path_factory.mktemp("voices")
    stored = torch.load(tiny.language / "bert.pt", weights_only=True)
    vectors = torch.from_numpy(np.load(tiny.language / "vectors.npy"))
    made = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        bert = Bert(BertConfig(**stored["config"]))
        network = CrossModalNetwork(NetworkConfig.preset(tiny.network), 6, vectors)
        made.append(save_model(TextNetwork(bert, network), folder / f"voice{seed}.pt"))
    return made


def test_it_says_the_mean_of_what_each_says(tiny, voices):
    album = load_album([tiny.corpus], (4, 2))
    sung = gather(voices, str(tiny.network), tiny.language, album, TEXTS)
    rows, side = torch.tensor([0, 7]), torch.tensor([0, 1])
    found = sung.logits(torch.tensor([0, 2]), rows, side)
    expected = torch.zeros(2, 2)
    for path in voices:
        model = load_model(path, str(tiny.network)).eval()
        pictures = embed_pictures(model.network.image, album)[0][side, rows]
        said = embed_texts(model, tiny.language, TEXTS)[[0, 2]]
        expected += said @ pictures.T * model.network.temperature.exp() / 2
    torch.testing.assert_close(found, expected.detach(), atol=0.05, rtol=0.01)


def test_the_answers_are_kept_until_a_network_changes(tiny, voices, monkeypatch):
    album = load_album([tiny.corpus], (4, 2))
    first = gather(voices, str(tiny.network), tiny.language, album, TEXTS)

    def asked(*_):
        raise AssertionError("asked again")

    monkeypatch.setattr(module, "embed_pictures", asked)
    again = gather(voices, str(tiny.network), tiny.language, album, TEXTS)
    assert torch.equal(first.sentences, again.sentences)
    with pytest.raises(AssertionError, match="asked again"):
        gather(voices[:1], str(tiny.network), tiny.language, album, TEXTS)


def test_a_mirrored_picture_is_seen_mirrored(tiny, voices):
    album = load_album([tiny.corpus], (4, 2))
    model = load_model(voices[0], str(tiny.network)).eval()
    before = embed_pictures(model.network.image, album)[0]
    pictures = album.corpus.pictures[:, :, ::-1].copy()
    turned = type(album.corpus)(pictures, album.corpus.teacher, album.corpus.rows)
    after = embed_pictures(model.network.image, type(album)(turned, album.masks.numpy()))[0]
    torch.testing.assert_close(before, after.flip(0), atol=1e-5, rtol=0)


def test_sentences_are_mixed_as_the_program_mixes_them(tiny, voices):
    model = load_model(voices[0], str(tiny.network)).eval()
    with torch.no_grad():
        fast = embed_sentences(model, tiny.language, TEXTS, "fast").embedding
        accurate = embed_sentences(model, tiny.language, TEXTS, "accurate").embedding
    mixed = (1 - SECOND_SHARE) * accurate + SECOND_SHARE * fast
    expected = mixed / mixed.norm(dim=1, keepdim=True)
    found = embed_texts(model, tiny.language, TEXTS)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_who_says_what_the_chorus_says_loses_nothing():
    target = torch.randn(4, 6, generator=torch.Generator().manual_seed(0)) * 5
    assert float(chorus_loss(target, target)) == pytest.approx(0, abs=1e-6)
    assert float(chorus_loss(target + 3, target)) == pytest.approx(0, abs=1e-5)
    assert float(chorus_loss(-target, target)) > 1


def test_pictures_and_sentences_of_different_networks_are_refused():
    with pytest.raises(ValueError, match="different networks"):
        Chorus(torch.zeros(2, 3, 8), torch.zeros(5, 4))
