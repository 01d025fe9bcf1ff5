"""What one server shares between its routes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from cmps.program import Program
from cmps.server.security.limits import Attempts
from cmps.server.security.passwords import Passwords


@dataclass
class Gate:
    """Everything about getting in.

    Attributes:
        passwords: Hashes and checks them.
        attempts: Counts log-ins.
        tls: Whether cookies travel by https only.
        first_link: SHA-256 of the one-time secret that makes the first admin; empty without one.
    """

    passwords: Passwords = field(default_factory=Passwords)
    attempts: Attempts = field(default_factory=Attempts)
    tls: bool = False
    first_link: str = ""


async def _program(connection: HTTPConnection) -> Program:
    program: Program = connection.app.state.program
    return program


async def _gate(connection: HTTPConnection) -> Gate:
    gate: Gate = connection.app.state.gate
    return gate


ProgramDep = Annotated[Program, Depends(_program)]
"""The program, in a route's parameters."""
GateDep = Annotated[Gate, Depends(_gate)]
