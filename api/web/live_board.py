"""What an open board follows: anything that it counts."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.auth import CurrentDesk, CurrentVisitor
from api.following_live import Entry
from api.web import live
from casework import board_behind

router = APIRouter()
TOPICS = ("tickets", "cases", "events")


@router.get("/board/live")
async def follow(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Events for the board: something that it counts has changed. The page asks again every few seconds at most."""
    board_behind.check_may_see(who.actor)

    def concerns(entries: Sequence[Entry]) -> bool:
        return bool(entries)

    return live.stream(request, desk, TOPICS, concerns)
