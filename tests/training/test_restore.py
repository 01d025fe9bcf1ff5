"""Exported networks become weights again that say the same and can learn."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from cmps.training.bert import Bert, BertConfig  # noqa: E402
from cmps.training.export import ExportedText, export_image, export_text  # noqa: E402
from cmps.training.network import ImageBranch, NetworkConfig, TextBranch  # noqa: E402
from cmps.training.precision import shrink  # noqa: E402
from cmps.training.restore import RestoreError, restore_image, restore_text  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def config(**sizes):
    return NetworkConfig(height=64, width=32, pyramid=((1, 1), (2, 1), (4, 2)), **sizes)


@pytest.fixture(scope="module")
def lived_in():
    """An image branch whose norms have seen something, so that folding them matters."""
    torch.manual_seed(3)
    branch = ImageBranch(config())
    branch.train()
    with torch.no_grad():
        for _ in range(3):
            branch(torch.randn(8, 3, 64, 32) * 2 + 0.5)
    return branch.eval()


@pytest.fixture(scope="module")
def exported(lived_in, tmp_path_factory):
    path = tmp_path_factory.mktemp("restore") / "image.onnx"
    export_image(lived_in, path)
    return path


@pytest.mark.parametrize("half", [False, True])
def test_a_restored_network_says_what_the_exported_one_said(lived_in, exported, half, tmp_path):
    path = tmp_path / "image.onnx"
    path.write_bytes(exported.read_bytes())
    if half:
        shrink(path, "half")
    restored = restore_image(path, config())
    pictures = torch.randn(4, 3, 64, 32, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected, found = lived_in(pictures), restored(pictures)
    for part in ("embedding", "pyramid", "foreground"):
        gap = (getattr(expected, part) - getattr(found, part)).abs().max()
        assert float(gap) < (2e-2 if half else 1e-4), part
    assert not torch.equal(found.embedding[0], found.embedding[1])


def test_restored_filters_have_unit_length_and_every_layer_learns(exported):
    restored = restore_image(exported, config()).train()
    for layer in restored.backbone.modules():
        if isinstance(layer, torch.nn.Conv2d):
            lengths = layer.weight.flatten(1).norm(dim=1)
            assert torch.allclose(lengths, torch.ones_like(lengths), atol=1e-3)
    output = restored(torch.randn(4, 3, 64, 32))
    (output.raw.square().sum() + output.pyramid[:, 0, 0].sum()).backward()
    # a layer before a norm in training mode gets little gradient, never none
    assert all(p.grad is not None for p in restored.backbone.parameters())


def test_another_design_is_refused_by_name(exported):
    with pytest.raises(RestoreError, match=r"image\.onnx.*shape"):
        restore_image(exported, config(local=64))


@pytest.mark.parametrize("precision", ["full", "half", "weights", "dynamic"])
def test_restored_text_networks_say_what_the_exported_ones_said(precision, tmp_path):
    torch.manual_seed(2)
    bert = Bert(BertConfig(40, 64, 2, 2, 128, 30)).eval()
    sizes = config(hidden=16, token=64)
    branch = TextBranch(sizes, 64).eval()
    with torch.no_grad():  # export stores equal numbers once: trained ones never are
        for parameter in bert.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    path = tmp_path / "accurate.onnx"
    export_text(ExportedText(bert, branch, True), path)
    shrink(path, precision)
    states, restored = restore_text(path, sizes, 64)
    ids = torch.tensor([[3, 9, 27, 5]])
    mask = torch.ones_like(ids, dtype=torch.bool)
    with torch.inference_mode():
        expected = branch(bert(ids, mask), mask)
        found = restored(states(ids, mask), mask)
    assert float((expected.embedding * found.embedding).sum()) > 0.999
    assert float((expected.attention - found.attention).abs().max()) < 0.02
