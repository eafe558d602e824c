"""热线: a call played turn by turn. Each turn is a piece posted to the real route, as a call platform would."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sqlalchemy import select

from api import running_calls
from api.auth import CurrentDesk
from api.demo import played_calls
from api.demo.residents import ACCOUNT, Person
from api.desk import Desk
from api.errors import NotFound
from api.running_calls import Standing
from api.web.simulator.content import GREETING, PHRASES, SAID
from api.web.simulator.door import ACTS, Acting, Door, Playing, calling, demo_account, fragment, said_by
from storage.running_calls import RunningCall, pieces

router = APIRouter()

SIDES = {"caller": "市民", "agent": "坐席"}
_CALL = r"^sim-[a-z]{1,20}-[0-9a-f]{16}$"
CallId = Annotated[str, Form(pattern=_CALL)]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as the window shows it; ``seconds`` from the call's start."""

    side: str
    text: str
    seconds: int
    late: bool


@dataclass(frozen=True, slots=True)
class Call:
    """The call in the window. ``hidden``: its number is not shown to the desk."""

    standing: Standing
    turns: tuple[Turn, ...]
    began_at: datetime
    hidden: bool


def _values(desk: Desk, person: Person) -> dict[str, Any]:
    return {
        "call": _latest(desk, person),
        "phrases": PHRASES,
        "said": SAID,
        "told": "",
        "account": ACCOUNT,
        "samples": list(played_calls.CALLS.values()),
        "next": None,
    }


def _latest(desk: Desk, person: Person) -> Call | None:
    query = (
        select(RunningCall)
        .where(
            RunningCall.channel == "hotline",
            RunningCall.account == ACCOUNT,
            RunningCall.call_id.startswith(f"sim-{person.key}-"),
        )
        .order_by(RunningCall.began_at.desc())
        .limit(1)
    )
    with desk.database.read() as session:
        found = session.scalar(query)
        if found is None:
            return None
        bodies = [(json.loads(each.content), each.late) for each in pieces(session, found)]
    standing = running_calls.standing(desk, demo_account(desk, "hotline"), found.call_id)
    if standing is None:
        return None
    hidden = not any(body.get("caller") for body, _ in bodies)
    return Call(standing, _turns(bodies), found.began_at, hidden)


def _turns(bodies: list[tuple[dict[str, Any], bool]]) -> tuple[Turn, ...]:
    said = {body["sequence"]: (body, late) for body, late in bodies if "sequence" in body}
    return tuple(
        Turn(
            next(side for side, word in SIDES.items() if word == body["speaker"]),
            body["text"],
            int(body["start"]),
            late,
        )
        for _, (body, late) in sorted(said.items())
    )


async def _window(
    request: Request, desk: Desk, person: Person, told: str = "", following: dict[str, Any] | None = None
) -> Response:
    values = await run_in_threadpool(_values, desk, person)
    return await fragment(request, "call.html", person=person, **values | {"told": told, "next": following})


@router.get("/call")
async def call(request: Request, desk: CurrentDesk, person: Playing) -> Response:
    """The call as it stands."""
    return await _window(request, desk, person)


@router.post("/dial", dependencies=ACTS)
async def dial(
    request: Request,
    desk: CurrentDesk,
    person: Acting,
    number: Annotated[str, Form(pattern="^(shown|hidden)$")] = "shown",
) -> Response:
    """Begin a call; the agent greets."""
    call_id = f"sim-{person.key}-{secrets.token_hex(8)}"
    began = {"started_at": desk.now().isoformat(timespec="seconds")}
    if number == "shown":
        began |= {"caller": person.phone}
    told = await _post(request, desk, call_id, began)
    if not told:
        told = await _post(request, desk, call_id, _piece(1, "agent", GREETING, 1))
    return await _window(request, desk, person, told)


@router.post("/play", dependencies=ACTS)
async def play(
    request: Request,
    desk: CurrentDesk,
    person: Acting,
    sample: Annotated[str, Form(max_length=20)],
    step: Annotated[int, Form(ge=0, le=100)] = 0,
    call_id: Annotated[str, Form(pattern=f"{_CALL}|^$")] = "",
) -> Response:
    """The next piece of a sample call; the window asks for the one after it when its time has come."""
    played = played_calls.CALLS.get(sample)
    if played is None:
        raise NotFound("没有这通示例电话")
    key = call_id or f"sim-{person.key}-{secrets.token_hex(8)}"
    if step >= len(played.pieces):
        return await _window(request, desk, person, await _post(request, desk, key, {"ended": True}))
    piece = played.pieces[step]
    body = _piece(piece.number, piece.side, piece.text, piece.seconds) | {"final": piece.final}
    if not call_id:
        body |= {"started_at": desk.now().isoformat(timespec="seconds"), "caller": person.phone}
    told = await _post(request, desk, key, body)
    if told:
        return await _window(request, desk, person, told)
    after = played.pieces[step + 1].seconds if step + 1 < len(played.pieces) else piece.seconds + 3
    following = {"sample": sample, "step": step + 1, "call_id": key, "wait": after - piece.seconds}
    return await _window(request, desk, person, following=following)


@router.post("/turn", dependencies=ACTS)
async def turn(
    request: Request,
    desk: CurrentDesk,
    person: Acting,
    call_id: CallId,
    side: Annotated[str, Form(pattern="^(caller|agent)$")],
    text: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """One turn of either side; one that comes after the end is a late piece."""
    if not text.strip():
        return await _window(request, desk, person, "没有说话：说一句，或者直接挂断。")
    now = await run_in_threadpool(_latest, desk, person)
    if now is None or now.standing.call_id != call_id:
        return await _window(request, desk, person, "这通电话已不在线上，请重新拨打。")
    seconds = max(1, int((desk.now() - now.began_at).total_seconds()))
    sequence = len(now.turns) + 1
    told = await _post(request, desk, call_id, _piece(sequence, side, text.strip(), seconds))
    return await _window(request, desk, person, told)


@router.post("/hang-up", dependencies=ACTS)
async def hang_up(request: Request, desk: CurrentDesk, person: Acting, call_id: CallId) -> Response:
    """The call is over."""
    told = await _post(request, desk, call_id, {"ended": True})
    return await _window(request, desk, person, told)


def _piece(sequence: int, side: str, text: str, seconds: int) -> dict[str, Any]:
    return {"sequence": sequence, "speaker": SIDES[side], "text": text, "start": seconds, "final": True}


async def _post(request: Request, desk: Desk, call_id: str, piece: dict[str, Any]) -> str:
    """Hand the piece to the desk with the line's token; what the desk refused, in words."""
    headers = {"authorization": f"Bearer {demo_account(desk, 'hotline').settings['token']}"}
    body = json.dumps(piece, ensure_ascii=False).encode("utf-8", "replace")
    async with calling(request) as client:
        answer = await client.post(
            f"/channels/hotline/calls/{call_id}/segments", params={"account": ACCOUNT}, content=body, headers=headers
        )
    return said_by(answer)


DOOR = Door(
    key="hotline",
    label="热线",
    lead="一通电话，一句一句地打：每句话都作为实时转写的一段送进真实的分段接口，挂断后成单；无声、打错的电话不建工单。",
    channel="hotline",
    template="hotline.html",
    values=_values,
    router=router,
    wide=True,
)
