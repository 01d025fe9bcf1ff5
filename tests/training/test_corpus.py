from pathlib import Path

import pytest

from cmps.datasets.cuhk_pedes import read_cuhk_pedes
from cmps.training.corpus import held_out_people, training_pictures


@pytest.mark.slow
def test_no_val_person_touches_training(data_pack: Path):
    held_out = held_out_people(data_pack)
    val = {picture.person for picture in read_cuhk_pedes(data_pack, "val")}
    shown = [picture for picture in training_pictures(data_pack)]
    assert val <= held_out
    assert len(shown) > 20_000
    assert not {picture.person for picture in shown} & held_out
