"""The main job, whole: a recording goes in, the right person comes out on top."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cmps.demo import fill, play, prepare
from cmps.encoders.image import OnnxImageEncoder
from cmps.encoders.text import open_text_encoder
from cmps.evaluation.interfaces import Encoders
from cmps.evaluation.protocols import evaluate_pedes
from cmps.ingest.index import index
from cmps.ingest.reader import read_pictures
from cmps.program import running
from cmps.search.query import Query
from cmps.search.track import track
from cmps.settings import Settings


def test_three_spoken_descriptions_find_three_simulated_people(gallery_folder: Path):
    pytest.importorskip("numba", reason="drawing people needs the extra simulator")
    gallery, _ = prepare(gallery_folder)
    with running(Settings(data=gallery_folder / "data")) as program:
        report = fill(gallery, program)
        assert report.failures == []
        assert report.new == gallery.pictures == program.store.count()
        played = list(play(gallery, program, gallery_folder / "sheets"))
        assert [one.first for one in played] == [1, 1, 1]
        assert all(one.sheet.is_file() for one in played)
        # a click on the right picture finds the person's other passages
        best = played[0].answer.candidates[0].sighting
        found = track(program.engine, best.id, threshold=0.5)
        passages = set(gallery.person(played[0].description.person)["tracklets"])
        seen = {one.sighting.tracklet for stop in found.stops for one in stop.sightings}
        assert len(seen & passages) >= 2
        # indexing the same pictures again changes nothing
        again = fill(gallery, program)
        assert (again.new, again.known) == (0, gallery.pictures)


@pytest.mark.slow
def test_real_people_are_found_as_well_as_the_model_card_says(data_pack: Path):
    encoders = Encoders(
        OnnxImageEncoder.open(),
        {"fast": open_text_encoder("fast"), "accurate": open_text_encoder("accurate")},
    )
    results = evaluate_pedes(data_pack, "val", encoders, probe="all").as_dict()["results"]
    assert results["accurate"]["rank1"] >= 51
    assert results["accurate"]["rank10"] >= 83
    assert results["image"]["rank1"] >= 97.5
    assert results["fast"]["rank10"] >= 79


@pytest.mark.slow
def test_a_recording_finds_a_real_person(data_pack: Path, gallery_folder: Path):
    """A quarter of real recordings' people must be first, in the whole program on PostgreSQL."""
    from cmps.datasets.cuhk_pedes import read_records
    from cmps.evaluation.recordings import read_manifest

    default = data_pack / "audios-val"
    audios = Path(os.environ.get("CMPS_TEST_AUDIOS", default))
    if not (audios / "manifest.jsonl").is_file():
        pytest.skip(f"no recordings in {audios}; CMPS_TEST_AUDIOS names their folder")
    manifest = read_manifest(audios, list(read_records(data_pack)), "val")
    with running(Settings(data=gallery_folder / "data")) as program:
        pictures = [one for one in read_pictures(data_pack, "cuhk-pedes") if one.split == "val"]
        index(pictures, program.store, program.image)
        assert program.store.count() > 1000
        firsts = []
        for recording in manifest.recordings[:40]:
            heard = program.hear(recording.audio).text
            answer = program.engine.search(Query(texts=(heard,), top=10), "accurate")
            firsts.append(answer.candidates[0].sighting.person == recording.person)
    assert sum(firsts) >= len(firsts) / 4
