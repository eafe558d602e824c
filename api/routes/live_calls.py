"""``/api/v1/calls``: calls while people talk, what triage makes of them, and what their agents put down."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api import live_stream
from api import live_views as views
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.live_calls import CHANNEL, Key
from api.writing import CurrentWriter
from casework import call_notes
from casework.call_errors import UnknownCall
from casework.reading import Reader
from storage import running_calls
from storage.running_calls import RunningCall

router = APIRouter(prefix="/api/v1/calls", tags=["calls"])

Account = Annotated[str, Path(max_length=60)]
CallId = Annotated[str, Path(max_length=128)]
Since = Annotated[str, Query(max_length=80, description="已有的版本；断线重连时由 Last-Event-ID 代替")]
Stated = Annotated[str | None, Field(max_length=call_notes.LONGEST)]


class Notes(BaseModel):
    """What the agent puts down; a field that is left out stays, an empty one is taken back."""

    category: Annotated[str | None, Field(max_length=20)] = None
    place: Stated = None
    time: Stated = None
    contact: Stated = None
    object: Stated = None
    note: Stated = None


def read(desk: Desk, who: Visitor, key: Key) -> dict[str, Any]:
    """The call's document. Raises ``NotAllowed`` and ``UnknownCall``."""
    views.check_reader(who.actor)
    picture = desk.live_calls.current(key)
    if picture is None:
        raise UnknownCall(key[1])
    with desk.database.read() as session:
        return views.whole(session, desk, Reader(desk.district, who.actor), picture)


def read_all(desk: Desk, who: Visitor) -> list[dict[str, Any]]:
    """Running calls, emergencies first, then those of the last hour. Raises ``NotAllowed``."""
    views.check_reader(who.actor)
    found = desk.live_calls.listed()
    with desk.database.read() as session:
        listed = views.listed(session, desk, Reader(desk.district, who.actor), found)
    return sorted(
        listed, key=lambda each: (each["state"] != "running", each["state"] == "running" and not each["emergency"])
    )


def keep(session: Session, desk: Desk, who: Visitor, key: Key, given: Notes) -> None:
    """Put the given fields down. Raises what ``call_notes.keep`` raises, and ``UnknownCall``."""
    if session.get(RunningCall, (CHANNEL, *key)) is None:
        raise UnknownCall(key[1])
    call = running_calls.held(session, CHANNEL, *key, now=desk.now())
    for field, value in given.model_dump(exclude_none=True).items():
        call_notes.keep(session, desk.district, call, field, value, actor=who.actor, now=desk.now())


class CallFrames:
    """What one reader of a call has, and the next frame to send him."""

    def __init__(self, desk: Desk, who: Visitor, key: Key, had: str) -> None:
        self._desk, self._who, self._key, self._had = desk, who, key, had
        self._shown: dict[str, Any] | None = None

    def __call__(self) -> tuple[str, dict[str, Any]] | None:
        """Only the turns that changed, with all else of the call."""
        found = self.following()
        if found is None:
            return None
        document, turns = found
        return str(document["version"]), document | turns

    def following(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The call and its changed turns; None where the reader has what there is."""
        before = self._shown
        document = read(self._desk, self._who, self._key)
        if before is not None and before["version"] == document["version"]:
            return None
        self._shown = document
        if before is None and self._had == str(document["version"]):
            return None
        return document, views.changed_turns(before["turns"] if before else None, document["turns"])


class ListFrames:
    """The list, whenever a call of it changed."""

    def __init__(self, desk: Desk, who: Visitor, had: str) -> None:
        self._desk, self._who, self._had = desk, who, had

    def __call__(self) -> tuple[str, dict[str, Any]] | None:
        found = read_all(self._desk, self._who)
        number = listed_as(found)
        if number == self._had:
            return None
        self._had = number
        return number, {"items": found}


def listed_as(found: list[dict[str, Any]]) -> str:
    """A name for the list as it stands: with any change of any call it is another."""
    return f"{len(found)}-{sum(each['version'] for each in found)}-{sum(each['state'] == 'ended' for each in found)}"


@router.get("")
async def list_(desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """Running calls, emergencies and the longest running first, then those that ended within the hour."""
    return {"items": await run_in_threadpool(read_all, desk, who)}


@router.get("/events", response_class=StreamingResponse)
async def list_events(request: Request, desk: CurrentDesk, who: CurrentVisitor, since: Since = "") -> StreamingResponse:
    """The list as server-sent events: the whole of it whenever it changes."""
    views.check_reader(who.actor)
    return live_stream.response(request, desk, None, ListFrames(desk, who, live_stream.had(request, since)))


@router.get("/{account}/{call_id}")
async def show(account: Account, call_id: CallId, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """One call with its turns, the suggestion, what is missing, and what its agent put down."""
    return await run_in_threadpool(read, desk, who, (account, call_id))


@router.get("/{account}/{call_id}/events", response_class=StreamingResponse)
async def events(
    account: Account, call_id: CallId, request: Request, desk: CurrentDesk, who: CurrentVisitor, since: Since = ""
) -> StreamingResponse:
    """The call as server-sent events: first whole, then with the turns that changed."""
    key = (account, call_id)
    await run_in_threadpool(read, desk, who, key)
    frames = CallFrames(desk, who, key, live_stream.had(request, since))
    return live_stream.response(request, desk, key, frames)


@router.post("/{account}/{call_id}/notes")
async def note(account: Account, call_id: CallId, given: Notes, writer: CurrentWriter) -> dict[str, Any]:
    """Put down what the caller says, or the category, while the call runs."""
    who = Visitor(writer.actor, "", "")

    def work(session: Session) -> dict[str, Any]:
        keep(session, writer.desk, who, (account, call_id), given)
        return {"kept": sorted(given.model_dump(exclude_none=True))}

    done = await writer.run(given.model_dump(), work)
    writer.desk.live_calls.stir()
    return done
