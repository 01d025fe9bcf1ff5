"""The ablation: runs that differ in one thing only, kept as they end."""

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tiny import make_tiny  # noqa: E402

from cmps.training import ablation  # noqa: E402
from cmps.training.ablation import ROWS, Row, measure, start_network, table  # noqa: E402
from cmps.training.ablation_data import prepare_shared  # noqa: E402
from cmps.training.network import ImageBranch, NetworkConfig  # noqa: E402
from cmps.training.stage import StageConfig  # noqa: E402

BY_NAME = {row.name: row for row in ROWS}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    tiny = make_tiny(tmp_path_factory.mktemp("ablation"))
    torch.manual_seed(3)
    sizes = NetworkConfig.preset(str(tiny.network))
    torch.save(ImageBranch(sizes).state_dict(), tiny.root / "image.pt")
    return tiny


@pytest.fixture(scope="module")
def config(tiny):
    stage = StageConfig.read("ablation")
    return replace(stage, network=str(tiny.network), identities=3, distilled=8, attributes=0)


@pytest.fixture(scope="module")
def shared(tiny, config):
    cache, weights = tiny.root / "features", tiny.root / "image.pt"
    return prepare_shared(tiny.corpus, tiny.corpus, tiny.language, weights, cache, config)


def test_stored_features_are_those_of_the_frozen_stages(tiny, config, shared):
    from cmps.training.corpus import Corpus
    from cmps.training.network import normalise

    network = start_network(shared, BY_NAME["whole"], config.frozen, 1).eval()
    corpus = Corpus.load(tiny.corpus)
    row = next(number for number, entry in enumerate(corpus.rows) if entry["captions"])
    raw = torch.from_numpy(corpus.pictures[row : row + 1].copy()).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        for side, picture in enumerate((raw, raw.flip(3))):
            expected = shared.start.image.backbone.eval()(normalise(picture))
            found = network.image.backbone(torch.from_numpy(shared.features[side, :1]).float())
            scale = float(expected.abs().max())
            assert torch.allclose(found, expected, atol=0.01 * scale)


def test_mirrored_masks_lie_beside_mirrored_features(shared):
    rows = np.array([0, 1])
    plain = shared.show(rows, np.array([False, False]), None)
    mixed = shared.show(rows, np.array([False, True]), None)
    assert torch.equal(mixed["masks"][0], plain["masks"][0])
    assert torch.equal(mixed["masks"][1], plain["masks"][1].flip(1))
    assert torch.equal(mixed["pictures"][1], torch.from_numpy(shared.features[1, 1]).float())


@pytest.mark.parametrize("row", [BY_NAME["softmax"], BY_NAME["pooling"]], ids=lambda row: row.name)
def test_rows_start_from_the_same_numbers(shared, config, row):
    whole = start_network(shared, BY_NAME["whole"], config.frozen, 1).state_dict()
    other = start_network(shared, row, config.frozen, 1).state_dict()
    assert all(torch.equal(whole[name], weights) for name, weights in other.items())
    seed = start_network(shared, row, config.frozen, 2).state_dict()
    assert not torch.equal(seed["fast.project.weight"], whole["fast.project.weight"])


def test_a_row_switches_off_what_it_names(config):
    weights = BY_NAME["paper"].config(config).weights
    left = {name for name, weight in weights.items() if weight}
    assert left == {
        *("identity_text", "identity_image", "balance", "triplet", "fpr", "foreground"),
    }
    assert BY_NAME["reword"].config(config).varied == 0
    assert BY_NAME["reword"].config(config).word_dropout == config.word_dropout
    assert BY_NAME["word-dropout"].config(config).word_dropout == 0
    with pytest.raises(ValueError, match="no loss term"):
        Row("odd", "odd", off=("nothing",)).config(config)


def test_architectures_differ_where_the_row_says(shared, config):
    assert start_network(shared, BY_NAME["softmax"], config.frozen, 1).fast.kind == "softmax"
    pooling = start_network(shared, BY_NAME["pooling"], config.frozen, 1)
    assert isinstance(pooling.image.summary, torch.nn.AdaptiveAvgPool2d)


def test_pooling_says_at_first_what_the_convolution_says(shared, config):
    features = torch.from_numpy(shared.features[0, :2]).float()
    with torch.inference_mode():
        first, second = (
            start_network(shared, BY_NAME[name], config.frozen, 1).eval().image(features).embedding
            for name in ("whole", "pooling")
        )
    assert torch.allclose(first, second, atol=1e-4)


def test_runs_are_kept_repeated_exactly_and_not_mixed(tiny, config, shared, tmp_path, capsys):
    out = tmp_path / "ablation.json"
    runs = ablation.run_all(shared, config, out, ["whole"], [1], 1)
    assert [run["row"] for run in runs] == ["whole"]
    assert set(runs[0]["figures"]) == {"fast", "accurate", "image"}
    assert 0 <= runs[0]["figures"]["fast"]["mAP with FPR"] <= 100
    repeated = ablation.run_row(shared, BY_NAME["whole"], config, 1, 1)
    assert repeated["figures"] == runs[0]["figures"]
    capsys.readouterr()
    again = ablation.run_all(shared, config, out, ["whole", "words"], [1], 1)
    shown = capsys.readouterr().out
    assert "without words to cells" in shown
    assert "the whole method" not in shown
    assert [run["row"] for run in again] == ["whole", "words"]
    assert json.loads(out.read_text())["protocol"]["steps"] == 1
    with pytest.raises(ValueError, match="other settings"):
        ablation.run_all(shared, config, out, ["whole"], [1], 3)


def test_measuring_judges_every_probe_by_the_person(shared, config):
    network = start_network(shared, BY_NAME["whole"], config.frozen, 1).eval()
    # one picture of random features for each person, as often as the person is there
    first = [list(shared.val_people).index(person) for person in shared.val_people]
    random = np.random.default_rng(0).normal(size=shared.val_features.shape)
    alike = replace(shared, val_features=random[first].astype(np.float16))
    found = measure(alike, network)
    assert found["image"]["rank1"] == found["image"]["mAP"] == 100.0
    # the network has learned no word yet
    assert found["fast"]["mAP"] < 80


def test_the_table_tells_noise():
    def run(row, seed, value):
        figures = {"rank1": value, "rank10": value, "mAP": value, "mAP with FPR": value}
        probes = dict.fromkeys(("fast", "accurate", "image"), figures)
        return {"row": row, "seed": seed, "seconds": 1.0, "figures": probes}

    shown = table([run("whole", 1, 30.0), run("whole", 2, 32.0), run("fpr", 1, 20.0)])
    assert "| the whole method | 2 | 31.0 ± 1.0 |" in shown
    assert "| without L_FPR | 1 | 20.0 |" in shown
    assert "softmax" not in shown


def test_sentences_from_attributes_need_their_file(tiny, tmp_path):
    arguments = ["--corpus", "c", "--language", "l", "--weights", "w", "--out", "o"]
    with pytest.raises(SystemExit):
        ablation.main([*arguments, "--rows", "attributes"])
