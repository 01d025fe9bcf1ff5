"""Protocols on tiny data sets whose every rank can be worked out by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from cmps.datasets.picture import DatasetError
from cmps.evaluation.interfaces import Encoders, EvaluationError
from cmps.evaluation.noise import Noise
from cmps.evaluation.protocols import evaluate_market1501, evaluate_pedes
from cmps.speech.words import Words


def test_text_probe_by_hand(pedes, encoders, reranking):
    report = evaluate_pedes(pedes, "val", encoders, reranking=reranking).as_dict()
    assert (report["dataset"], report["split"], report["gallery"]) == ("cuhk-pedes", "val", 4)
    assert report["queries"] == 6
    assert set(report["results"]) == {"fast", "accurate"}
    fast = report["results"]["fast"]
    # first at once: both sentences of red1, "red hat" but not "green" of red2, "green" of green;
    # "white" of blue finds the mixed colours of the red pictures first
    assert fast["rank1"] == pytest.approx(100 * (1 + 0.5 + 1 + 0) / 4)
    assert fast["rank5"] == fast["rank10"] == 100.0
    assert set(report["milliseconds_per_query"]) == {"fast", "accurate"}
    assert report["milliseconds_per_query"]["fast"] > 0
    assert report["hardware"]["cores"] >= 1


def test_variants_are_asked_one_by_one(pedes, encoders, reranking):
    report = evaluate_pedes(pedes, "val", encoders, variants=["fast"], reranking=reranking)
    assert list(report.results) == ["fast"]


def test_picture_probe_leaves_itself_out(pedes, encoders, reranking):
    report = evaluate_pedes(pedes, "val", encoders, probe="image", reranking=reranking)
    found = report.as_dict()
    # only the two red pictures have a second picture of the same person
    assert (found["queries"], found["queries_left_out"]) == (2, 2)
    assert found["results"]["image"]["rank1"] == 100.0
    assert found["results"]["image"] == found["results"]["fpr"]


def test_fpr_decides_among_the_best(pedes, encoders, reranking):
    # a reconstruction that finds everything equally far but the green picture unbeatable
    def distances(probe, weights, gallery):
        return 1 - gallery[:, :, 1].astype(float).max(1)

    wrong = replace(reranking, distances=distances, mix=lambda s, d, share: -d, best=4)
    results = evaluate_pedes(pedes, "val", encoders, reranking=wrong).results
    assert results["fast"].ranks[1] > results["accurate"].ranks[1]
    assert results["accurate"].ranks[1] == pytest.approx(100 * 1 / 4)


def test_extra_pictures_join_the_gallery_as_nobody(pedes, encoders, reranking, tmp_path, painter):
    extra = tmp_path / "extra"
    painter(extra / "deep" / "down.png", (255, 0, 0))
    (extra / "broken.jpg").write_bytes(b"not a picture")
    errors = []
    report = evaluate_pedes(
        pedes,
        "val",
        encoders,
        gallery_extra=extra,
        reranking=reranking,
        on_error=errors.append,
    ).as_dict()
    assert report["gallery"] == 5
    assert report["gallery_extra"] == {
        "pictures": 1,
        "left_out_people_sought": 0,
        "left_out_unreadable": 1,
    }
    assert "broken.jpg" in str(errors[0])
    # the pure red distractor beats the true red pictures
    assert report["results"]["fast"]["rank1"] == 25.0


def test_extra_pictures_of_people_sought_are_left_out(pedes, encoders, reranking):
    report = evaluate_pedes(pedes, "val", encoders, gallery_extra=pedes, reranking=reranking)
    assert report.gallery == 5  # the train picture joined
    assert report.details["gallery_extra"]["left_out_people_sought"] == 4


def speak(folder, lines):
    """Write a manifest, and an empty file for every recording it names."""
    folder.mkdir()
    for line in lines:
        if isinstance(line, dict) and "audio" in line:
            (folder / line["audio"]).touch()
    texts = [json.dumps(line) if isinstance(line, dict) else line for line in lines]
    (folder / "manifest.jsonl").write_text("\n".join(texts) + "\n")
    return folder


@pytest.fixture
def measure(pedes, encoders, reranking):
    """Measure searches with what somebody hears in recordings."""

    def spoken(audios, hear, **options):
        return evaluate_pedes(
            pedes,
            "val",
            encoders,
            probe="speech",
            audios=audios,
            hear=hear,
            reranking=reranking,
            **options,
        )

    return spoken


def test_speech_probe_searches_with_what_was_heard(measure, tmp_path):
    audios = speak(
        tmp_path / "audios",
        [
            {"audio": "a.wav", "text": "a red person", "file_path": "cam/red1.jpg"},
            {"audio": "b.wav", "text": "green", "id": 2},
            {"audio": "c.wav", "text": "blue", "file_path": "cam/blue.jpg"},
            {"audio": "d.wav", "text": "white", "file_path": "cam/white.jpg"},
        ],
    )
    heard = {"a.wav": Words("a red person"), "b.wav": Words(), "c.wav": Words("glue")}
    report = measure(audios, lambda path: heard[path.name], variants=["fast"]).as_dict()
    assert report["queries"] == 3
    recordings = report["recordings"]
    assert (recordings["count"], recordings["empty"], recordings["other_splits"]) == (3, 1, 1)
    assert recordings["word_error_rate"] == 40.0  # green and blue of five words
    # red is found, the empty one is a miss, and "glue" says nothing
    assert report["results"]["fast"]["rank1"] == pytest.approx(33.33)
    # the same sentences typed show what recognition costs
    assert set(report["results"]) == {"fast", "fast typed"}
    assert report["results"]["fast typed"]["rank1"] == 100.0


def test_what_else_was_heard_helps_to_find(measure, tmp_path):
    audios = speak(
        tmp_path / "audios",
        [{"audio": "c.wav", "text": "blue", "file_path": "cam/blue.jpg"}],
    )

    others = {"another": lambda gallery: lambda sentence: np.arange(len(gallery.people))}

    def rank1(words):
        report = measure(audios, lambda path: words, variants=["fast"], others=others)
        return {name: score["rank1"] for name, score in report.as_dict()["results"].items()}

    found = rank1(Words("red", ("blue", "blue")))
    assert (found["fast"], found["fast likeliest"], found["fast typed"]) == (100.0, 0.0, 100.0)
    # others know one text only
    assert "another likeliest" not in found
    assert "fast likeliest" not in rank1(Words("red"))


def test_broken_lines_of_a_manifest_are_named(measure, tmp_path):
    audios = speak(
        tmp_path / "audios",
        [
            {"audio": "a.wav", "text": "red", "file_path": "imgs/cam/red1.jpg"},
            "{broken",
            {"audio": "b.wav", "text": "red", "file_path": "cam/none.jpg"},
            {"audio": "c.wav", "id": 1},
            {"audio": "d.wav", "text": "red"},
            {"audio": "e.wav", "text": "?!", "id": 1},
            '["a list"]',
            '{"audio": "gone.wav", "text": "red", "id": 1}',
        ],
    )

    with pytest.raises(DatasetError, match=r"manifest\.jsonl line 2: "):
        measure(audios, lambda path: Words("red"))
    errors = []
    report = measure(audios, lambda path: Words("red"), on_error=errors.append)
    named = [int(str(error).split(" line ")[1].split(":")[0]) for error in errors]
    assert named == [2, 3, 4, 5, 6, 7, 8]
    assert report.queries == 1
    assert report.details["recordings"]["broken_lines"] == 7


def test_no_manifest_and_no_recording_of_the_split(measure, tmp_path):
    with pytest.raises(DatasetError, match="is missing"):
        measure(tmp_path, lambda path: Words())
    row = {"audio": "d.wav", "text": "white", "id": 4}
    with pytest.raises(DatasetError, match="no recording of the split 'val'"):
        measure(speak(tmp_path / "audios", [row]), lambda path: Words())


def test_limit_spreads_over_the_split(pedes, encoders, reranking):
    report = evaluate_pedes(pedes, "val", encoders, limit=2, reranking=reranking)
    assert (report.queries, report.gallery) == (2, 4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"probe": "smell"}, "choose all, text, speech or image"),
        ({"probe": "speech"}, "pass --audios"),
        ({"noise": Noise("hall", 10)}, "noise lies behind recordings"),
        ({"variants": []}, "no text network"),
        ({"limit": 0}, "at least 1"),
    ],
)
def test_options_that_ask_for_nothing(pedes, encoders, options, message):
    with pytest.raises(EvaluationError, match=message):
        evaluate_pedes(pedes, "val", encoders, **options)


def test_missing_text_network_is_named(pedes, image_encoder):
    with pytest.raises(EvaluationError, match="fast, accurate"):
        evaluate_pedes(pedes, "val", Encoders(image_encoder))


def test_a_split_without_pictures_says_which_there_are(pedes, encoders, tmp_path):
    with pytest.raises(DatasetError, match=r"no pictures in split 'test'; it has train, val"):
        evaluate_pedes(pedes, "test", encoders)
    with pytest.raises(DatasetError, match="none of"):
        evaluate_pedes(tmp_path / "nowhere", "val", encoders)


def test_a_broken_picture_of_the_split_ends_the_measurement(pedes, encoders, reranking):
    (pedes / "imgs/cam/green.jpg").write_bytes(b"\xff\xd8 cut off")
    with pytest.raises(DatasetError, match=r"green\.jpg: (not a picture|the picture is damaged)"):
        evaluate_pedes(pedes, "val", encoders, reranking=reranking)
    (pedes / "imgs/cam/green.jpg").unlink()
    with pytest.raises(DatasetError, match=r"green\.jpg: cannot be read"):
        evaluate_pedes(pedes, "val", encoders, reranking=reranking)


def test_progress_reaches_the_end_of_every_stage(pedes, encoders, reranking):
    last = {}

    def progress(stage, done, total):
        last[stage] = (done, total)

    evaluate_pedes(pedes, "val", encoders, reranking=reranking, progress=progress)
    assert last == {
        "encoding the gallery": (4, 4),
        "searching, fast": (6, 6),
        "searching, accurate": (6, 6),
    }


def test_market_protocol_by_hand(market, encoders, reranking):
    report = evaluate_market1501(market, encoders, reranking=reranking)
    found = report.as_dict()
    # junk is never in the gallery; five test pictures without it are four
    assert (found["dataset"], found["gallery"], found["queries"]) == ("market1501", 4, 2)
    # 0001: its own camera's picture is ignored, the distractor comes first, then the right one
    assert found["results"]["global"]["rank1"] == 50.0
    assert found["results"]["global"]["rank5"] == 100.0
    assert found["results"]["global"]["mAP"] == pytest.approx(100 * (0.5 + 1) / 2)
    assert found["results"]["image"] == found["results"]["fpr"]


def test_market_queries_can_be_chosen(market, encoders, reranking, tmp_path):
    ids = tmp_path / "ids.json"
    ids.write_text('["0002"]')
    report = evaluate_market1501(market, encoders, ids, reranking=reranking)
    assert report.queries == 1
    assert report.results["global"].ranks[1] == 100.0
    ids.write_text("[1]")
    report = evaluate_market1501(market, encoders, ids, reranking=reranking)
    assert report.results["global"].ranks[1] == 0.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not readable as JSON"),
        ('{"0001": 1}', "must hold a list"),
        ('["0001", "0815"]', "no query picture of 0815"),
        ("[]", "no query picture of any identity"),
    ],
)
def test_lists_of_identities_that_are_no_good(market, encoders, reranking, tmp_path, text, message):
    ids = tmp_path / "ids.json"
    ids.write_text(text)
    with pytest.raises(DatasetError, match=message):
        evaluate_market1501(market, encoders, ids, reranking=reranking)


def test_market_without_a_right_picture_is_an_error(market, encoders, reranking):
    for path in (market / "bounding_box_test").glob("000[12]*"):
        path.unlink()
    with pytest.raises(EvaluationError, match="no query could be judged"):
        evaluate_market1501(market, encoders, reranking=reranking)


def test_root_without_market_is_an_error(tmp_path, encoders, reranking):
    with pytest.raises(DatasetError, match="bounding_box_test"):
        evaluate_market1501(tmp_path, encoders, reranking=reranking)


def test_all_probes_in_one_report(pedes, encoders, reranking):
    """Table 1's three rows come from one call."""
    together = evaluate_pedes(pedes, "val", encoders, probe="all", reranking=reranking)
    apart = {
        probe: evaluate_pedes(pedes, "val", encoders, probe=probe, reranking=reranking)
        for probe in ("text", "image")
    }
    assert set(together.results) == {"fast", "accurate", "image"}
    assert together.results["fast"] == apart["text"].results["fast"]
    assert together.results["image"] == apart["image"].results["image"]
