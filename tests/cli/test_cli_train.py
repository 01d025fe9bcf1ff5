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

from cmps.training import crossmodal  # noqa: E402
from cmps.training.recipe import RecipeError, Step, read_recipe  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

STAGES = {
    "reid": "identity = 1.0\nteacher_cosine = 1.0\nfpr = 0.1",
    "crossmodal": "contrastive_accurate = 1.0\ncontrastive_fast = 1.0\nbalance = 0.1",
    "chorus": "chorus_accurate = 1.0\nchorus_fast = 1.0\nteacher_cosine = 1.0",
    "text": "chorus_accurate = 1.0\ncontrastive_fast = 1.0\nwords_fast = 0.5",
}
STEPS = """
[[step]]
kind = "reid"
config = "ROOT/my_reid.toml"
[[step]]
kind = "crossmodal"
config = "ROOT/my_crossmodal.toml"
start = "my_reid"
name = "one"
seed = 1
[[step]]
kind = "crossmodal"
config = "ROOT/my_crossmodal.toml"
start = "my_reid"
name = "two"
seed = 2
[[step]]
kind = "crossmodal"
config = "ROOT/my_chorus.toml"
start = "one"
chorus = ["one", "two"]
[[step]]
kind = "text"
config = "ROOT/my_text.toml"
start = "my_chorus"
chorus = ["one", "two"]
"""
RESULTS = ("my_reid", "one", "two", "my_chorus", "my_text")


@pytest.fixture(autouse=True)
def few_sentences(monkeypatch):
    """A chorus is asked about hundreds of sentences: tens of thousands take most of the time."""
    monkeypatch.setattr(crossmodal, "RECOMBINED", 300)


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
    (root / "texts.txt").write_text("A woman in a red skirt.\n\nSomebody with a bag.\n")
    for kind, weights in STAGES.items():
        (root / f"my_{kind}.toml").write_text(
            f'network = "{tiny.network}"\nepochs = 1\nidentities = 4\npictures = 2\n'
            "backbone_rate = 1e-3\nhead_rate = 1e-3\ntext_rate = 1e-3\nweight_decay = 0.0\n"
            "bert_rate = 1e-4\nwarmup = 1\naverage = 0.5\ndistilled = 8\nasked = 3\n"
            f"against = 10\n[weights]\n{weights}\n"
        )
    (root / "mine.toml").write_text(STEPS.replace("ROOT", str(root)))
    return root


def test_one_command_trains_every_stage_and_exports(cmps, runs):
    arguments = ("train", "all", "--runs", runs, "--imagenet", runs / "imagenet.pt")
    more = ("--texts", runs / "texts.txt", "--out", runs / "files")
    answer = cmps(*arguments, "--recipe", runs / "mine.toml", *more)
    assert answer.code == 0, answer.err
    for name in RESULTS:
        assert (runs / f"{name}.pt").is_file()
    one, two = (torch.load(runs / f"{name}.pt", weights_only=True) for name in ("one", "two"))
    assert not torch.equal(
        one["network"]["fast.project.weight"], two["network"]["fast.project.weight"]
    ), "seeds differ"
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
    assert "train chorus first" in answer.err


def test_stages_one_by_one_take_names_seeds_and_a_chorus(cmps, runs):
    config = runs / "my_crossmodal.toml"
    made = cmps("train", "crossmodal", "--runs", runs, "--start", "my_reid", "--config", config,
                "--name", "three", "--seed", 3)  # fmt: skip
    assert made.code == 0, made.err
    told = cmps("train", "crossmodal", "--runs", runs, "--start", "three", "--config",
                runs / "my_chorus.toml", "--name", "told", "--chorus", "three",
                "--chorus", "one")  # fmt: skip
    assert told.code == 0, told.err
    assert (runs / "told.pt").is_file()


def test_the_shipped_recipe_starts_from_what_it_makes():
    steps = read_recipe()
    assert steps[0].kind == "reid"
    made = {step.result for step in steps}
    assert all({step.start, *step.chorus} <= made for step in steps[1:])


def test_a_recipe_in_the_wrong_order_is_refused(tmp_path):
    path = tmp_path / "odd.toml"
    path.write_text('[[step]]\nkind = "text"\nconfig = "text"\nstart = "crossmodal"\n')
    with pytest.raises(RecipeError, match="wants crossmodal, not made before it"):
        read_recipe(path)
    with pytest.raises(RecipeError, match="no stage 'tune'"):
        Step("tune", "text", "reid")
    with pytest.raises(RecipeError, match="no sentences to ask a chorus about"):
        Step("reid", "reid", chorus=("one",))
