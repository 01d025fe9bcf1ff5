from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from fakes import FakeTextEncoder, draw

from cmps.encoders.weights import manifest
from cmps.evaluation import fit_hubs
from cmps.evaluation.fit_hubs import centres_of


def test_clusters_are_found():
    random = np.random.default_rng(3)
    middles = np.eye(3, 16, dtype=np.float32)
    vectors = np.repeat(middles, 40, 0) + 0.05 * random.normal(size=(120, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    centres = centres_of(vectors, 3, seed=1)
    assert np.linalg.norm(centres, axis=1) == pytest.approx([1, 1, 1])
    assert (centres @ middles.T).max(0).min() > 0.99


def test_no_more_centres_than_vectors():
    vectors = np.eye(2, 4, dtype=np.float32)
    assert sorted(centres_of(vectors, 9).tolist()) == sorted(vectors.tolist())


def test_the_bank_is_made_of_train_captions_and_names_its_networks(tmp_path, monkeypatch):
    heard = []

    class Spy(FakeTextEncoder):
        def encode(self, sentence):
            heard.append(sentence)
            return super().encode(sentence)

    records = []
    for number, split in enumerate(("train", "train", "val")):
        draw(tmp_path / "imgs" / f"{number}.png", "red", "blue", seed=number)
        captions = [f"a red top, number {number}", "blue trousers"]
        records.append(
            {"id": number, "file_path": f"{number}.png", "captions": captions, "split": split}
        )
    (tmp_path / "reid_raw.json").write_text(json.dumps(records))
    monkeypatch.setattr(fit_hubs, "open_text_encoder", lambda variant: Spy())
    out = tmp_path / "bank.npz"
    monkeypatch.setattr(sys, "argv", ["fit_hubs", "--root", str(tmp_path), "--out", str(out)])
    fit_hubs.main()
    assert len(heard) == 8
    assert not any("number 2" in one for one in heard)
    with np.load(out) as found:
        assert found["fast"].shape == (4, 256)
        assert str(found["accurate_network"]) == manifest()["accurate.onnx"].sha256
