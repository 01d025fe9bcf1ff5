"""A tiny data set, and a ``flite`` program that hums: real processes, no engine needed."""

from __future__ import annotations

import json

import pytest
from speaking_fakes import FLITE, PER_PERSON, install


@pytest.fixture
def flite(tmp_path_factory, monkeypatch):
    """The only program on the path."""
    folder = tmp_path_factory.mktemp("bin")
    install(folder, "flite", FLITE)
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def root(tmp_path):
    """Three people in the val split, two sentences a picture, and one person outside it."""
    records = [
        {
            "id": person,
            "file_path": f"CUHK01/{person}_{number}.jpg",
            "captions": [f"Person {person}, picture {number}.", f"Again {person}, {number}."],
            "split": "val",
        }
        for person, pictures in enumerate(PER_PERSON)
        for number in range(pictures)
    ]
    records.append({"id": 9, "file_path": "CUHK01/9_0.jpg", "captions": ["No."], "split": "train"})
    folder = tmp_path / "CUHK-PEDES"
    folder.mkdir()
    (folder / "reid_raw.json").write_text(json.dumps(records))
    return folder
