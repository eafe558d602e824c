"""``POST /api/v1/appeals``: an appeal from a program or page that speaks for a resident. No sign-in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from api import appeals
from api.auth import CurrentDesk

router = APIRouter(prefix="/api/v1/appeals", tags=["appeals"])


class Place(BaseModel):
    """Where it is, WGS84."""

    model_config = ConfigDict(extra="forbid")
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    label: str = Field("", max_length=200)


class Photo(BaseModel):
    """A picture or a PDF, as base64."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field("", max_length=255)
    content: str


class Appeal(BaseModel):
    """What a resident says, and how he can be reached. How much of each is taken is the channel's rule."""

    model_config = ConfigDict(extra="forbid")
    text: str = ""
    title: str = Field("", max_length=120)
    name: str = Field("", max_length=60)
    phone: str = Field("", max_length=40)
    email: str = Field("", max_length=254)
    place: Place | None = None
    photos: list[Photo] = Field(default_factory=list)


@router.post("", status_code=201)
async def send(
    appeal: Appeal,
    request: Request,
    desk: CurrentDesk,
    idempotency_key: Annotated[str, Header(max_length=120, description="同一份诉求重发时用同一个键")] = "",
) -> dict[str, Any]:
    """Take an appeal; the answer has the number and the code by which it is followed at ``follow``."""
    form = appeal.model_dump(exclude_defaults=True)
    address = request.client.host if request.client else ""
    sent = await run_in_threadpool(appeals.send, desk, form, key=idempotency_key, address=address)
    return {"number": sent.number, "lookup_code": sent.code, "follow": f"/q/{sent.code}"}
