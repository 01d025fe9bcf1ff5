"""Exported networks must say what the torch networks say."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from cmps.encoders.image import OnnxImageEncoder  # noqa: E402
from cmps.encoders.runtime import open_session  # noqa: E402
from cmps.training.bert import Bert, BertConfig  # noqa: E402
from cmps.training.export import (  # noqa: E402
    ExportedImage,
    ExportedText,
    export_image,
    export_text,
    mirrored_cells,
)
from cmps.training.network import ImageBranch, NetworkConfig, TextBranch, WordVectors  # noqa: E402
from cmps.training.precision import shrink  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def config():
    return NetworkConfig(height=64, width=32, pyramid=((1, 1), (2, 1), (4, 2)), hidden=32)


def test_image_network_agrees_to_a_thousandth(config, tmp_path):
    torch.manual_seed(0)
    branch = ImageBranch(config).eval()
    export_image(branch, tmp_path / "image.onnx")
    shrink(tmp_path / "image.onnx", "half")
    pictures = torch.randn(3, 3, 64, 32)
    with torch.inference_mode():
        expected = ExportedImage(branch)(pictures)
    names = ["embedding", "pyramid", "foreground"]
    session = open_session(tmp_path / "image.onnx", 1)
    found = session.run(names, {"pictures": pictures.numpy()})
    for value, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, right.numpy(), atol=1e-3)
    (again,) = session.run(["pyramid"], {"pictures": pictures.flip(3).numpy()})
    cells = mirrored_cells(config.pyramid)
    np.testing.assert_allclose(again[:, cells], found[1], atol=1e-5)
    encodings = OnnxImageEncoder(session).encode([np.zeros((90, 40, 3), np.uint8)] * 2)
    assert encodings[0].pyramid.shape == (11, 128)
    np.testing.assert_allclose(np.linalg.norm(encodings[1].embedding), 1, atol=1e-5)


@pytest.mark.parametrize("variant", ["fast", "accurate"])
def test_text_networks_agree_to_a_thousandth(config, variant, tmp_path):
    torch.manual_seed(1)
    if variant == "fast":
        states, size = WordVectors(torch.randn(60, 50)), 50
    else:
        sizes = BertConfig(60, 48, 2, 4, 96, 40)
        states, size = Bert(sizes), 48
    network = ExportedText(states, TextBranch(config, size), variant == "accurate").eval()
    export_text(network, tmp_path / "text.onnx")
    shrink(tmp_path / "text.onnx", "half")
    session = open_session(tmp_path / "text.onnx", 1)
    for length in (1, 4, 31):
        ids = torch.randint(2, 60, (1, length))
        with torch.inference_mode():
            expected = network(ids)
        found = session.run(["embedding", "words", "attention"], {"ids": ids.numpy()})
        for value, right in zip(found, expected, strict=True):
            np.testing.assert_allclose(value, right.numpy(), atol=1e-3)


def test_half_precision_halves_the_file(config, tmp_path):
    branch = ImageBranch(config).eval()
    path = tmp_path / "image.onnx"
    export_image(branch, path)
    before = path.stat().st_size
    shrink(path, "half")
    assert path.stat().st_size < 0.55 * before
