"""Tokens: what a program shows instead of a password."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, Field

from cmps.gallery import accounts
from cmps.gallery.audit_events import AccountsRead, TokenMade, TokenRevoked
from cmps.gallery.cases import new_id
from cmps.server.access import Acting, Caller, Role, allow, audited
from cmps.server.security.secrets import TOKEN_PREFIX, key_of, new_secret
from cmps.server.state import ProgramDep

router = APIRouter(prefix="/tokens", tags=["tokens"])


class Token(BaseModel):
    """A token, without what is secret of it."""

    id: str
    label: str
    user: str
    made_at: AwareDatetime
    expires: AwareDatetime

    @classmethod
    def of(cls, one: accounts.Token) -> Token:
        """Return what may be shown."""
        return cls(
            id=one.id, label=one.label, user=one.user, made_at=one.made_at, expires=one.expires
        )


class NewToken(BaseModel):
    """A token to make."""

    label: str = Field(min_length=1, max_length=200, description="What it is for.")
    days: int = Field(default=90, ge=1, le=366, description="For how long it is valid.")


class Made(Token):
    """A new token; this is the only time that it is told."""

    token: str


@router.get("")
def listing(
    program: ProgramDep,
    caller: Annotated[Caller, allow(Role.VIEWER)],
    acting: Annotated[Acting, audited(AccountsRead)],
) -> list[Token]:
    """List one's own tokens; an admin sees everybody's."""
    whose = None if caller.role is Role.ADMIN else caller.name
    with acting.of():
        return [Token.of(one) for one in program.store.accounts.tokens(whose)]


@router.post("", status_code=201)
def make(
    body: NewToken,
    program: ProgramDep,
    caller: Annotated[Caller, allow(Role.VIEWER)],
    acting: Annotated[Acting, audited(TokenMade)],
) -> Made:
    """Make a token with one's own rights, to send as ``Authorization: Bearer …``."""
    caller.require_themselves()
    secret, now = TOKEN_PREFIX + new_secret(), datetime.now(UTC)
    expires = now + timedelta(days=body.days)
    token = accounts.Token(new_id(), key_of(secret), caller.name, body.label, now, expires)
    with acting.of(detail={"token": token.id, "expires": expires.isoformat(timespec="seconds")}):
        program.store.accounts.add_token(token)
    return Made(token=secret, **Token.of(token).model_dump())


@router.delete("/{id}", status_code=204)
def revoke(
    id: Annotated[str, Path(max_length=64)],
    program: ProgramDep,
    caller: Annotated[Caller, allow(Role.VIEWER)],
    acting: Annotated[Acting, audited(TokenRevoked)],
) -> None:
    """Revoke one of one's own tokens, as an admin anybody's; it is refused from now on."""
    whose = None if caller.role is Role.ADMIN else caller.name
    with acting.of(detail={"token": id}):
        program.store.accounts.revoke(id, whose)
