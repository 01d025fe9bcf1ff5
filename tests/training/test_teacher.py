"""The teacher in torch: each kind of layer, and the real network against OpenVINO."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from cmps.training.teacher import LAYERS, SIZE, Teacher  # noqa: E402

NAME = "person-reidentification-retail-0277.xml"

IR = """<net name="two" version="11"><layers>
<layer id="0" name="data" type="Parameter"><data shape="1,3,256,128" element_type="f32"/>
  <output><port id="0"/></output></layer>
<layer id="1" name="axes" type="Const">
  <data element_type="i64" shape="2" offset="0" size="16"/><output><port id="0"/></output></layer>
<layer id="2" name="mean" type="ReduceMean"><data keep_dims="true"/>
  <input><port id="0"/><port id="1"/></input><output><port id="2"/></output></layer>
<layer id="3" name="shift" type="Const">
  <data element_type="f16" shape="1,3,1,1" offset="16" size="6"/>
  <output><port id="0"/></output></layer>
<layer id="4" name="sum" type="{kind}"><input><port id="0"/><port id="1"/></input>
  <output><port id="2"/></output></layer>
<layer id="5" name="out" type="Result"><input><port id="0"/></input></layer></layers>
<edges><edge from-layer="0" from-port="0" to-layer="2" to-port="0"/>
<edge from-layer="1" from-port="0" to-layer="2" to-port="1"/>
<edge from-layer="2" from-port="2" to-layer="4" to-port="0"/>
<edge from-layer="3" from-port="0" to-layer="4" to-port="1"/>
<edge from-layer="4" from-port="2" to-layer="5" to-port="0"/></edges></net>"""


def write(folder, kind="Add"):
    """A network that says each colour's mean, blue first, and adds 1, 2 and 3."""
    (folder / "two.xml").write_text(IR.format(kind=kind))
    axes, shift = np.array([2, 3], np.int64), np.array([1, 2, 3], np.float16)
    (folder / "two.bin").write_bytes(axes.tobytes() + shift.tobytes())
    return folder / "two.xml"


def test_layers_follow_one_another_as_the_file_wires_them(tmp_path):
    pictures = torch.zeros(2, 3, 8, 4)
    pictures[1, 0] = 1.0  # the second is red
    said = Teacher(write(tmp_path))(pictures)
    expected = torch.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, 258.0]])
    torch.testing.assert_close(said, expected / expected.norm(dim=1, keepdim=True))


def test_an_unknown_layer_is_named(tmp_path):
    with pytest.raises(ValueError, match="layer 4 is a Softmax; the teacher may be made of Add"):
        Teacher(write(tmp_path, "Softmax"))


def test_normalisation_is_over_the_named_axes():
    x = torch.randn(2, 3, 5, 4)
    found = LAYERS["MVN"]({"eps": "1e-5"}, x, torch.tensor([2, 3]))
    torch.testing.assert_close(found, torch.nn.functional.instance_norm(x), atol=1e-4, rtol=0)


def test_zero_in_a_shape_keeps_what_is_there():
    x = torch.randn(2, 16, 4)
    assert LAYERS["Reshape"]({}, x, torch.tensor([0, -1])).shape == (2, 64)


@pytest.mark.slow
def test_it_says_what_openvino_says(data_pack):
    pytest.importorskip("openvino")
    from PIL import Image

    from cmps.training.corpus import load_teacher

    path = data_pack.parent / "shared" / "models" / "omz" / NAME
    if not path.is_file():
        pytest.skip(f"no teacher at {path}")
    random = np.random.default_rng(0)
    coarse = random.integers(0, 255, (3, 8, 4, 3), np.uint8)
    images = [Image.fromarray(one).resize(SIZE[::-1], Image.Resampling.BICUBIC) for one in coarse]
    pictures = torch.stack([torch.from_numpy(np.array(one)) for one in images])
    with torch.no_grad():
        said = Teacher(path).eval()(pictures.permute(0, 3, 1, 2).float() / 255)
    np.testing.assert_allclose(said.numpy(), load_teacher(path)(images), atol=1e-4)
