from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmps.datasets.cuhk_pedes import find_annotations, read_cuhk_pedes, read_records
from cmps.datasets.picture import DatasetError

RECORD = {
    "split": "val",
    "captions": ["A man.", "He walks."],
    "file_path": "CUHK01/0107002.jpg",
    "id": 39,
}


def annotate(folder, records, name="reid_raw.json"):
    folder.mkdir(parents=True, exist_ok=True)
    text = records if isinstance(records, str) else json.dumps(records)
    (folder / name).write_text(text)
    return folder


def test_official_records(tmp_path):
    root = annotate(tmp_path / "CUHK-PEDES", [RECORD, RECORD | {"split": "train", "id": 40}])
    first, second = read_cuhk_pedes(root)
    assert first.path == root / "imgs/CUHK01/0107002.jpg"
    assert (first.camera, first.person, first.split) == ("cuhk01", "CUHK-PEDES:39", "val")
    assert first.captions == ("A man.", "He walks.")
    assert second.person == "CUHK-PEDES:40"
    assert [picture.split for picture in read_cuhk_pedes(root, "train")] == ["train"]
    # the folder above serves as well
    assert find_annotations(tmp_path) == root / "reid_raw.json"


def test_records_keep_id_and_path(tmp_path):
    root = annotate(tmp_path, [RECORD | {"person": "cuhk01:0107"}])
    (record,) = read_records(root)
    assert (record.id, record.file_path) == ("39", "CUHK01/0107002.jpg")
    assert record.picture.person == "cuhk01:0107"


@pytest.mark.parametrize(
    ("file", "fields", "camera"),
    [
        ("ICFG-PEDES.json", {"file_path": "test/0627/0627_010_05_0303.jpg"}, "test"),
        ("data_captions.json", {"img_path": "0000_c14_0031.jpg"}, "c14"),
        ("caption_all.json", {"file_path": "flat.jpg"}, "unknown"),
    ],
)
def test_other_sets_that_share_the_format(tmp_path, file, fields, camera):
    record = {"id": 3, "captions": ["A man."], "split": "test"} | fields
    (picture,) = read_cuhk_pedes(annotate(tmp_path, [record], file), "test")
    assert picture.camera == camera
    assert picture.path.name == next(iter(fields.values())).split("/")[-1]


def test_a_file_without_splits_is_read(tmp_path):
    record = {key: value for key, value in RECORD.items() if key != "split"}
    (picture,) = read_cuhk_pedes(annotate(tmp_path, [record], "caption_all.json"))
    assert picture.split == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"captions": None}, "captions must be a list"),
        ({"captions": "A man."}, "captions must be a list"),
        ({"file_path": "../../secret.jpg"}, "leaves imgs/"),
        ({"file_path": "/etc/passwd"}, "leaves imgs/"),
        ({"file_path": ""}, "lacks 'img_path'"),
    ],
)
def test_records_that_are_no_good_are_named(tmp_path, change, message):
    root = annotate(tmp_path, [RECORD, RECORD | change])
    pictures = read_cuhk_pedes(root)
    assert next(pictures).person.endswith(":39")
    with pytest.raises(DatasetError, match=f"record 1 .*{message}"):
        next(pictures)


@pytest.mark.parametrize("field", ["captions", "id"])
def test_lacking_fields_are_named(tmp_path, field):
    record = {key: value for key, value in RECORD.items() if key != field}
    with pytest.raises(DatasetError, match=f"record 0 lacks '{field}'"):
        list(read_cuhk_pedes(annotate(tmp_path, [record])))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000])
def test_what_is_not_json_is_named(tmp_path, text):
    with pytest.raises(DatasetError, match=r"reid_raw\.json is not readable as JSON"):
        list(read_cuhk_pedes(annotate(tmp_path, text)))


def test_missing_annotations_and_bad_bytes(tmp_path):
    with pytest.raises(DatasetError, match=r"none of reid_raw\.json"):
        list(read_cuhk_pedes(tmp_path))
    (tmp_path / "reid_raw.json").write_bytes(b'["\xff"]')
    with pytest.raises(DatasetError, match="not readable as JSON"):
        list(read_cuhk_pedes(tmp_path))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*RECORD, "person", "img_path"]), inner, max_size=6)
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(JSON)
def test_any_json_raises_nothing_but_dataset_errors(tmp_path, content):
    root = annotate(tmp_path, json.dumps(content))
    errors = []
    try:
        assert all(picture.person for picture in read_cuhk_pedes(root))
    except DatasetError as error:
        errors.append(error)
    assert all("reid_raw.json" in str(error) for error in errors)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("split", "pictures", "captions", "people"),
    [("train", 3223, 6448, 813), ("val", 1030, 2062, 259)],
)
def test_counts_of_the_real_set(data_pack, split, pictures, captions, people):
    found = list(read_cuhk_pedes(data_pack, split))
    assert len(found) == pictures
    assert sum(len(picture.captions) for picture in found) == captions
    assert len({picture.person for picture in found}) == people
    assert all(picture.path.is_file() for picture in found)


@pytest.mark.slow
def test_real_splits_share_nobody(data_pack):
    people = {
        split: {picture.person for picture in read_cuhk_pedes(data_pack, split)}
        for split in ("train", "val")
    }
    assert not people["train"] & people["val"]
