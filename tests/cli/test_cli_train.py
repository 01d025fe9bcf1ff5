"""The whole way from a corpus to exported networks, on pictures so small that it takes seconds."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from tiny import make_tiny, write_imagenet  # noqa: E402

from cmps.training.recipe import RecipeError, Step, read_recipe  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

STAGES = {
    "reid": "identity = 1.0\nteacher_cosine = 1.0\nfpr = 0.1",
    "crossmodal": "contrastive_accurate = 1.0\ncontrastive_fast = 1.0\nbalance = 0.1",
    "text": "contrastive_accurate = 1.0\nwords_fast = 0.5",
    "image": "teacher_cosine = 1.0\ntriplet = 1.0\nsentences_fast = 0.1",
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder as ``cmps train corpus`` and ``language`` leave it, with configs beside."""
    root = tmp_path_factory.mktemp("runs")
    tiny = make_tiny(root)
    (root / "corpus").rename(root / "made")
    (root / "corpus").mkdir()
    (root / "made").rename(root / "corpus" / "train")
    (root / "corpus" / "val").symlink_to(root / "corpus" / "train")
    write_imagenet(root / "imagenet.pt")
    steps = []
    for kind, weights in STAGES.items():
        config = root / f"my_{kind}.toml"
        people = 4 if kind == "image" else 3  # two pairs of look-alikes
        config.write_text(
            f'network = "{tiny.network}"\nepochs = 1\nidentities = {people}\npictures = 2\n'
            "backbone_rate = 1e-3\nhead_rate = 1e-3\ntext_rate = 1e-3\nweight_decay = 0.0\n"
            f"warmup = 1\naverage = 0.5\ndistilled = 4\n[weights]\n{weights}\n"
        )
        start = f'start = "my_{list(STAGES)[len(steps) - 1]}"\n' if steps else ""
        steps.append(f'[[step]]\nkind = "{kind}"\nconfig = "{config}"\n{start}')
    (root / "mine.toml").write_text("\n".join(steps))
    return root


def test_one_command_trains_every_stage_and_exports(cmps, runs):
    arguments = ("train", "all", "--runs", runs, "--imagenet", runs / "imagenet.pt")
    answer = cmps(*arguments, "--recipe", runs / "mine.toml", "--out", runs / "files")
    assert answer.code == 0, answer.err
    for kind in STAGES:
        assert (runs / f"my_{kind}.pt").is_file()
    names = {"image.onnx", "fast.onnx", "accurate.onnx", "fast.json", "accurate.json"}
    assert names <= {path.name for path in (runs / "files").iterdir()}

    trained = (runs / "my_reid.pt").stat().st_mtime_ns
    again = cmps(*arguments, "--recipe", runs / "mine.toml")
    assert again.code == 0
    assert (runs / "my_reid.pt").stat().st_mtime_ns == trained, "what is done is left as it is"

    network = json.loads((runs / "tiny.json").read_text())
    assert network["height"] == 64
    look = cmps("train", "validate", "--runs", runs, "--weights", "my_text", "--network",
                runs / "tiny.json")  # fmt: skip
    assert look.code == 0, look.err
    lines = [line.split() for line in look.out.splitlines()]
    assert {line[0] for line in lines} == {"image", "fast", "accurate"}
    assert all(0 <= float(value) <= 100 for line in lines for value in line[2:])

    back = cmps("train", "restore", "--runs", runs, "--files", runs / "files", "--network",
                runs / "tiny.json")  # fmt: skip
    assert back.code == 0, back.err
    before = torch.load(runs / "my_text.pt", weights_only=True)["network"]
    after = torch.load(runs / "shipped.pt", weights_only=True)["network"]
    np.testing.assert_allclose(
        before["fast.lstm.weight_hh_l0"], after["fast.lstm.weight_hh_l0"], atol=1e-2
    )


def test_a_stage_without_its_start_says_what_to_train_first(cmps, runs, tmp_path):
    answer = cmps("train", "text", "--runs", tmp_path, "--config", runs / "my_text.toml")
    assert answer.code == 2
    assert "train crossmodal first" in answer.err


def test_the_shipped_recipe_starts_from_what_it_makes():
    steps = read_recipe()
    assert steps[0].kind == "reid"
    assert all(step.start in {earlier.config for earlier in steps} for step in steps[1:])


def test_a_recipe_in_the_wrong_order_is_refused(tmp_path):
    path = tmp_path / "odd.toml"
    path.write_text('[[step]]\nkind = "text"\nconfig = "text"\nstart = "crossmodal"\n')
    with pytest.raises(RecipeError, match="starts from crossmodal, not made before it"):
        read_recipe(path)
    with pytest.raises(RecipeError, match="no stage 'tune'"):
        Step("tune", "text", "reid")
