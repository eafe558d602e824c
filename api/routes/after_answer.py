"""``/api/v1/appeals/{code}/…``: what a resident does himself after his answer, by his lookup code. No sign-in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from api import after_answer
from api.auth import CurrentDesk
from casework.actors import CallbackResult
from district.questionnaire import Satisfaction
from storage.database import new_id

router = APIRouter(prefix="/api/v1/appeals", tags=["appeals"])


class Verdict(BaseModel):
    """Was he contacted, is it resolved, is he satisfied."""

    model_config = ConfigDict(extra="forbid")
    contacted: bool | None = None
    resolved: bool
    satisfaction: Satisfaction
    text: str = Field("", max_length=2000)


class Words(BaseModel):
    """His words: why it should be taken up again, or what is the matter now."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(max_length=2000)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


@router.post("/{code}/verdict")
async def judge(code: str, given: Verdict, request: Request, desk: CurrentDesk) -> dict[str, Any]:
    """His own callback; what is not resolved goes back to the unit."""
    after_answer.count(desk, _address(request))
    result = CallbackResult(True, given.contacted, given.resolved, given.satisfaction, given.text.strip())
    ticket = await run_in_threadpool(after_answer.judge, desk, code, result)
    return {"number": ticket.number, "state": ticket.state}


@router.post("/{code}/reopening")
async def reopen(code: str, given: Words, request: Request, desk: CurrentDesk) -> dict[str, Any]:
    """Ask, within the days, that the matter be taken up again (要求重办)."""
    after_answer.count(desk, _address(request))
    await run_in_threadpool(after_answer.reopen, desk, code, given.text)
    return {"state": "pending"}


@router.post("/{code}/again", status_code=201)
async def again(
    code: str,
    given: Words,
    request: Request,
    desk: CurrentDesk,
    idempotency_key: Annotated[str, Header(max_length=120, description="同一份诉求重发时用同一个键")] = "",
) -> dict[str, Any]:
    """The matter once more, as a new ticket that follows the old one."""
    after_answer.count(desk, _address(request))
    key = idempotency_key or new_id()
    ticket = await run_in_threadpool(lambda: after_answer.again(desk, code, given.text, key=key))
    return {"number": ticket.number, "lookup_code": ticket.code, "follow": f"/q/{ticket.code}"}
