"""Recordings that are uploaded, and recorded witnesses."""

from __future__ import annotations

import io
import json
import wave
from pathlib import Path

import pytest
from serving_fakes import API

from cmps.gallery.accounts import Role
from cmps.server.witnesses import witnesses, write_witnesses

AUDIO = Path(__file__).parent.parent / "data" / "audio"


@pytest.fixture
def session(client):
    case = client.post(f"{API}/cases", json={"purpose": "a boy, lost at noon"}).json()["id"]
    return client.post(f"{API}/cases/{case}/sessions").json()["id"]


def send(client, session, content, name="voice.ogg", **data):
    return client.post(
        f"{API}/sessions/{session}/recording", files={"file": (name, content)}, data=data
    )


def amr(seconds=2):
    """A voice message as old phones send it; silence, but a true AMR file."""
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * (50 * seconds)


@pytest.mark.parametrize("ending", ["ogg", "webm", "m4a", "mp3", "flac", "wav"])
def test_a_voice_message_becomes_words(client, served, session, ending):
    answer = send(client, session, (AUDIO / f"woman-black-bag.{ending}").read_bytes())
    assert answer.status_code == 200, answer.text
    assert answer.json()["text"] == "red shirt and blue jeans"
    assert answer.json()["readings"] == ["bed shirt and blue jeans"]
    assert answer.json()["seconds"] == pytest.approx(3.6, abs=0.2)
    (row,) = [row for row in served.store.audit.walk() if '"listened"' in row.body]
    seconds = answer.json()["seconds"]
    assert row.as_dict()["detail"] == {"language": "en", "live": False, "seconds": seconds}
    # it was heard, not said: the operator sees the words first
    assert client.get(f"{API}/sessions/{session}").json()["session"]["steps"] == []


def test_the_voice_message_of_an_old_phone_is_read(client, session):
    answer = send(client, session, amr())
    # there is nothing to hear in it, which takes decoding it
    assert answer.status_code == 400
    assert "no speech was heard" in answer.json()["error"]


@pytest.mark.parametrize(
    ("content", "status", "reason"),
    [
        (b"", 415, "no sound file"),
        (b"Dear mother, we are well.\n" * 9, 415, "no sound file"),
        (b"\xff\xd8\xff\xe0" + bytes(400), 415, "no sound file"),
        (b"OggS" + bytes(4000), 422, "not a sound file"),
        (b"RIFF\xff\xff\xff\xffWAVE" + b"\xff" * 100, 422, "recording:"),
        (b"\x1aE\xdf\xa3" + bytes(range(256)) * 40, 422, "not a sound file"),
        (b"ID3" + b"\x7f" * 100_000, 422, "recording:"),
    ],
)
def test_what_is_no_sound_is_refused_and_the_server_lives_on(
    client, session, content, status, reason
):
    answer = send(client, session, content)
    assert (answer.status_code, set(answer.json())) == (status, {"error"})
    assert reason in answer.json()["error"]
    assert client.get(f"{API}/health").json()["ok"]


def test_a_recording_that_is_too_long_is_refused(client, served, session):
    served.settings.recording_minutes = 0.02
    answer = send(client, session, (AUDIO / "woman-black-bag.ogg").read_bytes())
    assert answer.status_code == 422
    assert "at most 0.02 are taken" in answer.json()["error"]


def test_a_recording_that_is_too_large_is_refused_before_it_is_read(client, session):
    answer = send(client, session, b"OggS" + bytes(50_200_000))
    assert answer.status_code == 413


def test_words_that_describe_nobody_are_told(client, served, session):
    served.recogniser.text = "Thank you."
    answer = send(client, session, (AUDIO / "woman-black-bag.ogg").read_bytes())
    assert answer.status_code == 422
    assert "'Thank you.'" in answer.json()["error"]


def test_another_language_is_refused_plainly(client, session):
    content = (AUDIO / "woman-black-bag.ogg").read_bytes()
    answer = send(client, session, content, language="fr")
    assert answer.status_code == 400
    assert "hears English only" in answer.json()["error"]


def test_viewers_send_no_recordings_and_unknown_sessions_get_none(client_as, client, session):
    assert send(client_as(Role.VIEWER), session, b"OggS").status_code == 403
    assert send(client, "nothing", b"OggS").status_code == 404


# -- witnesses -------------------------------------------------------------------------------------


@pytest.fixture
def recorded(served):
    entry = {"id": "bag", "words": "A woman …", "language": "en", "audio": "woman-black-bag.ogg"}
    write_witnesses(served.settings.data, [entry], AUDIO)
    return entry


def test_without_recordings_there_are_no_witnesses(client):
    assert client.get(f"{API}/witnesses").json() == []
    assert client.get(f"{API}/witnesses/bag/recording").status_code == 404


def test_a_witness_is_listed_and_played(client, recorded):
    (one,) = client.get(f"{API}/witnesses").json()
    assert one["seconds"] == pytest.approx(3.6, abs=0.1)
    assert (one["id"], one["words"], one["language"]) == ("bag", "A woman …", "en")
    answer = client.get(f"{API}/witnesses/bag/recording")
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (16000, 1)
        assert sound.getnframes() / 16000 == pytest.approx(one["seconds"], abs=0.01)


def test_a_list_cannot_name_files_elsewhere_or_break_the_page(served, recorded, tmp_path):
    listing = served.settings.data / "witnesses" / "witnesses.json"
    outside = tmp_path / "outside.ogg"
    outside.write_bytes((AUDIO / "woman-black-bag.ogg").read_bytes())
    listing.write_text(json.dumps([{**recorded, "audio": str(outside)}]))
    assert witnesses(served.settings.data) == []
    for broken in ("", "{}", "[1]", '[{"id": "x"}]'):
        listing.write_text(broken)
        assert witnesses(served.settings.data) == []
    (served.settings.data / "witnesses" / "damaged.ogg").write_bytes(b"OggS")
    listing.write_text(json.dumps([{**recorded, "audio": "damaged.ogg"}]))
    assert witnesses(served.settings.data) == []
