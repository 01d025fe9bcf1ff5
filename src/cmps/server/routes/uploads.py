"""Photos of the person: decoded in a worker process; only their vectors are kept."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile

from cmps.server import pictures
from cmps.server.access import Caller, Role, allow
from cmps.server.errors import refuse
from cmps.server.routes.sessions import DeskDep, Stepping, step
from cmps.server.views.base import Id
from cmps.server.views.sessions import SessionAnswer
from cmps.server.worker import Limits

router = APIRouter(tags=["uploads"])

LIMITS = Limits(seconds=10, megabytes=1024, wait=15)


@router.post("/sessions/{id}/photo", operation_id="give_photo")
def photo(
    id: Id,
    desk: DeskDep,
    caller: Annotated[Caller, allow(Role.OPERATOR)],
    acting: Stepping,
    file: Annotated[UploadFile, File(description=f"A picture ({pictures.TAKEN}).")],
    version: Annotated[int | None, Form(ge=0)] = None,
) -> SessionAnswer:
    """Search with a picture of the person."""
    desk.program.store.cases.session(id)  # an unknown one is not worth decoding for
    raw = file.file.read(pictures.MOST_BYTES + 1)
    if len(raw) > pictures.MOST_BYTES:
        raise refuse(413, f"a picture has at most {pictures.MOST_BYTES // 10**6} MB; crop it")
    pictures.require_picture(raw)
    pixels = desk.services.workers.run(pictures.decode_photo, raw, LIMITS)
    name = _name(file.filename or "")
    return step(
        desk,
        acting,
        id,
        version,
        {"step": "photo"},
        lambda seen: desk.program.desk.show_photo(
            id, pixels, name=name, by=caller.name, version=seen
        ),
    )


def _name(sent: str) -> str:
    """Return a file's name without folders and what cannot be shown."""
    name = PurePath(sent.replace("\\", "/")).name
    return "".join(one for one in name if one.isprintable())[:100]
