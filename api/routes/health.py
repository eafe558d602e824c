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


def _state(desk: Desk) -> tuple[dict[str, bool], dict[str, str]]:
    with desk.database.read() as session:
        session.execute(text("SELECT 1"))
    desk.serving_model.follow()
    current, newest = migrate.revision(desk.database)
    parts = {"database": current == newest, "index": desk.has_index, "model": desk.has_model}
    told = {"search_engine": desk.index.engine} if desk.has_index else {}
    if desk.serving_model.trouble:
        told["model_trouble"] = desk.serving_model.trouble
    return parts, told


@router.get("/ready")
async def ready(desk: CurrentDesk, response: Response) -> dict[str, object]:
    """Database, index and model are ready; 503 with what is missing until then.

    ``search_engine`` is the one that serves. ``model_trouble`` says why the promoted model is not the one in use; the
    desk is ready all the same where another stands in: messages are judged.
    """
    parts, told = await run_in_threadpool(_state, desk)
    if not all(parts.values()):
        response.status_code = 503
    return {"status": "ready" if all(parts.values()) else "starting", **parts, **told}
