from hashlib import sha256

import pytest

from cmps.encoders import weights
from cmps.encoders.weights import WeightFile, WeightsError, manifest, weight_file


def test_every_shipped_file_is_what_the_manifest_says():
    assert set(manifest()) >= {"image.onnx", "fast.onnx", "accurate.onnx", "calibration.json"}
    for entry in manifest().values():
        assert entry.check().stat().st_size == entry.bytes
        assert entry.origin


def test_all_weights_stay_under_40_mb():
    assert sum(entry.bytes for entry in manifest().values()) < 40e6


def test_a_changed_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    (tmp_path / "net.onnx").write_bytes(b"right")
    entry = WeightFile("net.onnx", sha256(b"right").hexdigest(), 5, "here")
    assert entry.check() == tmp_path / "net.onnx"
    (tmp_path / "net.onnx").write_bytes(b"wrong")
    with pytest.raises(WeightsError, match=r"net\.onnx has SHA-256 .*reinstall"):
        entry.check()


def test_a_missing_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(WeightsError, match=r"net\.onnx is missing"):
        WeightFile("net.onnx", "0" * 64, 5, "here").check()


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(WeightsError, match=r"no weights named resnet.*image\.onnx"):
        weight_file("resnet")
