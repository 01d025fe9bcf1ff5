"""An exported image network becomes weights again that say the same and can learn."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from cmps.training.export import export_image, store_half  # noqa: E402
from cmps.training.network import ImageBranch, NetworkConfig  # noqa: E402
from cmps.training.restore import RestoreError, restore_image  # noqa: E402

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
        store_half(path)
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
