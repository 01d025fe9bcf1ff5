"""The head that tells people in one outfit apart."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from cmps.datasets.csv_list import read_csv
from cmps.encoders.weights import image_network
from cmps.gallery.records import Encoding, Network
from cmps.search.tracks.head import FILE, Head, inputs, shipped_head
from cmps.training.head import Batches, Examples, HeadNetwork, _of_day, head_loss, train

CELLS, LOCAL = 4, 8
WIDTH = 256 + CELLS * LOCAL
NETWORK = Network("cmps", "0" * 64)


def picture(random, outfit, hair):
    """Encode somebody: the embedding knows the outfit, one cell knows the hair."""
    embedding = np.zeros(256)
    embedding[outfit] = 1.0
    embedding += 0.05 * random.standard_normal(256)
    pyramid = 0.3 * random.standard_normal((CELLS, LOCAL))
    pyramid[2, hair] += 3.0
    pyramid /= np.linalg.norm(pyramid, axis=1, keepdims=True)
    return Encoding(
        (embedding / np.linalg.norm(embedding)).astype(np.float32),
        pyramid.astype(np.float16),
        np.ones(CELLS, np.float32),
    )


@pytest.fixture(scope="module")
def examples():
    """Drawn people, three of whom wear each of four outfits; real ones, who wear their own."""
    random = np.random.default_rng(0)
    rows, told = [], []
    for person in range(24):
        drawn = person < 12
        outfit = person // 3 if drawn else person
        for one in range(6):
            rows.append(picture(random, outfit, person % 3))
            told.append((person, 10 * person + one // 2, outfit, 0 if drawn else 1 + person % 2))
    seen = inputs(np.stack([r.embedding for r in rows]), np.stack([r.pyramid for r in rows]))
    people, passes, outfits, sources = np.array(told).T
    return Examples(seen.astype(np.float16), people, passes, outfits, sources), rows


def test_a_batch_holds_people_who_wear_the_same_and_people_of_every_source(examples):
    known, _ = examples
    rows = Batches(known, np.random.default_rng(0)).draw()
    assert set(known.sources[rows]) == {0, 1, 2}
    people = np.unique(known.people[rows])
    assert (np.unique(known.people[rows], return_counts=True)[1] == 4).all()
    worn = known.outfits[[np.flatnonzero(known.people == one)[0] for one in people]]
    assert np.unique(worn, return_counts=True)[1].max() == 3


def test_who_was_seen_once_teaches_nothing(examples):
    known, _ = examples
    once = np.where(known.people == 0, 0, known.passes)
    lone = Examples(known.inputs, known.people, once, known.outfits, known.sources)
    batches = Batches(lone, np.random.default_rng(0))
    assert not any((known.people[batches.draw()] == 0).any() for _ in range(5))


def test_it_starts_as_the_embedding():
    seen = torch.randn(3, WIDTH)
    vectors = HeadNetwork(WIDTH)(seen)
    assert torch.allclose(vectors, torch.nn.functional.normalize(seen[:, :256], dim=1))


def test_the_loss_is_least_where_people_are_apart_and_real_ones_stay():
    seen = torch.eye(4, WIDTH)
    people, passes = torch.tensor([0, 0, 1, 1]), torch.arange(4)
    apart = torch.eye(256)[[0, 0, 1, 1]]
    drawn, real = torch.zeros(4, dtype=torch.long), torch.ones(4, dtype=torch.long)
    together = head_loss(torch.eye(256)[[0, 0, 0, 0]], seen, people, passes, drawn)
    assert head_loss(apart, seen, people, passes, drawn) < 0.01 < together
    assert head_loss(apart, seen, people, passes, real) > 1
    # pictures of one pass prove nothing: with another pass each, they do
    once = torch.tensor([0, 0, 1, 2])
    assert head_loss(apart[[0, 1, 2, 0]], seen, people, once, drawn) > 5


def test_it_learns_what_the_embedding_does_not_tell(examples, tmp_path):
    known, rows = examples
    torch.set_num_threads(1)
    path = train(known, tmp_path / "head.npz", NETWORK, steps=150)
    with np.load(path) as kept:
        head = Head(kept["weights"].astype(np.float32))
        assert str(kept["network"]) == NETWORK.sha256
    worn = np.flatnonzero(known.outfits == 0)
    same = known.people[worn][:, None] == known.people[worn]
    plain = np.stack([rows[n].embedding for n in worn])
    vectors = head.of([rows[n] for n in worn])
    before, after = plain @ plain.T, vectors @ vectors.T
    assert before[same].min() < before[~same].max()
    assert after[same].min() > after[~same].max()


def test_the_shipped_one_belongs_to_the_shipped_image_network():
    assert shipped_head(image_network()) is not None, f"make {FILE} anew: cmps train head"
    assert shipped_head(NETWORK) is None
    assert shipped_head(None) is None


def test_a_day_tells_who_wears_the_same(tmp_path):
    (tmp_path / "gate").mkdir()
    for name in ("a", "b"):
        (tmp_path / "gate" / f"{name}.jpg").write_bytes(b"")
    (tmp_path / "index.csv").write_text(
        "path,camera,time,tracklet\n"
        "gate/a.jpg,gate,2026-03-14T10:00:00Z,t1\ngate/b.jpg,gate,2026-03-14T10:01:00Z,t2\n"
    )
    truth = [{"picture": "gate/a.jpg", "person": "p1"}, {"picture": "gate/b.jpg", "person": "p2"}]
    people = [{"id": "p1", "outfit": "uniform"}, {"id": "p2", "outfit": None}]
    for name, lines in (("truth", truth), ("people", people)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    rows = _of_day(tmp_path, list(read_csv(tmp_path / "index.csv")))
    assert [[part.removeprefix(f"{tmp_path} ") for part in row] for row in rows] == [
        ["p1", "t1", "uniform", "drawn"],
        ["p2", "t2", "p2", "drawn"],
    ]
