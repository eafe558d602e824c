"""``/health``: alive, and ready."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import text

from api.auth import CurrentDesk
from api.desk import Desk
from storage import migrate

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> dict[str, str]:
    """Pages answer."""
    return {"status": "alive"}


def _state(desk: Desk) -> dict[str, bool]:
    with desk.database.read() as session:
        session.execute(text("SELECT 1"))
    desk.serving_model.follow()
    current, newest = migrate.revision(desk.database)
    return {"database": current == newest, "index": desk.has_index, "model": desk.has_model}


@router.get("/ready")
async def ready(desk: CurrentDesk, response: Response) -> dict[str, object]:
    """Database, index and model are ready; 503 with what is missing until then.

    ``model_trouble`` says why the promoted model is not the one in use. The desk is ready all the same where another
    stands in: messages are judged.
    """
    parts = await run_in_threadpool(_state, desk)
    if not all(parts.values()):
        response.status_code = 503
    told = {"model_trouble": desk.serving_model.trouble} if desk.serving_model.trouble else {}
    return {"status": "ready" if all(parts.values()) else "starting", **parts, **told}
