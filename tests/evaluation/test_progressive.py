from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from cmps.datasets.picture import Picture
from cmps.evaluation.interfaces import EvaluationError
from cmps.evaluation.large_gallery import encode_once, fillers
from cmps.evaluation.progressive import best_rank_integral, evaluate_progressive
from cmps.evaluation.witness import Knowledge, Witness, chips_of, detail, witnesses
from cmps.gallery.memory import MemoryGallery
from cmps.gallery.records import Network
from cmps.search.calibration import Curve
from cmps.search.refining import Refiner
from cmps.search.witness import shipped_reader
from cmps.understanding.chips import Chip
from cmps.understanding.edits import Add, apply_all
from cmps.understanding.result import Understanding

NETWORK = Network("colours", "0" * 64)


def understand(text, language, now, focus):
    """Every colour word is a shirt of that colour."""
    words = [one for one in text.lower().split() if one in ("red", "green", "blue", "white")]
    edits = tuple(Add(new=Chip("upper", "shirt", (word,))) for word in words)
    return Understanding(apply_all(edits, now), edits)


@pytest.fixture
def refiner(encoders):
    curves = {kind: Curve(0.0, 14.0, -9.0, 20) for kind in ("fast", "accurate", "image")}
    return Refiner(MemoryGallery(), lambda variant: encoders.text["fast"], curves)


@pytest.fixture
def evaluate(pedes, image_encoder, refiner, tmp_path):
    def run(**options):
        reader = replace(shipped_reader(), understand=understand)
        return evaluate_progressive(
            pedes,
            "val",
            image_encoder,
            NETWORK,
            refiner,
            cache=tmp_path / "cache",
            reader=reader,
            **options,
        )

    return run


def test_the_answer_has_every_turn_and_setting(evaluate):
    found = evaluate()
    assert found["gallery"] == 4
    assert found["witnesses"] == 3
    assert list(found["turns"]) == ["1", "2", "3", "5"]
    assert set(found["turns"]["1"]) == {"rank1", "rank5", "rank10", "bri"}
    assert found["turns"] == found["settings"]["questions"]["turns"]
    assert set(found["settings"]) == {
        "questions",
        "no questions",
        "random questions",
        "no feedback",
    }
    # all are found by their second turn: with four pictures everybody is shown, and ticked
    assert found["turns"]["2"]["rank1"] == 100
    assert found["settings"]["no feedback"]["turns"]["5"]["rank1"] < 100


def test_it_is_repeatable_and_the_seed_matters(evaluate):
    assert evaluate(seed=3) == evaluate(seed=3)


def test_an_unknown_split_and_one_without_captions(evaluate, pedes):
    from cmps.datasets.picture import DatasetError

    with pytest.raises(DatasetError, match="train, val"):
        evaluate_progressive(
            pedes, "test", None, NETWORK, None, cache=Path(), reader=shipped_reader()
        )
    (pedes / "reid_raw.json").write_text(
        '[{"file_path": "cam/red1.jpg", "id": 1, "split": "val", "captions": []}]'
    )
    with pytest.raises(EvaluationError, match="caption"):
        evaluate()


def picture(name="a.jpg", person="p", captions=("red", "a green and blue person")):
    return Picture(Path(name), person=person, captions=captions)


def test_the_vaguest_sentence_comes_first():
    witness = Witness.of(picture(captions=("a green and blue person", "red")), understand, 0)
    assert witness.sentences == ("red", "a green and blue person")
    assert detail(chips_of("red", understand)) == 2


def test_a_witness_errs_in_one_of_ten_and_forgets_one_of_five():
    truth = Knowledge((Chip("upper", "shirt", ("red",)),))
    answers = [
        Witness("p", (), truth, f"{number}").answer(Chip("upper", "top", ("red",)))
        for number in range(2000)
    ]
    assert answers.count("unknown") / 2000 == pytest.approx(0.2, abs=0.03)
    assert answers.count("no") / 2000 == pytest.approx(0.08, abs=0.02)
    other = Witness("p", (), truth, "1").answer(Chip("hat", "hat"))
    assert other == "unknown"


