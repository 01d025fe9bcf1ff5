"""Pictures as training shows them, and what the teacher is heard to say of them."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")

from tiny import make_tiny  # noqa: E402

from cmps.training.album import Album, load_album, load_masks  # noqa: E402
from cmps.training.corpus import Corpus, join  # noqa: E402

ROWS = np.array([0, 5, 9])
STILL = np.zeros(3, bool)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return make_tiny(tmp_path_factory.mktemp("album") / "made")


class Brightness(torch.nn.Module):
    """A teacher that says how bright what it is shown is."""

    def forward(self, pictures):
        said = torch.zeros(len(pictures), 256)
        said[:, 0], said[:, 1] = pictures.mean((1, 2, 3)), 1 - pictures.mean((1, 2, 3))
        return torch.nn.functional.normalize(said, dim=1)


def shown(album, rows=ROWS, flip=STILL, seed=0):
    return album.show(rows, flip, np.random.default_rng(seed))


def test_a_batch_holds_pictures_masks_and_the_teachers_word(tiny):
    album = load_album([tiny.corpus], (4, 2))
    batch = shown(album)
    assert batch["pictures"].shape == (3, 3, 64, 32)
    assert batch["masks"].shape == (3, 4, 2)
    stored = torch.from_numpy(Corpus.load(tiny.corpus).teacher[ROWS].astype(np.float32))
    torch.testing.assert_close(batch["teacher"], torch.nn.functional.normalize(stored, dim=1))


def test_pictures_are_altered_anew_each_time(tiny):
    album = load_album([tiny.corpus], (4, 2))
    first, again, other = shown(album), shown(album), shown(album, seed=1)
    assert torch.equal(first["pictures"], again["pictures"])
    assert not torch.equal(first["pictures"], other["pictures"])


def test_the_mean_over_a_person_says_the_same_of_all_their_pictures(tiny):
    album = load_album([tiny.corpus], (4, 2), centre=1.0)
    batch = shown(album, np.array([0, 1, 4]))  # two of the first person, one of the second
    assert torch.allclose(batch["teacher"][0], batch["teacher"][1], atol=1e-6)
    assert not torch.allclose(batch["teacher"][0], batch["teacher"][2], atol=1e-2)


def test_a_teacher_sees_what_the_student_sees(tiny):
    corpus = Corpus.load(tiny.corpus)
    masks = load_masks(tiny.corpus, len(corpus.rows), (4, 2))
    album = Album(corpus, masks, teacher=Brightness())
    bright = shown(album)
    deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    seen = bright["pictures"] * deviation + mean
    torch.testing.assert_close(bright["teacher"], Brightness()(seen), atol=1e-4, rtol=0)


def test_unknown_masks_stay_unknown(tiny, tmp_path):
    assert (load_masks(tmp_path, 5, (4, 2)) == -1).all()


def test_corpora_become_one_album_in_their_order(tiny):
    part = Corpus.load(tiny.corpus)
    both = join([part, part])
    assert len(both.rows) == 2 * len(part.rows)
    album = load_album([tiny.corpus, tiny.corpus], (4, 2))
    assert len(album) == len(both.rows)
    assert torch.equal(album.raw(np.array([len(part.rows)])), album.raw(np.array([0])))
