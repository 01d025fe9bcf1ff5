"""Recordings, as the API shows them."""

from __future__ import annotations

from pydantic import Field

from cmps.server.views.base import Answered


class Heard(Answered):
    """What was heard in a recording."""

    text: str
    readings: list[str] = Field(description="What else may have been said; send it with say.")
    language: str
    milliseconds: int = Field(description="That hearing it took.")
    seconds: float = Field(description="Length of the recording.")


class Witness(Answered):
    """A recorded description of somebody who does not exist."""

    id: str
    words: str = Field(description="What is said in it.")
    language: str
    seconds: float
