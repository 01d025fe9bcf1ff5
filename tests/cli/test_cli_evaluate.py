from __future__ import annotations

import json
import shutil

import pytest
from fakes import draw

OUTFITS = [("red", "blue"), ("green", "white"), ("yellow", "purple")]


@pytest.fixture
def pedes(tmp_path):
    """Three people, two pictures each, one sentence a picture."""
    root = tmp_path / "CUHK-PEDES"
    records = []
    for person, (upper, lower) in enumerate(OUTFITS):
        for view in range(2):
            name = f"cam/{person}_{view}.png"
            draw(root / "imgs" / name, upper, lower, seed=10 * person + view)
            records.append(
                {
                    "split": "val",
                    "captions": [f"a person in a {upper} top and {lower} trousers"],
                    "file_path": name,
                    "id": person,
                }
            )
    (root / "reid_raw.json").write_text(json.dumps(records))
    return root


@pytest.fixture
def market(tmp_path):
    root = tmp_path / "Market-1501"
    for person, (upper, lower) in enumerate(OUTFITS, 1):
        for camera, folder in ((1, "query"), (2, "bounding_box_test")):
            name = f"{person:04}_c{camera}s1_{person:06}_00.jpg"
            draw(root / folder / name, upper, lower, seed=10 * person + camera)
    return root


def test_table_1_in_json(cmps, world, pedes):
    answer = cmps("evaluate", "pedes", "--root", pedes, "--split", "val", "--json")
    assert (answer.code, answer.err) == (0, "")
    report = answer.json
    assert (report["dataset"], report["split"]) == ("cuhk-pedes", "val")
    assert (report["gallery"], report["queries"]) == (6, 6)
    assert set(report["results"]) == {"fast", "accurate", "image"}
    for figures in report["results"].values():
        assert {"rank1", "rank5", "rank10", "mAP", "mINP"} <= set(figures)
        assert figures["rank1"] == figures["mAP"] == 100.0


def test_one_variant_only(cmps, world, pedes):
    options = ("--split", "val", "--variant", "fast", "--json")
    results = cmps("evaluate", "pedes", "--root", pedes, *options).json["results"]
    assert set(results) == {"fast", "image"}


def test_pictures_as_probes(cmps, world, pedes):
    options = ("--split", "val", "--probe", "image", "--json")
    results = cmps("evaluate", "pedes", "--root", pedes, *options).json["results"]
    assert results["image"]["rank1"] == 100.0


def test_more_pictures_make_the_gallery_larger(cmps, world, pedes, tmp_path):
    draw(tmp_path / "others" / "1.png", "black", "black")
    (tmp_path / "others" / "2.png").write_text("not a picture")
    options = ("--split", "val", "--gallery-extra", tmp_path / "others", "--json")
    answer = cmps("evaluate", "pedes", "--root", pedes, *options)
    assert answer.json["gallery"] == 7
    assert answer.err.count("\n") == 1
    assert "2.png: not a picture" in answer.err


def test_recordings_as_probes(cmps, world, pedes, spoken, tmp_path):
    audios = tmp_path / "audios"
    audios.mkdir()
    shutil.copyfile(spoken, audios / "1.ogg")
    line = {"audio": "1.ogg", "text": world.recogniser.text, "file_path": "cam/0_0.png"}
    (audios / "manifest.jsonl").write_text(json.dumps(line) + "\n")
    options = ("--split", "val", "--probe", "speech", "--audios", audios, "--json")
    report = cmps("evaluate", "pedes", "--root", pedes, *options).json
    assert report["queries"] == 1
    assert report["results"]["accurate"]["rank1"] == 100.0


def test_re_identification(cmps, world, market):
    answer = cmps("evaluate", "market1501", "--root", market, "--json")
    assert (answer.code, answer.err) == (0, "")
    report = answer.json
    assert report["dataset"] == "market1501"
    assert (report["gallery"], report["queries"]) == (3, 3)
    assert {"global", "fpr", "image"} <= set(report["results"])
    assert report["results"]["fpr"]["rank1"] == 100.0


def test_re_identification_of_listed_identities(cmps, world, market, tmp_path):
    (tmp_path / "ids.json").write_text('["0002"]')
    options = ("--queries", tmp_path / "ids.json", "--json")
    assert cmps("evaluate", "market1501", "--root", market, *options).json["queries"] == 1


def test_a_table_for_readers(cmps, world, pedes):
    shown = cmps("evaluate", "pedes", "--root", pedes, "--split", "val").out
    for part in ("rank1", "mAP", "fast", "accurate", "100.00", "6 queries"):
        assert part in shown


def test_the_whole_of_table_1(cmps, world, pedes, monkeypatch):
    from types import SimpleNamespace

    import numpy as np

    from cmps.evaluation.baselines import networks
    from cmps.evaluation.baselines.files import METHODS

    class Method(SimpleNamespace):
        def __call__(self, gallery):
            return lambda sentence: np.zeros(len(gallery.pictures))

    monkeypatch.setattr(
        networks, "open_baselines", lambda threads: [Method(name=name) for name in METHODS]
    )
    answer = cmps("evaluate", "table1", "--root", pedes, "--split", "val", "--json")
    assert (answer.code, answer.err) == (0, "")
    rows = {row["method"]: row for row in answer.json["rows"]}
    assert list(rows)[:4] == list(METHODS.values())
    assert rows["CMPS-Audio"]["measured"]["rank1"] == 100.0
    assert rows["PWM-ATH"]["measured"]["rank1"] == 0.0
    assert rows["CMPS-Audio"]["published"]["rank1"] == 40.0
    assert "not the full CUHK-PEDES val" in answer.json["label"]
    shown = cmps("evaluate", "table1", "--root", pedes, "--split", "val").out
    assert "GNA-RNN" in shown


def test_honesty_of_probabilities_with_a_plot(cmps, world, pedes, tmp_path):
    records = pedes / "reid_raw.json"
    records.write_text(records.read_text().replace('"val"', '"test"'))
    plot = tmp_path / "plot.svg"
    options = ("--root", pedes, "--split", "test", "--plot", plot, "--json")
    answer = cmps("evaluate", "calibration", *options)
    assert (answer.code, answer.err) == (0, "")
    assert answer.json["split"] == "test"
    results = answer.json["results"]
    assert [one["probe"] for one in results] == ["fast", "accurate", "image"]
    assert [one["queries"] for one in results] == [6, 6, 6]
    assert all(0 <= one["calibration_error_first"] <= 1 for one in results)
    assert plot.read_text().startswith("<svg")


def test_people_whom_the_curves_were_fitted_on_do_not_count(cmps, world, pedes):
    """All three people of this val split belong to the half that fits."""
    answer = cmps("evaluate", "calibration", "--root", pedes)
    assert answer.code == 2
    assert "nobody whom the curves were not fitted on" in answer.err
