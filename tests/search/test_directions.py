from __future__ import annotations

import numpy as np
import pytest
from desks import CROWD, HABITS
from fakes import FakeTextEncoder

from cmps.encoders.weights import image_network
from cmps.search.directions import FILE, atoms, direction_of, shipped_directions
from cmps.search.evidence import Evidence, shipped_habits
from cmps.search.sentences import Sentences
from cmps.understanding.chips import Chip


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("bag:backpack black", ["bag:backpack", "bag:bag black"]),
        ("lower:jeans dark-blue", ["lower:jeans", "lower:trousers blue"]),
        (
            "hair:ponytail brown length=long",
            ["hair:ponytail", "hair:hair brown", "hair:hair length=long"],
        ),
        ("who:man age=70-80", ["who:male", "who:person age=65-100"]),
        ("who:woman age=20-30", ["who:female", "who:woman age=20-30"]),
        ("who:child age=4-4", ["who:child"]),
        ("hat:hat", ["hat:hat"]),
        ("upper:coat is=padded", ["upper:coat"]),
    ],
)
def test_what_a_chip_is_made_of(code, parts):
    assert [one.code() for one in atoms(Chip.read(code))] == parts


def test_a_whole_chip_goes_before_its_parts():
    known = {
        "upper:top red": np.ones(3),
        "upper:jacket": np.ones(3),
        "upper:jacket red": np.zeros(3),
    }
    assert direction_of(Chip.read("not upper:jacket red"), known).tolist() == [0, 0, 0]
    assert direction_of(Chip.read("upper:coat red"), known) is None
    assert direction_of(Chip.read("who:person"), known) is None


def test_a_learned_direction_is_used_and_the_text_network_reads_the_others():
    vectors = np.stack([one.encoding.embedding for one in CROWD])
    along = np.zeros(vectors.shape[1], np.float32)
    along[0] = 1
    habits = type(HABITS)(
        HABITS.slopes, HABITS.shares, HABITS.told, HABITS.right, {"hat:hat": along}
    )
    sentences = Sentences(lambda variant: FakeTextEncoder())
    evidence = Evidence(sentences, "fast", habits, vectors)
    shown = evidence.all([Chip("hat", "hat")])[0]
    assert (np.argsort(shown, kind="stable") == np.argsort(vectors[:, 0], kind="stable")).all()
    read = Evidence(sentences, "fast", HABITS, vectors)
    red = Chip("upper", "shirt", ("red",))
    np.testing.assert_array_equal(evidence.all([red]), read.all([red]))


def test_the_shipped_ones_are_of_the_shipped_image_network():
    """Run python -m cmps.evaluation.fit_directions after each export of the image network."""
    found = shipped_directions()
    assert len(found) > 60, f"{FILE} is of another image network than {image_network().sha256}"
    assert all(np.isfinite(one).all() and one.shape == (256,) for one in found.values())
    assert shipped_habits().directions is found
