"""Restored norms get real statistics, and the network says the same."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from cmps.training.export import export_image  # noqa: E402
from cmps.training.network import ImageBranch, NetworkConfig, normalise  # noqa: E402
from cmps.training.renormalise import renormalise  # noqa: E402
from cmps.training.restore import restore_image  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def pictures():
    random = np.random.default_rng(4)
    flat = random.integers(0, 256, (96, 1, 1, 3))
    return (flat + random.integers(-40, 41, (96, 64, 32, 3))).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def restored(pictures, tmp_path_factory):
    config = NetworkConfig(height=64, width=32, pyramid=((1, 1), (2, 1), (4, 2)))
    torch.manual_seed(5)
    branch = ImageBranch(config).train()
    with torch.no_grad():
        for _ in range(4):
            branch(batch(pictures))
    path = tmp_path_factory.mktemp("renormalise") / "image.onnx"
    export_image(branch.eval(), path)
    return restore_image(path, config)


def batch(pictures):
    return normalise(torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255)


def cosine(one, other):
    return (one * other).sum(1).mean().item()


def test_the_function_stays(restored, pictures):
    shown = batch(pictures)
    with torch.no_grad():
        before = restored(shown).embedding
    renormalise(restored, pictures)
    with torch.no_grad():
        after = restored(shown).embedding
    assert cosine(before, after) == pytest.approx(1, abs=1e-4)


def test_norms_hold_what_reaches_them(restored, pictures):
    renormalise(restored, pictures)
    first = restored.backbone.features[0]
    with torch.no_grad():
        reached = first[0](batch(pictures))
    assert torch.allclose(first[1].running_mean, reached.mean((0, 2, 3)), atol=1e-4)
    assert torch.allclose(first[1].running_var, reached.var((0, 2, 3)), rtol=1e-2)
