"""``/api/v1/sessions``: sign in for scripts. The token goes into ``Authorization: Bearer``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from api import passwords
from api.auth import CurrentDesk, CurrentVisitor
from api.signing_in import place_of, sign_in, sign_out

router = APIRouter(prefix="/api/v1/sessions", tags=["sessions"])
of_oneself = APIRouter(prefix="/api/v1", tags=["sessions"])


class Credentials(BaseModel):
    """Login and password; ``code`` of the authenticator app where the user has one."""

    login: str = Field(max_length=60)
    password: str = Field(max_length=200)
    code: str = Field("", max_length=40)


@router.post("", status_code=201)
async def create(given: Credentials, request: Request, desk: CurrentDesk) -> dict[str, Any]:
    """Sign in."""
    place = place_of(request)

    def work() -> str:
        return sign_in(desk, given.login, given.password, place.address, code=given.code, device=place.device)

    return {"token": await run_in_threadpool(work)}


@router.get("/me")
async def me(who: CurrentVisitor) -> dict[str, Any]:
    """Who I am."""
    return {"login": who.login, "name": who.actor.name, "role": who.actor.role, "unit": who.actor.unit}


class NewPassword(BaseModel):
    """The present password, and the one to take its place."""

    current: str = Field(max_length=200)
    password: str = Field(max_length=200)


@of_oneself.post("/password", status_code=204)
async def change_password(given: NewPassword, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> None:
    """Set one's own password; one's other sessions end."""
    await run_in_threadpool(passwords.change, desk, request, who, given.current, given.password)


@router.delete("", status_code=204)
async def remove(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> None:
    """Sign out."""
    del who
    await run_in_threadpool(sign_out, desk, request)
