"""Recordings: a voice message from a phone, and witnesses to practise with."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Response, UploadFile

from cmps.gallery.audit_events import Listened
from cmps.server import recordings
from cmps.server.access import Acting, Caller, Role, allow, audited, unaudited
from cmps.server.errors import refuse
from cmps.server.services import ServicesDep
from cmps.server.state import ProgramDep
from cmps.server.views.base import Id
from cmps.server.views.recordings import Heard, Witness
from cmps.server.witnesses import wav, witnesses
from cmps.server.worker import Limits
from cmps.speech.decoding import SAMPLE_RATE, decode
from cmps.speech.listening import hear

router = APIRouter(tags=["speech"])

LIMITS = Limits(seconds=30, megabytes=1024, wait=15)
NAME = "recording"


@router.post("/sessions/{id}/recording", operation_id="give_recording")
def recording(
    id: Id,
    program: ProgramDep,
    services: ServicesDep,
    caller: Annotated[Caller, allow(Role.OPERATOR)],
    acting: Annotated[Acting, audited(Listened)],
    file: Annotated[UploadFile, File(description=f"A sound file ({recordings.TAKEN}).")],
    language: Annotated[str, Form(max_length=16, description="Code of what is spoken.")] = "en",
) -> Heard:
    """Return the words of a recording; nothing is searched, and the recording is not kept."""
    case = program.store.cases.session(id).case
    raw = file.file.read(recordings.MOST_BYTES + 1)
    if len(raw) > recordings.MOST_BYTES:
        most = recordings.MOST_BYTES // 10**6
        raise refuse(413, f"a recording has at most {most} MB; cut out the description")
    recordings.require_sound(raw)
    minutes = program.settings.recording_minutes
    audio = services.workers.run(decode, raw, LIMITS, name=NAME, minutes=minutes)
    heard = hear(audio, services.speech, NAME, guard=False, language=language)
    if not recordings.tells_something(heard.text, language):
        raise refuse(422, recordings.describes_nobody(heard.text))
    seconds = round(len(audio) / SAMPLE_RATE, 1)
    detail = {"seconds": seconds, "language": language, "live": False}
    with acting.of(case=case, session=id, detail=detail):
        return Heard(
            text=heard.text,
            readings=list(heard.readings),
            language=language,
            milliseconds=round(1000 * heard.seconds),
            seconds=seconds,
        )


@router.get(
    "/witnesses",
    operation_id="list_witnesses",
    dependencies=[unaudited("recordings to practise with, of people who do not exist")],
)
def listing(program: ProgramDep, caller: Annotated[Caller, allow(Role.VIEWER)]) -> list[Witness]:
    """List recorded descriptions that may be played in place of a witness."""
    return [
        Witness(id=one.id, words=one.words, language=one.language, seconds=one.seconds)
        for one in witnesses(program.settings.data)
    ]


@router.get(
    "/witnesses/{id}/recording",
    operation_id="play_witness",
    dependencies=[unaudited("recordings to practise with, of people who do not exist")],
    response_class=Response,
    responses={200: {"content": {"audio/wav": {}}}},
)
def play(id: Id, program: ProgramDep, caller: Annotated[Caller, allow(Role.VIEWER)]) -> Response:
    """Return a recorded description, 16,000 samples a second."""
    for one in witnesses(program.settings.data):
        if one.id == id:
            return Response(wav(one.audio), media_type="audio/wav")
    raise refuse(404, f"there is no witness {id}; GET /api/v1/witnesses lists them")