def test_a_witness_tells_of_a_topic_with_mistakes_and_gaps():
    own = (Chip.read("upper:jacket red"), Chip.read("upper:top"), Chip.read("not hat:hat"))
    others = ((Chip.read("lower:jeans"),), (Chip.read("lower:jeans"),), (Chip.read("lower:skirt"),))
    truth = Knowledge(own, others, 8)
    assert [chip.code() for chip in truth.of("upper")] == ["upper:jacket red"]
    assert [chip.code() for chip in truth.of("lower")] == ["lower:jeans"]
    assert [chip.code() for chip in truth.of("bag")] == ["not bag:bag"]
    assert truth.of("shoes") == ()
    told = [Witness("p", (), truth, f"{n}").tell(("upper", "whole")) for n in range(1000)]
    assert told.count("") / 1000 == pytest.approx(0.2, abs=0.04)
    assert told.count("a red jacket") / 1000 == pytest.approx(0.8 * 0.9 * 0.9, abs=0.05)
    bags = [Witness("p", (), truth, f"{n}").tell(("bag",)) for n in range(1000)]
    assert bags.count("without a bag") / 1000 == pytest.approx(0.72, abs=0.05)
    assert bags.count("a bag") / 1000 == pytest.approx(0.08, abs=0.03)


def test_a_witness_knows_what_other_pictures_of_the_person_tell():
    red, hat, blue = Chip("upper", "shirt", ("red",)), Chip("hat", "cap"), Chip.read("lower:jeans")
    truth = Knowledge((red,), ((hat,), (hat, Chip.read("upper:shirt green")), (blue,)), 8)
    said = {code: truth.verdict(Chip.read(code)) for code in (
        "upper:top red", "upper:top green", "hat:hat", "lower:jeans", "lower:shorts", "bag:bag",
        "shoes:boots",
    )}  # fmt: skip
    assert said == {
        "upper:top red": "yes",
        "upper:top green": "no",  # the own picture counts first
        "hat:hat": "yes",
        "lower:jeans": "yes",
        "lower:shorts": "no",
        "bag:bag": "no",  # eight captions would have told
        "shoes:boots": "unknown",  # everybody has shoes
    }
    assert Knowledge((red,), (), 2).verdict(Chip.read("bag:bag")) == "unknown"
    torn = Knowledge((), ((hat,), (Chip.read("hat:sun-hat"),)), 4)
    assert torn.verdict(Chip.read("hat:cap")) == "unknown"


def test_one_witness_a_person_and_always_the_same():
    pictures = [picture(f"{n}.jpg", f"p{n // 3}") for n in range(12)]
    found = witnesses(pictures, understand, 0)
    assert [one.person for one in found] == ["p0", "p1", "p2", "p3"]
    assert found == witnesses(list(reversed(pictures))[::-1], understand, 0)
    assert len(witnesses(pictures, understand, 0, limit=2)) == 2


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [([1, 1], 0), ([10], math.log(10)), ([10, 1, 50], math.log(10) / 4), ([8, 8], math.log(8))],
)
def test_the_best_rank_integral(ranks, expected):
    assert best_rank_integral(ranks) == pytest.approx(expected)


def test_fillers_are_strangers_with_a_name(market):
    found = fillers(market.parent, 100, {"market:0001"})
    assert {one.person for one in found} == {"market:0002"}
    assert fillers(market.parent, 1, set(), seed=1) == fillers(market.parent, 1, set(), seed=1)
    assert fillers(market.parent, 0, set()) == []
    assert fillers(market.parent / "nowhere", 5, set()) == []


def test_pictures_are_encoded_once(pedes, image_encoder, tmp_path):
    pictures = [Picture(path) for path in sorted((pedes / "imgs").rglob("*.jpg"))]
    first = encode_once(pictures, image_encoder, NETWORK, tmp_path / "kept")
    again = encode_once(pictures, None, NETWORK, tmp_path / "kept")
    assert (first.embeddings == again.embeddings).all()
    assert again.pyramids.dtype == first.pyramids.dtype
    with pytest.raises(AttributeError):
        encode_once(pictures, None, Network("other", "1" * 64), tmp_path / "kept")
    (kept,) = (tmp_path / "kept").glob("*.npz")
    kept.write_bytes(b"broken")
    mended = encode_once(pictures, image_encoder, NETWORK, tmp_path / "kept")
    assert (mended.embeddings == first.embeddings).all()
