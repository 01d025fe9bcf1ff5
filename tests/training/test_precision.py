"""Smaller files must say nearly what the 32-bit networks say."""

import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from cmps.encoders.runtime import open_session  # noqa: E402
from cmps.training.bert import Bert, BertConfig  # noqa: E402
from cmps.training.export import ExportedText, export_image, export_text  # noqa: E402
from cmps.training.network import ImageBranch, NetworkConfig, TextBranch  # noqa: E402
from cmps.training.precision import shrink  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

NAMES = ["embedding", "words", "attention"]


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """An accurate text network of odd sizes, in 32 bits."""
    torch.manual_seed(3)
    config = NetworkConfig(height=64, width=32, pyramid=((1, 1), (2, 1), (4, 2)), hidden=32)
    states = Bert(BertConfig(99, 96, 2, 4, 192, 40))
    path = tmp_path_factory.mktemp("networks") / "text.onnx"
    export_text(ExportedText(states, TextBranch(config, 96), True).eval(), path)
    return path


@pytest.fixture
def shrunk(full, tmp_path):
    def make(precision):
        path = tmp_path / f"{precision}.onnx"
        shutil.copy(full, path)
        return shrink(path, precision)

    return make


def said(path):
    """What a network says of three sentences."""
    session = open_session(path, 1)
    random = np.random.default_rng(0)
    sentences = [random.integers(2, 99, (1, length)) for length in (1, 5, 30)]
    return [session.run(NAMES, {"ids": ids}) for ids in sentences]


def cosine(path, full):
    pairs = zip(said(path), said(full), strict=True)
    return min(float((one[0] * other[0]).sum()) for one, other in pairs)


@pytest.mark.parametrize(
    ("precision", "size", "agreement"),
    [("full", 1.0, 0.999999), ("half", 0.56, 0.99999), ("weights", 0.34, 0.9995)],
)
def test_files_shrink_and_still_agree(full, shrunk, precision, size, agreement):
    path = shrunk(precision)
    assert path.stat().st_size <= size * full.stat().st_size
    assert cosine(path, full) >= agreement


def test_rounding_the_weights_alone_is_nearer_than_rounding_all(full, shrunk):
    alone, everything = shrunk("weights"), shrunk("dynamic")
    assert everything.stat().st_size < 0.45 * full.stat().st_size
    assert cosine(alone, full) > cosine(everything, full)


def test_each_weight_is_off_by_half_a_step_at_most(tmp_path):
    random = np.random.default_rng(5)
    # large numbers must not cost small ones in the same row their digits
    weight = random.standard_normal((64, 128)).astype(np.float32)
    weight[:, 64:] *= 1000
    weight[3, :64] = 0
    path = tmp_path / "one.onnx"
    save_product(path, weight)
    shrink(path, "weights")
    found = open_session(path, 1).run(None, {"x": np.eye(64, dtype=np.float32)})[0]
    for part in (slice(0, 64), slice(64, 128)):
        # half a step of 127, and what 16 bits cost the scale
        bound = np.abs(weight[:, part]).max(1, keepdims=True) * (0.5 / 127 + 1e-3)
        assert (np.abs(found - weight)[:, part] <= bound).all()
    assert not found[3, :64].any()
    assert np.abs(found - weight).max() > 0


def test_loading_folds_the_weights(tmp_path):
    """The network that runs has one multiplication, not five nodes."""
    import onnxruntime

    path = tmp_path / "one.onnx"
    save_product(path, np.random.default_rng(0).standard_normal((64, 128)).astype(np.float32))
    shrink(path, "weights")
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "folded.onnx")
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    nodes = onnx.load(str(tmp_path / "folded.onnx")).graph.node
    assert [node.op_type for node in nodes] == ["MatMul"]


def test_sizes_that_no_block_divides_are_stored_in_half_precision(tmp_path):
    weight = np.random.default_rng(0).standard_normal((41, 43)).astype(np.float32)
    path = tmp_path / "odd.onnx"
    save_product(path, weight)
    shrink(path, "weights")
    found = open_session(path, 1).run(None, {"x": np.eye(41, dtype=np.float32)})[0]
    np.testing.assert_array_equal(found, weight.astype(np.float16))


def test_convolutions_shrink_too(tmp_path):
    torch.manual_seed(0)
    config = NetworkConfig(height=64, width=32, pyramid=((1, 1), (2, 1), (4, 2)))
    branch = ImageBranch(config).eval()
    path = tmp_path / "image.onnx"
    export_image(branch, path)
    before = path.stat().st_size
    pictures = torch.randn(2, 3, 64, 32)
    with torch.inference_mode():
        expected = branch(pictures).embedding.numpy()
    shrink(path, "weights")
    found = open_session(path, 1).run(["embedding"], {"pictures": pictures.numpy()})[0]
    assert path.stat().st_size < 0.32 * before
    assert (found * expected).sum(1).min() > 0.995


def test_an_unknown_precision_is_named(full):
    with pytest.raises(ValueError, match="choose a precision of full, half, dynamic, weights"):
        shrink(full, "quarter")


def save_product(path, weight):
    """A network that multiplies with one matrix."""
    helper = onnx.helper
    inputs, outputs = (
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, size])
        for name, size in zip("xy", weight.shape, strict=True)
    )
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "one",
        [inputs],
        [outputs],
        [onnx.numpy_helper.from_array(weight, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
